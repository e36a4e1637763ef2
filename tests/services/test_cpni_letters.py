"""Notices on CPNI by mail: entered as they are queued, none any more once they come back, their address forgotten."""

from datetime import date, datetime, timedelta

import pytest
from django.core import mail

from dsr.choices.cpni import Authority, Kind
from dsr.errors import Incomplete
from dsr.models import CpniAccount, CpniEntry, CpniLetter
from dsr.rules import pack
from dsr.services import history, mailing
from dsr.services.choices import cpni, cpniletters
from dsr.services.letterlint import LettersBroken
from notifications import delivery, outbox
from notifications.mail import message_id
from notifications.models import DataKey, Message, MessageState
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.postbox import Postbox, postbox
from tests.services.test_letterlint import Rewrite, rewrite, without
from tests.statements import counted

__all__ = ["postbox", "rewrite"]
pytestmark = pytest.mark.django_db
ACCOUNT = "AC-1007"
ELEMENTS = pack().regime("us_cpni", date(2026, 3, 5)).must_say("opt_out_notice", "cpni_opt_out")


def _send(clock: Clock, version: str = "") -> cpniletters.Sent:
    return cpniletters.send_notice(ACCOUNT, builders.ADA, consented=True, version=version, by="7", at=clock())


def _because(moment: datetime) -> str:
    return cpni.ask(ACCOUNT, "new_services", moment=moment).standing.because.value


def _kinds() -> list[str]:
    return list(CpniEntry.objects.order_by("seq").values_list("kind", flat=True))


def test_notice_says_what_the_law_wants_and_begins_the_wait(clock: Clock) -> None:
    sent = _send(clock)
    drain(clock.tick())

    [message] = mail.outbox
    assert message.to == [builders.ADA]
    assert message.subject.startswith("Notice on your CPNI")
    for words in (
        "federal law",
        "/preferences/cpni/",
        "costs nothing",
        "30 days",
        "does not affect",
        "answer this message",
    ):
        assert words in message.body
    assert "Marketing of the carrier's own communications services" in message.body
    entry = CpniEntry.objects.get()
    assert (entry.kind, entry.medium, entry.entered_by, sent.entry) == (Kind.NOTICE_SENT, "email", "7", entry)
    assert sent.runs_out == (clock() + timedelta(days=30)).date()
    assert _because(clock()) == "waiting"
    clock.tick(days=31)
    assert _because(clock()) == "silent"


def test_version_follows_from_the_words_unless_it_is_given(clock: Clock, rewrite: Rewrite) -> None:
    versions = [_send(clock).entry.notice_version, _send(clock, "autumn").entry.notice_version]
    rewrite("cpni_notice", "body.txt", lambda text: text.replace("That costs nothing", "It costs nothing"))
    versions += [_send(clock).entry.notice_version]

    assert versions[0].startswith("2007-12-08:")
    assert versions[1] == "autumn"
    assert versions[2] not in versions[:2]


@pytest.mark.parametrize("element", ELEMENTS)
def test_notice_that_leaves_something_out_is_neither_sent_nor_entered(
    clock: Clock, rewrite: Rewrite, element: str
) -> None:
    rewrite("cpni_notice", "body.html", without(element))

    with pytest.raises(LettersBroken, match=element):
        _send(clock)

    assert (CpniEntry.objects.count(), Message.objects.count()) == (0, 0)


def test_law_wants_eleven_things_of_a_notice() -> None:
    assert len(ELEMENTS) == 11
    assert {"how_to_deny", "nothing_lost", "silence", "how_long"} < set(ELEMENTS)


def test_mail_that_comes_back_ends_the_silence(clock: Clock) -> None:
    first = _send(clock)
    drain(clock.tick())
    clock.tick(days=40)
    assert _because(clock()) == "silent"
    cpniletters.tidy(clock())

    assert delivery.bounced(message_id(Message.objects.get().pk), "5.1.1", clock.tick())
    drain(clock.tick())

    assert _because(clock()) == "no_notice"
    back = CpniEntry.objects.get(kind=Kind.NOTICE_BOUNCED)
    assert (back.about, back.channel, back.account) == (first.entry, "mail", first.entry.account)
    assert back.evidence == f"mail:{CpniLetter.objects.get().pk}"
    assert history.verify().whole


def test_mail_that_cannot_be_sent_is_no_notice(clock: Clock, postbox: Postbox) -> None:
    postbox.answer = lambda word, line: "550 no such user" if word == "RCPT" else None

    _send(clock)
    drain(clock.tick())

    assert _kinds() == ["notice_sent", "notice_bounced"]
    assert _because(clock.tick(days=40)) == "no_notice"
    assert not mailing.report_trouble(Message.objects.get(), at=clock.tick())
    assert cpniletters.tidy(clock()) == 1
    assert len(_kinds()) == 2


def test_notice_whose_bounce_was_entered_by_hand_is_entered_once(clock: Clock) -> None:
    sent = _send(clock)
    drain(clock.tick())
    line = cpni.Line(ACCOUNT, Kind.NOTICE_BOUNCED, clock(), "api", about=sent.entry.pk)
    cpni.enter(line, by="7", at=clock())

    delivery.bounced(message_id(Message.objects.get().pk), "5.1.1", clock.tick())
    drain(clock.tick())

    assert _kinds() == ["notice_sent", "notice_bounced"]


def test_wait_begins_on_the_day_on_which_a_notice_really_left(clock: Clock, postbox: Postbox) -> None:
    postbox.answer = lambda word, line: "450 later" if word == "RCPT" else None
    _send(clock)
    drain(clock.tick())
    postbox.answer = lambda word, line: None
    drain(clock.tick(days=2))
    cpniletters.tidy(clock.tick())

    assert _kinds() == ["notice_sent", "notice_bounced", "notice_sent"]
    first, _back, second = CpniEntry.objects.order_by("seq")
    assert (second.day - first.day, second.notice_version) == (timedelta(days=2), first.notice_version)
    assert _because(clock.tick(days=29)) == "waiting"
    assert _because(clock.tick(days=2)) == "silent"

    delivery.bounced(message_id(Message.objects.get().pk), "5.1.1", clock.tick())
    drain(clock.tick())
    assert _because(clock()) == "no_notice", "what came back is the notice that counted"


def test_notice_may_be_repeated_and_keeps_the_approval(clock: Clock) -> None:
    _send(clock)
    drain(clock())
    clock.tick(days=700)
    _send(clock)
    drain(clock.tick())

    assert _because(clock.tick(days=100)) == "silent"
    assert len(mail.outbox) == 2
    assert CpniAccount.objects.count() == 1


def test_notice_never_makes_an_approval_of_a_denial(clock: Clock) -> None:
    cpni.enter(cpni.Line(ACCOUNT, Kind.OPT_OUT, clock(), "phone"), by="7", at=clock())
    _send(clock)
    drain(clock.tick())

    assert _because(clock.tick(days=40)) == "opted_out"


def test_address_is_forgotten_once_the_mail_has_left_and_not_before(clock: Clock) -> None:
    _send(clock)
    assert cpniletters.tidy(clock()) == 0
    drain(clock.tick())

    assert cpniletters.tidy(clock.tick()) == 1
    assert cpniletters.tidy(clock.tick()) == 0

    letter, message = CpniLetter.objects.get(), Message.objects.get()
    assert letter.forgotten_at is not None
    assert DataKey.objects.get(pk=letter.data_key_id).wrapped is None
    assert (message.state, message.to_sealed, message.to_fingerprint, message.body_sealed) == (
        MessageState.SENT, None, "", None,
    )  # fmt: skip


def test_two_mails_have_two_keys(clock: Clock) -> None:
    _send(clock)
    _send(clock)

    assert len(set(CpniLetter.objects.values_list("data_key", flat=True))) == 2


def test_mail_that_was_dropped_is_no_notice(clock: Clock) -> None:
    _send(clock)
    outbox.purge(CpniLetter.objects.get().pk, clock())

    assert cpniletters.tidy(clock.tick()) == 1

    assert _kinds() == ["notice_sent", "notice_bounced"]


@pytest.mark.parametrize(
    ("email", "consented", "place"), [("nobody", True, "email"), (builders.ADA, False, "consented")]
)
def test_notice_needs_an_address_and_consent(clock: Clock, email: str, consented: bool, place: str) -> None:
    with pytest.raises(Incomplete) as refused:
        cpniletters.send_notice(ACCOUNT, email, consented=consented, version="", by="7", at=clock())

    assert set(refused.value.problems) == {place}
    assert CpniEntry.objects.count() == 0


def test_sending_costs_the_same_however_long_the_ledger_is(clock: Clock) -> None:
    costs = []
    for _round in range(3):
        with counted() as statements:
            _send(clock)
        costs.append(len(statements))

    assert costs == [7, 7, 7]


# --- Two people who decide differently -------------------------------------------------------------------------------

ANA, BEN, OLGA = "ana@example.org", "ben@example.org", "olga@example.org"


def _says(
    clock: Clock, kind: Kind, actor: str, authority: Authority = Authority.REPRESENTATIVE, owner: str = OLGA
) -> tuple[bool, bool]:
    line = cpni.Line(ACCOUNT, kind, clock.tick(), "api", authority, actor, evidence="ticket:1")
    entered, tell_owner = cpniletters.enter(line, owner, by="7", at=clock())
    return entered.effective, tell_owner


def test_owner_is_told_that_two_people_decided_differently_and_the_denial_holds(clock: Clock) -> None:
    _says(clock, Kind.OPT_OUT, ANA)
    clock.tick(days=3)

    assert _says(clock, Kind.REVOKE_OPT_OUT, BEN) == (False, False)
    drain(clock.tick())

    [message] = mail.outbox
    assert message.to == [OLGA]
    for words in ("5 March 2026", "8 March 2026", "denial holds", "Only you"):
        assert words in message.body
    assert ACCOUNT not in message.body
    assert _because(clock()) == "opted_out"
    assert cpniletters.tidy(clock.tick()) == 1
    assert Message.objects.get().to_sealed is None
    assert _kinds() == ["opt_out", "revoke_opt_out"]


def test_whoever_gives_no_address_tells_the_owner_himself(clock: Clock) -> None:
    _says(clock, Kind.OPT_OUT, ANA)

    assert _says(clock, Kind.OPT_IN, BEN, owner="") == (False, True)

    assert Message.objects.count() == 0


def test_denial_by_whoever_gave_no_name_counts_as_another_persons(clock: Clock) -> None:
    cpni.enter(cpni.Line(ACCOUNT, Kind.OPT_OUT, clock(), "web"), by="", at=clock())

    assert _says(clock, Kind.REVOKE_OPT_OUT, BEN, owner="") == (False, True)


@pytest.mark.parametrize(
    ("kind", "actor", "authority", "effective"),
    [
        (Kind.REVOKE_OPT_OUT, ANA, Authority.REPRESENTATIVE, True),
        (Kind.REVOKE_OPT_OUT, BEN, Authority.HOLDER, True),
        (Kind.OPT_IN, ANA, Authority.REPRESENTATIVE, False),
        (Kind.OPT_IN, BEN, Authority.HOLDER, False),
        (Kind.OPT_OUT, BEN, Authority.REPRESENTATIVE, True),
    ],
)
def test_owner_is_not_written_to_where_nobody_disagrees(
    clock: Clock, kind: Kind, actor: str, authority: Authority, effective: bool
) -> None:
    _says(clock, Kind.OPT_OUT, ANA)

    assert _says(clock, kind, actor, authority) == (effective, False)

    assert (Message.objects.count(), CpniLetter.objects.count()) == (0, 0)


def test_letter_to_the_owner_that_comes_back_changes_no_line(clock: Clock) -> None:
    _says(clock, Kind.OPT_OUT, ANA)
    _says(clock, Kind.REVOKE_OPT_OUT, BEN)
    drain(clock.tick())

    delivery.bounced(message_id(Message.objects.get().pk), "5.1.1", clock.tick())
    drain(clock.tick())
    cpniletters.tidy(clock.tick())

    assert _kinds() == ["opt_out", "revoke_opt_out"]


def test_nothing_is_entered_where_the_owners_address_is_none(clock: Clock) -> None:
    line = cpni.Line(ACCOUNT, Kind.OPT_OUT, clock(), "api")

    with pytest.raises(Incomplete) as refused:
        cpniletters.enter(line, "olga", by="7", at=clock())

    assert set(refused.value.problems) == {"owner_email"}
    assert CpniEntry.objects.count() == 0
