"""Choices that were filed as rights: made with the filing, and their requests closed once every system minds them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr.choices import uses
from dsr.choices.cpni import Kind
from dsr.choices.marketing import SUPERSEDED, Act, Purpose, Via
from dsr.deadlines import local_date
from dsr.lifecycle import CHOSEN, State
from dsr.logs import get_logger, places
from dsr.models import Channel, Choice, LedgerEntry, LedgerOutcome, SubjectRequest, Submission, Window
from dsr.policies import Caller, can_make
from dsr.rights import SPECS, Right
from dsr.services import letters, links, telling
from dsr.services._moves import Case, holding
from dsr.services.choices import cpni, deciding, tokens

if TYPE_CHECKING:
    from dsr.services.intake import Filing, Want

log = get_logger(__name__)

BATCH: Final = 200
_SYSTEM = Caller.system()
_PURPOSES: Final[Mapping[Right, Purpose]] = {
    Right.MARKETING_OPT_OUT: Purpose.MARKETING,
    Right.TARGETED_ADVERTISING_OPT_OUT: Purpose.ADVERTISING,
    Right.SENSITIVE_DATA_LIMIT: Purpose.SENSITIVE,
    Right.THIRD_PARTY_DISCLOSURE_OPT_OUT: Purpose.DISCLOSURE,
    Right.CONSENT_WITHDRAWAL: Purpose.CONSENT,
}
"""What each right is about; that about CPNI has a ledger of its own."""
_CAME: Final[Mapping[str, Via]] = {
    Channel.WEB: Via.FORM,
    Channel.API: Via.API,
    Channel.PHONE: Via.PHONE,
    Channel.EMAIL: Via.MAIL,
    Channel.POST: Via.POST,
    Channel.SUPPORT: Via.API,
    Channel.IN_PERSON: Via.API,  # a colleague who heard it enters it, as support does
}


def came(channel: str) -> Via:
    """Return how a choice came that was filed by a channel."""
    return _CAME[channel]


# --- Filing ----------------------------------------------------------------------------------------------------------


def about(filing: "Filing") -> dict[str, list[str]]:
    """Return by what the person of a filing is known to systems; never by the address of whoever asks for them."""
    agent = filing.agent
    found = {kind: list(values) for kind, values in filing.identifiers.items()}
    if agent is None:
        found["email"] = [filing.email, *found.get("email", ())]
        found["phone"] = [filing.phone, *found.get("phone", ())]
    elif agent.person_email:
        found["email"] = [agent.person_email, *found.get("email", ())]
    known = {kind: [value for value in values if deciding.writable(kind, value)] for kind, values in found.items()}
    return {kind: values for kind, values in known.items() if values}


def enter(case: Case, request: SubjectRequest, want: "Want", filing: "Filing", *, by: Caller, at: datetime) -> None:
    """Make the choice that somebody files, inside the transaction of the filing, and link it to its request."""
    who = str(by.user_id or "")
    if want.right is Right.CPNI_OPT_OUT:
        line = cpni.Line(
            account=want.details["cpni_account"],
            kind=Kind.OPT_OUT,
            at=request.received_at,
            channel=filing.channel,
        )
        request.cpni_entry = cpni.enter(line, by=who, at=at).entry
    else:
        # Made anew although it may stand: so nothing tells whether somebody had chosen before, and systems look again.
        wish = deciding.Wish(
            identifiers=about(filing),
            act=Act.STOP,
            via=came(filing.channel),
            at=request.received_at,
            purpose=_PURPOSES[want.right],
            topics=_topics(want),
            country=filing.country,
            language=filing.language,
            anew=True,
        )
        request.choice = deciding.decide(wish, by=who, at=at).choice
        if uses.OBJECTED in want.details:  # an objection ends profiling for it, too. GDPR Art 21(2)
            deciding.decide(replace(wish, purpose=Purpose.ADVERTISING), by=who, at=at)
    case.move(request, "choose", by=Caller.system(by.via), at=at)


def _topics(want: "Want") -> tuple[str, ...]:
    """Return which consents are taken back; none named means all."""
    words = uses.named(want.details.get(uses.CONSENTS, ""))
    return () if uses.ALL in words else tuple(words)


# --- Closing ---------------------------------------------------------------------------------------------------------


def close(at: datetime, choices: Collection[UUID] | None = None, *, submission_id: UUID | None = None) -> int:
    """Close the requests that are over: some choices', one filing's, or a batch of whatever there is.

    Each in a transaction of its own, so that one that cannot be closed keeps no other open. Returns how many.
    """
    open_ones = SubjectRequest.objects.filter(state=State.FULFILLING, right__in=[str(right) for right in CHOSEN])
    if choices is not None:
        open_ones = open_ones.filter(choice__in=list(choices))
    if submission_id is not None:
        open_ones = open_ones.filter(submission=submission_id)
    over = open_ones.filter(Q(choice__effective_at__isnull=False) | Q(cpni_entry__isnull=False))
    return sum(_closed(request_id, at) for request_id in list(over.values_list("pk", flat=True)[:BATCH]))


def _closed(request_id: UUID, at: datetime) -> bool:
    try:
        with holding(request_id=request_id) as case:
            return _close(case, case.request(request_id), at)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are closed, and the next round tries again
        log.error("choice not closed", id=request_id, error=type(error).__name__, where=places(error.__traceback__))
        return False


def _close(case: Case, request: SubjectRequest, at: datetime) -> bool:
    if request.state != State.FULFILLING:
        return False
    windows = _windows(request)
    enter_in_ledger(request, windows)
    if any(window.code == SUPERSEDED for window in windows):
        case.move(request, "chosen_anew", by=_SYSTEM, at=at)
        _tell_ended(case, request, at)
    else:
        case.move(request, "in_effect", by=_SYSTEM, at=at, data={"systems": len(windows)})
        _tell_in_effect(case, request, windows, at)
    return True


def _windows(request: SubjectRequest) -> list[Window]:
    if request.choice is None:
        return []
    return list(request.choice.windows.select_related("system").order_by("system__name"))


def enter_in_ledger(request: SubjectRequest, windows: Iterable[Window]) -> None:
    """Enter that the systems which confirmed leave the person out, inside the caller's transaction."""
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            request=request,
            system=window.system,
            category=category,
            outcome=LedgerOutcome.SUPPRESSED,
            at=window.done_at,
        )
        for window in windows
        if window.done_at is not None and window.code != SUPERSEDED
        for category in window.system.categories
    )


def _tell_in_effect(case: Case, request: SubjectRequest, windows: Sequence[Window], at: datetime) -> None:
    submission = case.submission
    with override(submission.language):
        letter = letters.InEffect(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=_title(request),
            chosen_on=local_date(request.received_at, submission.zone),
            systems=tuple(
                f"{window.system.name}: {date_format(local_date(window.done_at, submission.zone))}"
                for window in windows
                if window.done_at is not None
            ),
            was_late=request.choice is not None and request.choice.late_told_at is not None,
            consents=_consents(request, at),
            erase_at=links.ask_for(Right.DELETION),
            remedies=telling.remedies(submission),
            tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"in_effect:{request.pk}", about=[request])


def _consents(request: SubjectRequest, at: datetime) -> str | None:
    """Return where a consent that was taken back is given again; never to an agent: only the person agrees."""
    if request.right != Right.CONSENT_WITHDRAWAL:
        return None
    submission = request.submission
    return links.centre() if submission.for_other else _preferences(submission, at)


def _preferences(submission: Submission, at: datetime) -> str:
    bearer = tokens.Bearer("email", submission.open("email"), language=submission.language)
    return links.consents(tokens.preferences(bearer, at))


def _tell_ended(case: Case, request: SubjectRequest, at: datetime) -> None:
    submission = case.submission
    with override(submission.language):
        letter = letters.Closed(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=_title(request),
            outcome=request.outcome,
            explanation=_("Something else was chosen since, so this request ends here. You can make it again."),
            tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"closed:{request.pk}:{request.version}")


def _title(request: SubjectRequest) -> str:
    return str(SPECS[Right(request.right)].title)


# --- Being late ------------------------------------------------------------------------------------------------------


def with_request(choices: Iterable[Choice]) -> set[UUID]:
    """Return which of some choices were filed as rights."""
    ids = [choice.pk for choice in choices]
    if not ids:
        return set()
    return set(Choice.objects.filter(pk__in=ids, requests__isnull=False).values_list("pk", flat=True))


def tell_late(choice: Choice, letter: letters.ChoiceLate, at: datetime) -> bool:
    """Tell whoever filed a choice that it is late, inside the caller's transaction. False where nobody filed it."""
    found = SubjectRequest.objects.filter(choice=choice, state=State.FULFILLING).values_list("pk", flat=True).first()
    if found is None:
        return False
    with holding(request_id=found) as case:
        request = case.request(found)
        if can_make(request, "late", _SYSTEM, at):  # of several systems that are late, the first has told it
            case.move(request, "late", by=_SYSTEM, at=at, data={"systems": len(letter.missing)})
            telling.tell_in(case, letter, at=at, dedupe=f"late:{request.pk}", about=[request])
    return True
