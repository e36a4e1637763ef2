"""What Twilio's API of 2010-04-01 is told and answers: configuration, resources, errors, the data dictionary.

After Twilio's reference pages "Messages resource", "Call resource", "Recordings resource", "Twilio API responses"
(paging) and "Error and Warning Dictionary" (20009, 20404, 80615, 94604), and `twilio_api_v2010.json` of its OpenAPI.
"""

import base64
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import Field as Key
from pydantic import SecretStr, model_validator

from dsr.connectors.base import Dataset, Field, FieldType, Json, WithheldField
from dsr.connectors.config import Slug
from dsr.connectors.http_config import AddressConfig
from dsr.connectors.rest import Loose

Kind = Literal["messages", "calls", "recordings"]
KINDS: tuple[Kind, ...] = ("messages", "calls", "recordings")
HELD = frozenset({80615, 94604})
"""The account is under a legal hold of Twilio's."""
UNFINISHED = 20009
"""A call or message cannot be deleted before all of Twilio's systems are done with it."""
GONE = 20404
OPEN: dict[str, frozenset[str]] = {
    "messages": frozenset({"accepted", "scheduled", "queued", "sending", "receiving"}),
    "calls": frozenset({"queued", "ringing", "in-progress"}),
    "recordings": frozenset({"in-progress", "paused", "stopped", "processing"}),
}
"""States in which a resource is still going on."""

Sid = Annotated[str, Key(pattern=r"^(SM|MM|CA|RE)[0-9a-fA-F]{32}$")]


class TwilioConfig(AddressConfig):
    """Everything the `twilio` connector needs to know about one account."""

    url: str = "https://api.twilio.com"
    account_sid: Annotated[str, Key(pattern=r"^AC[0-9a-fA-F]{32}$")]
    key_sid: Annotated[str, Key(pattern=r"^SK[0-9a-fA-F]{32}$")] | None = None
    """An API key; without one the secret is the account's own token."""
    secret: Annotated[SecretStr, Key(min_length=1)]
    categories: Annotated[dict[Kind, Slug], Key(min_length=1)]
    """Data category of each kind of resource that the account has; others are not looked at."""
    whatsapp: bool = True
    """Whether messages are looked for under `whatsapp:` and the number, too."""
    read_only: bool = False
    """Whether nothing is ever deleted there."""
    page_size: int = Key(default=100, ge=1, le=1000)
    work_per_call: int = Key(default=200, ge=1, le=10_000)
    """After about how many questions and deletions an erasure pauses."""

    @model_validator(mode="after")
    def _reachable(self) -> "TwilioConfig":
        if "recordings" in self.categories and "calls" not in self.categories:
            raise ValueError("categories: recordings are found by their calls, so calls must be there, too")
        return self

    @property
    def authorization(self) -> str:
        """The header that proves who asks (RFC 7617)."""
        pair = f"{self.key_sid or self.account_sid}:{self.secret.get_secret_value()}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    @property
    def root(self) -> str:
        """Path of the account."""
        return f"/2010-04-01/Accounts/{self.account_sid}"


class Resource(Loose):
    """A message, a call or a recording."""

    sid: Sid
    to: str | None = None
    from_: str | None = Key(default=None, alias="from")
    body: str | None = None
    direction: str | None = None
    status: str | None = None
    num_media: str | None = None
    call_sid: str | None = None
    duration: str | None = None
    date_created: str | None = None
    date_sent: str | None = None
    start_time: str | None = None
    end_time: str | None = None

    @property
    def day(self) -> date | None:
        """The day it was sent or began (UTC); when it was created where that is not known; None where nothing is."""
        at = _parsed(self.date_sent or self.start_time or self.date_created)
        return None if at is None else at.date()


class Page(Loose):
    """One page of a list. Only the list that was asked for is there."""

    next_page_uri: str | None = None
    messages: tuple[Resource, ...] | None = None
    calls: tuple[Resource, ...] | None = None
    recordings: tuple[Resource, ...] | None = None


class Fault(Loose):
    """Why a call was turned down."""

    code: int = 0


class Account(Loose):
    """The account itself."""

    status: str = ""


def datasets(categories: dict[Kind, Slug]) -> tuple[Dataset, ...]:
    """Return the data dictionary of what the account has."""
    return tuple(_DESCRIBED[kind](categories[kind]) for kind in KINDS if kind in categories)


def _messages(category: str) -> Dataset:
    return Dataset(
        "messages",
        _("Messages"),
        _("Text messages between your number and ours."),
        category,
        (
            Field("sid", _("Number of the message"), _("By which the carrier knows the message."), category),
            Field("direction", _("Direction"), _("Whether we sent it or you."), category),
            Field("from", _("From"), _("The number it was sent from."), category),
            Field("to", _("To"), _("The number it was sent to."), category),
            Field("body", _("Text"), _("What it says."), category),
            Field("date_sent", _("Sent"), _("When it was sent."), category, FieldType.DATETIME),
            Field("status", _("State"), _("Whether it arrived."), category),
            Field(
                "num_media",
                _("Attachments"),
                _("How many pictures or files came with it."),
                category,
                FieldType.INTEGER,
            ),
        ),
        (
            WithheldField(
                "attachments",
                _("Attachments"),
                category,
                "not_copied",
                _("Pictures and files that came with a message are not part of this copy. Ask us for them."),
            ),
        ),
        event="message_sent",
        open_while="message_in_flight",
    )


def _calls(category: str) -> Dataset:
    return Dataset(
        "calls",
        _("Calls"),
        _("Telephone calls between your number and ours."),
        category,
        (
            Field("sid", _("Number of the call"), _("By which the carrier knows the call."), category),
            Field("direction", _("Direction"), _("Whether we called or you."), category),
            Field("from", _("From"), _("The number that called."), category),
            Field("to", _("To"), _("The number that was called."), category),
            Field("start_time", _("Began"), _("When the call began."), category, FieldType.DATETIME),
            Field("end_time", _("Ended"), _("When the call ended."), category, FieldType.DATETIME),
            Field("duration", _("Length"), _("Seconds that the call lasted."), category, FieldType.INTEGER),
            Field("status", _("State"), _("What became of the call."), category),
        ),
        event="call_made",
        open_while="call_in_progress",
    )


def _recordings(category: str) -> Dataset:
    return Dataset(
        "recordings",
        _("Recordings of calls"),
        _("Your calls that were recorded, and the recordings themselves."),
        category,
        (
            Field("sid", _("Number of the recording"), _("By which the carrier knows it."), category),
            Field("call_sid", _("Number of the call"), _("The call that was recorded."), category),
            Field("start_time", _("Began"), _("When the recording began."), category, FieldType.DATETIME),
            Field("duration", _("Length"), _("Seconds that the recording lasts."), category, FieldType.INTEGER),
            Field("status", _("State"), _("What became of the recording."), category),
        ),
        event="call_made",
        open_while="recording_in_progress",
    )


_DESCRIBED = {"messages": _messages, "calls": _calls, "recordings": _recordings}


def row(found: Resource, described: Dataset) -> dict[str, Json]:
    """Return the fields of a resource that the data dictionary names, in its types."""
    values: dict[str, Json] = found.model_dump(by_alias=True)
    return {field.name: _READ.get(field.type, _as_it_is)(values[field.name]) for field in described.fields}


def _as_it_is(value: Json) -> Json:
    return value


def _moment(value: Json) -> Json:
    at = _parsed(value)
    return value if at is None else at.isoformat()


def _number(value: Json) -> Json:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _parsed(value: Json) -> datetime | None:
    """Return a moment as Twilio writes it (RFC 2822), in UTC; None where it is none."""
    try:
        at = parsedate_to_datetime(value if isinstance(value, str) else "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


_READ = {FieldType.DATETIME: _moment, FieldType.INTEGER: _number}
