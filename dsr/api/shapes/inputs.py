"""Bodies and parameters. Strict: no unknown field, no number for a text, every instant with its zone."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from dsr.api.reading import Body, Parameters
from dsr.api.shapes.values import Country, Instant, Line, Region, Truth, Word, digits, printable
from dsr.lifecycle import State, Turn
from dsr.models import Channel
from dsr.rights import Right
from verification.models import Purpose

# --- Bodies ----------------------------------------------------------------------------------------------------------


class Who(Body):
    """Who asks."""

    relationship: Word = Field(description="What the person is to the organisation; see GET /rights.")
    name: str = Field("", max_length=200)
    identifiers: dict[Word, Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)]] = Field(
        default_factory=dict,
        max_length=8,
        description="What the person can be found by, by kind: `account`, `phone`, `email`.",
        examples=[{"account": ["AC-1234"]}],
    )


class Where(Body):
    """Where the person lives, which decides the law."""

    country: Country
    region: Region = ""


class WantedRight(Body):
    """One right, with the details that it asks for and no more."""

    right: Right
    details: dict[Word, Annotated[str, Field(max_length=4000)]] = Field(
        default_factory=dict, max_length=20, description="Answers to the questions of this right; see GET /rights."
    )


class Contact(Body):
    """How the person is reached."""

    email: str = Field(min_length=3, max_length=254, examples=["ada@example.org"])
    phone: str = Field("", max_length=40)


class Agent(Body):
    """Who files, where that is not the person. `contact` is then the agent's, and `who` the person's."""

    kind: Word = Field(description="On what the agent acts, such as `signed_permission` or `power_of_attorney`.")
    name: str = Field(min_length=1, max_length=200, description="The agent, or the organisation that it is.")
    person_email: str = Field(
        "", max_length=254, description="The person's own mail address. The person is asked there where the law allows."
    )
    child_age: int | None = Field(None, ge=0, le=130, description="In years, where a parent or guardian asks.")
    identity_checked: bool = Field(
        False, description="The agent has checked who the person is. It counts as far as the agency is trusted."
    )


class Verified(Body):
    """What the help desk saw of who is asking. It counts once the contact is confirmed; your account is its witness."""

    method: Literal["asserted_login", "call_back"] = Field(
        description="A sign-in to the account that was seen, or a call to the number on file; never to one just given."
    )
    at: Instant = Field(description="When it was seen, within the last 24 hours.")
    identifiers: dict[Word, Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)]] = Field(
        max_length=8, description="What it was about: some of `who.identifiers`, or the contact's `email`."
    )


class NewSubmission(Body):
    """What one person asks, filed for the person."""

    channel: Channel = Field(Channel.API, description="How it reached the organisation.")
    received_at: Instant | None = Field(
        None, description="When it reached the organisation, if that was before now. Clocks start here."
    )
    language: str = Field("en", pattern=r"^[a-z]{2,3}(-[a-z0-9]{2,8})?$", description="The language to write in.")
    who: Who
    where: Where
    rights: list[WantedRight] = Field(min_length=1, max_length=20)
    contact: Contact
    agent: Agent | None = None
    verified: Verified | None = None
    about: Word | Literal[""] = Field("", description="Who else it is about, as the person says; see GET /doors.")
    may_pass_on: bool = Field(False, description="The person agrees that it is passed on to whoever else answers.")


class Batch(Body):
    """Filings of an agency as they come: each is read by itself, so that one does not stop the others."""

    submissions: list[dict[str, Any]] = Field(
        min_length=1, max_length=100, description="Each as for `POST /submissions`, with its own `agent`."
    )


class NewMessage(Body):
    """A message in a request's conversation."""

    direction: Literal["from_person", "to_person", "note"] = Field(
        description="What the person says (`from_person`), what the person is told, or a note among staff."
    )
    text: str = Field(min_length=1, max_length=10_000)


class NewEvidence(Body):
    """A document that was asked for, sent as ``multipart/form-data``."""

    purpose: Annotated[Purpose, Field(strict=False)] = Field(description="What it was asked for.")
    file: Annotated[bytes, WithJsonSchema({"type": "string", "format": "binary"})] = Field(
        description="JPEG, PNG, WebP or PDF, at most 10 MB, 40 megapixels, 30 pages. It is written anew before it is "
        "kept, so that what a camera or a program wrote beside it goes."
    )


class Nothing(Body):
    """A step that needs nothing more. The body may be left out."""


class WithText(Body):
    """A step that carries a text."""

    text: str = Field(min_length=1, max_length=10_000)


class WithReason(Body):
    """A step that needs reasons, in words for people."""

    reason: str = Field(min_length=1, max_length=10_000)


class WithDoubt(WithReason):
    """A doubt about who is asking, with reasons."""

    doubt: Word


class WithCheck(Body):
    """What a check of who is asking came to."""

    method: Literal["call_back", "document"]
    result: Literal["passed", "failed"]
    claims: bool = Field(False, description="The identifiers that were given are shown to be the person's, too.")


class WithMandateCheck(Body):
    """What came of looking at the paper of somebody who asks for another."""

    result: Literal["accepted", "refused"]
    checks: list[Word] = Field(
        default_factory=list,
        max_length=20,
        description="Ids of what the paper shows; all that is asked for, or it is refused.",
    )
    until: date | None = Field(None, description="The day on which it ends by its own words.")
    claims: bool = Field(False, description="The identifiers that were given are shown to be the person's, too.")
    to_person: bool = Field(False, description="The answer goes to the person and not to whoever asks.")
    reason: str = Field("", max_length=10_000, description="For whoever asks, in words for people.")


class WithUnasked(Body):
    """What came in that nobody had asked for."""

    kind: Literal["document", "password", "other"]


class WithAssignee(Body):
    """Who is to have the request."""

    assignee: Line | None = Field(max_length=150, description="User name of a colleague, or null for the queue.")


class WithStep(Body):
    """Which system's part."""

    step: UUID


class WithStepAndReason(Body):
    """Which system's part, and why."""

    step: UUID
    reason: str = Field(min_length=1, max_length=10_000)


class WithGround(Body):
    """A coded ground and reasons for the person."""

    ground: Word
    reason: str = Field(min_length=1, max_length=10_000)


class WithProof(Body):
    """What proves a ground: where it lies, and the answers to the questions that the ground puts."""

    proof_kind: Literal["document", "record", "contract", "order", "advice", "published", "correspondence", "other"]
    proof_place: str = Field(min_length=1, max_length=500, description="Where it is on file.")
    proof_author: str = Field(min_length=1, max_length=200, description="By whom it is.")
    proof_on: date = Field(description="Of which day it is.")
    withholding: UUID | None = Field(
        None, description="Which of the things held back it is about; without it, the refusal that is proposed."
    )
    answers: dict[Word, Annotated[str, Field(min_length=1, max_length=10_000)]] = Field(
        default_factory=dict,
        max_length=20,
        description="Question to answer: `yes` or `no`, a day or a number where the question wants one.",
    )


class WithExtension(WithGround):
    """Why the answer comes later, and when."""

    until: date | None = Field(
        None, description="The new date, where it is sooner than the law allows or the law sets no length."
    )


class WithFee(Body):
    """What answering costs, and why."""

    amount: str = Field(min_length=5, max_length=12, description="Whole units and the currency, such as 120 CHF.")
    reason: str = Field(min_length=1, max_length=10_000)


class WithLaws(Body):
    """Which laws apply, and why they and not those that were proposed."""

    regimes: list[Word] = Field(min_length=1, max_length=12)
    reason: str = Field(min_length=1, max_length=10_000)


class WithCategory(WithGround):
    """What is held back, on a coded ground and with reasons."""

    category: Word
    system: str = Field(
        "", max_length=48, pattern=r"^[-a-zA-Z0-9_]*$", description="Key of one system, or all of them."
    )


class WithWord(Body):
    """How the person confirmed, where a colleague took it down."""

    how: str = Field("", max_length=16, pattern=r"^[a-z_]*$", description="`phone`, `letter` or another word.")


class WithTask(Body):
    """Which system's part in carrying it out."""

    task: UUID


class WithTaskAndReason(WithTask):
    """Which system's part, and why it is gone on without."""

    reason: str = Field(min_length=1, max_length=10_000)


class WithItem(Body):
    """Something that the person says is wrong."""

    about: str = Field(min_length=1, max_length=4000, description="What is wrong, in the person's words.")
    asked: str = Field(min_length=1, max_length=4000, description="As it should be.")


class WithItemDecision(Body):
    """What is decided about one thing that is said to be wrong."""

    item: int = Field(ge=1, le=9999, description="Its number in GET /requests/{id}/items.")
    decision: Literal["correct", "refuse"]
    places: list[Annotated[str, Field(min_length=5, max_length=200), AfterValidator(printable)]] = Field(
        default_factory=list,
        max_length=50,
        description="Every field it is about, as `system.dataset.field`: where it is put right, or stays as it is.",
    )
    ground: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9_]*$")] = Field(
        "", description="Why it stays as it is; of a refusal."
    )
    reason: str = Field("", max_length=10_000, description="The same in words for people; of a refusal.")


class WithStatement(WithText):
    """The person's statement about something that stays as it is."""

    item: int = Field(ge=1, le=9999, description="Its number in GET /requests/{id}/items.")


class WithWithholding(Body):
    """Which withholding."""

    withholding: UUID


# --- Parameters ------------------------------------------------------------------------------------------------------


class RightsAsked(Parameters):
    """For whom the rights are asked."""

    country: Country
    region: Region = ""
    relationship: Word
    channel: Channel = Field(Channel.WEB, description="How they ask; some ways of proving are not there in each.")


class ByReference(Parameters):
    """Which submission."""

    reference: Line = Field(max_length=40, examples=["7K3MX-9TCRA"])


class Revealing(Parameters):
    """Why personal values are to be shown."""

    reason: Line | None = Field(
        None,
        min_length=3,
        max_length=300,
        description=(
            "Shows personal values in full, and puts on record who looked and why. Needs the scope `staff` and the "
            "permission to see personal values. Addresses end up in logs, so name nobody here."
        ),
    )


class Paging(Parameters):
    """Which page of a list."""

    limit: Annotated[int, BeforeValidator(digits)] = Field(50, ge=1, le=200)
    cursor: Line | None = Field(None, max_length=200, description="From `next` or `previous`.")


class RequestsWanted(Paging):
    """Which requests, what falls due first at the front, or what must be started first."""

    right: Right | None = None
    state: State | Literal["open", "all"] | None = Field(
        None, description="A state, `open` (all but closed) or `all`. Without it: what is open, or with `q` all."
    )
    turn: Turn | None = None
    overdue: Truth | None = None
    assignee: Line | None = Field(None, max_length=150, description="A user name, `me` or `nobody`.")
    order: Literal["due", "slack"] = Field(
        "due", description="`due`: by date. `slack`: by when work must start at the latest, of what is open."
    )
    q: Line | None = Field(
        None,
        min_length=1,
        max_length=254,
        description="A reference, or exactly one person's mail address, telephone or account number.",
    )


class WithWeighing(Body):
    """What was found about one use that is objected to. What goes on needs every text: the burden of proof is ours."""

    use: Word = Field(description="A word of `details.objected`, or another purpose of the notice.")
    basis: Word = Field(description="Its legal basis by the notice, such as `legitimate_interest`.")
    outcome: Literal["stop", "part", "go_on"]
    reason: str = Field(max_length=10_000, description="Why, in words for the person.")
    ground: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9_]*$")] = Field(
        "", description="The coded ground on which something goes on."
    )
    interest: str = Field("", max_length=10_000, description="Which interest of the organisation it serves.")
    compelling: str = Field("", max_length=10_000, description="Why that is compelling and weighs more.")
    alternatives: str = Field("", max_length=10_000, description="Which milder ways were looked at.")
    effect: str = Field("", max_length=10_000, description="What it means for this person.")
    vulnerable: Truth = Field(False, description="Whether it is about a child or somebody who needs protection.")
    remains: str = Field("", max_length=10_000, description="What goes on, where a part stops.")
