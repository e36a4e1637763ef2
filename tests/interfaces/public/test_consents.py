"""Consents taken back on a page, by an address or by a mailed link: one step, no proof, and nothing erased."""

import json

import pytest

from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.errors import Incomplete
from dsr.models import Choice, SubjectRequest, Window
from dsr.services import links
from dsr.services.choices import asking, deciding, desk, tokens
from notifications.sealing import listing_digests
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor

pytestmark = pytest.mark.django_db
PAGE = "/preferences/consent/"


def allowed(topic: str, clock: Clock, purpose: Purpose = Purpose.CONSENT) -> bool:
    use = asking.use_of(purpose, "", topic, clock())
    return asking.check(listing_digests("email", builders.ADA), use, clock()).allowed


def known(clock: Clock) -> str:
    return links.consents(tokens.preferences(tokens.Bearer("email", builders.ADA, language="en"), clock()))


def titles(visitor: Visitor) -> dict[str, str]:
    """The boxes of the page: label by the word that is sent."""
    return {
        control.value: visitor.page.labels[control.ident]
        for form in visitor.page.forms
        for control in form.controls
        if control.kind == "checkbox"
    }


def test_everything_is_taken_back_at_once_and_nothing_is_erased(visitor: Visitor, clock: Clock) -> None:
    visitor.open(PAGE).fill("Mail address", builders.ADA).press("Take it back")

    assert "You took back everything that you had agreed to." in visitor.text
    assert "Nothing was erased" in visitor.text
    assert visitor.page.links["Have data erased"] == "/requests/new/?right=deletion"
    assert not allowed("surveys", clock)
    assert not allowed("", clock)
    choice = Choice.objects.get()
    assert (choice.purpose, choice.act, choice.topics, choice.via) == ("consent", Act.STOP, [], Via.PREFERENCES)
    assert not SubjectRequest.objects.exists()


def test_one_consent_leaves_the_others_as_they_are(visitor: Visitor, clock: Clock) -> None:
    visitor.open(PAGE)
    title = titles(visitor)["surveys"]
    visitor.fill("Mail address", builders.ADA).choose("Only what I tick below", title).press("Take it back")

    assert f"You took back: {title}" in visitor.text
    assert not allowed("surveys", clock)
    assert allowed("events", clock)
    assert allowed("", clock, Purpose.MARKETING)


@pytest.mark.parametrize(
    ("email", "tick", "sentence"),
    [
        (
            "",
            ("Everything that I agreed to",),
            "Enter the mail address or the telephone number by which you are known.",
        ),
        (builders.ADA, ("Only what I tick below",), "Tick what you take back, or choose everything."),
    ],
)
def test_what_is_missing_is_said_and_nothing_changes(
    visitor: Visitor, email: str, tick: tuple[str, ...], sentence: str
) -> None:
    visitor.open(PAGE).fill("Mail address", email).choose(*tick).press("Take it back")

    assert visitor.status == 422
    assert sentence in visitor.text
    assert not Choice.objects.exists()


def test_nothing_is_ticked_beforehand_and_nobody_is_asked_why(visitor: Visitor) -> None:
    visitor.open(PAGE)

    form = visitor.page.forms[-1]
    assert not [control for control in form.controls if control.kind == "checkbox" and control.on]
    assert {control.name for control in form.controls} == {"email", "phone", "what", "consents"}


def test_answer_is_the_same_for_everybody(visitor: Visitor) -> None:
    first = visitor.open(PAGE).fill("Mail address", builders.ADA).press("Take it back").text
    again = visitor.open(PAGE).fill("Mail address", builders.ADA).press("Take it back").text

    assert first == again


def test_mailed_link_shows_what_stands_and_gives_a_consent_again(visitor: Visitor, clock: Clock) -> None:
    visitor.open(PAGE).fill("Mail address", builders.ADA).press("Take it back")
    visitor.open(known(clock))
    boxes = {control.value: control.on for control in visitor.page.forms[-1].controls if control.kind == "checkbox"}
    assert set(boxes.values()) == {False}

    title = titles(visitor)["surveys"]
    visitor.choose(title).press("Save")

    assert f"You agree again to: {title}" in visitor.text
    assert "Nothing was erased" not in visitor.text
    assert allowed("surveys", clock)
    assert not allowed("events", clock)
    resumed = Choice.objects.get(act=Act.RESUME)
    assert (resumed.topics, resumed.via, resumed.entered_by) == (["surveys"], Via.PREFERENCES, "")


def test_link_that_is_over_shows_nothing(visitor: Visitor, clock: Clock) -> None:
    address = known(clock)
    clock.tick(hours=24 * 91)

    visitor.open(address)

    assert visitor.status == 404
    assert not Choice.objects.exists()


@pytest.mark.parametrize(
    ("via", "by", "evidence"), [(Via.API, "7", "ticket 12"), (Via.FORM, "", ""), (Via.IMPORT, "", "")]
)
def test_nobody_agrees_again_for_the_person(via: Via, by: str, evidence: str, clock: Clock) -> None:
    wish = deciding.Wish(
        {"email": [builders.ADA]}, Act.RESUME, via, clock(), purpose=Purpose.CONSENT, evidence=evidence
    )

    with pytest.raises(Incomplete):
        deciding.decide(wish, by=by, at=clock())

    assert not Choice.objects.exists()


def test_no_consent_of_another_name_can_be_taken_back(clock: Clock) -> None:
    wish = deciding.Wish(
        {"email": [builders.ADA]}, Act.STOP, Via.API, clock(), purpose=Purpose.CONSENT, topics=("billing",)
    )

    with pytest.raises(Incomplete) as refused:
        deciding.decide(wish, by="", at=clock())

    assert set(refused.value.problems) == {"topics"}
    assert "surveys" in refused.value.problems["topics"]


def test_system_that_has_no_word_for_it_is_left_to_its_owner(visitor: Visitor, clock: Clock) -> None:
    mailers = organisation.mailers(clock())
    organisation.mailers(clock(), "consent_surveys", key="surveyors")
    visitor.open(PAGE)
    visitor.fill("Mail address", builders.ADA).choose("Only what I tick below", titles(visitor)["surveys"])

    visitor.press("Take it back")
    drain(clock())

    words = dict(Window.objects.values_list("system__key", "words"))
    assert words == {"mailers": [], "surveyors": ["consent_surveys"]}
    [line] = desk.sheet(mailers.pk).lines
    assert (line.purpose, line.topics) == ("consent", ["surveys"])
    for window in list(Window.objects.all()):
        desk.report(window.system_id, [window.pk], clock.tick())
    assert Choice.objects.get().effective_at is not None


def test_receipt_says_which_consent_was_taken_back(visitor: Visitor) -> None:
    visitor.open(PAGE)
    visitor.fill("Mail address", builders.ADA).choose("Only what I tick below", titles(visitor)["surveys"])
    visitor.press("Take it back")

    said = json.loads(visitor.open(visitor.page.links["Download the signed receipt"]).response.content)

    assert (said["purpose"], said["choice"], said["topics"]) == ("consent", "stop", ["surveys"])


def test_choice_of_everything_holds_for_each(clock: Clock) -> None:
    wish = deciding.Wish({"email": [builders.ADA]}, Act.STOP, Via.FORM, clock(), purpose=Purpose.CONSENT)
    deciding.decide(wish, by="", at=clock())

    marks = listing_digests("email", builders.ADA)
    found = asking.check_each(marks, Purpose.CONSENT, [Scope(), Scope(topic="surveys")], clock())

    assert not any(answer.allowed for answer in found.values())
