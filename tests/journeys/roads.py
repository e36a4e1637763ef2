"""The two roads on which somebody asks: the form on the web, worked on at the console, and a call that support files.

Both end at the same desk. What differs is who types: the person and the console, or two programs.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dsr.lifecycle import State
from dsr.models import SubjectRequest, Submission
from dsr.rights import SPECS, Right
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.admin import desk
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor

WEB, API = "web", "api"
ROADS = (WEB, API)
Answers = Callable[[Visitor], object]


def by_web(
    visitor: Visitor,
    right: Right,
    clock: Clock,
    *,
    country: str = "IE",
    region: str = "",
    answers: Answers | None = None,
) -> SubjectRequest:
    """Ada fills in the form and sends it."""
    visitor.open("/requests/new/").choose("Customer or account holder").press("Continue")
    visitor.fill("Country", country).press("Continue")
    if region:
        visitor.choose(region).press("Continue")
    assert str(SPECS[right].title) in visitor.page.labels.values(), visitor.text
    visitor.choose(str(SPECS[right].title)).press("Continue")
    if answers is not None:
        answers(visitor)
        visitor.press("Continue")
    elif SPECS[right].questions:
        visitor.press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue").press("Send the request")
    assert visitor.status == 200, visitor.text
    return builders.only(Submission.objects.latest("received_at"))


def by_api(
    right: Right, *, country: str = "IE", region: str = "", details: Mapping[str, str] | None = None
) -> SubjectRequest:
    """Sam files what Ada says on the telephone."""
    where = {"country": country, **({"region": region} if region else {})}
    wants = [{"right": str(right), "details": dict(details or {})}]
    who = {"relationship": "customer", "name": "Ada Lovelace"}
    filed = api.sam().post("/submissions", api.filing(who=who, where=where, rights=wants), key=f"call-{right}")
    assert filed.status == 201, filed.json
    assert filed.json["tracker_url"]
    return builders.only(Submission.objects.get(reference=filed.json["reference"]))


def proved(request: SubjectRequest, clock: Clock) -> SubjectRequest:
    """Ada presses the button in her mail, and signs in where the case asks for that; then the systems are searched."""
    builders.confirm(request.submission, clock.tick())
    if builders.again(request).state == State.VERIFYING:
        builders.prove(request.submission, clock.tick())
    drain(clock.tick())
    return builders.again(request)


class Desk:
    """Hal and Vera, at the console or by programs; Dora where a ground is the officer's."""

    def __init__(self, road: str) -> None:
        self.road = road

    def move(self, who: str, request: SubjectRequest, verb: str, **given: Any) -> None:
        """Make a move as the road makes it."""
        if self.road == WEB:
            answer = desk.move(desk.signed_in(who), request, verb, **given)
            assert answer.status_code == 302, desk.text(answer)
            return
        caller: api.Api = getattr(api, who)()
        done = caller.move(request.pk, verb, given or None)
        assert done.status == 200, done.json

    def approve(self, request: SubjectRequest, clock: Clock) -> SubjectRequest:
        """Hal prepares, Vera approves, the service does it."""
        self.move("hal", request, "prepare")
        clock.tick()
        self.move("vera", request, "approve")
        drain(clock.tick())
        return builders.again(request)


def letter(request: SubjectRequest, kind: str) -> Any:
    """Return the last letter of a kind to whoever filed, as it was queued. Read it before it is drained."""
    return builders.letters_to(request.submission, kind)[-1]
