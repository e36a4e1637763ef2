"""SendGrid, against an account that is as SendGrid's pages say."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dsr.connectors import (
    Ability,
    BadConfig,
    Code,
    Connector,
    Erased,
    Outcome,
    PermanentFailure,
    Row,
    Term,
    open_connector,
)
from tests.thirdparty import sendgrid
from tests.thirdparty.sendgrid import SendGrid
from tests.thirdparty.serving import Answer

ADA, WORK = "ada@example.org", "ada@work.example"
WHO = {"email": [ADA]}
CONTACTS, MESSAGES = Term("contacts", "contact_data"), Term("messages", "communications_usage_data")
MAILING = {"activity": None}


@pytest.fixture
def account() -> Iterator[SendGrid]:
    """An account of this test's own."""
    with sendgrid.running() as running:
        running.contact("max@example.org")
        yield running


def opened(account: SendGrid, **more: Any) -> Connector:
    """A connector for it."""
    return open_connector("sendgrid", account.config(**more))


def until_done(connector: Connector, *terms: Term, who: dict[str, list[str]] = WHO, **more: Any) -> Erased:
    """Erase to the end."""
    found = connector.erase(who, terms, key="k", **more)
    while found.cursor:
        found = connector.erase(who, terms, key="k", cursor=found.cursor, **more)
    return found


def test_finds_contacts_by_any_of_their_addresses(account: SendGrid) -> None:
    account.contact(ADA, alternate_emails=[WORK], first_name="Ada", custom_fields={"shoe_size": 39}, city="")
    connector = opened(account, **MAILING)

    located = connector.locate({"email": [WORK, "ADA@Example.org "]}, key="k")
    [row] = list(connector.collect({"email": [WORK]}, key="k"))

    assert located.datasets == {"contacts": 1}
    assert row == Row(
        "contacts",
        {"email": ADA, "alternate_emails": [WORK], "first_name": "Ada", "custom_fields": {"shoe_size": 39}},
    )
    assert {each.name for part in connector.describe() for each in part.fields} >= set(row.data)


def test_says_nothing_held_only_where_the_service_says_so(account: SendGrid) -> None:
    connector = opened(account, **MAILING)

    located, rows = connector.locate(WHO, key="k"), list(connector.collect(WHO, key="k"))
    nowhere = opened(account, **MAILING, url=f"{account.url}/elsewhere")
    with pytest.raises(PermanentFailure) as caught:
        nowhere.locate(WHO, key="k")

    assert (located.outcome, rows) == (Outcome.NOTHING_HELD, [])
    assert caught.value.code == Code.NOT_FOUND


@pytest.mark.parametrize("more", [{}, {"contacts": None}], ids=["both", "activity"])
def test_does_not_search_where_it_could_not_search_all(account: SendGrid, more: dict[str, Any]) -> None:
    account.contact(ADA)
    connector = opened(account, **more)
    terms = [MESSAGES] if more else [CONTACTS, MESSAGES]

    for call in (
        lambda: connector.locate(WHO, key="k"),
        lambda: list(connector.collect(WHO, key="k")),
        lambda: connector.preview(WHO, terms, key="k"),
    ):
        with pytest.raises(PermanentFailure) as caught:
            call()
        assert (caught.value.code, caught.value.where) == (Code.UNABLE, "messages")


def test_names_what_was_accepted_and_not_confirmed(account: SendGrid) -> None:
    account.contact(ADA)
    account.messages[ADA] = 4

    whole = until_done(opened(account), CONTACTS, MESSAGES)
    account.contact(ADA)
    contacts = until_done(opened(account, **MAILING), CONTACTS)

    assert whole.notes == ("counted_by_identifier", "accepted_not_confirmed")
    assert whole.rows == {"contacts": 1}
    assert (contacts.notes, contacts.rows) == ((), {"contacts": 1})
    assert account.messages == {}


def test_previews_and_keeps_by_handles_that_name_nobody(account: SendGrid) -> None:
    number = account.contact(ADA)
    connector = opened(account, **MAILING)
    keep = Term("contacts", "contact_data", before=date(2020, 1, 1))

    preview = connector.preview(WHO, [keep], key="k")
    kept = connector.erase(WHO, [keep], key="k")
    later = until_done(connector, CONTACTS, who={}, handles=kept.handles)
    again = connector.preview({}, [CONTACTS], key="k", handles=kept.handles)

    assert preview.handles == kept.handles == {"contacts": [number]}
    assert [(line.erase, line.keep) for line in kept.lines] == [(0, 1)]
    assert [(line.erase, line.keep) for line in later.lines] == [(1, 0)]
    assert [line.found for line in again.lines] == [0]
    assert [each["email"] for each in account.contacts.values()] == ["max@example.org"]
    with pytest.raises(PermanentFailure) as caught:
        connector.erase({}, [CONTACTS], key="k", handles={"messages": ["1"]})
    assert caught.value.code == Code.UNABLE


def test_erases_no_messages_where_contacts_must_stay(account: SendGrid) -> None:
    account.contact(ADA)
    account.messages[ADA] = 4

    with pytest.raises(PermanentFailure) as caught:
        opened(account).erase(WHO, [MESSAGES], key="k")
    found = until_done(opened(account), CONTACTS, Term("messages", "communications_usage_data", erase=False))

    assert caught.value.code == Code.NO_STRATEGY
    assert {(line.dataset, line.erase, line.keep) for line in found.lines} == {("contacts", 1, 0), ("messages", 0, 1)}
    assert account.messages == {ADA: 4}


@pytest.mark.parametrize(
    ("steps", "deaf"), [(["failed"], False), (["pending", "errored"], False), (["completed"], True)]
)
def test_does_not_take_the_services_word_for_it(account: SendGrid, steps: list[str], deaf: bool) -> None:
    account.contact(ADA)
    account.steps, account.deaf = steps, deaf

    with pytest.raises(PermanentFailure) as caught:
        until_done(opened(account), CONTACTS, MESSAGES)

    assert (caught.value.code, caught.value.where) == (Code.NOTHING_CHANGED, "contacts")


def test_looks_by_itself_where_a_job_cannot_be_asked_after(account: SendGrid) -> None:
    number = account.contact(ADA)
    connector = opened(account, **MAILING)
    account.breaks(2, Answer(202, {"job_id": {}}))
    begun = connector.erase(WHO, [CONTACTS], key="k")

    waiting = connector.erase(WHO, [CONTACTS], key="k", cursor=begun.cursor)
    account.contacts.pop(number)
    done = connector.erase(WHO, [CONTACTS], key="k", cursor=waiting.cursor)

    assert waiting.cursor
    assert done.finished
    assert not any("/imports/" in asked.path for asked in account.asked)


def test_suppresses_by_group_and_only_known_purposes(account: SendGrid) -> None:
    connector = opened(account, purposes={"marketing": 77, "all": "global"})

    found = connector.suppress(WHO, ["marketing"], key="k")
    with pytest.raises(PermanentFailure) as caught:
        connector.suppress(WHO, ["marketing", "advertising"], key="k")

    assert (found.records, found.finished) == ({"contacts": 1}, True)
    assert account.suppressed == {"global": set(), "77": {ADA}}
    assert (caught.value.code, caught.value.where) == (Code.UNABLE, "advertising")


def test_tells_by_group_who_is_left_out_and_names_nobody_in_a_path(account: SendGrid) -> None:
    connector = opened(account, purposes={"marketing": 77, "all": "global"})
    account.suppressed["77"].add(ADA)

    found = [connector.suppressed({"email": who}, ["marketing"], key="k") for who in ([ADA.upper()], [ADA, WORK])]
    untold = [connector.suppressed(WHO, purposes, key="k") for purposes in (["all"], ["marketing", "all"], ["x"], [])]

    assert (found, untold) == ([True, False], [None, None, None, None])
    assert not any("example" in asked.target for asked in account.asked)


def test_looks_at_the_global_list_only_where_it_may(account: SendGrid) -> None:
    plain, allowed = opened(account), opened(account, look_up_global=True)
    account.suppressed["global"].add(ADA)

    assert plain.suppressed(WHO, ["marketing"], key="k") is None
    assert allowed.suppressed(WHO, ["marketing"], key="k") is True
    assert allowed.suppressed({"email": [ADA, WORK]}, ["marketing"], key="k") is False
    assert Ability.SUPPRESSED in allowed.abilities() - plain.abilities()
    assert [one.where for one in allowed.check()] == ["asm.suppressions.global.read"]


def test_reads_the_list_as_older_pages_show_it_and_nothing_else(account: SendGrid) -> None:
    connector = opened(account, purposes={"marketing": 77})
    account.breaks(0, Answer(200, {"recipient_emails": [ADA]}))
    wrapped = connector.suppressed(WHO, ["marketing"], key="k")
    account.breaks(0, Answer(200, {"emails": [ADA]}))

    with pytest.raises(PermanentFailure) as caught:
        connector.suppressed(WHO, ["marketing"], key="k")

    assert wrapped is True
    assert caught.value.code == Code.BAD_ANSWER


def test_says_what_the_key_may_not_do_and_which_group_is_missing(account: SendGrid) -> None:
    account.scopes = ["asm.suppressions.global.create"]

    found = opened(account, purposes={"marketing": 78, "all": "global"}).check()

    assert [(problem.code, problem.where) for problem in found] == [
        ("missing_scope", "asm.groups.suppressions.create"),
        ("missing_scope", "recipients.erasejob.create"),
        ("missing_group", "78"),
    ]


def test_speaks_for_a_subuser(account: SendGrid) -> None:
    opened(account, on_behalf_of="account-id 12").suppress(WHO, ["marketing"], key="k")

    assert {asked.headers["On-Behalf-Of"] for asked in account.asked} == {"account-id 12"}


def test_keeps_within_what_one_call_may_weigh(account: SendGrid) -> None:
    who = {"email": [f"{number:05}{'x' * 80}@example.org" for number in range(4_000)]}

    until_done(opened(account, contacts=None), MESSAGES, who=who)

    jobs = [asked for asked in account.asked if asked.path.endswith("/erasejob")]
    assert len(jobs) == 2
    assert max(len(asked.body) for asked in jobs) <= sendgrid.MOST_BYTES
    assert account.largest["/v3/asm/suppressions/global"] == 1_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"activity": None, "contacts": None},
        {"purposes": {}},
        {"purposes": {"marketing": "everything"}},
        {"on_behalf_of": "a\r\nb: c"},
        {"activity": {"name": "contacts", "title": "Mail", "category": "contact_data"}},
    ],
)
def test_refuses_a_wrong_configuration(account: SendGrid, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadConfig) as caught:
        opened(account, **wrong)

    assert sendgrid.KEY not in str(caught.value)
