"""What travels between us and SendGrid, as types and calls; `sendgrid` says after which pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field as Key
from pydantic import TypeAdapter, ValidationError

from dsr.connectors.base import Code, PermanentFailure, alone
from dsr.connectors.rest import Loose, Reply, Session
from dsr.connectors.thirdparty import RemoteId, batches

MOST_SEARCHED = 100
"""Addresses or contacts in one call."""
MOST_ERASED = 5_000
MOST_ERASED_BYTES = 250_000
"""Of addresses in one call; with what is around them it stays below 256 KB."""
MOST_SUPPRESSED = 1_000
CONTACTS = "/v3/marketing/contacts"
COUNT = f"{CONTACTS}/count"


class _Entry(Loose):
    contact: dict[str, Any] | None = None
    error: str | None = None


class _ByEmail(Loose):
    result: dict[str, _Entry]


class _ById(Loose):
    result: tuple[dict[str, Any], ...]


class Count(Loose):
    """How many contacts there are."""

    contact_count: int


class _Contact(Loose):
    id: RemoteId


class _Deleting(Loose):
    # The reference says that it is an object, and of the job's own page that it is a text.
    job_id: RemoteId | dict[str, Any]


class Job(Loose):
    """How far a job on contacts is."""

    status: Literal["pending", "completed", "errored", "failed"]


class Erasing(Loose):
    """An erasure that was accepted."""

    job_id: Annotated[str, Key(min_length=1)]


class Suppressed(Loose):
    """Addresses that were added to a list."""

    recipient_emails: tuple[str, ...]


class _Listed(Loose):
    recipient_email: str | None = None


class Scopes(Loose):
    """What a key may do."""

    scopes: tuple[str, ...]


def group_path(number: int | str) -> str:
    """Return where an unsubscribe group is found."""
    return f"/v3/asm/groups/{number}"


def by_email(session: Session, emails: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return contacts by their id; one may have several of the addresses."""
    found: list[dict[str, Any]] = []
    for part in batches(emails, MOST_SEARCHED):
        reply = _asked(session, f"{CONTACTS}/search/emails", {"emails": [*part]})
        entries = reply.parse(_ByEmail).result.values() if reply else ()
        if any(entry.contact is None and entry.error is None for entry in entries):
            raise PermanentFailure(Code.BAD_ANSWER)
        found += [entry.contact for entry in entries if entry.contact is not None]
    return _named(found)


def by_id(session: Session, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return those of these contacts that are still there, by their id."""
    found: list[dict[str, Any]] = []
    for part in batches(ids, MOST_SEARCHED):
        reply = _asked(session, f"{CONTACTS}/batch", {"ids": [*part]})
        found += reply.parse(_ById).result if reply else ()
    return _named(found)


_FOUND: TypeAdapter[list[str]] = TypeAdapter(list[str])


def on_group(session: Session, group: int, emails: Sequence[str]) -> bool:
    """Tell whether all of these addresses are on an unsubscribe group's list; asked in the body of the call."""
    found: set[str] = set()
    for part in batches(emails, MOST_SUPPRESSED):
        reply = session.call("POST", f"{group_path(group)}/suppressions/search", body={"recipient_emails": [*part]})
        try:
            here = _FOUND.validate_json(reply.body)
        except ValidationError:
            # The reference shows a bare list; older pages wrap it as the list is wrapped when it is sent.
            here = [*reply.parse(Suppressed).recipient_emails]
        found.update(email.lower() for email in here)
    return found.issuperset(emails)


def on_global(session: Session, emails: Sequence[str]) -> bool:
    """Tell whether all of these addresses are on the global list; each stands in the path of a call."""
    for email in emails:
        path = f"/v3/asm/suppressions/global/{quote(email, safe='')}"
        if session.call("GET", path).parse(_Listed).recipient_email is None:
            return False
    return True


def _asked(session: Session, path: str, body: Mapping[str, Any]) -> Reply | None:
    """Return the answer to a search; None where nobody was found."""
    reply = session.call("POST", path, body=body, seen=(404,))
    if reply.status != 404:
        return reply
    # 404 is what is said of nobody, and what anything says at a wrong address. Only the service knows a count.
    session.call("GET", COUNT).parse(Count)
    return None


def _named(contacts: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {_id_of(contact): contact for contact in contacts}


def _id_of(contact: Mapping[str, Any]) -> str:
    try:
        return _Contact.model_validate(contact).id
    except ValidationError:
        alone(PermanentFailure(Code.BAD_ANSWER))


def delete(session: Session, ids: Sequence[str]) -> str:
    """Have contacts deleted and return the job's id; "" where it is none that could be asked after."""
    # Ids name no person: they may stand in an address.
    job = session.call("DELETE", CONTACTS, query=[("ids", ",".join(ids))]).parse(_Deleting).job_id
    return job if isinstance(job, str) else ""
