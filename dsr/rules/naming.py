"""What a category of data is called: in the words of a notice, or of the retention schedule for a part of one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dsr.rules.problems import NotInRules
from dsr.rules.schema.notice import Notice
from dsr.rules.schema.retention import Schedule


@dataclass(frozen=True, slots=True)
class CategoryWords:
    """A category for people. ``source`` is how the notice names its origin, ``purposes`` each with its legal bases."""

    id: str
    title: str
    description: str
    source: str
    purposes: tuple[tuple[str, tuple[str, ...]], ...]
    portable: bool


def words_of(category: str, notices: Sequence[Notice], schedule: Schedule, language: str | None) -> CategoryWords:
    """The words of the first notice that knows the category, or else of the schedule. Raises NotInRules.

    A part that only the schedule knows has the origin and the purposes of the category that it is part of.
    """
    for notice in notices:
        if any(row.id == category for row in notice.categories):
            return _in_notice(category, notice, language)
    part = schedule.sub_category(category)
    if part is None:
        raise NotInRules(f"neither a notice nor the retention schedule knows the category {category!r}")
    whole = words_of(part.parent, notices, schedule, language)
    return replace(
        whole,
        id=part.id,
        title=part.wording("title", language),
        description=part.wording("description", language),
        portable=whole.portable if part.portable is None else part.portable,
    )


def _in_notice(category: str, notice: Notice, language: str | None) -> CategoryWords:
    row = notice.category(category)
    return CategoryWords(
        id=row.id,
        title=row.wording("title", language),
        description=row.wording("description", language),
        source=notice.source(row.source).wording("title", language),
        purposes=tuple(
            (
                purpose.wording("title", language),
                tuple(notice.legal_basis(basis).wording("title", language) for basis in purpose.legal_bases),
            )
            for purpose in notice.purposes
            if category in notice.with_children(purpose.categories)
        ),
        portable=row.portable,
    )
