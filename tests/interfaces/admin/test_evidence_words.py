"""What the console and the tracker say of evidence: for what, why it was opened, and nothing that was in it."""

import pytest

from dsr.admin import words
from dsr.models import Event
from dsr.public import timeline


@pytest.mark.parametrize(
    ("verb", "data", "particulars"),
    [
        ("evidence_received", {"evidence": "0198", "purpose": "identity"}, "to see who is asking"),
        (
            "evidence_opened",
            {"purpose": "mandate", "why": "check"},
            "to see that somebody may ask for another · to che",
        ),
        ("evidence_destroyed", {"purpose": "declaration"}, "a signed declaration"),
        ("evidence_opened", {"purpose": "of an older version"}, ""),
    ],
)
def test_console_says_for_what_and_why(verb: str, data: dict[str, str], particulars: str) -> None:
    event = Event(verb=verb, data=data)

    assert "document" in words.happened(event).lower()
    assert words.particulars(event, {}).startswith(particulars)
    assert "0198" not in words.particulars(event, {})


@pytest.mark.parametrize("verb", ["evidence_received", "evidence_opened", "evidence_destroyed"])
def test_person_is_told_each_of_it(verb: str) -> None:
    assert "document" in str(timeline.TOLD[verb])
