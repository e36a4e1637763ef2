"""Whether time tells who is on file: `constant_time`, the worst ratio of the medians of existing and unknown people.

Both are asked for in turn, in one process, each time from another network address, so that no allowance is used up and
whatever the machine does meanwhile happens to both. `constant_time` is at least 1: it does not say which was slower.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import Figure
from tests.bench.installation import Site

_TIMES = 150
_TRIES = 24
"""Of what takes long: an answer to questions needs a filing of its own, and a wish for a link takes its pause."""


def measure(site: Site) -> Iterator[Figure]:
    """Measure the pages on which a difference would tell."""
    found: dict[str, list[float]] = site.call("tests.bench.strangers:medians")
    ratios = {name: known / unknown for name, (known, unknown) in found.items()}
    worst = max(max(ratio, 1 / ratio) for ratio in ratios.values())
    notes = tuple(
        f"{name}: {known:.2f} ms on file, {unknown:.2f} ms unknown, ratio {ratios[name]:.3f}"
        for name, (known, unknown) in found.items()
    )
    yield Figure("constant_time", worst, "ratio", 1.0, "the same asked about somebody unknown", notes)


def medians() -> dict[str, list[float]]:
    """Return for each page the medians, in milliseconds, for people on file and for people unknown. Runs inside."""
    from django.core.management import call_command
    from django.utils import timezone

    from tests import organisation

    call_command("collectstatic", interactive=False, verbosity=0)  # pages name files by what is in them
    at = timezone.now()
    with tempfile.TemporaryDirectory() as folder:
        organisation.console(Path(folder), at)
        people = _Person("A-1", at), _Person("A-404", at)
        ways: dict[str, tuple[int, Callable[[_Person], Callable[[int], Any]]]] = {
            "track": (_TRIES, _Person.tracks),
            "choose": (_TIMES, _Person.chooses),
            "facts": (_TRIES, _Person.answers),
            "alert": (_TIMES, _Person.looks),
        }
        return {name: _compared(count, [act(person) for person in people]) for name, (count, act) in ways.items()}


def _compared(count: int, acts: list[Callable[[int], Any]]) -> list[float]:
    times: list[list[float]] = [[], []]
    for number in range(count):
        order = [0, 1] if number % 2 else [1, 0]
        for which in order:
            act = acts[which](number)
            began = time.perf_counter()
            act()
            if number >= count // 10:
                times[which].append((time.perf_counter() - began) * 1000)
    return [median(each) for each in times]


class _Person:
    """Somebody who claims an account that exists, or one that does not, from an address that is on no file."""

    def __init__(self, account: str, at: datetime) -> None:
        from django.test import Client

        self.account, self.at = account, at
        self.client = Client(headers={"Host": "127.0.0.1"})
        self.filed = self._file(f"{account.lower()}@example.net")

    def _file(self, email: str) -> Any:
        from dsr.rights import Right
        from tests import builders
        from tests.drain import drain

        filed = builders.file(Right.ACCESS, at=self.at, email=email, identifiers={"account": (self.account,)})
        builders.confirm(filed.submission, self.at)
        drain(self.at)
        return builders.only(filed.submission).submission

    def _door(self, submission: Any) -> dict[str, str]:
        from dsr.services import telling

        return {"reference": submission.reference, "key": telling.tracker_grant(submission.pk, self.at)}

    def _asked(self, method: str, path: str, data: dict[str, str], *statuses: int) -> None:
        address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        response = getattr(self.client, method)(path, data, REMOTE_ADDR=address)
        if response.status_code not in statuses:
            raise RuntimeError(f"{method} {path} was answered by {response.status_code}")

    def tracks(self) -> Callable[[int], Any]:
        """Have a link mailed: by a reference that exists, and by one that does not."""
        from dsr.ids import new_reference

        known = self.account == "A-1"
        data = {"reference": self.filed.reference if known else new_reference(), "email": "a-1@example.net"}
        return lambda _number: lambda: self._asked("post", "/requests/track/", data, 200, 303)

    def chooses(self) -> Callable[[int], Any]:
        """Look at what is asked."""
        door = self._door(self.filed)
        return lambda _number: lambda: self._asked("get", "/verify/choose/", door, 200)

    def answers(self) -> Callable[[int], Any]:
        """Answer every question wrongly."""
        from dsr.policies import Caller
        from dsr.services import facts
        from verification import limits
        from verification.models import Check, Grant

        wrong = {"amount": "1.23", "month": "1/2001", "count": "7", "words": "nothing like it"}

        def answering(number: int) -> Callable[[], Any]:
            # Three tries a month are all that a person has: those before this one were long ago.
            Check.objects.update(started_at=self.at - timedelta(days=90))
            Grant.objects.filter(purpose=limits.TRY).delete()
            filed = self._file(f"{self.account.lower()}.{number}@example.net")
            begun = facts.begin(filed.pk, by=Caller.person(), at=self.at)
            given = {each.name: wrong[each.form] for each in begun.questions}
            data = {**self._door(filed), "check": str(begun.check_id), **given}
            return lambda: self._asked("post", "/verify/facts/", data, 303)

        return answering

    def looks(self) -> Callable[[int], Any]:
        """Open the page for people on file with a link that is none: of somebody who exists, and of nobody."""
        key = self._door(self.filed)["key"] if self.account == "A-1" else "x" * 43
        return lambda _number: lambda: self._asked("get", "/verify/alert/", {"key": key}, 404)
