"""The CPNI ledger through the interface: entering, asking, looking back, and what the database refuses."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from dsr.choices.cpni import Because
from dsr.models import CpniAccount, CpniEntry, CpniUse, Scope
from dsr.services import history
from dsr.services.choices import cpni, cpnichain
from notifications import sealing
from notifications.models import Message
from tests import builders
from tests.interfaces.api import client
from tests.interfaces.api.client import V1, Answered, Api
from tests.statements import counted

pytestmark = pytest.mark.django_db
ACCOUNT = "AC-1007"
PROOF: dict[str, Any] = {"authority": "holder", "actor": "ana@example.org", "evidence": "ticket:4711"}


@pytest.fixture
def ines(db: None) -> Api:
    """Integrates a campaign system: scope integrator."""
    return Api(client.token(builders.staff("ines"), Scope.INTEGRATOR))


def enter(ines: Api, kind: str, *, days_ago: float = 0, account: str = ACCOUNT, **rest: Any) -> Answered:
    at = timezone.now() - timedelta(days=days_ago)
    body = {"account": account, "kind": kind, **({"at": at.isoformat()} if days_ago else {}), **rest}
    answered = ines.post("/choices/cpni", body)
    assert answered.status == 201, answered.json
    return answered


def notice(ines: Api, days_ago: float, account: str = ACCOUNT) -> int:
    said = {"medium": "email", "mail_consented": True, "notice_version": "2026-04-09"}
    return int(enter(ines, "notice_sent", days_ago=days_ago, account=account, **said).json["number"])


def asked(ines: Api, account: str = ACCOUNT, **query: Any) -> Answered:
    given = {"account": account, "purpose": "new_services", **query}
    return ines.get("/choices/cpni", **(given if "at" in given else {"campaign": "spring", **given}))


def test_whom_nobody_knows_is_not_approved_and_the_question_is_kept(ines: Api) -> None:
    answered = asked(ines)

    assert (answered.status, answered.json["allowed"], answered.json["because"]) == (200, False, "no_notice")
    assert answered.json["sentence"].startswith("No notice has reached")
    assert answered.headers["Cache-Control"] == "no-store"
    kept = CpniUse.objects.get()
    assert (kept.campaign, kept.use, kept.allowed, kept.because) == ("spring", "new_services", False, "no_notice")
    assert CpniAccount.objects.count() == 0


def test_notice_silence_opt_out_and_revocation(ines: Api) -> None:
    notice(ines, 40)
    assert asked(ines).json["because"] == "silent"

    said = enter(ines, "opt_out", actor="ana@example.org", channel="phone").json
    after = asked(ines).json
    assert (after["allowed"], after["because"], after["line"]) == (False, "opted_out", said["number"])
    assert asked(ines, purpose="service").json["because"] == "none_needed"

    notice(ines, 0.001)
    enter(ines, "account_transferred", account="AC-2", merged=ACCOUNT)
    assert asked(ines).json["allowed"] is False
    assert asked(ines, account="ac-2").json["because"] == "opted_out"
    enter(ines, "revoke_opt_out", account="AC-2", **PROOF)
    assert asked(ines, account="AC-2").json["because"] == "no_notice"


def test_revocation_by_another_representative_is_kept_and_does_nothing(ines: Api) -> None:
    notice(ines, 40)
    enter(ines, "opt_out", authority="representative", actor="ana@example.org")

    other = enter(ines, "revoke_opt_out", authority="representative", actor="ben@example.org", evidence="t:1")
    same = enter(ines, "revoke_opt_out", authority="representative", actor="Ana@example.org ", evidence="t:2")

    assert [other.json["effective"], same.json["effective"]] == [False, True]
    assert [other.json["tell_owner"], same.json["tell_owner"]] == [True, False]
    assert asked(ines).json["because"] == "silent"


def test_owner_whose_address_is_given_is_written_to(ines: Api) -> None:
    enter(ines, "opt_out", authority="representative", actor="ana@example.org")

    said: dict[str, Any] = {"authority": "representative", "actor": "ben@example.org", "evidence": "t:1"}
    other = enter(ines, "revoke_opt_out", owner_email=builders.ADA, **said).json

    assert (other["effective"], other["tell_owner"]) == (False, False)
    message = Message.objects.get()
    assert (message.kind, message.open("to")) == ("cpni_disagreed", builders.ADA)


def test_a_moment_of_the_past_is_answered_as_it_was_and_not_kept(ines: Api) -> None:
    notice(ines, 400)
    enter(ines, "opt_out", days_ago=100)
    then = [timezone.now() - timedelta(days=days) for days in (390, 200, 50)]

    found = [asked(ines, at=moment.isoformat()).json["because"] for moment in then]

    assert found == [Because.WAITING, Because.SILENT, Because.OPTED_OUT]
    assert CpniUse.objects.count() == 0


def test_past_is_told_as_it_was_or_as_it_was_known(ines: Api) -> None:
    notice(ines, 400)
    enter(ines, "opt_out", days_ago=100)
    then = (timezone.now() - timedelta(days=50)).isoformat()

    assert asked(ines, at=then).json["because"] == "opted_out"
    assert asked(ines, at=then, as_known="true").json["because"] == "no_notice", "all of it was entered today"


def test_what_is_to_come_is_not_answered(ines: Api) -> None:
    assert asked(ines, at=(timezone.now() + timedelta(days=1)).isoformat()).code == "incomplete"


def test_lines_from_before_the_first_notice_are_taken(ines: Api) -> None:
    enter(ines, "opt_out", days_ago=3000)

    assert asked(ines, at=(timezone.now() - timedelta(days=2000)).isoformat()).json["because"] == "opted_out"


def test_service_that_is_not_known_is_neither_limited_nor_approved(ines: Api) -> None:
    notice(ines, 40)
    enter(ines, "limit", services=["voip"])

    assert asked(ines, service="voip").json["because"] == "limited"
    assert asked(ines, service="mobile").json["because"] == "silent"
    assert asked(ines, service="voip_calls").code == "incomplete"


def test_two_rows_of_one_account_count_as_one_while_keys_are_exchanged(ines: Api, settings: Any) -> None:
    notice(ines, 40)
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = f"new:{base64.b64encode(bytes(32)).decode()}"  # a process that knows only the next key
    enter(ines, "opt_out")
    settings.FIELD_KEYS = f"{settings.FIELD_KEYS},{old}"

    assert CpniAccount.objects.count() == 2
    assert asked(ines).json["because"] == "opted_out"


def test_yes_that_meets_a_denial_does_nothing_and_says_so(ines: Api) -> None:
    enter(ines, "opt_out")

    assert enter(ines, "opt_in", **PROOF).json["effective"] is False
    assert enter(ines, "revoke_opt_out", **PROOF).json["effective"] is True
    assert enter(ines, "opt_in", **PROOF).json["effective"] is True
    assert asked(ines, purpose="third_parties").json["because"] == "opted_in"


def test_auditor_may_look_and_not_enter() -> None:
    ada = Api(client.token(builders.staff("aud", "audit_requests"), Scope.AUDITOR))

    assert asked(ada, at="2026-01-01T00:00:00Z").status == 200
    assert asked(ada).code == "insufficient-scope"
    assert ada.post("/choices/cpni", {"account": ACCOUNT, "kind": "opt_out"}).code == "insufficient-scope"


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"kind": "opt_in"}, {"#/authority", "#/evidence"}),
        ({"kind": "revoke_opt_out", **PROOF, "channel": "import"}, {"#/channel"}),
        ({"kind": "notice_sent"}, {"#/medium", "#/notice_version"}),
        ({"kind": "notice_sent", "medium": "email", "notice_version": "1"}, {"#/mail_consented"}),
        ({"kind": "notice_bounced"}, {"#/about"}),
        ({"kind": "limit"}, {"#/services"}),
        ({"kind": "limit", "purposes": ["selling"]}, {"#/purposes"}),
        ({"kind": "limit", "services": ["voise"]}, {"#/services"}),
        ({"kind": "opt_out", "merged": "AC-2"}, {"#/merged"}),
        ({"kind": "account_transferred", "merged": " ac-1007"}, {"#/merged"}),
        ({"kind": "opt_out", "at": "2099-01-01T00:00:00Z"}, {"#/at"}),
        ({"kind": "opt_out", "evidence": "she said so"}, {"#/evidence"}),
        ({"kind": "delete"}, {"#/kind"}),
        ({"kind": "opt_out", "account": ""}, {"#/account"}),
        ({"kind": "opt_out", "authority": "god"}, {"#/authority"}),
        ({"kind": "opt_out", "owner_email": "olga"}, {"#/owner_email"}),
    ],
)
def test_what_cannot_be_entered_is_told_at_its_place(ines: Api, body: dict[str, Any], places: set[str]) -> None:
    answered = ines.post("/choices/cpni", {"account": ACCOUNT, **body})

    assert (answered.code, answered.places) == ("incomplete", places)
    assert CpniEntry.objects.count() == 0


@pytest.mark.parametrize(
    "query",
    [{}, {"purpose": "service"}, {"account": "A", "purpose": "service"},
     {"purpose": "service", "campaign": "x"}, {"account": "A", "digest": "k:00", "purpose": "service", "campaign": "x"},
     {"account": "A", "purpose": "service", "campaign": "x", "at": "2026-01-01T00:00:00Z"}],
)  # fmt: skip
def test_question_that_is_not_whole_is_refused(ines: Api, query: dict[str, str]) -> None:
    assert ines.get("/choices/cpni", **query).code == "bad-parameter"


def test_digest_stands_for_the_account_so_that_no_number_is_in_an_address(ines: Api) -> None:
    notice(ines, 40)
    digest = sealing.listing_digest("account", ACCOUNT)

    by_digest = ines.get("/choices/cpni", digest=digest, purpose="new_services", campaign="spring")

    assert by_digest.json["because"] == asked(ines).json["because"] == "silent"
    assert set(CpniUse.objects.values_list("digest", flat=True)) == {digest}


def test_head_of_an_answer_is_no_use(ines: Api) -> None:
    query = {"account": ACCOUNT, "purpose": "new_services", "campaign": "spring"}

    assert ines.client.head(f"{V1}/choices/cpni", query, headers=ines.headers).status_code == 200
    assert CpniUse.objects.count() == 0


def test_unknown_purpose_names_those_there_are(ines: Api) -> None:
    answered = asked(ines, purpose="selling")

    assert "new_services" in json.dumps(answered.json)
    assert answered.status == 422


def test_notice_of_another_account_cannot_come_back(ines: Api) -> None:
    number = notice(ines, 3, account="AC-9")

    assert ines.post("/choices/cpni", {"account": ACCOUNT, "kind": "notice_bounced", "about": number}).places == {
        "#/about"
    }
    enter(ines, "notice_bounced", account="AC-9", about=number)


def test_same_key_enters_once(ines: Api) -> None:
    body = {"account": ACCOUNT, "kind": "opt_out"}

    first, again = (ines.post("/choices/cpni", body, key="k1") for _ in range(2))

    assert first.json == again.json
    assert CpniEntry.objects.count() == 1


def test_receipt_is_checked_offline_and_names_nobody(ines: Api, tmp_path: Path) -> None:
    said = enter(ines, "opt_out", actor="ana@example.org")
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(said.json["receipt"]))

    call_command("verify_receipt", file)

    assert said.json["receipt"]["choice"] == "opt_out"
    assert ACCOUNT.lower() not in file.read_text().lower()
    assert "ana" not in file.read_text()


def test_nothing_in_clear_is_stored(ines: Api) -> None:
    enter(ines, "opt_out", actor="ana@example.org")
    asked(ines)

    rows = json.dumps(
        [*CpniAccount.objects.values(), *CpniEntry.objects.values(), *CpniUse.objects.values()], default=str
    )

    assert ACCOUNT.lower() not in rows.lower()
    assert "ana@" not in rows


@pytest.mark.parametrize("table", ["dsr_cpnientry", "dsr_cpniuse"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_database_lets_nobody_change_a_line(ines: Api, table: str, statement: str) -> None:
    enter(ines, "opt_out")
    asked(ines)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_lines_are_chained(ines: Api) -> None:
    for kind in ("opt_out", "account_closed", "opt_out"):
        enter(ines, kind)

    lines = list(CpniEntry.objects.order_by("seq"))
    account = CpniAccount.objects.get()

    assert [line.seq for line in lines] == [1, 2, 3]
    assert [line.prev_hash for line in lines] == ["", lines[0].hash, lines[1].hash]
    assert all(line.hash == cpnichain.digest(line) for line in lines)
    assert (account.lines, account.head) == (3, lines[-1].hash)


def test_asking_takes_few_statements_however_long_the_ledger_is(ines: Api) -> None:
    notice(ines, 40)
    at = datetime(2026, 3, 5, tzinfo=UTC)

    with counted() as few:
        cpni.ask_for_campaign(cpni.digests(ACCOUNT), "new_services", campaign="x", by="1", at=timezone.now())
    for _ in range(20):
        enter(ines, "opt_out")
    with counted() as many:
        cpni.ask_for_campaign(cpni.digests(ACCOUNT), "new_services", campaign="x", by="1", at=timezone.now())

    assert len(few) == len(many) == 3
    assert cpni.ask(ACCOUNT, "new_services", moment=at).standing.because is Because.NO_NOTICE


def test_history_is_proved_with_its_ledgers_and_names_the_line_that_was_changed(ines: Api) -> None:
    for kind in ("opt_out", "account_closed"):
        enter(ines, kind)
    assert (history.verify().whole, history.verify().choices) == (True, 2)

    CpniAccount.objects.update(lines=3)

    assert history.verify().broken.endswith("it should end at line 3.")
