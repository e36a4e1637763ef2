"""Choices to be left alone: from filing, which is when they stand, to the letter that every system minds them."""

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import Choice, CpniEntry, LedgerOutcome, Window
from dsr.rights import Right
from dsr.services import telling
from dsr.services.choices import cpni
from dsr.services.choices import desk as owners
from notifications import sealing
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import ROADS, WEB

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_of_its_own")]
WHERE = {
    Right.MARKETING_OPT_OUT: ("US", "California"),
    Right.TARGETED_ADVERTISING_OPT_OUT: ("US", "California"),
    Right.SENSITIVE_DATA_LIMIT: ("US", "California"),
    Right.THIRD_PARTY_DISCLOSURE_OPT_OUT: ("JP", ""),
}
_ROADS_TAKEN = [
    (right, road) for right in WHERE for road in ROADS if (right, road) != (Right.THIRD_PARTY_DISCLOSURE_OPT_OUT, WEB)
]
"""Neither notice offers to refuse disclosure in the form; its own page does, and has a test of its own below."""


def _by(road: str, right: Right, visitor: Visitor, clock: Clock) -> object:
    country, region = WHERE[right]
    if road == WEB:
        return roads.by_web(visitor, right, clock, country=country, region=region)
    return roads.by_api(right, country=country, region="CA" if region else "")


@pytest.mark.parametrize(("right", "road"), _ROADS_TAKEN)
def test_choice_stands_at_once_and_is_followed(road: str, right: Right, visitor: Visitor, clock: Clock) -> None:
    system = organisation.mailers(clock())
    _by(road, right, visitor, clock)
    request = builders.only(Window.objects.get().choice.requests.get().submission)
    standing = request.state
    drain(clock.tick())

    owners.report(system.pk, list(Window.objects.values_list("pk", flat=True)), clock.tick(hours=5))
    letter = roads.letter(request, "in_effect")
    drain(clock.tick())

    ended = builders.again(request)
    assert standing == State.FULFILLING
    assert (ended.state, ended.outcome) == (State.CLOSED, Outcome.FULFILLED)
    assert {line.outcome for line in request.ledger.all()} == {LedgerOutcome.SUPPRESSED}
    assert letter.reference == request.submission.reference
    assert "The mailers" in builders.sent_text(request.submission, "in_effect")


def test_disclosure_is_refused_on_its_own_page_and_followed(visitor: Visitor, clock: Clock) -> None:
    system = organisation.mailers(clock())
    visitor.open("/preferences/third-parties/").fill("Mail address", builders.ADA)

    visitor.press("Refuse disclosure and other uses")
    drain(clock.tick())
    owners.report(system.pk, list(Window.objects.values_list("pk", flat=True)), clock.tick(hours=5))

    window = Window.objects.get()
    assert "Your refusal is recorded" in visitor.text
    assert (window.choice.purpose, window.done_at is not None) == ("disclosure", True)


@pytest.mark.parametrize("road", ROADS)
def test_cpni_opt_out_is_entered_at_once_and_stays(road: str, visitor: Visitor, clock: Clock) -> None:
    if road == WEB:
        request = roads.by_web(
            visitor, Right.CPNI_OPT_OUT, clock, country="US", region="California",
            answers=lambda page: page.fill("Which account is it about?", "AC-77"),
        )  # fmt: skip
    else:
        request = roads.by_api(Right.CPNI_OPT_OUT, country="US", region="CA", details={"cpni_account": "AC-77"})
    letter = roads.letter(request, "in_effect")

    later = clock.tick(days=800)

    assert (request.state, request.outcome) == (State.CLOSED, Outcome.FULFILLED)
    assert CpniEntry.objects.get().kind == "opt_out"
    assert letter.reference == request.submission.reference
    assert cpni.ask("AC-77", "new_services", moment=later).standing.because == "opted_out"


@pytest.mark.parametrize("road", ROADS)
def test_signal_of_a_browser_is_an_opt_out_of_advertising(road: str, clock: Clock) -> None:
    """R10: Global Privacy Control, seen on a page that is somebody's, or reported by another site."""
    organisation.mailers(clock())
    ines = api.Api(api.token(builders.staff("ines"), "integrator"))
    if road == WEB:
        request = builders.file(at=clock()).requests[0]
        builders.confirm(request.submission, clock.tick())
        page = Visitor(**{"Sec-GPC": "1"}).open(telling.tracker_link(request.submission, clock()))
        said, who = page.text, {"email": builders.ADA}
    else:
        answered = ines.post("/choices/signals", {"browser": "browser-0001", "gpc": "1"}, key="s1")
        said, who = str(answered.json), {"browser": "browser-0001"}

    [(kind, value)] = who.items()
    digests = sealing.listing_digests(kind, value)
    asked = ines.get("/choices", purpose="advertising", digest=",".join(digests))

    assert (asked.status, asked.json["allowed"]) == (200, False), asked.json
    assert "Your signal was honoured." in said
    assert Choice.objects.get().via == "signal"
