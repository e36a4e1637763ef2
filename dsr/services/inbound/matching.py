"""To which case a letter belongs: by our reference or the letter it answers, and only from an address of that case."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from dsr.inbound.reading import Mail
from dsr.inbound.words import Flag
from dsr.lifecycle import State
from dsr.models import Submission
from notifications.models import Message
from notifications.sealing import fingerprints


@dataclass(frozen=True, slots=True)
class Match:
    """The case that a letter seems to be about; ``sure`` if it may go there without anybody looking."""

    case: Submission | None = None
    sure: bool = False
    foreign: bool = False
    """It names the case, but its address is none that the case knows."""


def match(mail: Mail) -> Match:
    """Return the case of a letter. Never sure of an address that the mail server found to be borrowed."""
    own = frozenset(fingerprints("email", mail.sender)) if mail.sender else frozenset()
    named = list(_named(mail.references, mail.answers))
    known = [case for case in named if case.email_fingerprint in own]
    if len(known) == 1 and len(named) == 1:
        return Match(known[0], sure=Flag.NOT_AUTHENTIC not in mail.flags)
    if known or named:
        return Match((known or named)[0], foreign=not known)
    return Match(_only_open(own))


def _named(references: Iterable[str], answers: Iterable[UUID]) -> Iterable[Submission]:
    about = Message.objects.filter(pk__in=list(answers)).values_list("about", flat=True) if answers else ()
    found = list(Submission.objects.filter(reference__in=list(references), purged_at=None)) if references else []
    found += list(Submission.objects.filter(pk__in=list(about), purged_at=None)) if answers else []
    return list({case.pk: case for case in found}.values())


def _only_open(own: frozenset[str]) -> Submission | None:
    """Return the one case of an address in which something is still open; None where there are more, or none."""
    if not own:
        return None
    cases = Submission.objects.filter(email_fingerprint__in=own, purged_at=None)
    found = list(cases.exclude(requests=None).filter(requests__state__in=_OPEN).distinct()[:2])
    return found[0] if len(found) == 1 else None


_OPEN = tuple(state for state in State if state != State.CLOSED)
