"""The privacy mailbox, read at a real IMAP server: nothing is lost, nothing is two rows, nothing is decided."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from dsr.inbound import imap
from dsr.inbound.imap import Waiting
from dsr.inbound.words import Flag
from dsr.lifecycle import Turn
from dsr.models import (
    Deadline,
    Direction,
    Event,
    InboundMail,
    MailboxState,
    MailEnd,
    MailKind,
    MailState,
    Post,
    SubjectRequest,
    Submission,
)
from dsr.rights import Right
from dsr.services.inbound import keeping, tidying, understanding
from notifications import mail as wire
from notifications.models import DataKey, Message, MessageState
from tests import builders, mails
from tests.clock import Clock
from tests.drain import drain
from tests.mailserver import Encrypted, MailServer, Older, free_port

pytestmark = pytest.mark.django_db
GOT = datetime(2026, 3, 5, 9, 0, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    server = MailServer(free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(_running: MailServer, settings, tmp_path) -> MailServer:
    """An empty mailbox that is read, and a vault of our own."""
    _running.empty()
    settings.MAILBOX_URL = _running.url
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    return _running


@pytest.fixture
def _vault(settings, tmp_path) -> None:
    settings.STORAGE_URL = f"file://{tmp_path}/vault"


def letter(text: str = "Please delete my data.", **more: object) -> bytes:
    return mails.packed({"subject": "hello", "text": text, **more})


def arrive(raw: bytes, at: datetime, uid: int = 1) -> InboundMail:
    """Keep and look at one letter without a server."""
    row, _new = keeping.keep(raw, Waiting(uid, len(raw), GOT), validity=1, at=at)
    return understanding.understand(row.pk, at)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_message_becomes_a_row_with_sealed_bytes_and_is_then_moved(server: MailServer, clock: Clock, tmp_path) -> None:
    raw = letter("A canary in a coal mine.")
    server.put(raw, GOT)

    done = keeping.read(clock())

    row = InboundMail.objects.select_related("data_key").get()
    assert (done.kept, done.error) == (1, "")
    assert (server.count(), server.count("Recourse")) == (0, 1)
    assert (row.received_at, row.state, row.size) == (GOT, MailState.KEPT, len(raw))
    assert row.moved_at == clock()
    assert keeping.raw_of(row) == raw
    files = [path.read_bytes() for path in (tmp_path / "vault").rglob("*") if path.is_file()]
    assert files
    assert not any(b"canary" in each for each in files)
    assert MailboxState.objects.get().reached_at == clock()


def test_batch_ends_and_the_next_look_goes_on(server: MailServer, clock: Clock) -> None:
    for number in range(5):
        server.put(letter(f"Number {number}"))

    first, second = keeping.read(clock(), limit=3), keeping.read(clock.tick(), limit=3)

    assert (first.kept, second.kept) == (3, 2)
    assert server.count() == 0


def test_same_message_delivered_twice_is_one_row(server: MailServer, clock: Clock) -> None:
    server.put(letter())
    server.put(letter())

    done = keeping.read(clock())

    assert (done.kept, done.met_again) == (1, 1)
    assert InboundMail.objects.count() == DataKey.objects.count() == 1
    assert server.count() == 0


def test_other_message_under_the_same_id_is_another_row(server: MailServer, clock: Clock) -> None:
    server.put(letter("First."))
    server.put(letter("Second, under an id that somebody copied."))

    keeping.read(clock())

    assert InboundMail.objects.count() == 2


def test_numbers_that_changed_their_meaning_make_no_second_row(server: MailServer, clock: Clock) -> None:
    raw = letter()
    keeping.keep(raw, Waiting(7, len(raw), GOT), validity=1, at=clock())
    server.put(raw)

    done = keeping.read(clock.tick())

    row = InboundMail.objects.get()
    assert (done.kept, done.met_again) == (0, 1)
    assert row.validity not in (0, 1)
    assert server.count() == 0


@pytest.fixture
def older(request: pytest.FixtureRequest, server: MailServer, settings) -> Iterator[Older]:
    """The server without what the test names."""
    found = Older(server, *request.param)
    settings.MAILBOX_URL = found.url
    yield found
    found.stop()


def asked(older: Older, word: bytes) -> list[bytes]:
    return [line for line in older.said if word in line.upper()]


def _ours_between_what_others_marked(server: MailServer) -> None:
    """Three messages, of which somebody else has marked the last as deleted, and thinks about it."""
    for name in ("first", "second", "marked"):
        server.put(letter(name, subject=name))
    server.mark_deleted(3)


@pytest.mark.parametrize("older", [[b"MOVE"]], indirect=True)
def test_server_that_cannot_move_takes_out_ours_and_nothing_that_others_marked(
    older: Older, server: MailServer, clock: Clock
) -> None:
    _ours_between_what_others_marked(server)

    done = keeping.read(clock(), limit=2)

    assert (done.kept, done.error) == (2, "")
    assert (server.subjects(), server.subjects("Recourse")) == (["marked"], ["first", "second"])
    assert not InboundMail.objects.filter(stays=True).exists()
    assert len(asked(older, b"UID EXPUNGE")) == 2
    assert asked(older, b"MOVE") == []


@pytest.mark.parametrize("older", [[b"MOVE", b"UIDPLUS"]], indirect=True)
def test_server_that_can_only_clear_everything_is_left_with_what_is_marked(
    older: Older, server: MailServer, clock: Clock
) -> None:
    _ours_between_what_others_marked(server)

    done = keeping.read(clock(), limit=2)

    assert (done.kept, done.error) == (2, "")
    assert (server.subjects(), server.subjects("Recourse")) == (["first", "second", "marked"], ["first", "second"])
    assert "Deleted" in server.flags(1)
    assert asked(older, b"EXPUNGE") == []
    assert InboundMail.objects.filter(stays=True, moved_at=clock()).count() == 2


@pytest.mark.parametrize("older", [[b"MOVE", b"UIDPLUS"]], indirect=True)
def test_what_was_left_marked_is_passed_over_and_copied_once(older: Older, server: MailServer, clock: Clock) -> None:
    server.put(letter("first"))
    keeping.read(clock())
    InboundMail.objects.update(validity=1, uid=99)  # the server has counted anew
    met = keeping.read(clock.tick())
    server.put(letter("second"))

    fresh = keeping.read(clock.tick(), limit=1)

    assert (met.kept, met.met_again, fresh.kept, fresh.met_again) == (0, 1, 1, 0)
    assert server.count("Recourse") == InboundMail.objects.count() == 2


def test_too_big_a_message_is_a_row_with_its_head_and_stays(server: MailServer, clock: Clock, settings) -> None:
    settings.MAILBOX_MOST_MB = 1
    server.put(letter("x" * 1_500_000 + "\n"))
    server.put(letter("small"))

    first, second = keeping.read(clock()), keeping.read(clock.tick())
    understanding.understand_due(clock())

    row = InboundMail.objects.get(whole=False)
    assert (first.kept, first.left, second.kept, second.left) == (2, 1, 0, 0)
    assert (row.state, row.moved_at) == (MailState.WAITING, None)
    assert str(Flag.TOO_BIG) in row.flags
    assert row.open("subject") == "hello"
    assert server.count() == 1


def test_mailbox_that_cannot_be_reached_is_a_state_and_comes_back(server: MailServer, clock: Clock, settings) -> None:
    server.put(letter())
    good, settings.MAILBOX_URL = settings.MAILBOX_URL, f"imap://a:b@127.0.0.1:{free_port()}/INBOX"

    failed = keeping.read(clock())
    keeping.read(clock.tick(minutes=1))
    since = MailboxState.objects.get()
    settings.MAILBOX_URL = good
    done = keeping.read(clock.tick(minutes=1))

    assert failed.error == "connect-closed"
    assert (since.failing_since, since.error) == (clock() - timedelta(minutes=2), "connect-closed")
    assert done.kept == 1
    assert MailboxState.objects.get().failing_since is None


@pytest.mark.parametrize(
    ("change", "code"),
    [(("correct", "wrong"), "login-refused"), (("INBOX", "Nowhere"), "select-refused")],
)
def test_what_is_wrong_with_the_mailbox_is_said_in_a_word(server: MailServer, clock: Clock, settings, change, code):
    settings.MAILBOX_URL = settings.MAILBOX_URL.replace(*change)

    assert keeping.read(clock()).error == code


def test_encrypted_mailbox_is_read_only_by_a_certificate_that_is_trusted(
    server: MailServer, clock: Clock, settings, tmp_path, monkeypatch
) -> None:
    server.put(letter())
    behind = Encrypted(server, tmp_path)
    settings.MAILBOX_URL = behind.url

    refused = keeping.read(clock())
    monkeypatch.setenv("SSL_CERT_FILE", str(behind.certificate))
    done = keeping.read(clock.tick())
    behind.stop()

    assert refused.error == "connect-tls"
    assert (done.kept, done.error) == (1, "")
    assert server.count() == 0


def test_connection_that_is_lost_in_the_middle_loses_nothing(server: MailServer, clock: Clock, monkeypatch) -> None:
    for number in range(3):
        server.put(letter(f"Number {number}"))
    move, moved = imap.Mailbox.put_aside, list[int]()

    def cut(self: imap.Mailbox, uid: int) -> None:
        if moved:
            self._box.client.shutdown()
        moved.append(uid)
        move(self, uid)

    monkeypatch.setattr(imap.Mailbox, "put_aside", cut)
    broken = keeping.read(clock())
    monkeypatch.undo()
    done = keeping.read(clock.tick())

    assert broken.error.startswith("move-")
    assert InboundMail.objects.count() == 3
    assert (done.met_again, done.kept) == (1, 1)
    assert server.count() == 0


def test_reader_that_dies_with_the_mailbox_in_its_hands_is_followed_by_another(
    server: MailServer, clock: Clock
) -> None:
    MailboxState.objects.create(claimed_until=clock() + keeping.CLAIM)
    server.put(letter())

    assert keeping.read(clock()).kept == 0
    assert keeping.read(clock.tick(minutes=16)).kept == 1


def test_nothing_is_read_without_a_mailbox(clock: Clock, settings) -> None:
    settings.MAILBOX_URL = ""

    keeping.read(clock())

    assert not MailboxState.objects.exists()


# --- a hundred of them, all the way -----------------------------------------------------------------------------------


def test_of_a_hundred_none_is_lost_and_none_is_decided(server: MailServer, clock: Clock) -> None:
    samples = [*mails.load("awkward"), *mails.load("blind")]
    for sample in samples:
        server.put(sample.raw)

    while keeping.read(clock()).kept:
        clock.tick()
    while understanding.understand_due(clock()):
        clock.tick()

    assert InboundMail.objects.count() == len(samples) == 100
    assert server.count() == 0
    assert not InboundMail.objects.exclude(state=MailState.WAITING).exists()
    assert not Submission.objects.exists()
    assert not Event.objects.exists()
    assert not Message.objects.exists()
    first = InboundMail.objects.order_by("rank", "received_at", "id").first()
    assert first is not None
    assert "child_account" in first.rights


# --- understanding ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_vault")
def test_reply_from_a_known_address_goes_to_its_case_and_is_staffs_turn(clock: Clock) -> None:
    filed = builders.file(at=clock())
    reference = filed.submission.reference
    row = arrive(letter("The number is +353 1 234.", subject=f"Re: your request {reference}"), clock.tick())

    post = Post.objects.select_related("submission__data_key").get()
    request = SubjectRequest.objects.get()
    assert (post.direction, post.open("body")) == (Direction.FROM_PERSON, "The number is +353 1 234.")
    assert request.turn == Turn.STAFF
    assert (row.state, row.end, row.case_id) == (MailState.DONE, MailEnd.TIED, filed.submission.pk)
    assert row.purge_at is not None


@pytest.mark.usefixtures("_vault")
def test_answer_to_a_letter_of_ours_is_known_without_a_reference(clock: Clock) -> None:
    filed = builders.file(at=clock())
    ours = wire.message_id(Message.objects.get().pk)

    row = arrive(letter("Here you are.", headers={"In-Reply-To": ours}), clock.tick())

    assert (row.end, row.case_id) == (MailEnd.TIED, filed.submission.pk)


@pytest.mark.usefixtures("_vault")
def test_reply_that_asks_for_more_is_in_the_conversation_and_waits_all_the_same(clock: Clock) -> None:
    filed = builders.file(at=clock())

    text = "And please delete my account as well."
    row = arrive(letter(text, subject=filed.submission.reference), clock.tick())

    assert Post.objects.count() == 1
    assert (row.state, row.kind, row.rights) == (MailState.WAITING, MailKind.REPLY, ["deletion"])
    assert SubjectRequest.objects.count() == 1


@pytest.mark.usefixtures("_vault")
@pytest.mark.parametrize(
    "more",
    [
        {"sender": "Max <max.stranger@example.net>"},
        {"headers": {"Authentication-Results": "mx.example.com; dmarc=fail"}},
    ],
    ids=["foreign", "borrowed"],
)
def test_right_reference_from_an_address_that_is_not_the_persons_waits(clock: Clock, more) -> None:
    filed = builders.file(at=clock())

    row = arrive(letter("Change my address.", subject=filed.submission.reference, **more), clock.tick())

    assert not Post.objects.exists()
    assert (row.state, row.kind, row.case_id) == (MailState.WAITING, MailKind.REPLY, filed.submission.pk)
    assert {Flag.FOREIGN_SENDER, Flag.NOT_AUTHENTIC} & set(row.flags)


@pytest.mark.usefixtures("_vault")
def test_known_address_without_reference_is_proposed_only_where_one_case_is_open(clock: Clock) -> None:
    filed = builders.file(at=clock())
    one = arrive(letter("Any news?"), clock.tick())
    builders.file(Right.BE_INFORMED, at=clock())
    two = arrive(letter("Any news yet?"), clock.tick(), uid=2)

    assert (one.state, one.case_id, one.kind) == (MailState.WAITING, filed.submission.pk, MailKind.REPLY)
    assert (two.state, two.case_id) == (MailState.WAITING, None)
    assert not Post.objects.exists()


@pytest.mark.usefixtures("_vault")
def test_two_references_are_for_a_person_to_tell_apart(clock: Clock) -> None:
    one, two = builders.file(at=clock()), builders.file(Right.BE_INFORMED, at=clock.tick())

    row = arrive(letter(f"About {one.submission.reference} and {two.submission.reference}."), clock.tick())

    assert row.state == MailState.WAITING
    assert not Post.objects.exists()


@pytest.mark.usefixtures("_vault")
def test_attachments_to_a_reply_keep_it_before_people(clock: Clock) -> None:
    filed = builders.file(at=clock())

    row = arrive(letter("My passport.", subject=filed.submission.reference, attach=["passport.jpg"]), clock.tick())

    assert (row.state, row.flags) == (MailState.WAITING, [str(Flag.ATTACHMENTS)])
    assert Post.objects.count() == 1


@pytest.mark.usefixtures("_vault")
def test_letter_of_ours_that_came_back_is_reported_where_such_letters_are(clock: Clock) -> None:
    filed = builders.file(at=clock())
    message = Message.objects.get()
    drain(clock())
    bounce = mails.packed({"name": "b", "bounce": "550 5.1.1", "about": wire.message_id(message.pk)})

    row = arrive(bounce, clock.tick())
    drain(clock.tick())

    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.BOUNCED, "bounce-5.1.1")
    assert (row.state, row.end) == (MailState.DONE, MailEnd.RETURNED)
    assert Event.objects.filter(submission=filed.submission, verb="message_failed").exists()
    assert SubjectRequest.objects.get().turn == Turn.STAFF


@pytest.mark.usefixtures("_vault")
def test_bounce_of_nothing_of_ours_waits_for_a_person(clock: Clock) -> None:
    row = arrive(mails.packed({"name": "b", "bounce": "550 5.1.1"}), clock())

    assert (row.state, row.kind) == (MailState.WAITING, MailKind.BOUNCE)


@pytest.mark.usefixtures("_vault")
def test_children_and_authorities_go_first_and_are_due_sooner(clock: Clock) -> None:
    child = arrive(letter("x", subject="Children"), clock())
    police = arrive(letter("This is a criminal investigation."), clock(), uid=2)
    other = arrive(letter(), clock(), uid=3)

    assert child.rank < police.rank < other.rank
    assert child.due_at == police.due_at == GOT + timedelta(days=1)
    assert other.due_at == GOT + timedelta(days=2)


@pytest.mark.usefixtures("_vault")
def test_what_takes_workers_down_is_put_before_people_unread(clock: Clock) -> None:
    raw = letter()
    row, _new = keeping.keep(raw, Waiting(1, len(raw), GOT), validity=1, at=clock())
    InboundMail.objects.filter(pk=row.pk).update(attempts=3)

    assert understanding.understand_due(clock()) == 1

    row.refresh_from_db()
    assert (row.state, row.kind) == (MailState.WAITING, MailKind.UNREADABLE)


@pytest.mark.usefixtures("_vault")
def test_looked_at_twice_it_is_said_once(clock: Clock) -> None:
    filed = builders.file(at=clock())
    row = arrive(letter("Hello", subject=filed.submission.reference), clock.tick())

    understanding.understand(row.pk, clock.tick())

    assert Post.objects.count() == 1


# --- dates and forgetting ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_vault")
def test_colleagues_are_warned_once_before_the_date(clock: Clock) -> None:
    builders.staff("hal", "handle_mail")
    row = arrive(letter(), clock())

    drain(clock())
    assert not Message.objects.exists()
    drain(clock.tick(days=1, hours=20))
    drain(clock.tick(hours=1))

    assert [message.kind for message in Message.objects.all()] == ["mail_waits"]
    row.refresh_from_db()
    assert row.warned_at is not None


@pytest.mark.usefixtures("_vault")
def test_letter_is_destroyed_when_its_time_is_over_and_not_before(clock: Clock, tmp_path) -> None:
    filed = builders.file(at=clock())
    row = arrive(letter("Hello", subject=filed.submission.reference), clock.tick())

    assert tidying.purge(clock.tick(days=29)) == 0
    assert tidying.purge(clock.tick(days=2)) == 1

    row = InboundMail.objects.select_related("data_key").get()
    assert row.purged_at == clock()
    assert row.data_key.forgotten_at == clock()
    assert (row.sender_sealed, row.subject_sealed, row.sender_fingerprint, row.mail_fingerprint) == (
        None,
        None,
        "",
        None,
    )
    assert not [path for path in (tmp_path / "vault").rglob("*") if path.is_file()]


@pytest.mark.usefixtures("_vault")
def test_bytes_of_no_row_are_swept_away(clock: Clock, monkeypatch, tmp_path) -> None:
    from dsr.services import orphans

    raw = letter()
    monkeypatch.setattr(DataKey, "save", lambda self, **_: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(RuntimeError), transaction.atomic():
        keeping.keep(raw, Waiting(1, len(raw), GOT), validity=1, at=clock())
    monkeypatch.undo()
    kept = arrive(letter("another"), clock(), uid=2)

    assert orphans.sweep(clock.tick(days=2)) == 1
    assert keeping.raw_of(kept)
    assert not Deadline.objects.exists()


@pytest.mark.usefixtures("_vault")
def test_letters_of_a_case_go_with_it(clock: Clock, settings) -> None:
    settings.MAIL_KEPT_DAYS = 365
    filed = builders.file(at=clock())
    arrive(letter("Hello", subject=filed.submission.reference), clock.tick())

    tidying.let_go(filed.submission.pk, clock.tick(days=1))

    assert tidying.purge(clock()) == 1
