"""Bodies, parameters and answers about marketing, advertising and the like: choosing, and asking before a campaign."""

from datetime import date, datetime
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BeforeValidator, Field, model_validator

from dsr.api.answers import Shown
from dsr.api.reading import Body, Parameters
from dsr.api.shapes.choices import Value
from dsr.api.shapes.values import Instant, Line, Word, digits, refuse
from dsr.choices.marketing import Act, Purpose, Via
from dsr.services.choices.asking import Because

MOST_ASKED = 100_000
"""At most so many in one call."""
MOST_LINKS = 1_000

PurposeWord = Annotated[Purpose, Field(strict=False)]
ActWord = Annotated[Act, Field(strict=False)]
ViaWord = Annotated[Via, Field(strict=False)]
Few = Annotated[list[Value], Field(min_length=1, max_length=10)]
Names = Annotated[list[Word], Field(max_length=32)]


class Wish(Body):
    """What somebody chose, as whoever heard it enters it."""

    identifiers: Annotated[dict[Word, Few], Field(min_length=1, max_length=4)] = Field(
        description="By kind: `email`, `phone`, `account`. Kept as keyed hashes, and sealed until all systems know.",
        examples=[{"email": ["ada@example.org"]}],
    )
    purpose: PurposeWord = Purpose.MARKETING
    choice: ActWord | None = Field(None, description="Not together with `reply`.")
    reply: Annotated[str, Field(min_length=1, max_length=20_000)] | None = Field(
        None, description="What somebody replied to a message; stopped is by the words of 47 CFR 64.1200(a)(10)."
    )
    channels: Names = Field(default_factory=list, description="`email`, `sms`, `phone`, `post`; none means all.")
    topics: Names = Field(default_factory=list, description="Topics of the notice; none means all.")
    via: ViaWord = Field(Via.API, description="How it came; `import` for files of another system.")
    at: Instant | None = Field(None, description="When it was received. Now, unless given.")
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    language: Annotated[Line, Field(max_length=16)] = ""
    evidence: str = Field(
        "", pattern=r"^[A-Za-z0-9._:/#-]{0,80}$", description="Where the evidence is: number of a ticket, a recording."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "Wish":
        if (self.choice is None) == (self.reply is None):
            raise refuse(_("Give either the choice or the reply in which it was made."))
        return self


class Limit(Shown):
    """A date by which a law, or a promise, wants it in effect."""

    regime: str
    title: str
    due_on: date
    source: str


class WishMade(Shown):
    """A choice as it stands. Systems follow until `in_effect_by`; nothing new is begun from now on."""

    id: str
    new: bool = Field(description="False where the same had been chosen: nothing was changed.")
    choice: str
    received_at: datetime
    in_effect_by: datetime
    limits: list[Limit] = Field(description="Every date that applies, the earliest first.")
    receipt: dict[str, Any] = Field(description="Signed; `manage.py verify_receipt` checks it.")


Hashes = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9]{1,16}:[0-9a-f]{64}(,[A-Za-z0-9]{1,16}:[0-9a-f]{64}){0,7}$",
        description="As `manage.py tombstones key` says it is made: one under each key that it shows.",
    ),
]


class Asked(Parameters):
    """Who is to be written to, about what."""

    digest: Hashes
    purpose: Purpose = Purpose.MARKETING
    channel: Annotated[str, Field(pattern="^(email|sms|phone|post)?$")] = ""
    topic: Annotated[Word, Field(max_length=40)] | None = None


class AskedMany(Parameters):
    """What many are to be written to about. The body has an identifier or hash in each line."""

    kind: Annotated[str, Field(pattern="^(digest|email|phone|account)$")] = Field(
        "digest", description="What the lines are: hashes, or identifiers of one kind."
    )
    purpose: Purpose = Purpose.MARKETING
    channel: Annotated[str, Field(pattern="^(email|sms|phone|post)?$")] = ""
    topic: Annotated[Word, Field(max_length=40)] | None = None


class Told(Shown):
    """Whether somebody may be written to. A no may be kept until `valid_until`; a yes is good for its moment alone."""

    allowed: bool
    because: Because
    since: datetime | None
    at: datetime
    valid_until: datetime


class ChangesWanted(Parameters):
    """Which part of what was chosen."""

    after: Annotated[int, BeforeValidator(digits)] = Field(
        0, ge=0, description="The last `id` that the caller has. 0 for all from the beginning."
    )
    limit: Annotated[int, BeforeValidator(digits)] = Field(500, ge=1, le=1000)


class Change(Shown):
    """What stands for somebody since a choice: of one channel and topic, or of all where they are empty."""

    id: int
    digest: str
    purpose: str
    channel: str
    topic: str
    stopped: bool
    at: datetime


class ChangePage(Shown):
    """A part of the list, in the order of ids. What was chosen within the last minutes follows a little later."""

    results: list[Change]
    next: str | None = Field(description="Where to go on at once; null where there is nothing more for now.")


class LinksWanted(Body):
    """Whom a mailing goes to, and about what."""

    email: Annotated[list[Value], Field(min_length=1, max_length=MOST_LINKS)]
    channel: Annotated[str, Field(pattern="^(email)?$")] = Field("", description="Empty: the link ends all marketing.")
    topic: Annotated[Word, Field(max_length=40)] | None = None
    language: Annotated[Line, Field(max_length=16)] = ""


class LinkMade(Shown):
    """What goes into the mail to one address. RFC 8058"""

    list_unsubscribe: str = Field(description="Value of the header `List-Unsubscribe`.")
    list_unsubscribe_post: str = Field(description="Value of the header `List-Unsubscribe-Post`.")
    preferences: str = Field(description="The address for the foot of the mail; good for some months.")


class LinksMade(Shown):
    """In the order asked."""

    results: list[LinkMade]
