"""Nobody proves who they are in order to be left alone: walked over every right, law, channel, form and call."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from dsr import lifecycle, policies
from dsr.errors import Unlawful
from dsr.lifecycle import State
from dsr.models import Channel, Scope, SubjectRequest
from dsr.public import answers as steps
from dsr.public import offers
from dsr.rights import OFFERED, SPECS, Right
from dsr.rules import NotInRules, ladder, pack
from dsr.rules.words import CHOICES, METHOD_LEVELS
from dsr.selectors import asking
from tests import builders, organisation
from tests.clock import Clock
from tests.interfaces.api.client import Api, token

ON = date(2026, 3, 5)
FREE = sorted({*CHOICES, *ladder.SIGNALS, *pack().ladder.open_rights})
"""Everything for which no proof is ever asked: choices, signals of a browser, and what is told to everybody."""
PROVING = {"ask_more", "check_identity", "check_mandate", "confirm_identity", "end_unproved", "lapse", "ask_identity"}
WHERE = [("IE", ""), ("GB", ""), ("US", "CA"), ("US", "TX"), ("US", ""), ("BR", ""), ("JP", "")]
PROOF = re.compile(
    r"passport|identity.?card|driv|document|proof|password|birth|ssn|secret|signature|verif|upload|captcha|code|phone",
    re.IGNORECASE,
)
"""Names that a field would have which asks somebody to show who they are."""
_CASES = ((False, 0), (True, 0), (True, 9))
"""Whether what is handed over goes elsewhere, and how many doubts there are."""


def _laws() -> Iterator[str]:
    yield from sorted({regime.id for regime in pack().regimes if _in_force(regime.id)})


def _in_force(regime: str) -> bool:
    try:
        pack().regime(regime, ON)
    except NotInRules:
        return False
    return True


# --- The ladder ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", Channel.values)
@pytest.mark.parametrize("right", FREE)
def test_no_law_and_no_doubt_raises_a_choice(right: str, channel: str) -> None:
    rules, laws = pack(), list(_laws())
    people = [row.id for row in rules.notice_in_force(ON).relationships]
    assert len(laws) > 20

    # Each law alone, then all of them and none for everybody in every case: what is demanded only grows with more laws.
    cases = [([law], people[:1], _CASES[:1]) for law in laws] + [(some, people, _CASES) for some in (laws, [])]
    for regimes, who, in_cases in cases:
        for relationship in who:
            for elsewhere, doubts in in_cases:
                demand = ladder.demanded(
                    rules,
                    right,
                    regimes,
                    ON,
                    relationship=relationship,
                    channel=channel,
                    elsewhere=elsewhere,
                    doubts=doubts,
                )
                assert (demand.level, demand.methods, demand.of_record) == (0, (), False)
                assert all(because.source for because in demand.because)
                barred = {each.name for each in asking.must_not_ask(right, demand, rules.ladder)}
                assert {"identity", "identity_document"} <= barred


def test_no_law_of_the_rules_names_a_choice_among_what_needs_proof() -> None:
    rows = pack().ladder
    asked_for = {right for row in rows.floors for right in row.rights}
    asked_for |= {right for row in rows.sensitive for right in row.rights}

    assert not asked_for & set(FREE)


# --- The lifecycle and its policies ----------------------------------------------------------------------------------


def test_no_move_that_asks_for_proof_belongs_to_a_choice() -> None:
    asked = {right for move in lifecycle.MOVES if move.verb in PROVING for right in move.rights}

    assert {move.verb for move in lifecycle.MOVES} >= PROVING
    assert not {str(right) for right in asked} & set(FREE)
    assert all(not SPECS[right].floor for right in Right if str(right) in FREE)


@pytest.mark.django_db
@pytest.mark.parametrize("choice", sorted(CHOICES))
def test_asking_for_more_is_against_the_law_for_a_choice(choice: str, clock: Any) -> None:
    filed = builders.file(at=clock())
    request = SubjectRequest(submission=filed.submission, right=choice, state=State.VERIFYING)

    with pytest.raises(Unlawful) as refused:
        policies.identity.more_may_be_asked(request, builders.hal(), clock())

    assert refused.value.status == 409
    assert "11 CCR" in refused.value.source


# --- The interface for programs --------------------------------------------------------------------------------------


@pytest.fixture
def api(db: None, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Somebody who may read, file and work, on a day that stays: what can be named with a choice is by its notice."""
    monkeypatch.setattr(timezone, "now", clock)
    user = builders.staff("hal", "file_requests", "check_identity", "approve_requests")
    return Api(token(user, *Scope.values))


@pytest.mark.parametrize(("country", "region"), WHERE)
def test_programs_are_told_what_must_not_be_asked(api: Api, country: str, region: str) -> None:
    people = [row.id for row in pack().notice_in_force(ON).relationships]
    for channel in Channel.values:
        for relationship in people:
            query: dict[str, str] = {"country": country, "relationship": relationship, "channel": channel}
            shown = api.get("/rights", **query, **({"region": region} if region else {}))
            assert shown.status == 200, shown.json
            for right in shown.json["rights"]:
                if right["right"] in FREE:
                    assert right["identity"]["level"] == 0
                    assert right["identity"]["methods"] == right["identity"]["proofs"] == []
                    assert {"identity", "identity_document"} <= {each["name"] for each in right["must_not_ask"]}
                    named = {question["name"] for question in right["questions"]}
                    assert not named & {*METHOD_LEVELS, "identity", "identity_document"}


@pytest.mark.parametrize("right", FREE)
def test_filing_a_choice_by_a_program_asks_for_no_proof(api: Api, right: str, clock: Any) -> None:
    filed = Right(right) if right in OFFERED else None
    where = builders.PLACES.get(filed, {}) if filed else {}
    body: dict[str, Any] = {
        "channel": "phone",
        "who": {"relationship": "customer"},
        "where": where or {"country": "US", "region": "CA"},
        "rights": [{"right": right, "details": builders.DETAILS.get(filed, {}) if filed else {}}],
        "contact": {"email": builders.ADA},
    }

    answered = api.post("/submissions", body, key=f"key-{right}")

    if right not in OFFERED:  # taken elsewhere, by the ways that GET /rights names; none of them is here
        assert answered.status == 422
        return
    assert answered.status == 201, answered.json
    request = answered.json["requests"][0]
    assert request["state"] not in (State.VERIFYING, State.RECEIVED)
    moves = api.get(f"/requests/{request['id']}/moves")
    assert moves.status == 200
    assert not {move["verb"] for move in _listed(moves.json)} & PROVING
    for verb in sorted(PROVING):
        refused = api.post(
            f"/requests/{request['id']}/moves/{verb}",
            {"doubt": "other", "reason": "I want to see a passport.", "method": "document", "result": "passed"},
            key=f"{verb}-{right}",
        )
        assert refused.status in (403, 404, 405, 409, 422), (verb, refused.json)
    assert SubjectRequest.objects.get(pk=request["id"]).identity_doubts == 0


def _listed(shown: Any) -> list[dict[str, Any]]:
    return shown if isinstance(shown, list) else list(next(each for each in shown.values() if isinstance(each, list)))


# --- The pages -------------------------------------------------------------------------------------------------------


def _fields(html: str) -> set[str]:
    return set(re.findall(r"<(?:input|select|textarea)\b[^>]*\bname=\"([^\"]*)\"", html))


def _walk(client: Client, right: str, relationship: str, country: str, region: str) -> Iterator[str]:
    """Show every page of the form for one right."""
    answers: dict[str, Any] = {"relationship": relationship, "country": country, "region": region, "rights": right}
    answers |= {"email": builders.ADA, "shown": list(steps.TITLES), "nonce": "n" * 32}
    for step in steps.TITLES:
        for go in ("next", f"change:{step}"):
            yield client.post("/requests/new/", {**answers, "step": step, "go": go}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.parametrize("right", FREE)
def test_no_page_of_the_form_asks_for_proof(right: str, language: str) -> None:
    client = Client(headers={"Accept-Language": language})
    people = [row.id for row in pack().notice_in_force(ON).relationships]
    seen = 0
    for relationship in people:
        for country, region in WHERE:
            for html in _walk(client, right, relationship, country, region):
                seen += 1
                assert 'type="file"' not in html
                assert 'type="password"' not in html
                assert not [name for name in _fields(html) if PROOF.search(name)], right
    assert seen > 100


@pytest.mark.django_db
def test_the_form_says_that_nothing_is_asked(tmp_path: Any, clock: Any) -> None:
    organisation.desk(tmp_path, clock())
    for right in (each for each in sorted(OFFERED) if str(each) in FREE):
        for country, region in WHERE:
            asked = offers.proof(right, "customer", country, region, ON)
            assert (asked.asks, asked.ways) == (offers.Asks.NOTHING, ())
        filed = builders.file(right, at=clock())
        request = builders.only(filed.submission)
        assert (request.identity_floor, request.identity_of_record) == (0, False)
        assert request.state != State.VERIFYING
        assert filed.challenge_id is None
