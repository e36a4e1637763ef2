"""Forgetting what people judged: reviews, reports of a child, objections, complaints, and directions elsewhere."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from dsr.models import AgeFinding, AutomatedDecision, Customer, DecidedPerson, Known, Referral, Submission, Window
from dsr.privacy import FIELDS, PrivacyClass
from dsr.rights import Right
from dsr.services import history, housekeeping, review, sheltering, weighing
from dsr.services.choices import desk
from dsr.services.complaints import answering, looking
from dsr.services.letters import EffectWorksheet
from dsr.services.referring import Elsewhere
from dsr.services.reviews import concluding, effects
from notifications import letters
from notifications.ids import uuid7
from notifications.models import Message
from tests import builders, contesting, organisation, reviews
from tests.clock import Clock
from tests.drain import drain
from tests.services.test_purging_kept import readable
from tests.services.test_sheltering import part, says, sought

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_of_its_own")]
OF_DECISIONS = ("dsr.AutomatedDecision.", "dsr.DecidedPerson.", "dsr.Review.", "dsr.ReviewPoint.")
"""What goes with the decision that it is about, which is kept for years of its own."""


def personal(*prefixes: str) -> set[str]:
    """The names of the personal columns of some models."""
    classes = (PrivacyClass.SEALED, PrivacyClass.PSEUDONYM)
    return {name for name, found in FIELDS.items() if found in classes and name.startswith(prefixes)}


def of_owners() -> set[str]:
    """The columns of letters to owners of systems, when those are the only letters that can still be read."""
    kept = set(Message.objects.exclude(data_key__wrapped=None).values_list("kind", flat=True))
    return personal("notifications.Message.") if kept == {"choice_sheet"} else set()


def forgotten(clock: Clock) -> None:
    """The days for which cases are kept go by; every case is forgotten, and its history is whole."""
    drain(clock.tick())
    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))
    assert not Submission.objects.filter(purged_at=None).exists()
    assert history.verify().whole


def test_review_goes_with_the_decision_that_it_is_about(clock: Clock) -> None:
    rita = reviews.reviewer()
    called = {"owner_email": "", "confirm_url": "https://accounts.example.org/d", "confirm_secret": reviews.SECRET}
    upheld = reviews.worked(clock(), rita, reference="SUS-2", **called)
    concluding.uphold(upheld.pk, reviews.conclusion(), by=rita, at=clock.tick())
    changed = reviews.worked(clock.tick(days=1), rita)
    found = reviews.conclusion(reasons=f"Another one. {reviews.REASONS}", verdict="overturned", change="Lift it.")
    concluding.overturn(changed.pk, found, by=rita, at=clock.tick())
    effects.run_due(clock.tick())
    sheet = Message.objects.get(kind="effect_worksheet")
    letter = letters.unpack(sheet.kind, sheet.open("context"))
    assert isinstance(letter, EffectWorksheet)
    effects.report(builders.token_in(letter.link), "Olga Owner", at=clock.tick())
    before = readable()

    forgotten(clock)
    between = readable()
    last = AutomatedDecision.objects.latest("keep_until").keep_until
    housekeeping.housekeep(last)
    still = AutomatedDecision.objects.filter(forgotten_at=None).count()
    housekeeping.housekeep(last + timedelta(seconds=1))

    assert before >= personal(*OF_DECISIONS)
    assert between == personal(*OF_DECISIONS)
    assert still == 1
    assert readable() == set()
    assert not DecidedPerson.objects.exists()


def test_what_was_found_on_a_childs_account_goes_with_the_report_and_the_account(clock: Clock, tmp_path: Path) -> None:
    organisation.desk(tmp_path, clock())
    request = sought(clock)
    sheltering.assess(request.pk, says(tell_account=True), by=builders.hal(), at=clock.tick())
    review.approve(part(request, Right.DELETION).pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    drain(clock.tick())
    drain(clock.tick(days=3))
    before = readable()

    forgotten(clock)

    assert before >= personal("dsr.AgeFinding.")
    assert AgeFinding.objects.get().shelter_id is not None
    assert Submission.objects.count() == 2
    assert readable() == set()


def test_weighing_goes_with_the_objection(clock: Clock, tmp_path: Path) -> None:
    organisation.desk(tmp_path, clock())
    request = builders.in_review(Right.OBJECTION, at=clock())
    drain(clock.tick())
    weighing.weigh(request.pk, builders.stops("sales_insights"), by=builders.hal(), at=clock.tick())
    weighing.weigh(request.pk, builders.goes_on("profiling"), by=builders.hal(), at=clock.tick())
    weighing.propose(request.pk, by=builders.hal(), at=clock.tick())
    weighing.decide(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    for window in Window.objects.filter(done_at=None):
        desk.report(window.system_id, [window.pk], clock.tick())
    drain(clock.tick(days=8))
    before = readable()

    forgotten(clock)

    assert before >= personal("dsr.Weighing.")
    assert readable() - of_owners() == personal("dsr.Suppression.")


def test_what_was_found_on_a_complaint_and_an_appeal_goes_with_them(clock: Clock, systems: object) -> None:
    parent = contesting.refused(clock())
    contesting.decided(contesting.appealed(parent, clock.tick()), clock.tick(), "upheld")
    named = {"complaint_reference": parent.submission.reference}
    request = contesting.looked_into(contesting.complained(clock.tick(), details=named), clock.tick())
    ines, day = contesting.ines(), clock().date() + timedelta(days=10)
    looking.enquire(request.pk, "Hal", "Who wrote it?", by=ines, at=clock.tick(minutes=1))
    looking.note_reply(request.pk, 1, "I did.", by=ines, at=clock.tick())
    looking.promise(request.pk, "The list is kept up to date.", "hal", day, by=ines, at=clock.tick())
    answering.propose(request.pk, contesting.ANSWER, by=ines, at=clock.tick())
    answering.answer(request.pk, by=contesting.olga(), at=clock.tick())
    contesting.ended(contesting.outside(request, clock.tick()), clock.tick())
    drain(clock.tick())
    before = readable()

    forgotten(clock)

    assert before >= personal("dsr.Enquiry.", "dsr.Finding.", "dsr.Remedy.", "dsr.OutsideReference.")
    assert readable() == set()


def test_register_of_directions_names_nobody_once_the_case_is_forgotten(clock: Clock, systems: object) -> None:
    shop = Customer.objects.create(
        id=uuid7(clock()), name="Blue Parcel", contact="privacy@parcel.example", agreement="DPA 7", since=clock()
    )
    request = builders.in_review(Right.ACCESS, at=clock(), relationship="end_user")
    review.refer(request.pk, Elsewhere(shop.pk, Known.NAMED), by=builders.hal(), at=clock.tick())
    review.redirect(request.pk, "Ask them.", Elsewhere(shop.pk), by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    forgotten(clock)

    assert personal("dsr.Referral.", "dsr.Customer.") == set()
    assert Referral.objects.count() == 2
    assert Message.objects.filter(kind="customer_told").exists()
    assert readable() == set()
