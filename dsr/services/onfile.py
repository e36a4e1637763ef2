"""Who is known to the systems: whether the contact was on file before, what was changed lately, and who must be told.

Systems are asked outside any transaction. What they say is kept sealed with the case; what follows is a hold, a rung
more, or letters to the channels that were on file. Nothing is refused here.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from dsr import demands
from dsr.deadlines import local_date
from dsr.errors import NotFound
from dsr.lifecycle import State
from dsr.models import Alert, AlertAnswer, Deadline, DeadlineKind, Submission, Vouched
from dsr.policies import Caller
from dsr.services import (
    asked,
    clocks,
    known_people,
    letters,
    links,
    mandated,
    proving,
    signals,
    stopping,
    telling,
    texting,
    ties,
)
from dsr.services._moves import Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.ties import MOST_CLAIMS
from notifications import sealing
from notifications.ids import uuid7
from notifications.models import Channel as MessageChannel
from verification import mail
from verification.proofs import Method

_SYSTEM = Caller.system()
TRIES: Final = 6
"""How often systems that do not answer are asked who is known, before it goes on without them."""
_PAUSE: Final = timedelta(minutes=10)
_COUNTING: Final = 7_101_977
"""Names the lock under which alerts are counted, of which nobody waits for anything but the end of a transaction."""
ALERTS_PER_DAY: Final = 3
"""Letters of this kind to one address in any 24 hours: they must not become a way to pester somebody."""


def look(deadline: Deadline, at: datetime) -> None:
    """Ask the systems whose the contact and the claimed identifiers are, and act on what they say.

    A system that does not answer is asked again, a few times; then it goes on, and the reviewer sees it.
    """
    submission = Submission.objects.select_related("data_key").get(pk=deadline.submission_id)
    if submission.purged_at is not None or submission.looked_at is not None:
        _tell_the_rest(deadline, at)
        return
    found = _ask_systems(submission, at)
    if found.passing and deadline.attempts < TRIES:
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(claimed_until=at + _PAUSE)
        return
    with holding(submission_id=deadline.submission_id) as case:
        if ties.to_ask(case.submission) != found.asked:
            # Corrected, or signed in, while the systems thought. What they said counts for what they were asked about.
            Deadline.objects.filter(pk=deadline.pk, done_at=None).update(claimed_until=None)
            return
        left = _act_on(case, found, at) if case.submission.looked_at is None else False
        _end_look(deadline, left, at)


def _tell_the_rest(deadline: Deadline, at: datetime) -> None:
    """Tell those on file who had had enough letters that day: a flood of requests must not keep one from them."""
    with holding(submission_id=deadline.submission_id) as case:
        submission = case.submission
        is_open = any(request.state != State.CLOSED for request in case.requests())
        waits = is_open and submission.purged_at is None and submission.vouched != Vouched.DROPPED
        _end_look(deadline, waits and _alert(case, submission.open_json("standing"), at), at)


def _end_look(deadline: Deadline, left: bool, at: datetime) -> None:
    """End a look, or come back to it in a day for those who are left to be told."""
    row = Deadline.objects.filter(pk=deadline.pk, done_at=None)
    if left:
        row.update(due_at=at + timedelta(days=1), claimed_until=None, attempts=0)
    else:
        row.update(done_at=at)


class Found:
    """What the systems say: of the person's own address, of what is claimed, and which did not answer."""

    def __init__(self, asked_about: dict[str, tuple[str, str]]) -> None:
        self.asked = asked_about
        """Whom they were asked about."""
        self.standing: dict[str, dict[str, Any]] = {}
        self.vouched = True
        """Everything that is claimed is on file together with the address."""
        self.failed: set[str] = set()
        self.passing: set[str] = set()
        """Those of them that may answer if asked again."""

    def warn(self, name: str, merged: known_people.Merged) -> None:
        """Keep of what was said only whom it would matter to."""
        self.add(name, replace(merged, on_file={}, changed={}))

    def add(self, name: str, merged: known_people.Merged) -> None:
        """Keep what was said under a name, as it is sealed."""
        self.standing[name] = {
            "of": list(self.asked.get(name, ())),
            "on_file": {kind: list(values) for kind, values in merged.on_file.items()},
            "changed": {kind: day.isoformat() for kind, day in merged.changed.items()},
            "to_warn": {kind: list(values) for kind, values in merged.to_warn.items()},
        }
        self.failed |= set(merged.failed)
        self.passing |= set(merged.passing)


def _ask_systems(submission: Submission, at: datetime) -> Found:
    found = Found(ties.to_ask(submission))
    address = address_of_person(submission)
    claims = ties.pairs_of(ties.claims_of(submission))
    found.vouched = len(claims) <= MOST_CLAIMS
    rest: dict[str, list[str]] = {}
    for kind, value in claims[MOST_CLAIMS:]:
        rest.setdefault(kind, []).append(value)
    if rest:  # whose they are is not asked, but whoever they belong to must hear of it all the same
        found.warn(f"{ties.CLAIM}s", known_people.standing_of(rest, key=f"look:{submission.pk}:rest", at=at))
    for name, (kind, value) in found.asked.items():
        merged = known_people.standing_of({kind: [value]}, key=f"look:{submission.pk}:{name}", at=at)
        found.add(name, merged)
        if name.startswith(ties.CLAIM):
            known = ties.marks_of({"email": merged.on_file.get("email", ())})
            found.vouched = found.vouched and bool(address) and sealing.fingerprint("email", address) in known
    return found


def address_of_person(submission: Submission) -> str:
    """Return the address that should be the person's own: not an agent's."""
    return mandated.principal_address(submission) if submission.for_other else submission.open("email")


def _act_on(case: Case, found: Found, at: datetime) -> bool:
    """Keep what the systems say and do what follows; return whether somebody on file is left to be told."""
    submission, left = case.submission, False
    submission.looked_at = at
    submission.seal_json("standing", found.standing)
    if submission.vouched == Vouched.OPEN:
        submission.vouched = Vouched.ON_FILE if found.vouched else Vouched.ELSEWHERE
    if submission.verified_at is not None:
        _carry(submission)
    submission.of_record = submission.of_record or proving.is_of_record(submission, at)
    case.keep("looked_at", "standing_sealed", "vouched", "proved_sealed", "of_record")
    if submission.vouched or found.failed:
        case.record("looked", by=_SYSTEM, at=at, data={"vouched": submission.vouched})
    effects = signals.look(case, found.standing, failed=found.failed, at=at)
    if submission.vouched == Vouched.ELSEWHERE or signals.HOLD in effects or _is_elsewhere(submission, found):
        left = _alert(case, found.standing, at)
    if signals.RAISE in effects:
        proving.raise_by_signal(case, at)
    proving.admit(case, by=_SYSTEM, at=at)
    if not submission.for_other and telling.is_read(submission) and "identity_asked" not in case.told:
        asked.tell_open(case, at)
    stopping.release(case, at)  # what a standing rule releases waited for this
    return left


def _carry(submission: Submission) -> None:
    """Keep as proved, too, what turns out to be on file together with what was proved."""
    proved = submission.open_json("proved")
    more = ties.claims_of(submission) if submission.vouched == Vouched.ON_FILE else {}
    if not submission.for_other and demands.contact_is_read(submission):
        more = ties.together(more, {"email": [submission.open("email")]})
    submission.seal_json("proved", ties.together(ties.only(more, ties.tied_to(submission, proved)), proved))


def _is_elsewhere(submission: Submission, found: Found) -> bool:
    """Whether somebody signed in to an account for which other addresses are on file than the one letters go to."""
    contact = sealing.fingerprint("email", address_of_person(submission))
    listed = [said["on_file"].get("email") for name, said in found.standing.items() if name.startswith(ties.PROVED)]
    return any(each and contact not in ties.marks_of({"email": each}) for each in listed)


# --- Telling those on file -------------------------------------------------------------------------------------------


def _alert(case: Case, standings: Mapping[str, Mapping[str, Any]], at: datetime) -> bool:
    """Write to every address that is on file, but the contact: somebody asked, was it you?

    Returns whether somebody has had enough such letters for today and is left to be told.
    Also where only something was changed lately: whoever took an account over may have left an old address there.
    """
    submission, left = case.submission, False
    told = {sealing.fingerprint("email", address_of_person(submission)), submission.email_fingerprint}
    read = submission.open_json("proved").get(demands.READS["phone"], ())  # not a number that was merely typed in
    told |= ties.marks_of({"phone": read})
    earlier = Alert.objects.filter(submission=submission)
    earlier.filter(at__lte=at - mail.LINK_LASTS).update(fingerprint="")  # their links have ended, so they are told anew
    told |= set(earlier.values_list("fingerprint", flat=True))
    kinds = ("email", "phone") if texting.offered() else ("email",)
    for kind in kinds:
        # Also where the claim fits several people: a second record must not keep the first from hearing of it.
        for value in [each for standing in standings.values() for each in standing["to_warn"].get(kind, ())]:
            mark = sealing.fingerprint(kind, value)
            if mark in told:
                continue
            if _told_enough(mark, at):
                left = True
                continue
            told.add(mark)
            _write_alert(case, kind, value, mark, at)
    return left


def _told_enough(mark: str, at: datetime) -> bool:
    if connection.vendor == "postgresql":  # SQLite lets one write at a time by itself
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_COUNTING])
    lately = Alert.objects.filter(fingerprint=mark, at__gt=at - timedelta(days=1))
    return lately.count() >= ALERTS_PER_DAY


def _write_alert(case: Case, kind: str, value: str, mark: str, at: datetime) -> None:
    submission = case.submission
    alert = Alert(id=uuid7(at), submission=submission, channel=kind, fingerprint=mark, at=at)
    if kind == "phone":  # a number is taken over easily, so nothing that it could answer with would vouch for anybody
        text = letters.SomebodyAskedText(reference=submission.reference, organisation=telling.organisation(submission))
        with suppress(ValueError):  # no number that text messages are sent to
            telling.tell_in(case, text, at=at, dedupe=f"alert:{alert.pk}", to=value, channel=MessageChannel.SMS)
            case.add(alert)
            case.record("alert_sent", by=_SYSTEM, at=at, data={"channel": kind})
        return
    case.record("alert_sent", by=_SYSTEM, at=at, data={"channel": kind})
    started = mail.prepare(alert.pk, value, submission.data_key, at)
    letter = letters.SomebodyAsked(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        rights=proving.titles(case.requests()),
        asked_on=local_date(submission.received_at, submission.zone),
        link=links.alert(started.token),
    )
    case.add(alert, started.challenge)
    telling.tell_in(case, letter, at=at, dedupe=f"alert:{alert.pk}", to=value)


def alert_of(token: str, at: datetime) -> Alert | None:
    """Return what a link from such a letter is about, without using anything up; None for no link of ours."""
    seen = mail.peek(token, at)
    if seen.challenge is None or seen.state not in (mail.PeekState.OPEN, mail.PeekState.CONFIRMED):
        return None
    return Alert.objects.select_related("submission__data_key").filter(pk=seen.challenge.about).first()


def was_me(token: str, *, at: datetime) -> Alert:
    """Take the word of somebody on file that the request is theirs. The answer then goes to that address.

    Raises verification.mail's errors, and NotFound for another kind of link.
    """
    return _answer(token, AlertAnswer.WAS_ME, at)


def stop(token: str, *, at: datetime) -> Alert:
    """Hold everything, as somebody on file says that they did not ask, and call a human. Raises as `was_me` does."""
    return _answer(token, AlertAnswer.STOP, at)


def _answer(token: str, answer: AlertAnswer, at: datetime) -> Alert:
    seen = alert_of(token, at)
    if seen is None:
        raise NotFound(_("There is no such request."))
    address = mail.confirm(token, at).address
    with holding(submission_id=seen.submission_id) as case:
        alert = Alert.objects.select_for_update().get(pk=seen.pk)
        # A stop wins over an earlier word that all is well; not the other way round: then people have to look.
        if alert.answer in ("", AlertAnswer.WAS_ME) and alert.answer != answer:
            alert.answer, alert.answered_at = answer, at
            alert.save(update_fields=["answer", "answered_at"])
            case.record("alert_answered", by=Caller.person(), at=at, data={"answer": str(answer)})
            if answer == AlertAnswer.STOP:
                stopping.stop_all(case, at)
            elif case.submission.stopped_at is None:
                _vouch(case, address, at)
    return alert


def _vouch(case: Case, address: str, at: datetime) -> None:
    submission = case.submission
    own = ties.tied_to(submission, {"email": [address_of_person(submission)]})
    if submission.vouched == Vouched.DROPPED and sealing.fingerprint("email", address) not in own:
        return  # the person goes on without what was claimed, so whoever that belongs to has no say in it any more
    claims = ties.claims_of(submission)
    tied = ties.only(claims, ties.tied_to(submission, {"email": [address]}))  # another one's word counts for nothing
    if submission.vouched == Vouched.ELSEWHERE:
        if tied == claims:
            proving.vouch(case)
        else:
            submission.vouched = Vouched.DROPPED
            case.keep("vouched")
    proved = ties.together({"email": [address]}, tied)
    proving.record(case, Method.MAIL_LINK, by=Caller.person(), at=at, proved=proved, read=address, release=address)


def look_soon(case: Case, at: datetime) -> None:
    """Have the systems asked, where an earlier release set no date for it."""
    if not Deadline.objects.filter(submission=case.submission, kind=DeadlineKind.LOOK).exists():
        Deadline.objects.create(submission=case.submission, kind=DeadlineKind.LOOK, due_at=at)
        ring(Bell.WORK, str(case.submission.pk))


def look_again(case: Case, at: datetime) -> None:
    """Ask the systems anew, as the contact address is another: what they said was about the one before."""
    submission = case.submission
    submission.looked_at, submission.standing_sealed, submission.of_record = None, None, submission.signed_in
    if submission.vouched not in ("", Vouched.DROPPED):
        submission.vouched = Vouched.OPEN
    case.keep("looked_at", "standing_sealed", "of_record", "vouched")
    proving.set_floors(case)
    clocks.look_now(submission, at)
    ring(Bell.WORK, str(submission.pk))
