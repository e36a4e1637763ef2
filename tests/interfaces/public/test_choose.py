"""The page of choices: what is asked and why, every way, who helps; the same whether or not anybody is on file."""

import re
from typing import Any

import pytest

from dsr.lifecycle import State, Turn
from dsr.models import Event, Post, Submission
from dsr.public import proofs
from dsr.rights import Right
from dsr.services import (
    evidence,
    onfile,
    proving,
    stopping,
    telling,
    ties,
)
from tests import builders, organisation, papers
from tests.drain import drain
from tests.interfaces.public.asking import STRANGER, alert_token, claimed, door
from verification import grants
from verification.models import Purpose
from verification.proofs import LEVELS

pytestmark = pytest.mark.django_db(transaction=True)
WAYS = "/verify/choose/"


@pytest.fixture(autouse=True)
def console(clock: Any, tmp_path: Any, db: None) -> Any:
    """A system that knows Ada."""
    return organisation.console(tmp_path, clock())


def _verbs(submission: Submission) -> list[str]:
    return list(Event.objects.filter(submission=submission).order_by("seq").values_list("verb", flat=True))


def _doubted(submission: Submission, clock: Any, times: int = 1) -> None:
    request = builders.only(submission)
    for _time in range(times):
        proving.ask_more(request.pk, "contradiction", "It does not fit.", by=builders.hal(), at=clock.tick())


# --- What it says ----------------------------------------------------------------------------------------------------


def test_page_says_what_why_how_and_until_when(visitor, clock):
    submission = claimed(clock())

    visitor.open(door(submission, clock()))

    assert visitor.status == 200
    assert "What we ask: That you are known to us" in visitor.text
    assert "You name accounts or addresses beside the one you write from." in visitor.text
    assert "EDPB Guidelines 01/2022" in visitor.text
    assert "Until: 2 April 2026" in visitor.text
    assert "The time for our answer does not run meanwhile" in visitor.text
    assert "Answer two questions on recent dealings" in visitor.text
    assert "Your answers are not kept." in visitor.text
    assert "Be called at the number on file" in visitor.text
    assert "What we do not use here" in visitor.text
    assert "a text message alone never shows more than that the number answers" in visitor.text
    assert "If we hear nothing: We go on without what you gave to be found by" in visitor.text
    assert "I can do none of these: help me" in visitor.response.content.decode()


def test_ways_go_from_mild_to_intrusive_and_each_says_what_is_kept(visitor, clock):
    submission = claimed(clock())
    _doubted(submission, clock, 2)

    visitor.open(door(submission, clock()))

    titles = re.findall(r"<h3 id=\"way-(\w+)\"", visitor.response.content.decode())
    levels = [LEVELS[way] for way in titles]
    assert titles[-1] == "document"
    assert len(titles) == len(set(titles))
    assert visitor.text.count("What we keep:") == len(titles)
    assert min(levels) >= 3
    assert "Somebody here noted a reason to doubt who is asking" in visitor.text


def test_page_is_the_same_for_somebody_on_file_and_for_nobody(visitor, clock):
    known, unknown = claimed(clock()), claimed(clock(), account="A-404")

    pages = []
    for submission in (known, unknown):
        visitor.open(door(submission, clock()))
        html = visitor.response.content.decode().replace(submission.reference, "REFERENCE")
        pages.append(re.sub(r"(?<=key=)[\w-]+|(?<=value=\")[\w-]{20,}", "", html))

    assert pages[0] == pages[1]
    assert ties.MOST_CLAIMS  # the look was made for both
    assert {each.looked_at for each in (known, unknown)} == {clock()}


def test_nothing_is_asked_while_the_systems_are(visitor, clock):
    filed = builders.file(at=clock(), email=STRANGER, identifiers={"account": ("A-1",)})
    builders.confirm(filed.submission, clock())

    visitor.open(door(filed.submission, clock()))

    assert "We are checking something first" in visitor.text
    assert "Go to the questions" not in visitor.text
    visitor.open(telling.tracker_link(filed.submission, clock()))
    assert "It is our turn We are checking something first." in visitor.text


def test_what_is_done_with_asks_nothing(visitor, clock):
    request = builders.in_review(at=clock())

    visitor.open(door(request.submission, clock()))

    assert "Nothing more is asked of you" in visitor.text


def test_what_somebody_stopped_is_told_in_neutral_words(visitor, clock):
    submission = claimed(clock())
    onfile.stop(alert_token(), at=clock.tick())

    visitor.open(door(submission, clock()))
    assert "A person is looking at something" in visitor.text
    visitor.open(telling.tracker_link(submission, clock()))

    assert "A person is looking at something and will write to you." in visitor.text
    for word in ("stopped", "file", "impostor", "Go to the questions", "Send me a code"):
        assert word not in visitor.text.replace("profile", "").replace("The file", ""), word


def test_every_closed_door_looks_the_same(visitor, clock):
    submission, other = claimed(clock()), claimed(clock(), email="else@example.net")
    key = telling.tracker_grant(submission.pk, clock())
    revoked = telling.tracker_grant(other.pk, clock())
    grants.revoke(other.pk, at=clock())
    tries = ["", "?reference=x", f"?reference={submission.reference}", f"?key={key}", "?reference=%00&key=%ff"]
    tries += [f"?reference={other.reference}&key={key}", f"?reference={other.reference}&key={revoked}"]

    seen = set()
    for path in (WAYS, "/verify/facts/", "/verify/document/", "/verify/text/"):
        seen |= {(visitor.open(path + query).status, visitor.response.content) for query in tries}
    for path in ("/verify/help/", "/verify/ring/", "/verify/without/", "/verify/facts/", "/verify/document/"):
        answer = visitor.client.post(path, {"reference": other.reference, "key": key})
        seen.add((answer.status_code, answer.content))

    assert len(seen) == 1
    assert next(iter(seen))[0] == 404


# --- What can be pressed ---------------------------------------------------------------------------------------------


def test_who_can_do_none_of_it_reaches_a_person(visitor, clock):
    submission = claimed(clock())

    visitor.open(door(submission, clock()))
    visitor.fill("What should we know?", "I moved and have no number any more.")
    sending = visitor.sending("I can do none of these")
    visitor.press("I can do none of these")

    assert "Your message is with us. A person reads it" in visitor.text
    assert "A person here is looking at what you sent" in visitor.text
    assert builders.only(submission).turn == Turn.STAFF
    said = Post.objects.select_related("submission__data_key").get(submission=submission)
    assert said.open("body").endswith("I moved and have no number any more.")
    visitor.client.post(*sending)
    assert Post.objects.filter(submission=submission).count() == 1


def test_nothing_typed_is_lost_when_help_cannot_be_called(visitor, clock):
    submission = claimed(clock())

    visitor.open(door(submission, clock()))
    visitor.fill("What should we know?", "x" * 5000)
    visitor.press("I can do none of these")

    assert visitor.status == 422
    assert "There is a problem" in visitor.text
    assert "x" * 5000 in visitor.response.content.decode()


def test_ring_me_calls_staff_and_no_number_is_said(visitor, clock):
    for account in ("A-1", "A-404"):
        submission = claimed(clock(), account=account)
        visitor.open(door(submission, clock()))
        visitor.fill("When can we reach you?", "After five.")
        visitor.press("Ring me")

        assert "Somebody will ring the number on file, if there is one." in visitor.text
        assert builders.only(submission).turn == Turn.STAFF
        assert organisation.ADA_PHONE[-4:] not in visitor.response.content.decode()


def test_a_call_is_not_made_where_it_would_not_do(visitor, clock):
    submission = claimed(clock())
    page = visitor.open(door(submission, clock()))
    sending = page.sending("Ring me")
    _doubted(submission, clock, 2)

    answer = visitor.client.post(*sending)

    assert answer.status_code == 409
    assert "A call would not be enough here" in answer.content.decode()
    assert "Ring me" not in visitor.open(door(submission, clock())).text


def test_going_on_without_what_was_given(visitor, clock):
    submission = claimed(clock())
    visitor.open(door(submission, clock()))
    assert "You gave the account number to be found by" in visitor.text
    assert "Then we search only by your mail address." in visitor.text
    sending = visitor.sending("Go on without it")

    visitor.press("Go on without it")

    assert "We go on without it, and search only by your mail address." in visitor.text
    assert "We search by your mail address alone" in visitor.text
    assert builders.only(submission).state == State.IN_REVIEW
    assert visitor.client.post(*sending).status_code == 303


def test_second_factor_and_sign_in_are_offered_where_there_is_a_console(visitor, clock, settings):
    submission = claimed(clock())
    assert "Sign in to your account" not in visitor.open(door(submission, clock())).text

    settings.OIDC_ISSUER = "https://console.example"
    visitor.open(door(submission, clock()))

    assert visitor.sending("Sign in (Sign in to your account)")[0] == "/verify/login/"
    address, sent = visitor.sending("Sign in (Sign in with a second factor)")
    assert (address, sent["second_factor"]) == ("/verify/login/", ["1"])


def test_confirming_the_address_leads_on_to_what_is_still_asked(visitor, clock):
    filed = builders.file(at=clock(), email=STRANGER, identifiers={"account": ("A-1",)})
    drain(clock())
    letter = builders.letters_to(filed.submission, "confirm_address")
    assert not letter  # it was sent, and our copy is blotted out
    visitor.open(telling.tracker_link(filed.submission, clock.tick(minutes=2)))
    visitor.press("Send me a code")
    code = builders.letters_to(filed.submission, "confirm_address")[-1].code

    visitor.fill("Six-digit code", code).press("Confirm")

    assert visitor.address.startswith(WAYS)
    assert "Thank you, your address is confirmed. One more step is needed" in visitor.text


def test_a_link_pressed_twice_shows_the_same(visitor, clock):
    filed = builders.file(at=clock(), email=STRANGER, identifiers={"account": ("A-1",)})
    link = builders.letters_to(filed.submission, "confirm_address")[-1].link
    drain(clock())
    visitor.open(link)
    sending = visitor.sending("Yes, this is my request")
    visitor.press("Yes, this is my request")
    assert "Show that it is you" in visitor.text
    before = _verbs(filed.submission)

    second = visitor.client.post(*sending)

    assert second.status_code == 303
    assert second["Location"].startswith(WAYS)
    assert _verbs(filed.submission) == before


def test_a_lapsed_check_is_taken_up_again_under_the_same_reference(visitor, clock):
    filed = builders.file(at=clock(), country="GB")
    clock.tick(days=31)
    drain(clock())
    visitor.open(telling.tracker_link(filed.submission, clock()))
    assert "You can take it up again, under the same reference." in visitor.text
    assert "Nothing more is asked of you" in visitor.client.get(door(filed.submission, clock())).content.decode()

    visitor.press("Take the request up again")

    assert filed.submission.reference in visitor.text
    code = builders.letters_to(filed.submission, "confirm_address")[-1].code
    visitor.fill("Six-digit code", code).press("Confirm")
    assert builders.only(filed.submission).state == State.IN_REVIEW


def test_the_tracker_tells_of_a_hold(visitor, clock):
    request = builders.in_review(at=clock())
    stopping.hold(request.pk, "Looks odd.", by=builders.hal(), at=clock.tick())

    visitor.open(telling.tracker_link(request.submission, clock()))

    assert "Nothing is handed over before 8 March 2026" in visitor.text
    assert "Looks odd" not in visitor.text


def test_every_rung_has_words():
    assert set(proofs.RUNGS) == {int(level) for level in LEVELS.values()} | {0}


def test_choices_never_wait_for_proof(visitor, clock):
    filed = builders.file(Right.BE_INFORMED, at=clock())

    visitor.open(door(filed.submission, clock()))

    assert "Nothing more is asked of you" in visitor.text


# --- A document ------------------------------------------------------------------------------------------------------


def test_a_document_is_taken_where_it_is_asked_for_and_nowhere_else(visitor, clock):
    submission = claimed(clock())
    visitor.open(door(submission, clock(), "/verify/document/"))
    assert visitor.status == 200
    assert "Cover what we do not need" in visitor.text
    assert "after 30 days" in visitor.text
    address, data = visitor.sending("Send the picture")

    nothing = visitor.client.post(address, data)
    assert nothing.status_code == 422
    assert "Choose a picture first." in nothing.content.decode()
    assert "tick that you did" in nothing.content.decode()
    wrong = visitor.client.post(address, {**data, "covered": "on", "file": _upload(b"MZ" + b"\0" * 400, "a.jpg")})
    assert wrong.status_code == 422
    assert "We cannot take this kind of file." in wrong.content.decode()

    for _press in range(2):
        taken = visitor.client.post(address, {**data, "covered": "on", "file": _upload(papers.photo(), "a.jpg")})
        assert taken.status_code == 303
    visitor.open(taken["Location"])
    assert "The document is with us." in visitor.text
    assert _verbs(submission).count("evidence_received") == 1
    visitor.open(door(submission, clock(), "/verify/document/"))
    assert "A document of 5 March 2026. It is destroyed once somebody has looked at it" in visitor.text
    visitor.open(telling.tracker_link(submission, clock()))
    assert "A document that we asked for reached us." in visitor.text

    evidence.destroy(submission.pk, Purpose.IDENTITY, at=clock.tick())
    assert "Your document was destroyed." in visitor.open(telling.tracker_link(submission, clock())).text


def test_no_document_where_the_ladder_asks_for_none(visitor, clock):
    filed = builders.file(at=clock())

    visitor.open(door(filed.submission, clock(), "/verify/document/"))

    assert visitor.status == 409
    assert "please do not send one" in visitor.text
    sent = {"covered": "on", "file": _upload(papers.photo(), "a.jpg")}
    assert visitor.client.post(door(filed.submission, clock(), "/verify/document/"), sent).status_code == 409
    assert "evidence_received" not in _verbs(filed.submission)


def _upload(data: bytes, name: str) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data, content_type="image/jpeg")
