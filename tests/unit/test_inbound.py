"""How a message is taken apart, and what is proposed: a hundred awkward ones, and what breaks parsers."""

import time
from pathlib import Path

import pytest

from dsr.inbound import proposing, reading, texts
from dsr.inbound.reading import Mail
from dsr.inbound.words import Flag, Kind
from dsr.rules import pack
from dsr.rules.schema.phrases import LETTER_WORDS, PhraseFile
from dsr.rules.words import RIGHT_WORDS
from tests import mails

ROOT = Path(__file__).resolve().parents[2]
FLOOR = {"awkward": 72, "blind": 17}
"""How many at least are proposed as a careful reader would tick them: of eighty, and of the twenty set aside."""


def read(raw: bytes) -> Mail:
    phrases = pack().phrases
    return reading.read(
        raw, openings=proposing.openings(phrases), quoted=proposing.quoted(phrases), own_domains=("example.com",)
    )


def proposed(raw: bytes, subjects: tuple[str, ...] = ("Children",)) -> proposing.Proposal:
    return proposing.propose(read(raw), pack().phrases, child_subjects=subjects)


def hits(file: str) -> list[str]:
    """The names of the messages that are proposed exactly as they would be ticked."""
    found = []
    for sample in mails.load(file):
        said = proposed(sample.raw)
        if said.kind == sample.kind and set(said.rights) == sample.rights:
            found.append(sample.name)
    return found


def made(text: str, **more: object) -> bytes:
    return mails.packed({"subject": "hello", "text": text, **more})


# --- a hundred --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["awkward", "blind"])
def test_most_messages_are_proposed_as_they_would_be_ticked_and_the_page_says_how_many(file):
    found, of = len(hits(file)), len(mails.load(file))

    page = (ROOT / "docs/how-to/mailbox.md").read_text(encoding="utf-8")
    assert found >= FLOOR[file]
    assert f"{found} of {of}" in page


def test_at_least_85_of_the_hundred_are_right():
    assert len(hits("awkward")) + len(hits("blind")) >= 85


@pytest.mark.parametrize("file", ["awkward", "blind"])
def test_every_warning_that_a_reader_needs_is_there(file):
    missing = {
        sample.name: sample.flags - proposed(sample.raw).flags
        for sample in mails.load(file)
        if sample.flags - proposed(sample.raw).flags
    }

    assert not missing


@pytest.mark.parametrize("file", ["awkward", "blind"])
def test_every_proposed_right_has_the_words_that_made_it(file):
    for sample in mails.load(file):
        said = proposed(sample.raw)
        assert set(said.rights) <= {each.meaning for each in said.because}
        assert set(said.rights) <= set(RIGHT_WORDS)
        assert all(each.words for each in said.because)


# --- taking apart -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "cte", "text"),
    [
        ("latin-1", "base64", "Löschen Sie alles, Müßig"),
        ("gb18030", "base64", "请删除我的账户"),
        ("iso-2022-jp", "7bit", "退会します"),
        ("euc-kr", "base64", "삭제"),
        ("windows-1252", "quoted-printable", "Effacez « tout »"),
        ("utf-8", "8bit", "Usuńcie to"),
    ],
)
def test_text_is_read_in_the_characters_it_was_written_in(charset, cte, text):
    mail = read(made(text, charset=charset, cte=cte))

    assert mail.fresh == text
    assert Flag.BROKEN not in mail.flags


def test_what_claims_wrong_characters_is_read_as_far_as_it_goes():
    mail = read(made("Löschen", raw_charset="us-ascii"))

    assert mail.fresh == "Löschen"


def test_pages_are_read_without_what_is_hidden_run_or_quoted():
    page = (
        "<p>Please <b>delete</b> it.</p><style>a{}</style><script>steal()</script>"
        "<blockquote>On Monday we wrote: your copy of data</blockquote><a href='https://evil.example/x'>here</a>"
    )
    mail = read(made(page, html=True))

    assert mail.fresh.split("\n")[0] == "Please delete it."
    assert "steal" not in mail.fresh
    assert "copy of data" not in mail.fresh
    assert "copy of data" in mail.history
    assert mail.links == ("https://evil.example/x",)


@pytest.mark.parametrize(
    "line",
    [
        "On Mon, 2 Mar 2026, Privacy <privacy@example.com> wrote:",
        "Am 02.03.2026 um 10:00 schrieb Privacy:",
        "Le 2 mars 2026, Privacy a écrit :",
        "Em seg., 2 de mar. de 2026, Privacy escreveu:",
    ],
)
def test_what_is_quoted_is_told_from_what_is_written_now(line):
    mail = read(made(f"Thank you.\n\n{line}\n> we can delete your account\n> regards\n"))

    assert mail.fresh == "Thank you."
    assert "delete your account" in mail.history
    assert proposed(made(f"No, it is about a bill.\n\n{line}\n> hello\n")).kind == Kind.UNCLEAR


def test_answers_between_quoted_lines_are_kept():
    written = "Hello\n\nOn Monday Privacy wrote:\n> Which data?\nAll of my call records.\n> Since when?\nSince 2024.\n"

    mail = read(made(written))

    assert "All of my call records." in mail.fresh
    assert "Since 2024." in mail.fresh


def test_signatures_are_set_apart():
    mail = read(made("Please stop.\n\n-- \nMax Muster\nWe delete all data daily Ltd."))

    assert (mail.fresh, mail.signature.split("\n")[0]) == ("Please stop.", "Max Muster")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"\xff\xfe\x00",
        b"Subject: =?utf-8?q?=ff=fe?=\r\n\r\nx",
        b"From: =?x?y?z?= <a@\r\nTo: ,,,;:<>\r\n\r\nhello",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary at all",
        b'Content-Type: text/plain; charset="\r\n\r\nx',
        b"Content-Transfer-Encoding: base64\r\n\r\n%%%%",
        b"Content-Disposition: attachment; filename*=utf-8''%ff%fe\r\n\r\nx",
        b"Message-ID: <a\r\n b>\r\nDate: never\r\n\r\nx",
        b"From: " + b"(" * 3000 + b"\r\n\r\nx",
        b"To: " + b"a@b.example, " * 5000 + b"\r\n\r\nx",
    ],
)
def test_whatever_is_broken_something_comes_back(raw):
    assert isinstance(read(raw), Mail)


def test_what_is_nested_without_end_is_said_to_be_unreadable():
    raw = b"".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n".encode() for n in range(1500))

    with pytest.raises(ValueError, match="RecursionError"):
        read(raw)


def test_hostile_text_takes_no_longer_than_its_size_allows():
    begun = time.monotonic()

    proposed(made("delete " * 40_000))
    proposed(made("> " * 60_000 + "\nwrote:\n"))
    proposed(made("<div>" * 20_000 + "x", html=True))
    proposed(made("a: b\n" * 30_000))

    assert time.monotonic() - begun < 20


def test_references_of_ours_are_found_however_they_are_written():
    from dsr.ids import new_reference

    reference = new_reference()
    mail = read(made(f"about {reference.replace('-', '').lower()} and AAAAA-AAAAA"))

    assert mail.references == (reference,)


def test_attachments_are_listed_and_can_be_taken_out():
    raw = made("see below", attach=["passport.jpg", "../../etc/passwd"])
    mail = read(raw)

    assert [each.name for each in mail.attachments] == ["passport.jpg", "../../etc/passwd"]
    assert reading.content(raw, mail.attachments[0].part).startswith(b"%PDF-1.4")
    with pytest.raises(LookupError):
        reading.content(raw, 99)


# --- machines ---------------------------------------------------------------------------------------------------------


def test_list_of_our_own_domain_is_how_the_mailbox_is_kept():
    own = {"List-Id": "<privacy.example.com>", "Precedence": "list"}
    other = {"List-Id": "<news.example.net>", "Precedence": "list"}

    assert proposed(made("Delete my data.", headers=own)).kind == Kind.REQUEST
    assert proposed(made("Delete my data.", headers=other)).kind == Kind.AUTOMATIC


def test_our_own_letter_that_comes_round_is_no_request():
    headers = {"Message-ID": "<0191c2b0a7d07e6f8f4e0c7a53f7f6d1.recourse@localhost>"}

    assert proposed(made("You asked us to delete your data.", headers=headers)).kind == Kind.AUTOMATIC


def test_returned_letter_names_the_message_it_is_about():
    samples = {each.name: read(each.raw) for each in mails.load("awkward") if each.name.startswith("bounce")}

    told = {name: mail.returned.codes[0] for name, mail in samples.items() if mail.returned}
    assert told["bounce_dsn"][1] == "5.1.1"
    assert told["bounce_plain_qmail"][0].startswith("<0191c2b0")
    assert "bounce_delay" not in told


def test_person_who_writes_to_us_about_a_returned_mail_is_no_machine():
    text = "Your letter came back to me: 550 5.1.1 user unknown <ada@example.org>. Please delete my data."

    assert proposed(made(text)).kind == Kind.REQUEST


# --- children, denials, warnings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject", ["Children", "children", "CHILDREN", "Re: Children", "Fwd: AW: children!", "Children - urgent"]
)
def test_subject_that_the_notice_names_puts_a_child_on_top(subject):
    said = proposed(mails.packed({"subject": subject, "text": "x"}))

    assert said.child


def test_other_subject_than_the_notices_does_not():
    assert not proposed(mails.packed({"subject": "Childrens' books", "text": "x"})).child
    assert not proposed(mails.packed({"subject": "Children", "text": "x"}), subjects=()).child


def test_sentence_that_says_what_is_not_asked_proposes_nothing():
    assert proposed(made("I am not asking for a copy of my data. I have a question.")).rights == ()


def test_portal_is_flagged_only_with_a_link():
    said = "Please fill in our form with the data."

    assert Flag.PHISHING not in proposed(made(said)).flags
    assert Flag.PHISHING in proposed(made(f"{said} https://x.example/")).flags


def test_failed_authentication_is_flagged():
    headers = {"Authentication-Results": "mx.example.com; dkim=none; dmarc=fail header.from=example.org"}

    assert Flag.NOT_AUTHENTIC in proposed(made("hello", headers=headers)).flags


# --- phrases ----------------------------------------------------------------------------------------------------------


def test_phrases_ship_in_twelve_languages_and_each_knows_the_commonest_rights():
    files = {each.language: each for each in pack().phrases}

    assert set(files) == {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "sv", "ja", "ko", "zh"}
    common = {
        "access",
        "correction",
        "deletion",
        "portability",
        "objection",
        "marketing_opt_out",
        "complaint",
        "child_account",
    }
    for language, file in files.items():
        assert common <= set(file.rights), language
        assert set(file.letters) >= set(LETTER_WORDS) - {"automatic"}, language


@pytest.mark.parametrize("phrase", ["Delete", "* me", "a * b * c * d * e", " x y", "~", "a  b"])
def test_phrase_that_could_not_work_is_refused(phrase):
    with pytest.raises(ValueError, match=r"letters|spaces|means|short"):
        PhraseFile.model_validate({"language": "en", "rights": {"access": [phrase]}})


def test_gap_stays_within_a_sentence():
    matcher = proposing.matcher("delete * data", spaced=True)

    assert matcher.find("please delete all of my data") == "delete all of my data"
    assert not matcher.find("delete it. where is my data")
    assert not matcher.find("undelete data")


def test_plain_text_keeps_no_mark_that_cannot_be_seen():
    assert texts.plain("a\u202eb\u200bc\x00d\r\ne") == "abcd\ne"
