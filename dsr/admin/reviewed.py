"""The record of a review as the worksheet draws it: what is there, what is lacking, what the reviewer has open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.admin import words
from dsr.admin.reviewforms import MATERIAL_TITLES
from dsr.models import AutomatedDecision, Direction, Review, ReviewMaterial, ReviewPoint, SubjectRequest, review_of
from dsr.policies import Caller, reviewing
from dsr.policies.complaints import WON
from dsr.rights import Right
from dsr.selectors.casefile import CaseFile
from dsr.selectors.tracker import text_of
from dsr.services.codes import said
from dsr.services.revealing import LASTS

Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Opened:
    """Something that the reviewer has open for a while: a title, and lines."""

    title: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the person; the words are there for the reviewer alone."""

    number: int
    text: str
    answer: str
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that the template draws of a review."""

    review: Review
    decision: AutomatedDecision
    is_mine: bool
    reviewer: str
    missing: list[str]
    materials: list[tuple[str, datetime]]
    opened: list[Opened]
    points: list[Point]
    minutes: int
    because: str


def build(case: CaseFile, by: Caller, at: datetime, sent: Sequence[UUID] = ()) -> Record | None:
    """Return the record for one reader, ``sent`` being the documents of the person; None where nothing is reviewed."""
    request = case.request
    review = review_of(request) if request.spec.judges else None
    if review is None:
        return None
    mine = by.user_id is not None and by.user_id == review.reviewer_id
    materials = list(review.materials.order_by("id"))
    recent = {row.name for row in materials if row.at > at - LASTS} if mine else set()
    return Record(
        review=review,
        decision=review.decision,
        is_mine=mine,
        reviewer=words.colleague(review.reviewer),
        missing=[] if review.concluded_at else [each.sentence for each in reviewing.missing(review)],
        materials=[(_titled(row, sent), row.at) for row in materials],
        opened=[Opened(str(MATERIAL_TITLES[name]), _contents(name, case, review)) for name in MATERIAL_TITLES
                if name in recent],
        points=[_point(each, review, mine) for each in review.points.order_by("number")],
        minutes=int(timedelta(seconds=review.active_seconds).total_seconds() // 60),
        because=said(review.code),
    )  # fmt: skip


def _titled(row: ReviewMaterial, sent: Sequence[UUID]) -> str:
    if row.name != reviewing.DOCUMENT:
        return str(MATERIAL_TITLES[row.name])
    number = sent.index(row.document) + 1 if row.document in sent else 0
    return _("document %(number)d that the person sent") % {"number": number} if number else _("a document")


def _point(point: ReviewPoint, review: Review, mine: bool) -> Point:
    point.review = review
    text, answer = (text_of(point, "text"), text_of(point, "answer")) if mine else ("", "")
    return Point(point.number, text, answer, point.answered_at is not None)


def _contents(name: str, case: CaseFile, review: Review) -> list[str]:
    """The words of one material. Only for the reviewer, and only while its opening is fresh on record."""
    decision, request = review.decision, case.request
    if name == "decision":
        return list(filter(None, (text_of(decision, "output"), text_of(decision, "effect"))))
    if name == "inputs":
        return [f"{key}: {value}" for key, value in decision.open_json("inputs").items()]
    if name == "notice":
        return [text_of(decision, "notice") or "–"]
    if name == "representations":
        return [*_filed(request), *_said(case), *_appealed(request)]
    return _said(case) if name == "thread" else []


def _filed(request: SubjectRequest) -> list[str]:
    given: dict[str, Any] = request.open_json("details")
    names = ("decision_when", "decision_what", "decision_wrong")
    return [given[name] for name in names if given.get(name)]


def _appealed(request: SubjectRequest) -> list[str]:
    """What was said in appeals that were won: the review after one is about that."""
    appeals = request.contested.filter(right=Right.APPEAL, outcome__in=WON).order_by("id")
    for appeal in appeals:
        appeal.submission = request.submission  # so that all share the one data key that was opened
    return [appeal.open_json("details").get("appeal", "") for appeal in appeals]


def _said(case: CaseFile) -> list[str]:
    return [text_of(post, "body") for post in case.posts if post.direction == Direction.FROM_PERSON]
