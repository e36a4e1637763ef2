"""What people do with letters: file, add to a case, set aside with a second person, open again."""

from datetime import UTC, datetime, timedelta

import pytest

from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.inbound.imap import Waiting
from dsr.inbound.words import Flag
from dsr.models import (
    Channel,
    InboundMail,
    MailCode,
    MailEnd,
    MailMove,
    MailState,
    Post,
    SubjectRequest,
    Submission,
)
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services.inbound import desk, keeping, tidying, understanding
from dsr.services.inbound.desk import Said
from dsr.services.inbound.enclosures import Enclosed
from dsr.services.intake import Want
from notifications.models import Message
from tests import builders, mails, papers
from tests.clock import Clock
from verification.models import Evidence, Purpose

pytestmark = pytest.mark.django_db
GOT = datetime(2026, 3, 3, 17, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _vault(settings, tmp_path) -> None:
    settings.STORAGE_URL = f"file://{tmp_path}/vault"


def handler(name: str) -> Caller:
    return Caller.of_user(builders.staff(name, "handle_mail"), "admin")


def arrive(text: str, at: datetime, **more: object) -> InboundMail:
    raw = mails.packed({"subject": "hello", "text": text, **more})
    row, _new = keeping.keep(raw, Waiting(1, len(raw), GOT), validity=1, at=at)
    return understanding.understand(row.pk, at)


def said(*rights: Right, **more: object) -> Said:
    wants = tuple(Want(right, builders.DETAILS.get(right, {})) for right in rights)
    return Said(email=builders.ADA, country="IE", relationship="customer", wants=wants, **more)  # type: ignore[arg-type]


def again(row: InboundMail) -> InboundMail:
    return InboundMail.objects.select_related("data_key").get(pk=row.pk)


def test_letter_is_filed_as_it_was_read_and_counts_from_when_it_came(clock: Clock) -> None:
    row = arrive("What do you know about me? And stop sending me marketing emails.", clock())

    filed = desk.file(row.pk, said(Right.ACCESS, Right.MARKETING_OPT_OUT), by=handler("hal"), at=clock.tick())

    submission = Submission.objects.get()
    assert {request.right for request in submission.requests.all()} == {Right.ACCESS, Right.MARKETING_OPT_OUT}
    assert (submission.channel, submission.received_at) == (Channel.EMAIL, GOT)
    assert {request.received_at for request in submission.requests.all()} == {GOT}
    assert "what do you know about me" in Post.objects.get().open("body").lower()
    row = again(row)
    assert (row.state, row.end, row.case, row.done_at) == (MailState.DONE, MailEnd.FILED, filed.submission, clock())
    assert row.done_by == builders.staff("hal")


def test_crash_between_filing_and_noting_files_nothing_twice(clock: Clock, monkeypatch) -> None:
    row = arrive("Please delete my data.", clock())
    monkeypatch.setattr(desk, "_keep_words", lambda *a: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(RuntimeError):
        desk.file(row.pk, said(Right.DELETION), by=handler("hal"), at=clock.tick())
    monkeypatch.undo()

    desk.file(row.pk, said(Right.DELETION), by=handler("hal"), at=clock.tick())

    assert Submission.objects.count() == Post.objects.count() == 1


def test_what_is_missing_is_said_and_nothing_is_filed(clock: Clock) -> None:
    row = arrive("Please correct my name.", clock())

    with pytest.raises(Incomplete) as refused:
        desk.file(row.pk, Said("no address", "", "", (Want(Right.CORRECTION),)), by=handler("hal"), at=clock())

    assert {"email", "country", "relationship", "correction.wrong_1"} <= set(refused.value.problems)
    assert again(row).state == MailState.WAITING
    assert not Submission.objects.exists()


def test_letter_is_added_to_a_case_by_its_reference(clock: Clock) -> None:
    filed = builders.file(at=clock())
    row = arrive("It is me, from my work address.", clock(), sender="Ada <ada@work.example>")
    with pytest.raises(Incomplete):
        desk.tie(row.pk, "AAAAA-AAAAA", by=handler("hal"), at=clock())

    desk.tie(row.pk, filed.submission.reference.lower(), by=handler("hal"), at=clock.tick())

    assert Post.objects.get().submission == filed.submission
    assert (again(row).end, again(row).case) == (MailEnd.TIED, filed.submission)


def test_reply_that_is_in_the_conversation_already_is_not_said_twice(clock: Clock) -> None:
    filed = builders.file(at=clock())
    row = arrive("And delete my account.", clock(), subject=filed.submission.reference)

    desk.tie(row.pk, filed.submission.reference, by=handler("hal"), at=clock.tick())

    assert Post.objects.count() == 1
    assert again(row).state == MailState.DONE


def test_what_seems_to_ask_for_something_is_set_aside_by_two(clock: Clock) -> None:
    row = arrive("Please delete my data.", clock())
    hal, vera = handler("hal"), handler("vera")

    desk.set_aside(row.pk, MailCode.SPAM, by=hal, at=clock.tick())
    assert again(row).state == MailState.WAITING
    with pytest.raises(NotAllowed, match="somebody else"):
        desk.confirm(row.pk, by=hal, at=clock())
    with pytest.raises(WrongState):
        desk.file(row.pk, said(Right.DELETION), by=vera, at=clock())
    desk.confirm(row.pk, by=vera, at=clock.tick())

    row = again(row)
    assert (row.state, row.end, row.code) == (MailState.DONE, MailEnd.NOT_OURS, MailCode.SPAM)
    assert (row.proposed_by, row.done_by) == (hal.user, vera.user)


def test_proposal_that_is_sent_back_leaves_the_letter_waiting(clock: Clock) -> None:
    row = arrive("This is a criminal investigation.", clock())
    desk.hand_on(row.pk, MailCode.LAW, by=handler("hal"), at=clock())

    desk.send_back(row.pk, by=handler("vera"), at=clock.tick())

    assert (again(row).end, again(row).proposed_by) == ("", None)
    with pytest.raises(WrongState):
        desk.confirm(row.pk, by=handler("vera"), at=clock())


def test_plain_rubbish_is_set_aside_by_one_and_opened_again(clock: Clock) -> None:
    row = arrive("Book a demo of our CRM.", clock())

    desk.set_aside(row.pk, MailCode.SPAM, by=handler("hal"), at=clock.tick())
    with pytest.raises(WrongState):
        desk.set_aside(row.pk, MailCode.SPAM, by=handler("hal"), at=clock())
    desk.reopen(row.pk, by=handler("vera"), at=clock.tick(days=3))

    row = again(row)
    assert (row.state, row.end, row.done_by, row.purge_at, row.rounds) == (MailState.WAITING, "", None, None, 1)
    assert row.due_at == clock() + timedelta(days=2)
    moves = [MailMove.KEPT, MailMove.READ, MailMove.NOT_OURS, MailMove.REOPENED]
    assert list(row.entries.values_list("move", flat=True)) == moves


def test_codes_are_those_of_the_act(clock: Clock) -> None:
    row = arrive("Hello.", clock())

    with pytest.raises(Incomplete):
        desk.set_aside(row.pk, MailCode.LEGAL, by=handler("hal"), at=clock())
    with pytest.raises(Incomplete):
        desk.hand_on(row.pk, "spam", by=handler("hal"), at=clock())


def test_letters_are_for_those_who_may_and_never_for_their_sender(clock: Clock) -> None:
    hal = handler("hal")
    row = arrive("Please delete my data.", clock(), sender="hal@staff.example.org")
    other = arrive("Hello.", clock())

    with pytest.raises(NotAllowed, match="from you"):
        desk.set_aside(row.pk, MailCode.SPAM, by=hal, at=clock())
    with pytest.raises(NotAllowed):
        desk.set_aside(other.pk, MailCode.SPAM, by=builders.sam(), at=clock())


@pytest.mark.parametrize("how", list(Enclosed))
def test_files_that_nobody_asked_for_are_left_or_destroyed_and_said_so(clock: Clock, how: Enclosed) -> None:
    row = arrive("Please delete my data.", clock(), attach=["passport.jpg"])
    assert Flag.ATTACHMENTS in row.flags

    desk.file(row.pk, said(Right.DELETION, enclosed=how), by=handler("hal"), at=clock.tick())

    gone = how != Enclosed.LEAVE
    raw = keeping.raw_of(again(row))
    assert (b"passport" not in raw) is gone
    assert b"Please delete my data." in raw
    assert (Flag.ATTACHMENTS not in again(row).flags) is gone
    assert Message.objects.filter(kind="unasked").exists() is gone


def test_file_that_the_case_takes_is_written_anew_and_kept_with_it(clock: Clock) -> None:
    filed = builders.file(Right.CORRECTION, at=clock())
    document = papers.bound(papers.pdf("The deed of the house."))
    row = arrive("Here is the deed.", clock(), attach=["deed.pdf"], content=document, sender="Ada <ada@work.example>")

    desk.tie(row.pk, filed.submission.reference, Enclosed.HAND_IN, by=handler("hal"), at=clock.tick())

    piece = Evidence.objects.get()
    assert (piece.about, piece.media_type) == (filed.submission.pk, "application/pdf")
    assert piece.purpose == Purpose.CORRECTION
    assert b"deed.pdf" not in keeping.raw_of(again(row))
    assert Flag.ATTACHMENTS not in again(row).flags
    assert not Message.objects.filter(kind="unasked").exists()


def test_destroyed_letter_cannot_be_opened_again(clock: Clock) -> None:
    row = arrive("Book a demo of our CRM.", clock())
    desk.set_aside(row.pk, MailCode.SPAM, by=handler("hal"), at=clock())
    tidying.purge(clock.tick(days=31))

    with pytest.raises(WrongState, match="destroyed"):
        desk.reopen(row.pk, by=handler("hal"), at=clock())
    assert not SubjectRequest.objects.exists()
