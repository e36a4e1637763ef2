"""Cases of authorities as they are lived through: Hal enters and prepares, Vera approves, Dora is told."""

from datetime import datetime, timedelta
from typing import Any

from dsr.models import AuthorityCase, SubjectRequest
from dsr.services.cases import entering, measures, replying
from tests import builders

AUTHORITY = "local_authority"
ANSWER = "The mails stopped on the third of May, and here is the list of what was sent before."
PLACE = "Archive, folder 12"


def letter(at: datetime, *about: SubjectRequest, **changes: Any) -> entering.Letter:
    """What the Irish authority writes."""
    said: dict[str, Any] = {
        "authority": AUTHORITY,
        "office": "CNIL",
        "reference": "CNIL-26-4711",
        "received_on": at.date(),
        "due_on": at.date() + timedelta(days=21),
        "subject": "Mails to Ada Lovelace after she had objected.",
        "references": [each.submission.reference for each in about],
    }
    return entering.Letter(**{**said, **changes})


def opened(at: datetime, *about: SubjectRequest, **changes: Any) -> AuthorityCase:
    """A case that Hal entered; Dora is there to be told."""
    builders.dora()
    return entering.enter(letter(at, *about, **changes), by=builders.hal(), at=at)


def again(case: AuthorityCase) -> AuthorityCase:
    """Return a case as it is now."""
    return AuthorityCase.objects.select_related("data_key").get(pk=case.pk)


def prepared(case: AuthorityCase, at: datetime) -> AuthorityCase:
    """Hal proposes what to answer."""
    return replying.prepare(case.pk, ANSWER, by=builders.hal(), at=at)


def answered(case: AuthorityCase, at: datetime) -> AuthorityCase:
    """Hal proposes, Vera approves, Hal sends it."""
    prepared(case, at)
    replying.approve(case.pk, by=builders.vera(), at=at)
    return replying.record_sent(case.pk, at.date(), PLACE, by=builders.hal(), at=at)


def ordered(case: AuthorityCase, at: datetime, days: int = 10) -> AuthorityCase:
    """The authority orders something of which Hal takes care."""
    due_on = at.date() + timedelta(days=days)
    return measures.order(case.pk, "Delete the list of May.", "hal", due_on, by=builders.hal(), at=at)


def closed(case: AuthorityCase, at: datetime, outcome: str = "no_breach") -> AuthorityCase:
    """The authority ends it, and Vera closes it."""
    return replying.close(case.pk, outcome, at.date(), "It saw no breach.", by=builders.vera(), at=at)
