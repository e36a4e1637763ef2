"""Putting off, stopping the clock, fees, laws and late refusals: what each does to the dates and whom it tells."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dsr import reckoning
from dsr.errors import Incomplete, NotAllowed, Unlawful, WrongState
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Event, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import identity, proving, review, telling, threads, timing
from dsr.services._moves import Untold, holding, open_moves
from tests import builders
from tests.drain import drain
from verification import mail
from verification.proofs import Method

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
PERSON = Caller.person()


def at(day: str, hour: int = 12) -> datetime:
    """Noon, or another hour, of a day in UTC."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def desk(received: str, **where: Any) -> SubjectRequest:
    """A request that came in and was confirmed on a day, searched and at the desk."""
    return builders.in_review(at=at(received), **where)


def verbs(request: SubjectRequest) -> list[str]:
    """What is in the history of a request."""
    return list(Event.objects.filter(request=request).order_by("seq").values_list("verb", flat=True))


def barred(request: SubjectRequest, verb: str, now: datetime) -> tuple[str, str]:
    """Why a move is greyed out: the sentence and the rule."""
    [move] = [move for move in open_moves(builders.again(request), builders.hal(), now) if move.verb == verb]
    assert not move.allowed
    return move.because, move.rule


UK = {"country": "GB"}
CALIFORNIA = {"country": "US", "region": "CA"}
SWITZERLAND = {"country": "CH"}


# --- Putting off -----------------------------------------------------------------------------------------------------


def test_answer_is_put_off_once_in_time_and_the_person_is_told() -> None:
    request = desk("2026-03-05")
    assert request.due_on == date(2026, 4, 7)  # Easter; Regulation 1182/71 Art 3(4)

    timing.extend(request.pk, "complexity", "Your data is in nine systems.", by=builders.hal(), at=at("2026-04-01"))

    request = builders.again(request)
    assert request.due_on == date(2026, 6, 5)  # Art 12(3): two further months
    [letter] = builders.letters_to(request.submission, "extended")
    assert (letter.was_due_on, letter.due_on) == (date(2026, 4, 7), date(2026, 6, 5))
    assert letter.reason == "Your data is in nine systems."
    assert letter.remedies
    [row] = Deadline.objects.filter(request=request, kind=DeadlineKind.RESPOND)
    assert row.due_at == request.due_at
    assert verbs(request)[-2:] == ["extend", "dates_moved"]
    with pytest.raises(Unlawful, match="put off before"):
        timing.extend(request.pk, "complexity", "Still more.", by=builders.hal(), at=at("2026-04-02"))


def test_extension_is_lawful_to_the_last_minute_of_the_last_day_at_the_seat() -> None:
    in_time, late = desk("2026-03-05"), desk("2026-03-05")
    last_minute = datetime(2026, 4, 7, 22, 59, tzinfo=UTC)  # 23:59 in Dublin, where summer time has begun

    with pytest.raises(Unlawful, match="had to be told by 7 April 2026") as caught:
        timing.extend(late.pk, "complexity", "A lot.", by=builders.hal(), at=last_minute + timedelta(minutes=1))
    timing.extend(in_time.pk, "complexity", "A lot.", by=builders.hal(), at=last_minute)

    assert caught.value.rule == "eu_gdpr/2018-05-25/extension"
    assert barred(late, "extend", last_minute + timedelta(minutes=1)) == (caught.value.sentence, caught.value.rule)
    assert builders.letters_to(late.submission, "extended") == []
    assert builders.again(in_time).due_on == date(2026, 6, 5)


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (date(2026, 4, 7), "must be later than 7 April 2026"),
        (date(2026, 6, 6), "5 June 2026 at most"),
    ],
)
def test_new_date_lies_between_the_old_one_and_the_cap(until: date, said: str) -> None:
    request = desk("2026-03-05")

    with pytest.raises(Unlawful, match=said):
        timing.extend(request.pk, "complexity", "A lot.", until, by=builders.hal(), at=at("2026-03-20"))
    timing.extend(request.pk, "complexity", "A lot.", date(2026, 5, 11), by=builders.hal(), at=at("2026-03-20"))

    assert builders.again(request).due_on == date(2026, 5, 11)


def test_ground_is_one_that_the_law_knows() -> None:
    request = desk("2026-03-05")

    with pytest.raises(Incomplete) as caught:
        timing.extend(request.pk, "holidays", "We are away.", by=builders.hal(), at=at("2026-03-20"))

    assert caught.value.field == "ground"
    assert builders.again(request).version == request.version


def test_person_and_support_cannot_put_anything_off() -> None:
    request = desk("2026-03-05")

    for caller in (PERSON, builders.sam()):
        with pytest.raises(NotAllowed):
            timing.extend(request.pk, "complexity", "A lot.", by=caller, at=at("2026-03-20"))


# --- Questions that stop the clock -----------------------------------------------------------------------------------


def test_question_in_the_united_kingdom_stops_the_clock_and_the_answer_starts_it() -> None:
    request = desk("2026-03-03", **UK)
    assert request.due_on == date(2026, 4, 6)  # ICO: from Good Friday to the 7th, strictly a day earlier

    timing.clarify(request.pk, "Which of your accounts?", by=builders.hal(), at=at("2026-03-10"))
    asked = builders.again(request)
    threads.write_from_person(request.pk, "The first.", by=PERSON, at=at("2026-03-20"))

    answered = builders.again(request)
    assert (asked.waits_for, asked.turn, asked.due_on) == ("clarification", "person", date(2026, 4, 6))
    assert (answered.waits_for, answered.due_on, answered.last_on) == ("", date(2026, 4, 13), date(2026, 4, 14))
    [question] = builders.letters_to(answered.submission, "question")
    assert question.stops_clock
    [moved] = builders.letters_to(answered.submission, "dates_moved")
    assert (moved.moves[0].was, moved.moves[0].now) == (date(2026, 4, 6), date(2026, 4, 13))


def test_clock_of_california_runs_on_whatever_is_asked() -> None:
    request = desk("2026-07-06", **CALIFORNIA)

    with pytest.raises(Unlawful) as caught:
        timing.clarify(request.pk, "Which years?", by=builders.hal(), at=at("2026-07-10"))
    threads.ask(request.pk, "Which years?", by=builders.hal(), at=at("2026-07-10"))
    threads.write_from_person(request.pk, "All.", by=PERSON, at=at("2026-07-30"))

    assert caught.value.rule.startswith("us_ca_ccpa/2026-01-01/")
    assert barred(request, "clarify", at("2026-07-10"))[0] == caught.value.sentence
    assert builders.again(request).due_on == date(2026, 8, 20)
    assert builders.letters_to(request.submission, "dates_moved") == []


def test_question_after_the_date_gains_nothing() -> None:
    request = desk("2026-03-03", **UK)

    with pytest.raises(Unlawful, match="gains"):
        timing.clarify(request.pk, "Which years?", by=builders.hal(), at=at("2026-04-10"))


def test_time_in_the_united_kingdom_begins_with_the_proof_of_identity() -> None:
    filed = builders.file(at=at("2026-03-03"), **UK)
    before = builders.only(filed.submission)

    identity.confirm_link(mail.remind(filed.submission.pk, at("2026-03-16")).token, by=PERSON, at=at("2026-03-16"))

    after = builders.only(filed.submission)
    assert (before.waits_for, before.due_on) == ("identity", date(2026, 4, 6))
    assert (after.waits_for, after.last_on) == ("", date(2026, 4, 16))  # Art 12A: latest of receipt and identity
    [received] = builders.letters_to(filed.submission, "received")
    assert received.due_on == after.due_on == date(2026, 4, 15)


def test_waiting_for_identity_moves_no_promise_where_only_guidance_would_let_it() -> None:
    filed = builders.file(at=at("2026-03-05"))

    identity.confirm_link(mail.remind(filed.submission.pk, at("2026-03-16")).token, by=PERSON, at=at("2026-03-16"))

    request = builders.only(filed.submission)
    assert request.due_on == date(2026, 4, 7)
    assert request.last_on is not None
    assert request.last_on > request.due_on


def test_closing_a_paused_request_tells_the_person() -> None:
    request = desk("2026-03-03", **UK)
    timing.clarify(request.pk, "Which years?", by=builders.hal(), at=at("2026-03-10"))

    review.withdraw(request.pk, by=PERSON, at=at("2026-03-12"))

    assert builders.again(request).waits_for == ""
    assert len(builders.letters_to(request.submission, "closed")) == 1


def test_nothing_that_must_be_told_can_be_done_in_silence() -> None:
    request = desk("2026-03-03", **UK)

    with (
        pytest.raises(Untold, match="withdraw"),
        holding(request_id=request.pk) as case,
    ):
        case.move(case.request(request.pk), "withdraw", by=PERSON, at=at("2026-03-12"))

    assert builders.again(request).state == State.IN_REVIEW


# --- Fees ------------------------------------------------------------------------------------------------------------


def test_fee_in_switzerland_is_capped_told_and_ends_the_request_unless_accepted_in_ten_days() -> None:
    request = desk("2026-03-05", **SWITZERLAND)

    with pytest.raises(Unlawful, match="300 CHF at most"):
        timing.tell_fee(request.pk, "301 CHF", "Nine archives.", by=builders.hal(), at=at("2026-03-09"))
    timing.tell_fee(request.pk, "250 chf", "Nine archives.", by=builders.hal(), at=at("2026-03-09"))
    told = builders.again(request)
    drain(at("2026-03-18"))
    waiting = builders.again(request)
    drain(at("2026-03-21"))

    [letter] = builders.letters_to(told.submission, "fee_told") or [None]
    assert (told.waits_for, told.turn) == ("fee", "person")
    assert letter is None or letter.reply_by == date(2026, 3, 19)
    assert waiting.state == State.IN_REVIEW
    ended = builders.again(request)
    assert (ended.state, ended.outcome) == (State.CLOSED, "withdrawn")
    assert verbs(request)[-1] == "fee_unanswered"


@pytest.mark.parametrize("settle", [timing.accept_fee, timing.waive_fee])
def test_time_begins_once_the_fee_is_settled(settle: Any) -> None:
    request = desk("2026-03-05", **SWITZERLAND)
    timing.tell_fee(request.pk, "250 CHF", "Nine archives.", by=builders.hal(), at=at("2026-03-09"))

    settle(request.pk, by=builders.hal(), at=at("2026-03-16"))

    after = builders.again(request)
    assert (after.waits_for, after.fee_told_at, after.due_on) == ("", None, date(2026, 4, 15))  # 30 days from there
    assert len(builders.letters_to(request.submission, "dates_moved")) == 1
    assert not Deadline.objects.filter(request=request, kind=DeadlineKind.FEE_REPLY, done_at=None).exists()
    with pytest.raises(WrongState):
        settle(request.pk, by=builders.hal(), at=at("2026-03-17"))


def test_no_fee_where_the_law_allows_none() -> None:
    request = desk("2026-02-10", country="BR")

    with pytest.raises(Unlawful, match="allows no fee") as caught:
        timing.tell_fee(request.pk, "10 BRL", "Copies.", by=builders.hal(), at=at("2026-02-11"))

    assert caught.value.rule.startswith("br_lgpd/")


@pytest.mark.parametrize("amount", ["", "free", "12", "CHF 12", "12.50 CHF", "0 CHF", "-5 CHF", "1234567 CHF"])
def test_amount_is_whole_units_and_a_currency(amount: str) -> None:
    request = desk("2026-03-05", **SWITZERLAND)

    with pytest.raises(Incomplete) as caught:
        timing.tell_fee(request.pk, amount, "Nine archives.", by=builders.hal(), at=at("2026-03-09"))

    assert caught.value.field == "amount"


# --- Which law -------------------------------------------------------------------------------------------------------


def test_another_law_moves_every_date_of_the_submission_and_each_is_told() -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=at("2026-03-05"))
    builders.confirm(filed.submission, at("2026-03-05"))
    request = builders.only(filed.submission)

    timing.change_laws(request.pk, ["us_ca_ccpa"], "She moved to Oakland.", by=builders.hal(), at=at("2026-03-06"))

    changed = list(SubjectRequest.objects.filter(submission=filed.submission))
    assert {(each.regime, each.due_on) for each in changed} == {("us_ca_ccpa", date(2026, 4, 19))}
    [letter] = builders.letters_to(request.submission, "dates_moved")
    assert [(move.was, move.now) for move in letter.moves] == [(date(2026, 4, 7), date(2026, 4, 19))] * 2
    event = Event.objects.get(verb="change_laws")
    assert event.data["now"] == ["us_ca_ccpa"]
    assert "Oakland" not in str(event.data)
    for each in changed:
        rows = Deadline.objects.filter(request=each, kind=DeadlineKind.RESPOND, done_at=None)
        assert [row.regime for row in rows] == ["us_ca_ccpa"]


def test_two_laws_run_side_by_side_and_the_earliest_date_governs() -> None:
    request = desk("2026-03-05")

    timing.change_laws(request.pk, ["eu_gdpr", "kr_pipa"], "She lives in both.", by=builders.hal(), at=at("2026-03-06"))

    request = builders.again(request)
    answers = {clock.regime: clock.due for clock in reckoning.explain(request) if clock.kind.answers}
    assert answers == {"eu_gdpr": date(2026, 4, 7), "kr_pipa": date(2026, 3, 15)}
    assert (request.regime, request.due_on) == ("kr_pipa", date(2026, 3, 15))


@pytest.mark.parametrize("regimes", [[], ["atlantis"], ["in_dpdp"]])
def test_law_must_be_one_that_was_in_force(regimes: list[str]) -> None:
    request = desk("2026-03-05")

    with pytest.raises(Incomplete) as caught:
        timing.change_laws(request.pk, regimes, "A mistake.", by=builders.hal(), at=at("2026-03-06"))

    assert caught.value.field == "regimes"


# --- Refusing --------------------------------------------------------------------------------------------------------


def test_refusal_after_its_day_has_to_say_that_it_is_late() -> None:
    request = desk("2026-03-05")
    review.propose_refusal(request.pk, "excessive_repetitive", "Ninth time.", by=builders.hal(), at=at("2026-04-01"))
    builders.argue(request, at("2026-04-01"))

    with pytest.raises(WrongState, match="not too late"):
        review.refuse_late(request.pk, "Holidays.", by=builders.dora(), at=at("2026-04-07"))
    with pytest.raises(Unlawful, match="had to be told by 7 April 2026") as caught:
        review.refuse(request.pk, by=builders.dora(), at=at("2026-04-08"))
    review.refuse_late(request.pk, "It was overlooked.", by=builders.dora(), at=at("2026-04-08"))

    assert caught.value.rule.startswith("eu_gdpr/2018-05-25/")
    [letter] = builders.letters_to(request.submission, "refused")
    assert letter.late
    assert builders.again(request).outcome == "refused"


# --- Acknowledging ---------------------------------------------------------------------------------------------------


def test_receipt_is_acknowledged_by_the_day_of_the_law_though_nobody_confirmed() -> None:
    filed = builders.file(at=at("2026-07-06"), **CALIFORNIA)

    drain(at("2026-07-19"))
    early = builders.letters_to(filed.submission, "acknowledged")
    drain(at("2026-07-20", 20))

    [event] = Event.objects.filter(verb="acknowledge")
    assert early == []
    assert event.at.date() == date(2026, 7, 20)  # 7021(a): ten business days
    assert builders.only(filed.submission).state == State.VERIFYING


def test_receipt_is_acknowledged_once() -> None:
    filed = builders.file(at=at("2026-07-06"), **CALIFORNIA)
    builders.confirm(filed.submission, at("2026-07-07"))

    drain(at("2026-07-25"))

    assert Event.objects.filter(verb="acknowledge").count() == 1
    assert not Deadline.objects.filter(kind=DeadlineKind.ACKNOWLEDGE, done_at=None).exists()


def test_statement_is_acknowledged_by_its_first_letter() -> None:
    filed = builders.file(Right.BE_INFORMED, at=at("2026-07-06"), **CALIFORNIA)

    rows = Deadline.objects.filter(submission=filed.submission, kind=DeadlineKind.ACKNOWLEDGE)

    assert [row.done_at for row in rows] == [at("2026-07-06")]
    assert [letter.kind for letter in builders.letters_to(filed.submission)] == ["received"]


def test_letter_of_an_extension_lands_with_the_move_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    request = desk("2026-03-05")

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the outbox is on fire")

    monkeypatch.setattr(telling, "tell_in", broken)
    with pytest.raises(RuntimeError):
        timing.extend(request.pk, "complexity", "A lot.", by=builders.hal(), at=at("2026-03-20"))

    after = builders.again(request)
    assert (after.due_on, after.version) == (request.due_on, request.version)
    assert "extend" not in verbs(request)


def test_every_right_can_be_put_off_only_as_its_law_says() -> None:
    filed = builders.file(Right.BE_INFORMED, at=at("2026-03-05"))
    request = builders.only(filed.submission)

    timing.extend(request.pk, "number_of_requests", "Many asked.", by=builders.hal(), at=at("2026-03-06"))

    assert builders.again(request).due_on == date(2026, 6, 5)


@pytest.mark.parametrize(
    ("where", "waits", "was", "now", "last"),
    [
        ({"country": "IE"}, "identity", date(2026, 4, 3), date(2026, 4, 3), date(2026, 4, 13)),
        (UK, "identity", date(2026, 4, 6), date(2026, 4, 14), date(2026, 4, 15)),
        (CALIFORNIA, "", date(2026, 4, 17), date(2026, 4, 17), date(2026, 4, 17)),
        ({"country": "BR", "region": "SP"}, "", date(2026, 3, 18), date(2026, 3, 18), date(2026, 3, 18)),
    ],
    ids=["stands still by guidance alone", "begins with the proof", "runs on in California", "runs on in Brazil"],
)
def test_asking_for_more_proof_does_to_the_clock_what_the_law_says(
    where: dict[str, str], waits: str, was: date, now: date, last: date
) -> None:
    request = desk("2026-03-03", **where)
    assert request.due_on == was

    proving.ask_more(request.pk, "contradiction", "The name differs.", by=builders.hal(), at=at("2026-03-05"))
    asked = builders.again(request)
    builders.prove(asked.submission, at("2026-03-15"))
    with holding(submission_id=asked.submission_id) as case:  # whatever the law asks for, it is more than enough
        proving.record(case, Method.DOCUMENT, by=Caller.system(), at=at("2026-03-15"))

    assert (asked.waits_for, asked.state) == (waits, State.VERIFYING)
    after = builders.again(request)
    assert (after.state, after.due_on, after.last_on, after.waits_for) == (State.IN_REVIEW, now, last, "")
    assert bool(builders.letters_to(request.submission, "dates_moved")) == (was != now)
