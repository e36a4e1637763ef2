"""A signed statement of what was done, in words: read from the very document that was signed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dsr.lifecycle import Outcome
from dsr.public import deeds, lines, offers
from dsr.rights import SPECS, Right
from dsr.rules import Notice
from dsr.services import codes


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of what was done."""

    system: str
    category: str
    outcome: str
    records: int
    on: date
    ground: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What the document says. ``key_id`` and ``signature`` are how it can be checked."""

    title: str
    outcome: str
    organisation: str
    law: str
    received_on: date
    carried_out_on: date
    entries: tuple[Entry, ...]
    recipients: tuple[tuple[str, date | None, str, str], ...]
    """Name, day, answer, and what qualifies it."""
    choices_kept: bool
    key_id: str
    public_key: str


def told(document: Mapping[str, Any], notice: Notice) -> Statement:
    """Return a certificate in words, those of the notice that the request is answered under."""
    carried_out_on, signature = date.fromisoformat(document["carried_out_on"]), document["signature"]
    return Statement(
        title=str(SPECS[Right(document["right"])].title),
        outcome=deeds.outcome(Outcome(document["outcome"])),
        organisation=document["organisation"],
        law=offers.law(document["law"], carried_out_on),
        received_on=date.fromisoformat(document["received_on"]),
        carried_out_on=carried_out_on,
        entries=tuple(_entries(document["entries"], document["right"], notice)),
        recipients=tuple(
            (
                row["name"],
                told_on,
                deeds.answer(row["answer"], is_told=told_on is not None),
                codes.remarked(",".join(row.get("remarks", ()))),
            )
            for row in document["recipients"]
            for told_on in [date.fromisoformat(row["told_on"]) if row["told_on"] else None]
        ),
        choices_kept=document.get("choices_kept", False),
        key_id=signature["key_id"],
        public_key=signature["public_key"],
    )


def _entries(rows: list[dict[str, Any]], right: str, notice: Notice) -> Iterator[Entry]:
    for row in rows:
        until = date.fromisoformat(row["until"]) if "until" in row else None
        yield Entry(
            system=row["system"],
            category=lines.category_title(notice, row["category"]),
            outcome=lines.became(row["outcome"], right),
            records=row["records"],
            on=date.fromisoformat(row["on"]),
            ground=lines.why(row.get("ground", ""), until),
            until=until,
        )
