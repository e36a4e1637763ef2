"""The request form, as somebody without scripts and cookies meets it."""

import re

import pytest

from dsr.errors import TooMany
from dsr.models import Submission
from dsr.public import answers, details, throttle
from dsr.rights import SPECS, Right
from dsr.selectors import asking
from dsr.services import rulebooks
from tests import builders
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted

pytestmark = pytest.mark.django_db
FIRST = "/requests/new/"


def up_to_check(visitor: Visitor, *titles: str, country: str = "IE", email: str = builders.ADA) -> Visitor:
    """Answer everything."""
    visitor.open(FIRST).choose("Customer or account holder").press("Continue")
    visitor.fill("Country", country).press("Continue")
    if "Where in the country?" in visitor.text:
        visitor.choose("California").press("Continue")
    visitor.choose(*(titles or ("Get a copy of your data",))).press("Continue")
    if "Is there something in particular?" in visitor.text:
        visitor.press("Continue")
    return visitor.fill("Mail address", email).fill("Your name", "Ada Lovelace").press("Continue")


def test_form_files_once_and_shows_the_reference(visitor):
    up_to_check(visitor, "Get a copy of your data", "Be informed")
    assert "Check your answers" in visitor.text
    assert builders.ADA in visitor.text

    visitor.press("Send the request")

    submission = Submission.objects.get()
    assert visitor.status == 200
    assert submission.reference in visitor.text
    assert {request.right for request in submission.requests.all()} == {"access", "be_informed"}
    assert (submission.country, submission.relationship, submission.channel) == ("IE", "customer", "web")
    assert (submission.open("email"), submission.open("name")) == (builders.ADA, "Ada Lovelace")
    assert "7 April 2026" in visitor.text


def test_each_answer_has_its_own_date_where_they_differ(visitor):
    up_to_check(visitor, "Get a copy of your data", "Stop marketing").press("Send the request")

    rows = {request.right: request.due_on for request in Submission.objects.get().requests.all()}
    assert rows["marketing_opt_out"] < rows["access"]
    for right, due_on in rows.items():
        assert f"{SPECS[Right(right)].title}: {due_on.day} {due_on:%B %Y}" in visitor.text


def test_pressing_send_twice_files_once(visitor):
    up_to_check(visitor)
    address, data = visitor.sending("Send the request")

    first, second = visitor.client.post(address, data), visitor.client.post(address, data)

    assert Submission.objects.count() == 1
    assert (first.status_code, second.status_code) == (303, 303)
    for answer in (first, second):
        assert "Now enter the code" in visitor.open(answer["Location"]).text


def test_sending_other_answers_after_the_first_asks_before_it_files_again(visitor):
    up_to_check(visitor)
    address, data = visitor.sending("Send the request")
    visitor.client.post(address, data)
    changed = {**data, "name": ["Augusta King"]}

    visitor._arrived(visitor.client.post(address, changed), address)
    assert visitor.status == 409
    assert Submission.objects.count() == 1
    again = visitor.sending("Send as a further request")
    visitor.press("Send as a further request")

    assert Submission.objects.count() == 2
    visitor.client.post(*again)
    assert Submission.objects.count() == 2


def test_answers_travel_and_can_be_changed(visitor):
    up_to_check(visitor)

    visitor.press("Change (You live in)")
    assert "Where do you live?" in visitor.text
    visitor.fill("Country", "US").press("Continue")
    assert "Where in the country?" in visitor.text
    visitor.choose("California").press("Continue")

    assert "Check your answers" in visitor.text
    assert "California, United States" in visitor.text
    visitor.press("Send the request")
    submission = Submission.objects.get()
    assert (submission.country, submission.region) == ("US", "CA")
    assert submission.regimes[0] == "us_ca_ccpa"


def test_back_keeps_what_was_typed(visitor):
    visitor.open(FIRST).choose("Customer or account holder").press("Continue")
    visitor.fill("Country", "FR").press("Continue")

    visitor.press("Back").press("Continue")

    assert "What would you like to ask for?" in visitor.text
    assert visitor.sending("Continue")[1]["country"] == ["FR"]


def test_a_link_from_the_centre_chooses_the_right(visitor):
    visitor.open("/").follow("Ask for this (Take your data elsewhere)").choose("Customer or account holder")
    visitor.press("Continue").fill("Country", "IE").press("Continue")

    assert visitor.sending("Continue")[1]["rights"] == ["portability"]


def test_pages_are_kept_by_the_browser_until_something_personal_is_typed(visitor):
    kept = [visitor.open(FIRST).response["Cache-Control"]]
    kept.append(visitor.choose("Customer or account holder").press("Continue").response["Cache-Control"])
    kept.append(visitor.fill("Country", "IE").press("Continue").response["Cache-Control"])
    kept.append(visitor.choose("Be informed").press("Continue").response["Cache-Control"])
    assert set(kept) == {"no-cache, private"}

    assert visitor.fill("Mail address", "ada").press("Continue").response["Cache-Control"] == "no-store, private"
    assert visitor.fill("Mail address", builders.ADA).press("Continue").response["Cache-Control"] == "no-store, private"
    assert visitor.press("Back").response["Cache-Control"] == "no-store, private"


def test_only_what_a_right_needs_is_asked(visitor):
    up_to_check(visitor, "Be informed")
    assert "Check your answers" in visitor.text
    assert "In particular" not in visitor.text

    up_to_check(visitor, "Get a copy of your data")
    assert "In particular, for: Get a copy of your data" in visitor.text


def test_details_reach_the_request(visitor):
    visitor.open(FIRST).choose("Customer or account holder").press("Continue").fill("Country", "IE").press("Continue")
    visitor.choose("Get a copy of your data").press("Continue")
    visitor.fill("Is there something in particular", "Calls in May.\nMails too.").press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue").press("Send the request")

    request = builders.only(Submission.objects.get())
    assert request.open_json("details") == {"scope": "Calls in May.\nMails too."}


@pytest.mark.parametrize(
    ("label", "words"),
    [("Job applicant", "You chose: Job applicant."), ("Authorised representative of a customer", "written")],
)
def test_whoever_has_another_way_is_shown_it(visitor, label, words):
    visitor.open(FIRST)

    visitor.choose(label).press("Continue")

    assert "There is another way for this" in visitor.text
    assert words in visitor.text
    assert Submission.objects.count() == 0
    assert "How do you know us?" in visitor.press("Back").text


def test_mistakes_are_named_above_and_beside_and_nothing_is_lost(visitor):
    visitor.open(FIRST).choose("Customer or account holder").press("Continue").fill("Country", "IE").press("Continue")
    visitor.choose("Be informed").press("Continue")

    visitor.fill("Mail address", "ada at example").fill("Your name", "Ada").press("Continue")

    assert visitor.status == 422
    assert "There is a problem" in visitor.text
    assert visitor.page.links["Enter a mail address in the form name@example.org."] == "#id_email"
    assert {"id_email", "id_email_error"} <= set(visitor.page.ids)
    html = visitor.response.content.decode()
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert "<title>Error:" in html
    sent = visitor.sending("Continue")[1]
    assert (sent["email"], sent["name"], sent["rights"]) == (["ada at example"], ["Ada"], ["be_informed"])


@pytest.mark.parametrize("step", ["who", "where", "what"])
def test_an_empty_answer_is_named_and_points_at_the_question(visitor, step):
    visitor.open(FIRST)
    if step != "who":
        visitor.choose("Customer or account holder").press("Continue")
    if step == "what":
        visitor.fill("Country", "IE").press("Continue")

    visitor.clear().press("Continue")

    assert visitor.status == 422
    target = next(href for text, href in visitor.page.links.items() if text.startswith("Choose"))
    assert target.removeprefix("#") in visitor.page.ids


@pytest.mark.parametrize(
    "bad",
    [
        {"email": "ada\x00@example.org"},
        {"email": "a@b"},
        {"name": "Ada\u202eevil"},
        {"name": "A" * 201},
        {"country": "XX"},
        {"country": "us"},
        {"relationship": "ghost"},
        {"rights": "objection"},
        {"rights": "deletion", "deletion.consequences": "no"},
        {"rights": ["access", "nonsense"]},
        {"region": "CA; DROP TABLE"},
        {"access.scope": "x" * 4001},
        {"access.scope": "\x07"},
        {"name": b"\xff\xfe".decode("latin-1") + "\x1b"},
    ],
    ids=lambda bad: ",".join(bad),
)
def test_answers_that_cannot_be_used_are_never_filed(visitor, bad):
    up_to_check(visitor, country="US" if "region" in bad else "IE")
    address, data = visitor.sending("Send the request")

    response = visitor.client.post(address, {**data, **bad})

    assert response.status_code in (200, 422)
    assert Submission.objects.count() == 0


def test_bytes_that_are_no_text_get_a_page(visitor):
    body = b"step=reach&go=next&email=%ff%fe&name=%80&relationship=customer&country=IE&rights=access"

    response = visitor.client.post(FIRST, body, content_type="application/x-www-form-urlencoded")

    assert response.status_code in (200, 422)


@pytest.mark.parametrize("size", [1_100_000, 40_000_000])
def test_more_than_the_form_can_take_gets_a_page(visitor, size):
    response = visitor.client.post(FIRST, {"name": "x" * size, "go": "next", "step": "reach"})

    assert response.status_code == 413 or (response.status_code == 422 and size < 2_000_000)


def test_a_foreign_field_does_not_travel(visitor):
    visitor.open(FIRST).choose("Customer or account holder")
    address, data = visitor.sending("Continue")

    visitor._arrived(visitor.client.post(address, {**data, "received_at": "1999", "is_staff": "1"}), address)

    assert not {"received_at", "is_staff"} & visitor.sending("Continue")[1].keys()


def test_nothing_personal_stands_in_an_address(visitor):
    up_to_check(visitor)
    address, data = visitor.sending("Send the request")

    leads_to = visitor.client.post(address, data)["Location"]

    assert re.fullmatch(r"/requests/new/sent/\?ticket=[\w-]+", leads_to)
    assert "ada" not in leads_to


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://localhost:8000"}, 200),
        ({"Origin": "null"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://[evil"}, 403),
    ],
    ids=str,
)
def test_a_form_from_another_site_is_refused(db, headers, status):
    visitor = Visitor(**headers)

    response = visitor.client.post(FIRST, {"step": "who", "go": "next", "relationship": "customer"})

    assert response.status_code == status


def test_too_many_filings_keep_what_was_typed_and_say_when_to_come_back(visitor, monkeypatch):
    up_to_check(visitor)
    monkeypatch.setattr(throttle, "FILING", throttle.Allowance("filing", 0, throttle.FILING.window))

    visitor.press("Send the request")

    assert visitor.status == 429
    assert 0 < int(visitor.response["Retry-After"]) <= 600
    assert "privacy@" in visitor.text
    assert Submission.objects.count() == 0
    monkeypatch.undo()
    visitor.press("Try again")
    assert Submission.objects.count() == 1


def test_throttle_counts_networks_and_not_strangers(rf, clock):
    few = throttle.Allowance("test", 2, throttle.FILING.window)
    ours = [rf.get("/", REMOTE_ADDR=f"2001:db8:1:2::{n}") for n in (1, 2, 3)]
    throttle.spend(ours[0], few, clock())
    throttle.spend(ours[1], few, clock())

    with pytest.raises(TooMany) as stopped:
        throttle.spend(ours[2], few, clock())
    throttle.spend(rf.get("/", REMOTE_ADDR="2001:db8:1:3::1"), few, clock())

    throttle.spend(ours[0], few, stopped.value.retry_at)


def test_throttle_lets_everybody_through_when_the_cache_is_down(rf, clock, settings):
    settings.CACHES = {"default": {"BACKEND": "tests.interfaces.public.test_ask.BrokenCache"}}
    none = throttle.Allowance("test", 0, throttle.FILING.window)

    throttle.spend(rf.get("/"), none, clock())

    with throttle.once("x", "nonce") as first:
        assert first
    with throttle.once("x", "nonce") as second:
        assert second


class BrokenCache:
    """A cache server that is down."""

    def __init__(self, *args: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        if name in ("add", "incr", "delete"):
            raise ConnectionError
        return lambda *args, **kwargs: None


def test_filing_costs_a_fixed_number_of_statements(visitor):
    up_to_check(visitor)
    address, data = visitor.sending("Send the request")

    rulebooks.keep()  # once in the life of a process, whoever files first
    with counted() as steps:
        visitor.open(FIRST)
    with counted() as filing:
        visitor.client.post(address, data)

    assert len(steps) == 0
    assert len(filing) <= 10, "\n".join(filing)


def test_every_question_has_words():
    asked = {name for spec in SPECS.values() for name in spec.questions}
    assert asked == details.QUESTIONS.keys()
    assert asked <= asking.TITLES.keys()
    assert set(answers.TITLES) == {"who", "door", "where", "region", "what", "details", "reach", "check"}


def to_details(visitor: Visitor, *titles: str) -> Visitor:
    """Answer up to what only the chosen rights need to know."""
    visitor.open(FIRST).choose("Customer or account holder").press("Continue").fill("Country", "IE").press("Continue")
    return visitor.choose(*titles).press("Continue")


def test_a_deletion_is_confirmed_a_first_time_knowing_what_it_means(visitor):
    to_details(visitor, "Delete your data", "Get a copy of your data")
    assert "An account is closed for good" in visitor.text
    assert "the copy comes first" in visitor.text

    visitor.press("Continue")
    assert visitor.status == 422
    sentence = "Confirm with yes that you know what a deletion means."
    assert visitor.page.links[sentence].removeprefix("#") in visitor.page.ids

    visitor.choose("Yes, I know what this means, and I want it").press("Continue").fill("Mail address", builders.ADA)
    visitor.press("Continue")
    assert "You know what it means Yes, I know what this means" in visitor.text
    visitor.press("Change (You know what it means)").press("Continue").press("Send the request")
    found = {row.right: row.open_json("details") for row in Submission.objects.get().requests.all()}
    assert found == {"access": {}, "deletion": {"consequences": "yes"}}


def test_what_is_wrong_is_told_row_by_row_and_both_sides_of_it(visitor):
    to_details(visitor, "Correct your data")
    assert "What we need to know for this" in visitor.text

    visitor.fill("What is wrong?", "My street: 12 Bell Lane").fill("And what besides?", "My name").press("Continue")
    assert visitor.status == 422
    assert {"id_correction.right_1_error", "id_correction.right_3_error"} <= set(visitor.page.ids)
    assert visitor.sending("Continue")[1]["correction.wrong_3"] == ["My name"]

    visitor.fill("What should it say?", "7 Mill Road").fill("What should that one say?", "Ada King").press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue")
    assert "My street: 12 Bell Lane To be: 7 Mill Road" in visitor.text
    visitor.press("Send the request")
    asked = {"wrong_1": "My street: 12 Bell Lane", "right_1": "7 Mill Road", "wrong_3": "My name"}
    assert builders.only(Submission.objects.get()).open_json("details") == {**asked, "right_3": "Ada King"}


def test_a_restriction_has_one_of_the_grounds_of_the_law(visitor):
    to_details(visitor, "Restrict the use of your data").press("Continue")
    assert visitor.status == 422
    assert "Choose why the data should be kept and not used." in visitor.page.links

    visitor.choose("There is an objection to the use, and it is not decided yet").press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue").press("Send the request")

    request = builders.only(Submission.objects.get())
    assert request.open_json("details") == {"restriction_ground": "objection_pending"}
