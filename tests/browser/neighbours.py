"""Other people's requests, in other states: without them a queue is no queue."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from dsr.demo.people import Person, customers
from dsr.models import SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import review, threads, worksheets
from tests import builders
from tests.drain import drain


def move_in(now: datetime) -> None:
    """File them in the past weeks, each through the functions that people reach, and bring all up to now."""
    late, asked, proposed, fresh, silent = customers()[1:6]
    _searched(late, now - timedelta(days=33))

    question = _searched(asked, now - timedelta(days=25), country="GB")
    threads.ask(question.pk, "Which of your two accounts do you mean?", by=_staff("hal"), at=now - timedelta(days=20))

    waiting = _searched(proposed, now - timedelta(days=12), Right.PORTABILITY)
    review.assign(waiting.pk, _staff("vera").user_id, by=_staff("hal"), at=now - timedelta(days=11))
    review.prepare(waiting.pk, by=_staff("hal"), at=now - timedelta(days=10))

    _confirmed(fresh, now - timedelta(days=2))
    builders.file(Right.ACCESS, at=now - timedelta(days=3), email=silent.email, name=silent.name)
    drain(now)


def _confirmed(person: Person, at: datetime, *rights: Right, **changes: Any) -> SubjectRequest:
    """A request whose address is confirmed and whose systems are searched, but for the one that is searched by hand."""
    filed = builders.file(*rights, at=at, email=person.email, name=person.name, **changes)
    builders.confirm(filed.submission, at)
    return builders.only(filed.submission)


def _searched(person: Person, at: datetime, *rights: Right, **changes: Any) -> SubjectRequest:
    """The same, and the owner has found nothing by hand."""
    request = _confirmed(person, at, *rights, **changes)
    letter = builders.letters_to(request.submission, "worksheet")[-1]
    worksheets.report(builders.token_in(letter.link), "nothing_held", "", at=at)
    drain(at)
    return builders.again(request)


def _staff(name: str) -> Caller:
    return Caller.of_user(User.objects.get(username=name), "admin")
