"""Asking for somebody else on the pages: the way in, the paper, and what the person says."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dsr.models import Submission
from dsr.policies import Caller
from dsr.services import agents
from dsr.services.agents import Finding
from tests import builders, papers
from tests.interfaces.public.visitor import Visitor
from verification.models import Evidence, Mandate, MandateState, Purpose

pytestmark = pytest.mark.django_db

AGENT = "mandy@agency.example"
LETTER = ("signed", "names_agent", "covers_right", "dated")


def _up_to_check(visitor: Visitor, kind: str = "Signed permission", email: str = builders.ADA) -> Visitor:
    visitor.open("/agents/").follow("Start")
    visitor.choose(kind).fill("Your own name", "Mandy Mandate").press("Continue")
    visitor.choose("Customer or account holder").press("Continue")
    visitor.fill("Country", "IE").press("Continue")
    visitor.choose("Get a copy of your data").press("Continue")
    visitor.press("Continue")
    visitor.fill("The person's name", "Ada Lovelace").fill("The person's own mail address", email)
    if "How old is the child?" in visitor.text:
        visitor.fill("How old is the child?", "9").fill("The person's account number", "A-1")
    visitor.press("Continue")
    return visitor.fill("Your own mail address", AGENT).press("Continue")


def _filed(visitor: Visitor, clock: Any, **changes: str) -> Submission:
    _up_to_check(visitor, **changes).press("Send the request")
    submission = Submission.objects.select_related("data_key").get()
    builders.confirm(submission, clock())
    return submission


def _paper(submission: Submission) -> str:
    return str(builders.letters_to(submission, "mandate_asked")[-1].paper)


def _send(visitor: Visitor, data: bytes, name: str = "letter.png") -> Visitor:
    address, form = visitor.sending("Send this file")
    sent: dict[str, Any] = {**form, "file": SimpleUploadedFile(name, data, "image/png")}
    return visitor._arrived(visitor.client.post(address, sent), address)


def test_page_says_what_is_needed_from_the_rules(visitor):
    visitor.open("/agents/")

    assert visitor.status == 200
    for told in ("Signed permission", "Power of attorney", "Parent or guardian", "Advocate", "two witnesses"):
        assert told in visitor.text
    assert "Somebody who administers an estate" not in visitor.text
    assert "Ask on this (Advocate)" in visitor.text  # who may complain, and receives nothing
    assert "signed permission is enough" in visitor.text


def test_centre_help_and_the_other_way_lead_here(visitor):
    for address in ("/", "/help/"):
        assert "/agents/" in visitor.open(address).page.links.values()
    visitor.open("/requests/new/").choose("Authorised representative of a customer").press("Continue")
    assert visitor.follow("Ask for somebody else by a form").status == 200


def test_form_files_for_somebody_else(visitor, clock):
    _up_to_check(visitor)
    assert "The person is" in visitor.text
    for told in ("Mandy Mandate", "Ada Lovelace", builders.ADA, AGENT, "Signed permission"):
        assert told in visitor.text

    visitor.press("Send the request")

    assert "Now enter the code" in visitor.text
    submission = Submission.objects.get()
    mandate = Mandate.objects.select_related("data_key").get(about=submission.pk)
    assert (submission.for_other, submission.open("email"), submission.open("name")) == (True, AGENT, "Ada Lovelace")
    assert (mandate.kind, mandate.open("principal_email")) == ("signed_permission", builders.ADA)


def test_guardian_is_asked_for_an_age_and_others_are_not(visitor, clock):
    _up_to_check(visitor, "Parent or guardian", email="").press("Send the request")

    mandate = Mandate.objects.get()
    assert (mandate.kind, mandate.child_age) == ("guardian", 9)


def test_signed_permission_without_an_address_comes_back_to_its_question(visitor):
    _up_to_check(visitor, email="").press("Send the request")

    assert visitor.status == 422
    assert "Give the person's own mail address" in visitor.text
    assert not Submission.objects.exists()


def test_link_may_have_chosen_the_kind(visitor):
    visitor.open("/agents/").follow("Ask on this (Power of attorney)")

    chosen = [one.value for form in visitor.page.forms for one in form.controls if one.name == "agent.kind" and one.on]
    assert chosen == ["power_of_attorney"]


def test_plain_form_takes_nothing_of_an_agent(visitor):
    visitor.open("/requests/new/?kind=guardian")
    address, data = visitor.choose("Customer or account holder").sending("Continue")
    visitor._arrived(visitor.client.post(address, {**data, "agent.kind": "guardian", "agent.name": "M"}), address)

    assert not [one.name for form in visitor.page.forms for one in form.controls if one.name.startswith("agent.")]


# --- The paper -------------------------------------------------------------------------------------------------------


def test_paper_is_shown_taken_once_and_kept_sealed(visitor, clock):
    submission = _filed(visitor, clock)
    visitor.open(_paper(submission))
    assert "It is signed by the person it is about." in visitor.text

    _send(visitor, papers.photo())

    assert visitor.status == 200
    assert "it is with us" in visitor.text
    assert "1 file is with us already" in visitor.text
    piece = Evidence.objects.get(about=submission.pk)
    assert piece.purpose == Purpose.MANDATE
    assert Mandate.objects.get().state == MandateState.SHOWN


@pytest.mark.parametrize(("data", "says"), [(b"MZ\x90", "cannot take this kind"), (b"", "empty"), (b"%PDF-1.7", "")])
def test_what_is_no_paper_is_explained(visitor, clock, data, says):
    visitor.open(_paper(_filed(visitor, clock)))

    _send(visitor, data)

    assert visitor.status == 422
    assert says in visitor.text
    assert not Evidence.objects.exists()


def test_paper_can_be_shown_after_the_person_has_said_yes(visitor, clock):
    submission = _filed(visitor, clock)
    visitor.open(_links(submission).link).press("Yes, I gave this permission")

    _send(visitor.open(_paper(submission)), papers.photo())

    assert Mandate.objects.get().state == MandateState.SHOWN


def test_nothing_is_shown_where_nobody_acts_for_another(visitor, clock):
    submission = builders.file(at=clock()).submission
    token = builders.confirm(submission, clock()).tracker_token

    for key in (token, "x" * 43, ""):
        visitor.open(f"/agents/paper/?key={key}&reference={submission.reference}")
        assert visitor.status == 404
        assert "does not open anything" in visitor.text


def test_tracker_says_what_the_authority_waits_for(visitor, clock):
    _up_to_check(visitor).press("Send the request")
    submission = Submission.objects.select_related("data_key").get()
    token = builders.confirm(submission, clock()).tracker_token
    visitor.open(f"/requests/{submission.reference}/?key={token}")
    assert "Show us the paper" in visitor.text
    assert "Send me a code" not in visitor.text
    assert "Show that it is you" not in visitor.text

    _send(visitor.follow("What it has to show, and how to send it"), papers.photo())
    visitor.follow("See where the request stands")
    assert "A colleague looks at the paper" in visitor.text
    ivy = Caller.of_user(builders.staff("ivy", "work_requests", "check_identity"), "admin")
    agents.check(builders.only(submission).pk, Finding("accepted", LETTER), by=ivy, at=clock())
    assert "wait for the answer" in visitor.open(f"/requests/{submission.reference}/?key={token}").text
    links = builders.letters_to(submission, "mandate_confirm")[-1]
    visitor.open(links.withdraw).press("Take the permission back")

    visitor.open(f"/requests/{submission.reference}/?key={token}")
    assert "A person is looking at something" in visitor.text


# --- The person ------------------------------------------------------------------------------------------------------


def _links(submission: Submission) -> Any:
    return builders.letters_to(submission, "mandate_confirm")[-1]


def test_person_says_yes_and_looking_says_nothing(visitor, clock):
    submission = _filed(visitor, clock)
    link = _links(submission).link
    for _ in range(3):
        visitor.open(link)
    assert "Mandy Mandate" in visitor.text
    assert Mandate.objects.get().principal_confirmed_at is None

    visitor.press("Yes, I gave this permission")

    assert "you said yes" in visitor.text
    assert Mandate.objects.get().principal_confirmed_at is not None
    ivy = builders.staff("ivy", "work_requests", "check_identity")
    agents.check(builders.only(submission).pk, Finding("accepted", LETTER), by=Caller.of_user(ivy, "admin"), at=clock())
    assert builders.only(submission).state == "in_review"


def test_person_says_no_and_everything_stops(visitor, clock):
    submission = _filed(visitor, clock)
    visitor.open(_links(submission).link).press("No, stop it")

    assert "It is stopped" in visitor.text
    submission.refresh_from_db()
    assert submission.stopped_at is not None
    assert "nothing more can be shown here" in visitor.open(_paper(submission)).text


def test_person_takes_it_back_later(visitor, clock):
    submission = _filed(visitor, clock)
    links = _links(submission)
    visitor.open(links.link).press("Yes, I gave this permission")
    clock.tick(days=100)

    visitor.open(links.withdraw)
    assert Mandate.objects.get().revoked_at is None
    visitor.press("Take the permission back")

    assert "The permission is taken back" in visitor.text
    assert Mandate.objects.get().state == MandateState.REVOKED


@pytest.mark.parametrize("place", ["/agents/confirm/", "/agents/withdraw/"])
def test_link_that_is_none_of_ours_opens_nothing(visitor, clock, place):
    submission = _filed(visitor, clock)
    own = builders.letters_to(submission, "confirm_address")[-1]
    for key in ("", "x" * 43, builders.token_in(own.link)):
        assert visitor.open(f"{place}?key={key}").status == 404
        response = visitor.client.post(place, {"key": key, "answer": "yes"})
        assert response.status_code == 404
    assert Mandate.objects.get().principal_confirmed_at is None


def test_answer_that_is_neither_yes_nor_no_is_none(visitor, clock):
    submission = _filed(visitor, clock)
    key = builders.token_in(_links(submission).link)

    response = visitor.client.post("/agents/confirm/", {"key": key, "answer": "maybe"})

    assert response.status_code == 200
    assert Mandate.objects.get().principal_confirmed_at is None
