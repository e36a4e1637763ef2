"""The rights a person can exercise, and what each of them needs and delivers."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Right(StrEnum):
    """The words used by the API, the rule files and the pages."""

    BE_INFORMED = "be_informed"
    ACCESS = "access"
    PORTABILITY = "portability"


class Floor(IntEnum):
    """How surely we must know who is asking before we act. Later rungs are added as methods arrive."""

    NOTHING = 0
    MAIL_CONTROL = 1


class Delivery(StrEnum):
    """What the person is handed at the end."""

    STATEMENT = "statement"
    COPY = "copy"
    MACHINE_READABLE = "machine_readable"


@dataclass(frozen=True, slots=True)
class RightSpec:
    """What one right means for the service."""

    right: Right
    title: str | Promise
    summary: str | Promise
    floor: Floor
    delivery: Delivery
    searches: bool
    """Systems are searched for the person's data."""
    second_person: bool
    """Whoever prepared the answer may not release it."""
    questions: tuple[str, ...] = ()
    """Names of the details the form may ask for; nothing else is asked."""


SPECS: dict[Right, RightSpec] = {
    spec.right: spec
    for spec in (
        RightSpec(
            right=Right.BE_INFORMED,
            title=_("Be informed"),
            summary=_(
                "What kinds of data are held about people like you, why, where they come from and who receives them."
            ),
            floor=Floor.NOTHING,
            delivery=Delivery.STATEMENT,
            searches=False,
            second_person=False,
        ),
        RightSpec(
            right=Right.ACCESS,
            title=_("Get a copy of your data"),
            summary=_("A copy of the data held about you, with an explanation of every field."),
            floor=Floor.MAIL_CONTROL,
            delivery=Delivery.COPY,
            searches=True,
            second_person=True,
            questions=("scope",),
        ),
        RightSpec(
            right=Right.PORTABILITY,
            title=_("Take your data elsewhere"),
            summary=_("The data you gave and the data your use produced, in files another service can read."),
            floor=Floor.MAIL_CONTROL,
            delivery=Delivery.MACHINE_READABLE,
            searches=True,
            second_person=True,
            questions=("scope",),
        ),
    )
}
