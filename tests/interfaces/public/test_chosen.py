"""Choices in the form, beside other rights, and on the tracker: in plain words, and the truth about every system."""

from typing import Any

import pytest

from dsr.models import CpniEntry, SubjectRequest, Submission, Window
from dsr.rights import Right
from dsr.services import telling
from dsr.services.choices import desk
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = "/requests/new/"


@pytest.fixture
def mailers(clock: Clock, db: None) -> Any:
    """A system that leaves people out by hand."""
    return organisation.mailers(clock())


def _to_rights(visitor: Visitor) -> Visitor:
    visitor.open(FIRST).choose("Customer or account holder").press("Continue")
    return visitor.fill("Country", "US").press("Continue").choose("California").press("Continue")


def _tracker(visitor: Visitor, request: SubjectRequest, clock: Clock) -> Visitor:
    return visitor.open(telling.tracker_link(request.submission, clock()))


def test_choices_alone_are_sent_without_a_code(visitor: Visitor, mailers: Any) -> None:
    _to_rights(visitor)
    assert "It stands as soon as you send it." in visitor.text
    visitor.choose("Stop marketing", "Stop targeted advertising, sale and sharing").press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue")
    assert "nobody has to prove who they are for this" in visitor.text

    visitor.press("Send the request")

    assert "There is nothing more for you to do now." in visitor.text
    assert "code" not in visitor.text.lower().replace("barcode", "")
    rights = dict(SubjectRequest.objects.values_list("right", "state"))
    assert rights == {"marketing_opt_out": "fulfilling", "targeted_advertising_opt_out": "fulfilling"}


def test_choice_beside_a_copy_does_not_wait_for_the_code(visitor: Visitor, mailers: Any) -> None:
    _to_rights(visitor).choose("Stop marketing", "Get a copy of your data").press("Continue").press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue")
    assert "no proof is needed for: Stop marketing" in visitor.text

    visitor.press("Send the request")

    assert "No code is needed for: Stop marketing" in visitor.text
    rights = dict(SubjectRequest.objects.values_list("right", "state"))
    assert rights == {"access": "verifying", "marketing_opt_out": "fulfilling"}


def test_cpni_asks_for_the_account_and_nothing_else(visitor: Visitor) -> None:
    _to_rights(visitor).choose("Stop marketing by how a service is used").press("Continue")
    visitor.press("Continue")
    assert visitor.status == 422
    assert "Give the number of the account that it is about." in visitor.text

    visitor.fill("Which account is it about?", "AC-77").press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue")
    assert "AC-77" in visitor.text
    visitor.press("Send the request")

    assert CpniEntry.objects.get().kind == "opt_out"
    assert builders.only(Submission.objects.get()).outcome == "fulfilled"


def test_what_no_law_gives_there_is_not_in_the_form_and_its_page_is_named(visitor: Visitor) -> None:
    visitor.open(FIRST).choose("Customer or account holder").press("Continue").fill("Country", "BR").press("Continue")

    offered = [control.value for form in visitor.page.forms for control in form.controls if control.name == "rights"]
    assert "marketing_opt_out" in offered
    assert "targeted_advertising_opt_out" not in offered
    assert "/preferences/advertising/" in visitor.response.content.decode()


def test_centre_keeps_the_quick_way_and_leads_to_the_form_as_well(visitor: Visitor) -> None:
    visitor.open("/")
    shown = visitor.response.content.decode()

    for right, page in (("marketing_opt_out", "/preferences/"), ("cpni_opt_out", "/preferences/cpni/")):
        assert f'href="{page}"' in shown
        assert f'href="/requests/new/?right={right}"' in shown


def test_tracker_says_of_each_system_whether_it_minds_it(visitor: Visitor, mailers: Any, clock: Clock) -> None:
    request = builders.file(Right.MARKETING_OPT_OUT, at=clock()).requests[0]

    _tracker(visitor, request, clock)
    assert "It stands with us since you sent it. Our systems are confirming it" in visitor.text
    assert "The mailers: not yet, due by 8 March 2026" in visitor.text
    assert "Withdraw" not in visitor.text

    drain(clock.tick(hours=73))
    _tracker(visitor, request, clock)
    assert "not every system has confirmed it in time" in visitor.text
    assert "The mailers: not yet, and it should have been by 8 March 2026" in visitor.text
    assert "we wrote to you about it" in visitor.text

    desk.report(mailers.pk, list(Window.objects.values_list("pk", flat=True)), clock.tick())
    _tracker(visitor, request, clock)
    assert "what you do not want is minded everywhere" in visitor.text
    assert "The mailers: confirmed 8 March 2026" in visitor.text


@pytest.mark.parametrize("right", [Right.CPNI_OPT_OUT, Right.SENSITIVE_DATA_LIMIT])
def test_tracker_of_what_stands_at_once_shows_no_way_to_take_it_back(
    visitor: Visitor, right: Right, clock: Clock
) -> None:
    request = builders.again(builders.file(right, at=clock()).requests[0])

    _tracker(visitor, request, clock)

    assert "It stands since 5 March 2026" in visitor.text
    assert "Withdraw" not in visitor.text
    withdrawing = visitor.client.post(
        f"/requests/{request.submission.reference}/{request.pk}/withdraw/",
        {"key": telling.tracker_grant(request.submission_id, clock())},
    )
    assert withdrawing.status_code in (303, 409)
    assert builders.again(request).outcome == "fulfilled"
