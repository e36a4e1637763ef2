"""What letters about dates, fees and decisions say, and what telling gives them to say."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dsr import reckoning
from dsr.lifecycle import Outcome
from dsr.models import Submission
from dsr.rights import Right
from dsr.rules import pack
from dsr.rules.marks import Mark
from dsr.services import letters, links, review, telling
from notifications.delivery import sent_body
from notifications.letters import BLOT, MAIL, REGISTRY, Letter, render, render_twice, stated, unpack
from notifications.letters import pack as packed
from notifications.models import Message
from tests import builders
from tests.clock import Clock
from tests.drain import drain

COMMON: dict[str, Any] = {
    "reference": "7K3MX-9TCRA",
    "organisation": "Corrib Library",
    "right": "Get a copy of your data",
    "tracker": "https://privacy.example.org/requests/7K3MX-9TCRA/?key=secret",
}
REMEDIES = ("Complain to us", "Complain to the authority: https://authority.example")
OVERDUE = letters.Overdue(
    **COMMON,
    was_due_on=date(2026, 4, 6),
    next_on=date(2026, 4, 20),
    remedies=REMEDIES,
    deemed="",
    appeal_until=None,
    again=False,
)
REFUSED = letters.Refused(**COMMON, ground="The ground.", reason="One.\n\nTwo.", remedies=REMEDIES)
MOVED = letters.DatesMoved(
    reference=COMMON["reference"],
    organisation=COMMON["organisation"],
    moves=(
        letters.Moved(
            right="Get a copy of your data",
            was=date(2026, 4, 6),
            now=date(2026, 4, 3),
            why="You told us that you live in Ireland.",
        ),
        letters.Moved(right="Be informed", was=date(2026, 4, 7), now=date(2026, 4, 9), why="It rained."),
    ),
    tracker=COMMON["tracker"],
)
FEE = letters.FeeTold(**COMMON, amount="CHF 300", reason="It takes a week.", reply_by=date(2026, 4, 6))
WARNING = letters.StaffWarning(
    reference="7K3MX-9TCRA",
    organisation="Corrib Library",
    right="Get a copy of your data",
    due_on=date(2026, 4, 6),
    mark=Mark.HALF,
    whose=letters.Whose.OWNER,
    link="https://privacy.example.org/admin/",
)


def _said(letter: Letter) -> str:
    """The text of a letter, after looking that the HTML says the same."""
    rendered = render(letter, "en")
    for line in rendered.text.splitlines():
        words = line.removeprefix("- ").removesuffix(":")
        assert words in " ".join(rendered.html.replace("&#x27;", "'").replace("<br>", " ").split())
    return rendered.text


@pytest.mark.parametrize("letter", [OVERDUE, REFUSED, MOVED, FEE, WARNING], ids=lambda letter: letter.kind)
def test_letter_survives_the_queue_and_keeps_the_way_in_out_of_our_copy(letter: Letter) -> None:
    again = unpack(letter.kind, packed(letter))

    kept = render(again, "en", blot=True)

    assert again == letter
    assert "secret" not in kept.text + kept.html
    assert (BLOT in kept.text) == (letter is not WARNING)


@pytest.mark.parametrize(
    "kind",
    sorted(
        kind for kind, cls in REGISTRY.items() if cls.__module__.startswith(letters.__name__) and MAIL in cls.channels
    ),
)
@given(data=st.data())
@effort(max_examples=15, deadline=None)
def test_letter_written_once_is_sent_and_kept_as_if_written_twice(kind: str, data: st.DataObject) -> None:
    letter = data.draw(st.from_type(REGISTRY[kind]))

    sent, kept = render_twice(letter, "en")

    assert (sent, kept) == (render(letter, "en"), render(letter, "en", blot=True))


def test_letter_that_was_queued_before_it_knew_more_is_still_written() -> None:
    old = {"reference": "7K3MX-9TCRA", "organisation": "Corrib Library", "rights": ["Access"], "due_on": "2026-04-06"}
    document = unpack("received", str(old | {"remedies": ["Court"], "tracker": "https://x"}).replace("'", '"'))

    said = stated(document, "en")

    assert {"how_processed", "how_verified", "expected_date"} <= set(said.text)


# --- Dates -----------------------------------------------------------------------------------------------------------


def test_overdue_letter_is_sorry_and_says_when_the_next_one_comes_and_where_to_complain() -> None:
    said = _said(OVERDUE)

    assert "by 6 April 2026. You have not, and that is our fault. We are sorry." in said
    assert "hear from us again by 20 April 2026" in said
    assert "- Complain to the authority: https://authority.example" in said
    assert "counts as a refusal" not in said
    assert "still late" in render(replace(OVERDUE, again=True), "en").subject
    assert "We still owe you the answer" in _said(replace(OVERDUE, again=True))


def test_overdue_letter_says_where_silence_is_a_refusal_and_until_when_that_can_be_taken_further() -> None:
    deemed = replace(OVERDUE, deemed="Invented Act, s. 8")

    endless, until = _said(deemed), _said(replace(deemed, appeal_until=date(2026, 5, 6)))

    assert "no answer in time counts as a refusal: Invented Act, s. 8." in endless
    assert "The time for it has begun." in endless
    assert "The time for it has begun and ends on 6 May 2026." in until


def test_question_says_whether_the_time_stands_still_and_not_what_is_asked() -> None:
    going_on = letters.Question(**COMMON, stops_clock=False, law="Invented Act", due_on=date(2026, 4, 6))
    stopped = replace(going_on, stops_clock=True)

    assert "The date does not change: you will have our answer by 6 April 2026" in _said(going_on)
    assert "under this law the time goes on while we wait for you: Invented Act." in _said(going_on)
    assert "stands still" in _said(stopped)
    assert "this law does not count the time until then: Invented Act." in _said(stopped)
    assert "stands still: we cannot go on without your answer." in _said(replace(stopped, law=""))


def test_every_date_that_moves_is_told_with_the_old_one_the_new_one_and_why() -> None:
    said = _said(MOVED)

    assert (
        "- Get a copy of your data: you could expect our answer by 6 April 2026; it is now 3 April 2026. "
        "You told us that you live in Ireland."
    ) in said
    assert "- Be informed: you could expect our answer by 7 April 2026; it is now 9 April 2026. It rained." in said


def test_dates_are_written_in_the_language_of_the_person(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]

    german = render(MOVED, "de")

    assert "6. April 2026" in german.text
    assert "6. April 2026" in german.html


@pytest.mark.parametrize("mark", Mark)
@pytest.mark.parametrize("whose", letters.Whose)
def test_warning_says_how_far_the_time_has_run_and_why_somebody_is_told(mark: Mark, whose: letters.Whose) -> None:
    letter = replace(WARNING, mark=mark, whose=whose)
    others = [replace(letter, mark=other) for other in Mark if other != mark]
    others += [replace(letter, whose=other) for other in letters.Whose if other != whose]

    said = _said(letter)

    assert "6 April 2026" in said
    assert said not in {render(other, "en").text for other in others}


# --- Fees and decisions ----------------------------------------------------------------------------------------------


def test_fee_is_told_with_the_amount_the_reason_and_what_becomes_of_silence() -> None:
    said = _said(FEE)

    assert "would cost you CHF 300. Nothing is charged unless you agree." in said
    assert "It takes a week." in said
    assert "by 6 April 2026 whether you accept it. If we have not heard from you by then" in said
    assert "Until you do, we do not go on" in _said(replace(FEE, reply_by=None))


def test_refusal_states_a_court_and_an_appeal_where_the_law_wants_it_and_is_sorry_when_late() -> None:
    wanted = replace(REFUSED, demands=("judicial_remedy", "how_to_appeal"), late=True)

    plain, full = _said(REFUSED), _said(wanted)

    for words in ("You may also take the matter to a court.", "You can appeal to us", "comes later than it should"):
        assert words not in plain
        assert words in full
    assert "appeal to us until 6 May 2026" in _said(replace(wanted, appeal_until=date(2026, 5, 6)))


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.FULFILLED, "We have done what you asked."),
        (Outcome.PARTLY_FULFILLED, "We have done part of what you asked"),
        (Outcome.NOTHING_HELD, "hold nothing about you"),
    ],
)
def test_answer_says_what_was_done(outcome: Outcome, words: str) -> None:
    letter = letters.AnswerReady(**COMMON, outcome=outcome, expires_on=date(2026, 5, 6), remedies=REMEDIES)

    assert words in _said(letter)
    assert "you can complain" in _said(letter)
    assert "you can complain" not in _said(replace(letter, remedies=()))


# --- What telling gives them -----------------------------------------------------------------------------------------


@pytest.fixture
def submission(clock: Clock, systems: Any, storage_of_its_own: None) -> Submission:
    """What Ada filed, all systems searched."""
    return builders.in_review(at=clock()).submission


@pytest.mark.django_db
def test_told_letter_knows_what_every_law_of_the_request_wants(submission: Submission, clock: Clock) -> None:
    request = builders.only(submission)

    told = telling.under_law(submission, REFUSED, [request])
    telling.tell(submission, REFUSED, at=clock.tick(), dedupe="test", about=[request])

    assert isinstance(told, letters.Refused)
    assert set(told.demands) == {"reasons", "complaint_route", "judicial_remedy"}
    [queued] = builders.letters_to(submission, "refused")
    assert queued.demands == told.demands
    assert "You may also take the matter to a court." in _said(told)
    assert telling.under_law(submission, REFUSED, []) is REFUSED
    assert telling.under_law(submission, MOVED, [request]) is MOVED


@pytest.mark.django_db
def test_ways_to_complain_are_those_of_the_notice_and_of_the_laws_each_once(submission: Submission) -> None:
    ways = telling.remedies(submission)
    notice = pack().notice(submission.notice_id, submission.notice_version)
    law, *_ = [law.regime for law in reckoning.laws(submission, Right.ACCESS)]

    assert len(ways) == len(set(ways))
    for authority in law.authorities:
        assert sum(way.startswith(authority.title) for way in ways) == 1
    listed = telling.ways_to_complain(notice, [], "IE", "", "en")
    assert ways[: len(listed)] == listed
    same = law.authorities[0].model_copy(update={"url": notice.complaint_routes[1].url})
    known = law.model_copy(update={"authorities": (same,)})
    assert telling.ways_to_complain(notice, [known], "IE", "", "en") == listed
    policy = law.model_copy(update={"kind": "policy"})
    assert telling.ways_to_complain(notice, [policy], "IE", "", "en") == listed


@pytest.mark.django_db
def test_answer_tells_the_outcome_that_the_ledger_gives(submission: Submission, clock: Clock) -> None:
    request = builders.only(submission)
    system = request.steps.select_related("system").get().system
    hal, category = builders.hal(), system.categories[0]
    review.withhold(request.pk, category, "third_party_rights", "Max wrote it.", by=hal, at=clock.tick())
    builders.argue(request, clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())

    drain(clock.tick())

    sent = sent_body(Message.objects.select_related("data_key").get(kind="answer_ready"))
    assert sent is not None
    assert "We have done part of what you asked" in sent.text
    assert all(way in sent.text for way in telling.remedies(submission))


def test_acknowledgement_to_an_address_nobody_confirmed_lets_nobody_in() -> None:
    letter = letters.Acknowledged(
        reference="7K3MX-9TCRA",
        organisation="Corrib Library",
        rights=("Get a copy of your data",),
        how=(letters.Handling.SEARCH,),
        identity=letters.IdentityCheck.MAIL_ASKED,
        due_on=date(2026, 4, 6),
        remedies=REMEDIES,
    )

    said, html = _said(letter), render(letter, "en").html

    assert f"\n{links.tracker('7K3MX-9TCRA')}\n" in said
    assert f'href="{links.tracker("7K3MX-9TCRA")}"' in html
    assert "key=" not in said + html
    assert "answer by 6 April 2026" in said
    assert "Until one of them is used, we give out nothing and change nothing." in said
    assert "We search every system" in said
