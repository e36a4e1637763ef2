"""Bodies, parameters and answers about choices, and about those who were erased and are not to be taken in again."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dsr.api.answers import Shown
from dsr.api.reading import Body, Parameters
from dsr.api.shapes.values import Instant, Line, Truth, Word, digits, refuse
from dsr.choices.cpni import Authority, Because, Kind, Needs

MOST = 10_000
"""At most so many identifiers in one call."""

Value = Annotated[str, Field(min_length=1, max_length=254)]
Digest = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9]{1,16}:[0-9a-f]{64}$", description="As `manage.py tombstones key` says it is made."),
]


def _few_enough(given: dict[str, list[str]]) -> dict[str, list[str]]:
    if sum(map(len, given.values())) > MOST:
        raise refuse(_("Give at most %(number)d in one call.") % {"number": MOST})
    return given


class Whom(Body):
    """Identifiers as they are, by kind, or hashes that the caller made with the key for it; one of the two."""

    identifiers: Annotated[dict[Word, Annotated[list[Value], Field(max_length=MOST)]], AfterValidator(_few_enough)] = (
        Field(
            default_factory=dict,
            max_length=8,
            description=f"By kind: `email`, `phone`, `account`. At most {MOST} in all.",
            examples=[{"email": ["ada@example.org"]}],
        )
    )
    digests: list[Digest] = Field(default_factory=list, max_length=MOST)

    @model_validator(mode="after")
    def _one_of_two(self) -> "Whom":
        if bool(self.digests) == any(self.identifiers.values()):
            raise refuse(_("Give either identifiers or digests."))
        return self


class FeedWanted(Parameters):
    """Which part of the list."""

    after: Annotated[int, BeforeValidator(digits)] = Field(
        0, ge=0, description="The last `id` that the caller has. 0 for all from the beginning."
    )
    limit: Annotated[int, BeforeValidator(digits)] = Field(500, ge=1, le=1000)


class ErasedShown(Shown):
    """For each that was asked, in the order asked: the day on which the person was erased, or null."""

    identifiers: dict[str, list[date | None]]
    digests: list[date | None]


class TombstoneShown(Shown):
    """One identifier of somebody who was erased, as a keyed hash."""

    id: int
    kind: str
    digest: str
    at: datetime


class TombstonePage(Shown):
    """A part of the list, in the order of ids."""

    results: list[TombstoneShown]
    next: str | None = Field(description="Where to go on at once; null where there is nothing more for now.")


class ReturnedShown(Shown):
    """How many of the identifiers belonged to somebody who was erased, and no longer count as such."""

    lifted: int


# --- CPNI ------------------------------------------------------------------------------------------------------------

KindWord = Annotated[Kind, Field(strict=False)]
AuthorityWord = Annotated[Authority, Field(strict=False)]
Account = Annotated[Line, Field(min_length=1, max_length=254)]
Words = Annotated[list[Word], Field(max_length=32)]


class CpniLine(Body):
    """A line of the ledger: what a customer decided, was told, or became of the account."""

    account: Account = Field(description="The number of the account. Kept as a keyed hash.", examples=["AC-1007"])
    kind: KindWord
    at: Instant | None = Field(None, description="When it was received or happened. Now, unless given.")
    channel: Word = Field("api", max_length=16, description="How it came; `import` for files of another system.")
    authority: AuthorityWord = Field(Authority.ANYBODY, description="Anybody may deny; approvals need authority.")
    actor: Account | None = Field(None, description="Who acted, in any stable form. Kept as a keyed hash.")
    purposes: Words = Field(default_factory=list, description="What the choice is about; nothing means everything.")
    services: Words = Field(default_factory=list, description="Kinds of service; nothing means all of them.")
    medium: Literal["email", "post"] | None = Field(None, description="How a notice was sent.")
    mail_consented: bool = Field(False, description="Whether the customer had agreed to notices by mail.")
    notice_version: Annotated[Line, Field(max_length=40)] = ""
    evidence: str = Field(
        "", pattern=r"^[A-Za-z0-9._:/#-]{0,80}$", description="Where the evidence is: number of a ticket, a recording."
    )
    about: int | None = Field(None, ge=1, description="The number of the notice that came back.")
    merged: Account | None = Field(None, description="The account that went over into this one.")
    owner_email: str = Field(
        "",
        max_length=254,
        description="Where the owner of the account is told that a representative could not end the denial of somebody "
        "else. Used for that mail alone, kept sealed while it is under way, then forgotten.",
    )


class CpniEntered(Shown):
    """A line as it stands."""

    number: int
    kind: str
    at: datetime
    effective: bool = Field(
        description="False for a revocation that does not end every denial it is about: of two representatives the "
        "more protective wins until the holder speaks."
    )
    tell_owner: bool = Field(
        description="Tell the owner of the account: two people decided differently, and no `owner_email` was given."
    )
    receipt: dict[str, Any] = Field(description="Signed; `manage.py verify_receipt` checks it.")


class CpniNotice(Body):
    """A customer to whom the notice is sent by mail."""

    account: Account = Field(description="The number of the account. Kept as a keyed hash.", examples=["AC-1007"])
    email: str = Field(
        min_length=3,
        max_length=254,
        description="Kept sealed for as long as the mail is under way, then forgotten.",
        examples=["ada@example.org"],
    )
    consented: bool = Field(description="That the customer agreed before to such notices by mail. Must be true.")
    version: Annotated[Line, Field(max_length=40)] = Field(
        "", description="A name of your own for this version. Unless given, one that follows from the words sent."
    )


class CpniNoticeSent(Shown):
    """A notice as it stands in the ledger. It counts as none once the mail comes back."""

    number: int
    at: datetime
    version: str
    runs_out: date = Field(description="The last day of the wait: the day after it, silence is an approval.")
    next_notice_due: date = Field(description="The last day of that approval, unless the notice was repeated.")
    receipt: dict[str, Any] = Field(description="Signed; `manage.py verify_receipt` checks it.")


class CpniAsked(Parameters):
    """Which use of whose data, by which campaign; or how it stood at a moment."""

    account: Account | None = Field(None, description="The number of the account, or give its `digest`.")
    digest: Digest | None = None
    purpose: Word
    service: Word | None = Field(None, description="The kind of service whose data is used; all of it, unless given.")
    campaign: Annotated[Line, Field(min_length=1, max_length=80)] | None = Field(
        None, description="For a use that is about to be made. Kept with the answer."
    )
    at: Instant | None = Field(None, description="To look at the past. Not together with `campaign`.")
    as_known: Truth = Field(False, description="With `at`: leave out what was entered only after that moment.")

    @model_validator(mode="after")
    def _one_of_two(self) -> "CpniAsked":
        if (self.account is None) == (self.digest is None):
            raise refuse(_("Give either the account or its digest."))
        if (self.campaign is None) == (self.at is None):
            raise refuse(_("Give either the campaign that is about to use the data, or a moment to look back at."))
        return self


class CpniAnswer(Shown):
    """Whether the use is approved. Good for this moment alone: ask again at the next use."""

    allowed: bool
    because: Because
    sentence: str
    needs: Needs
    since: datetime | None
    until: date | None = Field(description="The last day of the wait or of the approval by silence.")
    line: int | None = Field(description="The number of the line on which the answer rests.")
    at: datetime
