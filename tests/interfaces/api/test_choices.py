"""Whom not to take in again: the check before an import, the list, and coming back."""

import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from dsr.api.shapes import choices as shapes
from dsr.models import IdempotentAnswer, Scope, Tombstone
from dsr.services.erasure import tombstones
from dsr.services.erasure.terms import Place
from notifications import sealing
from tests import builders
from tests.interfaces.api import client
from tests.interfaces.api.client import V1, Api
from tests.statements import counted

pytestmark = pytest.mark.django_db
ERASED_AT = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
WHO = {"email": [builders.ADA], "phone": ["+12025550147"], "account": ["AC-1"]}


@pytest.fixture
def ines(db: None) -> Api:
    """Integrates a system: scope integrator."""
    return Api(client.token(builders.staff("ines"), Scope.INTEGRATOR))


@pytest.fixture
def laid(db: None) -> None:
    """Ada was erased."""
    tombstones.lay(WHO, Place("IE", "", ("eu_gdpr",)), ERASED_AT)


def own_digest(kind: str, normal: str) -> str:
    """A hash as a system makes it that was given the key."""
    said = StringIO()
    call_command("tombstones", "key", "--json", stdout=said)
    key_id, key = next(iter(json.loads(said.getvalue())["keys"].items()))
    message = b"\0".join((kind.encode(), normal.encode()))
    return f"{key_id}:{hmac.digest(bytes.fromhex(key), message, hashlib.sha256).hex()}"


@pytest.mark.usefixtures("laid")
def test_check_says_for_each_in_order_when_it_was_erased(ines: Api) -> None:
    asked = {"email": [builders.MAX, builders.ADA.upper(), builders.ADA], "phone": ["+1 202-555-0147"], "account": []}

    answered = ines.post("/choices/erased", {"identifiers": asked})

    assert answered.json == {
        "identifiers": {"email": [None, "2026-03-05", "2026-03-05"], "phone": ["2026-03-05"], "account": []},
        "digests": [],
    }


@pytest.mark.usefixtures("laid")
def test_check_takes_hashes_that_a_system_made_itself(ines: Api) -> None:
    asked = [own_digest("email", builders.MAX), own_digest("email", builders.ADA), own_digest("account", "ac-1")]

    answered = ines.post("/choices/erased", {"digests": asked})

    assert answered.json == {"identifiers": {}, "digests": [None, "2026-03-05", "2026-03-05"]}
    assert own_digest("email", builders.ADA) == sealing.listing_digest("email", builders.ADA)


@pytest.mark.usefixtures("laid")
def test_nothing_of_what_is_asked_is_kept_or_logged(ines: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"identifiers": {"email": ["canary.bird@example.org", builders.ADA]}}

    first = ines.post("/choices/erased", body, key="one")
    ines.post("/choices/erased/returned", body, key="two")

    kept = json.dumps(list(IdempotentAnswer.objects.values_list("body", "digest", "key")), default=str)
    assert first.status == 200
    assert IdempotentAnswer.objects.count() == 1
    for word in ("canary", "example.org", sealing.listing_digest("email", builders.ADA)[-20:]):
        assert word not in kept
        assert word not in caplog.text
    assert [record.msg["count"] for record in caplog.records if record.name.endswith("tombstones")] == [1]  # type: ignore[index]


@pytest.mark.usefixtures("laid")
def test_ten_thousand_are_checked_by_a_statement_a_thousand(ines: Api) -> None:
    digests = [own_digest("email", builders.ADA)] * 5_000 + [f"k1:{number:064x}" for number in range(5_000)]

    with counted() as statements:
        answered = ines.post("/choices/erased", {"digests": digests})
    above = ines.post("/choices/erased", {"identifiers": {"email": ["a"] * 6_000, "phone": ["b"] * 6_000}})

    assert answered.status == 200
    assert sum(day is not None for day in answered.json["digests"]) == 5_000
    assert len([sql for sql in statements if "tombstone" in sql]) == 10
    assert (above.status, above.places) == (422, {"#/identifiers"})


@pytest.mark.usefixtures("laid")
def test_list_is_read_from_one_id_on(ines: Api) -> None:
    with counted() as statements:
        first = ines.get("/choices/erased", limit=2)
    rest = ines.get(first.json["next"].partition(V1)[2])

    shapes.TombstonePage.model_validate_json(first.response.content)
    listed = [row["digest"] for row in (*first.json["results"], *rest.json["results"])]
    assert listed == list(Tombstone.objects.order_by("id").values_list("digest", flat=True))
    assert sealing.listing_digest("email", builders.ADA) in listed
    assert rest.json["next"] is None
    assert len([sql for sql in statements if "tombstone" in sql]) == 1


@pytest.mark.usefixtures("laid")
def test_whoever_came_back_no_longer_counts_as_erased(ines: Api) -> None:
    asked = {"identifiers": {"email": [builders.ADA]}, "digests": []}

    came = ines.post("/choices/erased/returned", asked)
    again = ines.post("/choices/erased/returned", {"digests": [own_digest("email", builders.ADA)]})

    assert (came.json, again.json) == ({"lifted": 1}, {"lifted": 0})
    assert ines.post("/choices/erased", asked).json["identifiers"] == {"email": [None]}
    assert Tombstone.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "#"),
        ({"identifiers": {}}, "#"),
        ({"identifiers": {"email": ["a"]}, "digests": ["k1:" + "0" * 64]}, "#"),
        ({"digests": ["x"]}, "#/digests/0"),
        ({"digests": ["k1:" + "g" * 64]}, "#/digests/0"),
        ({"identifiers": {"email": "a"}}, "#/identifiers/email"),
        ({"identifiers": {"email": [""]}}, "#/identifiers/email/0"),
        ({"identifiers": {"e mail": ["a"]}}, "#/identifiers/e mail/[key]"),
        ({"identifiers": {"email": ["a" * 255]}}, "#/identifiers/email/0"),
    ],
)
def test_body_that_cannot_be_used_is_named(ines: Api, body: Any, place: str) -> None:
    for path in ("/choices/erased", "/choices/erased/returned"):
        answered = ines.post(path, body)

        assert (answered.status, answered.code, answered.places) == (422, "incomplete", {place})


@pytest.mark.parametrize("query", [{"after": "-1"}, {"after": "x"}, {"limit": "0"}, {"limit": "1001"}, {"cursor": "x"}])
def test_parameter_that_cannot_be_used_is_named(ines: Api, query: dict[str, str]) -> None:
    answered = ines.get("/choices/erased", **query)

    assert (answered.status, answered.places) == (400, set(query))


def test_staff_and_auditors_do_not_read_the_list(hal: Api, sam: Api, audrey: Api, stranger: Api) -> None:
    for api in (hal, sam, audrey):
        answers = [
            api.get("/choices/erased"),
            api.post("/choices/erased", {"digests": []}),
            api.post("/choices/erased/returned", {"digests": []}),
        ]
        assert {(answered.status, answered.code) for answered in answers} == {(403, "insufficient-scope")}
    assert stranger.get("/choices/erased").status == 401
