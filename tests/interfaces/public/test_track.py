"""Asking for a link: one answer for everybody, and a mail for whom it is."""

import pytest

from dsr import ids
from dsr.public import throttle, track
from dsr.services import purging, tracking
from notifications import outbox
from notifications.models import Message
from tests import builders
from tests.drain import drain
from tests.statements import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(clock, db):
    """Ada has filed."""
    return builders.file(at=clock()).submission


def wish(visitor, reference, email):
    return visitor.open("/requests/track/").fill("Reference", reference).fill("Mail address", email).press("Mail me")


def links(submission):
    return outbox.about(submission.pk).filter(kind="tracker_link").count()


@pytest.mark.parametrize(
    "style", [str.lower, lambda text: text.replace("-", ""), lambda text: f"  {text[:3]} {text[3:]} "]
)
def test_reference_and_address_that_belong_together_get_a_link(visitor, filed, style):
    wish(visitor, style(filed.reference), "Ada.Lovelace@Example.org ")

    assert "Look at your mail" in visitor.text
    letter = builders.letters_to(filed, "tracker_link")[-1]
    assert "Where your request stands" in visitor.open(letter.tracker).text


def test_the_answer_and_its_cost_are_the_same_in_every_case(visitor, filed):
    unknown = ids.new_reference()
    cases = [(filed.reference, builders.ADA), (filed.reference, builders.MAX), (unknown, builders.ADA)]
    answers, costs = set(), set()

    for reference, email in cases:
        with counted() as statements:
            wish(visitor, reference, email)
        answers.add((visitor.status, visitor.response.content))
        costs.add(tuple(sql.partition(" ")[0] for sql in statements))

    assert len(answers) == 1
    assert len(costs) == 1, costs
    assert links(filed) == 1
    assert Message.objects.filter(kind="tracker_link").count() == 1


def test_every_answer_takes_its_time(visitor, filed, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(track, "PACE", 0.5)
    monkeypatch.setattr(track, "sleep", waited.append)

    wish(visitor, filed.reference, builders.ADA)
    wish(visitor, filed.reference, builders.MAX)

    assert len(waited) == 2
    assert all(0 < seconds <= 0.5 for seconds in waited)


def test_pressing_twice_mails_once_and_a_day_has_its_limit(filed, clock):
    tracking.send_link(filed.reference, builders.ADA, at=clock())
    tracking.send_link(filed.reference, builders.ADA, at=clock.tick())
    assert links(filed) == 1

    for _wish in range(20):
        tracking.send_link(filed.reference, builders.ADA, at=clock.tick(minutes=3))
    assert links(filed) == tracking.LINKS_PER_DAY

    tracking.send_link(filed.reference, builders.ADA, at=clock.tick(days=1))
    assert links(filed) == tracking.LINKS_PER_DAY + 1


def test_nobody_is_written_to_once_the_case_is_forgotten(filed, clock):
    drain(clock.tick(days=28))
    assert purging.forget(filed.pk, clock.tick(days=731))

    tracking.send_link(filed.reference, builders.ADA, at=clock())

    assert links(filed) == 0


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("", "Enter the reference."),
        ("7K3MX-9TCR", "ten letters and digits"),
        ("7K3MX-9TCRAA", "ten letters and digits"),
        ("7K3MX-9TCUA", "never have"),
        ("7K3MX\x00", "Null characters"),
        ("x" * 100, "at most 60"),
    ],
)
def test_a_typo_is_named_before_anything_is_looked_up(visitor, filed, reference, words):
    visitor.open("/requests/track/").fill("Reference", reference).fill("Mail address", builders.ADA)

    with counted() as statements:
        visitor.press("Mail me")

    assert visitor.status == 422
    assert words in visitor.text
    assert statements == []


def test_a_mistyped_sign_is_told_from_its_check_sign(visitor, filed):
    reference = filed.reference
    other = "2" if reference[0] != "2" else "3"

    wish(visitor, other + reference[1:], builders.ADA)

    assert visitor.status == 422
    assert "mistyped" in visitor.text


def test_look_alikes_are_taken_for_what_they_must_be(visitor, clock, monkeypatch):
    reference = next(f"25862-5862{sign}" for sign in ids.ALPHABET if ids.is_reference(f"25862-5862{sign}"))
    monkeypatch.setattr("dsr.services.intake.new_reference", lambda: reference)
    filed = builders.file(at=clock()).submission

    wish(visitor, reference.replace("2", "Z").replace("5", "S").replace("8", "B"), builders.ADA)

    assert "Look at your mail" in visitor.text
    assert links(filed) == 1


def test_too_many_wishes_from_one_network_are_stopped_with_a_page(visitor, filed, monkeypatch):
    monkeypatch.setattr(throttle, "LINKS", throttle.Allowance("links", 1, throttle.LINKS.window))
    wish(visitor, filed.reference, builders.ADA)

    wish(visitor, filed.reference, builders.ADA)

    assert visitor.status == 429
    assert "Retry-After" in visitor.response
