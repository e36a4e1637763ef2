"""Twilio SendGrid: marketing contacts, the activity of messages that were sent, and the suppression lists.

Written after the SendGrid v3 API reference: "Recipients' Data Erasure API", "Contacts" (Get Contacts by Emails, Get
Batched Contacts by IDs, Delete Contacts, Import Contacts Status), "Suppressions" and "Rate Limits". What is built on:

- `POST /v3/marketing/contacts/search/emails` finds contacts by up to 100 addresses and answers 404 where there is none.
- `DELETE /v3/marketing/contacts?ids=` starts a job, of which `GET /v3/marketing/contacts/imports/{id}` tells.
- `POST /v3/recipients/erasejob` takes up to 5,000 addresses or 256 KB and answers 202 with an id. Nothing tells when
  it is done, so the answer carries `accepted_not_confirmed`. It reaches only the account that asks, not its subusers.
- `POST /v3/asm/suppressions/global` and `/v3/asm/groups/{id}/suppressions` add addresses; a group that does not exist
  silently becomes the global list, so `check` looks for it.
- `POST /v3/asm/groups/{id}/suppressions/search` says which addresses are on a group's list. Looking one up on the
  global list (`GET /v3/asm/suppressions/global/{email}`) puts it into the path of the call, so it is added without
  looking, and looked up only where the configuration allows it.

What was sent to whom cannot be searched by addresses in the body of a call. Where an account is said to hold that,
nothing is located, collected or previewed: "cannot be searched" must never look like "nothing held".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext as _

from dsr.connectors.base import (
    Code,
    Dataset,
    Field,
    Identifiers,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    Row,
    usable,
)
from dsr.connectors.changes import Ability, Changed, Erased, Handles, Preview, Remark, Still, Term
from dsr.connectors.config import Strict, read
from dsr.connectors.rest import Rest, Session
from dsr.connectors.sendgrid_config import FIELDS, SendGridConfig
from dsr.connectors.sendgrid_wire import (
    CONTACTS,
    COUNT,
    MOST_ERASED,
    MOST_ERASED_BYTES,
    MOST_SEARCHED,
    MOST_SUPPRESSED,
    Count,
    Erasing,
    Job,
    Scopes,
    Suppressed,
    by_email,
    by_id,
    delete,
    group_path,
    on_global,
    on_group,
)
from dsr.connectors.thirdparty import (
    Held,
    RemoteId,
    ThirdParty,
    batches,
    going,
    insist,
    lines_of,
    resumed,
)

_PATIENCE = 12
"""How often contacts may still be there after the job that deletes them said that it was done."""


_EMPTY: tuple[object, ...] = (None, "", [], {})


class _State(Strict):
    """How far an erasure is."""

    stage: Literal["suppress", "contacts", "gone", "activity"] = "suppress"
    jobs: tuple[RemoteId, ...] = ()
    deleted: int = 0
    polls: int = 0
    left: tuple[str, ...] | None = None
    """Addresses that no erasure job names yet; None before the first."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be erased."""

    emails: Sequence[str]
    ids: Sequence[str]
    """Of contacts that were kept when everything else of the person went."""
    terms: Sequence[Term]
    goes: frozenset[str]
    still: Still | None = None

    def contacts(self, session: Session) -> list[str]:
        """Return the ids of the contacts that are there."""
        return sorted(by_email(session, self.emails).keys() | by_id(session, self.ids).keys())


class SendGridConnector(ThirdParty):
    """One account, or one subuser of it."""

    kind: ClassVar[str] = "sendgrid"
    automatic: ClassVar[bool] = True

    def __init__(self, config: SendGridConfig) -> None:
        self._config = config
        headers = {"Authorization": f"Bearer {config.api_key.get_secret_value()}"}
        if config.on_behalf_of is not None:
            headers["On-Behalf-Of"] = config.on_behalf_of
        self._rest = Rest(config, headers)

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "SendGridConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(SendGridConfig, config))

    def identifiers(self) -> frozenset[str]:
        """Return mail addresses: the service knows people by nothing else that we have proof of."""
        return frozenset({"email"})

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary: the service's fields, in the configured categories."""
        found = []
        for part in self._config.held:
            fields = FIELDS.items() if part is self._config.contacts else ()
            columns = tuple(Field(name, title, "", part.category, kind) for name, (title, kind) in fields)
            found.append(Dataset(part.name, part.title, part.description, part.category, columns))
        return tuple(found)

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Count contacts; raises `PermanentFailure(unable)` where there is activity, which cannot be searched."""
        emails = self._emails(who)
        contacts = self._searchable()
        with self._rest.session() as session:
            return Located.of({contacts.name: len(by_email(session, emails))}, self.describe())

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Yield contacts; raises as `locate` does."""
        emails = self._emails(who)
        contacts = self._searchable()
        with self._rest.session() as session:
            found = by_email(session, emails)
        for contact in found.values():
            yield Row(contacts.name, {name: contact[name] for name in FIELDS if contact.get(name) not in _EMPTY})

    def abilities(self) -> frozenset[Ability]:
        """Return that it erases and suppresses, and whether each of its lists can be looked at."""
        tells = {Ability.SUPPRESSED} if all(map(self._tells, self._config.purposes)) else set()
        return frozenset({Ability.ERASE, Ability.SUPPRESS, *tells})

    def preview(self, who: Identifiers, terms: Sequence[Term], *, key: str, handles: Handles | None = None) -> Preview:
        """Count contacts; raises as `locate` does, but where there are handles alone, which name contacts only."""
        order = self._order(who, terms, handles)
        name = self._searchable().name if order.emails else self._contacts_name()
        with self._rest.session() as session:
            found = order.contacts(session)
        return Preview(lines_of(terms, order.goes, {name: len(found)}), self._handles(order, found))

    def erase(
        self,
        who: Identifiers,
        terms: Sequence[Term],
        *,
        key: str,
        handles: Handles | None = None,
        cursor: str = "",
        still: Still | None = None,
    ) -> Erased:
        """Suppress the addresses, delete their contacts, see that they are gone, and order the erasure of the rest.

        Every part may be done twice without harm: an address is on a list once, a contact that is gone is not found,
        and a second erasure job finds nothing. So a crash between a call and its cursor costs a call and no more.
        """
        order = self._order(who, terms, handles, still)
        with self._rest.session() as session:
            if order.goes:
                return self._step(session, order, resumed(_State, cursor))
            found = order.contacts(session) if self._config.contacts is not None else []
            counts = self._counts(order, len(found))
            notes = () if self._config.activity is None else (Remark.COUNTED_BY_IDENTIFIER,)
            return Erased(lines_of(terms, order.goes, counts), handles=self._handles(order, found), notes=notes)

    def leaves_out(self) -> tuple[str, ...]:
        """Return the purposes that the configuration has lists for."""
        return tuple(self._config.purposes)

    def suppress(self, who: Identifiers, purposes: Sequence[str], *, key: str, cursor: str = "") -> Changed:
        """Add the addresses to the lists of these purposes; raises `PermanentFailure(unable)` for any other purpose."""
        for purpose in purposes:
            if purpose not in self._config.purposes:
                raise PermanentFailure(Code.UNABLE, purpose)
        emails = self._emails(who)
        with self._rest.session() as session:
            self._suppress(session, emails, purposes)
        return Changed({self._config.held[0].name: len(emails)}, notes=(Remark.COUNTED_BY_IDENTIFIER,))

    def suppressed(self, who: Identifiers, purposes: Sequence[str], *, key: str) -> bool | None:
        """Look at the lists of these purposes; None of a purpose without one, and of the global list unless allowed."""
        if not purposes or not all(purpose in self._config.purposes and self._tells(purpose) for purpose in purposes):
            return None
        emails = self._emails(who)
        groups = dict.fromkeys(self._config.purposes[purpose] for purpose in purposes)
        with self._rest.session() as session:
            return all(
                on_global(session, emails) if group == "global" else on_group(session, group, emails)
                for group in groups
            )

    def _tells(self, purpose: str) -> bool:
        return self._config.purposes[purpose] != "global" or self._config.look_up_global

    def _problems(self) -> list[Problem]:
        with self._rest.session() as session:
            granted = session.call("GET", "/v3/scopes").parse(Scopes).scopes
            if self._config.contacts is not None:
                session.call("GET", COUNT).parse(Count)
            groups = [group for group in set(self._config.purposes.values()) if group != "global"]
            gone = [group for group in groups if session.call("GET", group_path(group), seen=(404,)).status == 404]
        missing = self._scopes() - set(granted)
        return [
            *(Problem("missing_scope", scope, _("The API key may not do this.")) for scope in sorted(missing)),
            *(Problem("missing_group", str(group), _("There is no such unsubscribe group.")) for group in sorted(gone)),
        ]

    def _scopes(self) -> set[str]:
        lists = self._config.purposes.values()
        wanted = {
            "recipients.erasejob.create": self._config.activity is not None,
            "asm.suppressions.global.create": "global" in lists,
            "asm.suppressions.global.read": "global" in lists and self._config.look_up_global,
            "asm.groups.suppressions.create": any(group != "global" for group in lists),
        }
        return {scope for scope, needed in wanted.items() if needed}

    def _emails(self, who: Identifiers) -> list[str]:
        known = usable(who, self.identifiers())
        return list(dict.fromkeys(email.strip().lower() for email in known["email"]))

    def _searchable(self) -> Held:
        """Return what can be searched; raises where that is not all there is."""
        if self._config.activity is not None or self._config.contacts is None:
            raise PermanentFailure(Code.UNABLE, self._config.held[-1].name)
        return self._config.contacts

    def _contacts_name(self) -> str:
        """Return the name of the data set of contacts; raises where there is none."""
        if self._config.contacts is None:
            raise PermanentFailure(Code.UNABLE, "handles")
        return self._config.contacts.name

    def _order(
        self, who: Identifiers, terms: Sequence[Term], handles: Handles | None, still: Still | None = None
    ) -> _Order:
        goes = going(self.describe(), terms)
        contacts, activity = self._config.contacts, self._config.activity
        if activity is not None and contacts is not None and activity.name in goes and contacts.name not in goes:
            # An erasure job takes all that there is for an address.
            raise PermanentFailure(Code.NO_STRATEGY, activity.name)
        if not handles:
            return _Order(self._emails(who), (), terms, goes, still)
        if set(handles) - {self._contacts_name()}:
            raise PermanentFailure(Code.UNABLE, "handles")
        emails = self._emails(who) if who.get("email") else []
        return _Order(emails, handles[self._contacts_name()], terms, goes, still)

    def _counts(self, order: _Order, contacts: int) -> dict[str, int]:
        """Return how much there is: contacts as they were found, all else by its addresses."""
        there = self._config.contacts
        return {part.name: contacts if part is there else len(order.emails) for part in self._config.held}

    def _handles(self, order: _Order, found: Sequence[str]) -> Handles:
        contacts = self._config.contacts
        return {contacts.name: found} if contacts is not None and found and contacts.name not in order.goes else {}

    def _step(self, session: Session, order: _Order, state: _State) -> Erased:
        """Go on until there is something to wait for, or nothing left."""
        contacts, activity = self._config.contacts, self._config.activity
        if state.stage == "suppress":
            self._suppress(session, order.emails, self._config.purposes)
            state = state.model_copy(update={"stage": "contacts"})
        if contacts is not None and contacts.name in order.goes and state.stage != "activity":
            state = self._contacts(session, order, state, contacts.name)
            if state.stage == "gone":
                return Erased(cursor=state.model_dump_json(), again_after=self._config.poll_seconds)
        handed_on = activity is not None and activity.name in order.goes and bool(order.emails)
        if handed_on:
            left = tuple(order.emails) if state.left is None else state.left
            part = next(batches(left, MOST_ERASED, MOST_ERASED_BYTES))
            insist(order.still)
            session.call("POST", "/v3/recipients/erasejob", body={"email_addresses": [*part]}).parse(Erasing)
            state = state.model_copy(update={"stage": "activity", "left": left[len(part) :]})
            if state.left:
                return Erased(cursor=state.model_dump_json())
        return Erased(
            lines_of(order.terms, order.goes, self._counts(order, state.deleted)),
            rows={contacts.name: state.deleted} if contacts is not None and state.deleted else {},
            notes=(Remark.COUNTED_BY_IDENTIFIER, Remark.ACCEPTED_NOT_CONFIRMED) if handed_on else (),
        )

    def _contacts(self, session: Session, order: _Order, state: _State, name: str) -> _State:
        """Delete the contacts, or see whether those that should be are gone."""
        found = order.contacts(session)
        if not found:
            return state.model_copy(update={"stage": "activity"})
        if state.stage == "contacts":
            jobs = []
            for part in batches(found, MOST_SEARCHED):
                insist(order.still)
                jobs.append(delete(session, part))
            return state.model_copy(update={"stage": "gone", "jobs": tuple(filter(None, jobs)), "deleted": len(found)})
        said = {session.call("GET", f"{CONTACTS}/imports/{job}").parse(Job).status for job in state.jobs}
        if said & {"failed", "errored"} or state.polls >= _PATIENCE:
            raise PermanentFailure(Code.NOTHING_CHANGED, name)
        # Pending jobs may take as long as they like; what is done shows in the search a little later.
        return state.model_copy(update={"polls": state.polls if "pending" in said else state.polls + 1})

    def _suppress(self, session: Session, emails: Sequence[str], purposes: Iterable[str]) -> None:
        for group in dict.fromkeys(self._config.purposes[purpose] for purpose in purposes):
            path = "/v3/asm/suppressions/global" if group == "global" else f"{group_path(group)}/suppressions"
            for part in batches(emails, MOST_SUPPRESSED):
                session.call("POST", path, body={"recipient_emails": [*part]}).parse(Suppressed)
