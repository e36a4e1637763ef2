"""`manage.py rules simulate`: which dates a draft of other rules would move."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from dsr.rules.comparing import Change
from dsr.services.whatif import Moved, Proposed, Replayed

_HEAD = f"{'reference':<12}{'right':<28}{'clock':<14}{'law':<18}{'was':<12}{'now':<12}why"


def arguments(parser: ArgumentParser) -> None:
    """What the draft is, and from which day on."""
    parser.add_argument("--draft", type=Path, required=True, help="a folder with rule files, over those in force")
    parser.add_argument("--since", type=date.fromisoformat, required=True, help="received on this day (UTC) or later")
    parser.add_argument("--json", action="store_true", dest="as_json")


def begins(day: date) -> datetime:
    """The first instant of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


def lines(found: Iterable[Replayed]) -> Iterator[str]:
    """As a table for people, and what it comes to; each line as soon as it is known."""
    summary = _Summary()
    for replayed in found:
        for moved in replayed.moved:
            if not summary.moved:
                yield _HEAD
            summary.moved += 1
            yield _row(moved)
        summary.add(replayed)
    yield from summary.lines()


def pieces(found: Iterable[Replayed]) -> Iterator[str]:
    """As one JSON object, in pieces: no more of it is held than one submission."""
    summary, comma = _Summary(), ""
    yield '{"moved": ['
    for replayed in found:
        for moved in replayed.moved:
            summary.moved += 1
            yield f"{comma}\n  {json.dumps(_as_dict(moved), ensure_ascii=False)}"
            comma = ","
        summary.add(replayed)
    yield "\n]"
    for name, value in summary.as_dict().items():
        yield f', "{name}": {json.dumps(value, ensure_ascii=False)}'
    yield "}"


class _Summary:
    """What a replay comes to. Its size depends on the rules and places, and not on how many submissions there are."""

    def __init__(self) -> None:
        self.checked = self.moved = self.promised = self.unread = 0
        self.proposals: Counter[Proposed] = Counter()

    def add(self, replayed: Replayed) -> None:
        """Count one submission, its moved dates apart."""
        self.checked += replayed.requests
        self.promised += sum(moved.promised for moved in replayed.moved)
        self.unread += replayed.unread
        if replayed.proposed:
            self.proposals[replayed.proposed] += 1

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        proposals = [
            {
                "country": proposed.country,
                "region": proposed.region,
                "was": proposed.was,
                "now": proposed.now,
                "submissions": number,
            }
            for proposed, number in self.proposals.most_common()
        ]
        return {
            "checked": self.checked,
            "promised_dates_moved": self.promised,
            "proposals": proposals,
            "rules_unreadable": self.unread,
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.checked} requests checked: {self.moved} dates would move, {self.promised} of them promised."
        for proposed, number in self.proposals.most_common():
            place = "-".join(filter(None, (proposed.country, proposed.region)))
            was, now = ", ".join(proposed.was), ", ".join(proposed.now)
            yield f"{place} ({number} submissions): other laws would be proposed: {was} -> {now}"
        if self.unread:
            yield f"{self.unread} submissions are pinned to rules that cannot be read; the present ones stood in."


def _row(moved: Moved) -> str:
    was, now = moved.was or "-", moved.now or "-"
    why = "; ".join(_change(change) for change in moved.changes) or "the order of the laws"
    mark = "promised" if moved.promised else ""
    return (
        f"{moved.reference:<12}{moved.right:<28}{moved.kind:<14}{moved.regime:<18}{was!s:<12}{now!s:<12}"
        f"{mark and mark + ': '}{why}"
    )


def _change(change: Change) -> str:
    told = change.as_dict()
    if change.what == "file":
        return f"{change.file} {'added' if change.old is None else 'taken away' if change.new is None else 'changed'}"
    return f"{change.file} {change.key}: {_short(told['old'])} -> {_short(told['new'])}"


def _short(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _as_dict(moved: Moved) -> dict[str, Any]:
    return {
        "reference": moved.reference,
        "right": moved.right,
        "clock": moved.kind,
        "regime": moved.regime,
        "was": moved.was and moved.was.isoformat(),
        "now": moved.now and moved.now.isoformat(),
        "promised": moved.promised,
        "why": [change.as_dict() if change.what != "file" else _file(change) for change in moved.changes],
    }


def _file(change: Change) -> dict[str, Any]:
    """A file that is on one side only, without all that it says."""
    return {"file": change.file, "key": "", "what": "file", "old": change.old and "...", "new": change.new and "..."}
