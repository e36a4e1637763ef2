"""What an owner is asked, and which answers can be taken."""

from typing import Any

import pytest

from dsr.connectors import BadConfig, Code, Connector, PermanentFailure, Standing, open_connector
from dsr.connectors.manual import Answer, FileOffered, ManualConnector, OwnerOutcome, Worksheet, safe_name

CONFIG: dict[str, Any] = {
    "instructions": "Look for the mail address in the folder of tickets.",
    "identifiers": ["email"],
    "datasets": [
        {"name": "tickets", "title": "Tickets", "description": "Questions.", "category": "support_feedback_data"},
        {"name": "surveys", "title": "Surveys", "description": "Answers.", "category": "support_feedback_data"},
    ],
    "files": {"max_files": 2, "max_bytes": 1_000, "max_total_bytes": 1_500},
}
TICKET = FileOffered("tickets", "ticket.pdf", "application/pdf", 900)


def connector(**more: Any) -> ManualConnector:
    """A system that is searched by hand."""
    found = open_connector("manual", {**CONFIG, **more})
    assert isinstance(found, ManualConnector)
    return found


def sheet() -> Worksheet:
    """Ada's worksheet."""
    return connector().worksheet({"email": ["ada@example.org"], "phone": ["+353209100001"]})


def test_is_a_connector_that_needs_its_owner() -> None:
    found = connector()

    assert isinstance(found, Connector)
    assert not found.automatic
    assert found.check() == []
    assert found.resolve({"email": ["ada@example.org"]}, key="k") == {}
    assert [dataset.name for dataset in found.describe()] == ["tickets", "surveys"]
    for ask in (found.locate, found.collect):
        with pytest.raises(PermanentFailure) as caught:
            ask({"email": ["ada@example.org"]}, key="k")
        assert caught.value.code == Code.NEEDS_OWNER


def test_compares_no_answers_and_tells_nobody_how_to_reach_somebody() -> None:
    found = connector()

    assert found.facts() == ()
    assert found.standing({"email": ["ada@example.org"]}, key="k") == Standing()
    with pytest.raises(PermanentFailure) as caught:
        found.knows({"email": ["ada@example.org"]}, "last_ticket_month", "2026-05", key="k")
    assert caught.value.code == Code.UNKNOWN_FACT


def test_shows_the_owner_only_the_identifiers_he_needs() -> None:
    assert sheet().who == {"email": ["ada@example.org"]}


def test_makes_no_worksheet_when_there_is_nothing_to_look_for() -> None:
    with pytest.raises(PermanentFailure) as caught:
        connector().worksheet({"phone": ["+353209100001"]})

    assert caught.value.code == Code.NO_IDENTIFIER


@pytest.mark.parametrize(
    "answer",
    [
        Answer("found", files=(TICKET,)),
        Answer("nothing_held"),
        Answer("refused", reason="A court forbids it until May."),
        Answer("could_not", reason="The archive is being moved this week."),
    ],
    ids=lambda answer: answer.outcome,
)
def test_takes_a_complete_answer(answer: Answer) -> None:
    assert sheet().problems(answer) == []


def test_has_a_word_for_every_outcome() -> None:
    assert [bool(str(outcome.label)) for outcome in OwnerOutcome] == [True] * 4


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        (Answer(""), ["outcome"]),
        (Answer("skipped"), ["outcome"]),
        (Answer("found"), ["files"]),
        (Answer("nothing_held", files=(TICKET,)), ["files"]),
        (Answer("refused"), ["reason"]),
        (Answer("could_not", reason="  no      "), ["reason"]),
        (Answer("found", files=(TICKET, TICKET, TICKET)), ["files", "files"]),
        (Answer("found", files=(FileOffered("letters", "a.pdf", "application/pdf", 1),)), ["files.0"]),
        (Answer("found", files=(FileOffered("tickets", "a.pdf", "application/pdf", 0),)), ["files.0"]),
        (Answer("found", files=(FileOffered("tickets", "a.pdf", "application/pdf", 1_001),)), ["files.0"]),
        (Answer("found", files=(FileOffered("tickets", "a.exe", "application/pdf", 1),)), ["files.0"]),
        (Answer("found", files=(FileOffered("tickets", "a.pdf", "text/html", 1),)), ["files.0"]),
        (Answer("found", files=(FileOffered("tickets", "a.pdf\u202e.exe", "application/pdf", 1),)), ["files.0"]),
        (Answer("nothing_held", datasets=("letters",)), ["datasets"]),
    ],
)
def test_names_what_is_missing_in_an_answer(answer: Answer, fields: list[str]) -> None:
    problems = sheet().problems(answer)

    assert [field for field, _ in problems] == fields
    assert all(sentence for _, sentence in problems)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("ticket.pdf", "ticket.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a\x00b\n.pdf", "ab.pdf"),
        (" .hidden ", "hidden"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        ("Zoë.pdf", "Zoë.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("x." + "y" * 300, "x." + "y" * 118),
    ],
)
def test_makes_names_of_files_safe(given: str, safe: str) -> None:
    assert safe_name(given) == safe


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"instructions": ""}, "instructions"),
        ({"identifiers": []}, "identifiers"),
        ({"datasets": []}, "datasets"),
        ({"datasets": CONFIG["datasets"][:1] * 2}, "datasets"),
        ({"files": {"max_bytes": 0}}, "files.max_bytes"),
        ({"files": {"media_types": {}}}, "files.media_types"),
        ({"remind_after_days": [7, 3]}, "config"),
        ({"remind_after_days": [10]}, "config"),
        ({"answer_within_days": 400}, "answer_within_days"),
        ({"url": "https://example.org"}, "url"),
    ],
)
def test_names_the_key_of_a_wrong_configuration(change: dict[str, Any], key: str) -> None:
    with pytest.raises(BadConfig) as caught:
        connector(**change)

    assert [where for where, _ in caught.value.problems] == [key]


def test_says_what_its_owner_can_put_right() -> None:
    fields = [{"name": "town", "title": "Town"}, {"name": "login", "title": "Name", "category": "c", "login": True}]
    kind = {"name": "letters", "title": "Letters", "description": "What was written.", "category": "d"}
    config = {"instructions": "Look.", "identifiers": ["email"], "datasets": [{**kind, "fields": fields}]}

    [dataset] = open_connector("manual", config).describe()

    told = [(field.name, field.category, field.correctable, field.login) for field in dataset.fields]
    assert told == [("town", "d", True, False), ("login", "c", True, True)]
