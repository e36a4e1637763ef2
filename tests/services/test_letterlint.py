"""Templates are held to what the laws want stated: per regime, element, language, and the text and the HTML alike."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, get_args

import pytest
from django.core.checks import run_checks

from dsr.rules import load, pack
from dsr.rules.files import SHIPPED
from dsr.rules.words import ELEMENTS
from dsr.rules.words import Letter as LetterWord
from dsr.services import letterlint, letters
from dsr.services.letterlint import LettersBroken, check_kind, faults
from notifications.letters import GUARDS, render, stated
from tests.unit.rules.laws import A_MONTH, FIGURE, TWO_MONTHS_MORE, law

MESSAGES = Path(__file__).resolve().parents[2] / "templates" / "messages"
Rewrite = Callable[[str, str, Callable[[str], str]], None]


@pytest.fixture
def rewrite(settings: Any, tmp_path: Path) -> Rewrite:
    """Put an edited copy of a template before the shipped one, as an organisation with its own templates does."""

    def edit(kind: str, part: str, change: Callable[[str], str]) -> None:
        target = tmp_path / "messages" / kind / part
        if not target.exists():
            shutil.copytree(MESSAGES / kind, target.parent)
        text = target.read_text(encoding="utf-8")
        assert change(text) != text
        target.write_text(change(text), encoding="utf-8")
        settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]} for engine in settings.TEMPLATES]

    return edit


def without(element: str) -> Callable[[str], str]:
    """Take the passage that states an element out."""
    return lambda text: re.sub(rf'{{% states "{element}" %}}.*?{{% endstates %}}', "", text, flags=re.DOTALL)


def unmarked(element: str) -> Callable[[str], str]:
    """Leave the words and take the mark away."""
    found = rf'{{% states "{element}" %}}(.*?){{% endstates %}}'
    return lambda text: re.sub(found, r"\1", text, flags=re.DOTALL)


def wanting(letter: str, *elements: str, **more: Any) -> Any:
    """A law that wants some elements of a letter."""
    return law(A_MONTH, must_state=[{"letter": letter, "elements": list(elements), **FIGURE}], **more)


def _told() -> list[tuple[str, str, str]]:
    return sorted((fault.part, fault.element, fault.language) for fault in faults())


# --- What ships ------------------------------------------------------------------------------------------------------


def test_every_letter_that_ships_states_what_every_law_wants() -> None:
    assert faults() == ()
    assert any(regime.must_say("refusal", "access") for regime in pack().regimes)


def test_every_letter_that_a_law_can_make_demands_of_is_one_that_we_send() -> None:
    assert set(letters.SENT_AS) == set(get_args(LetterWord))
    for kinds in letters.SENT_AS.values():
        assert all(set(cls.states) <= set(ELEMENTS) for cls in kinds)


@pytest.mark.parametrize("kind", sorted(letterlint.KINDS))
def test_letter_states_all_it_says_it_can_in_text_and_html_alike(kind: str) -> None:
    cls = letterlint.KINDS[kind]
    for letter in letterlint.samples(cls, tuple(cls.states)):
        said = stated(letter, "en")
        absent = (
            {"apology"} if isinstance(letter, letters.Refused | letters.ObjectionDecided) and not letter.late else set()
        )
        assert set(said.text) == set(said.html) == set(cls.states) - absent
        assert "<p></p>" not in render(letter, "en").html
        assert "None" not in render(letter, "en").text + render(letter, "en").html


def test_looking_at_every_letter_of_many_laws_takes_less_than_two_seconds(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German"), ("ar", "Arabic")]
    regimes = [
        wanting(letter, element, id=f"law_{number}_{letter}")
        for number in range(8)
        for letter, kinds in letters.SENT_AS.items()
        for element in kinds[0].states
        if element != "apology"
    ]
    letterlint._left_out.cache_clear()
    letterlint._looked.cache_clear()
    pack()

    started = perf_counter()
    found = faults(regimes=regimes)
    taken = perf_counter() - started

    assert found == ()
    assert len(regimes) > 200
    assert taken < 2


@pytest.mark.parametrize(
    "shown",
    ["{{ demands }}", "{{ demands|join:', ' }}", "{{ demands.0 }}", "{% if demands|length == 1 %}one{% endif %}"],
)
def test_templates_that_use_what_is_wanted_in_another_way_are_rendered_for_each(rewrite: Rewrite, shown: str) -> None:
    rewrite("extended", "body.txt", lambda text: text.replace("{% endblock body %}", shown + "{% endblock body %}"))

    assert faults(only="extended") == ()

    [*looked] = letterlint._looked("extended", True, "en", letterlint._templates("extended"))
    assert looked
    assert all(each.words.whole for each in looked)


def test_templates_that_look_for_one_element_are_rendered_once_with_it_and_once_without() -> None:
    letterlint._left_out.cache_clear()
    letterlint._looked.cache_clear()
    faults(only="extended", regimes=[wanting("extension", each) for each in letters.Extended.states])

    looked = letterlint._looked("extended", True, "en", letterlint._templates("extended"))
    assert [each.words.asked for each in looked] == [{"judicial_remedy"}] * 2
    assert not any(each.words.whole for each in looked)


# --- A passage that is not there -------------------------------------------------------------------------------------


def test_answer_that_holds_something_back_is_held_to_what_a_refusal_must_state(rewrite: Rewrite) -> None:
    rewrite("answer_ready", "body.txt", without("judicial_remedy"))

    assert [(fault.kind, fault.letter, fault.element) for fault in faults()] == [
        ("answer_ready", "refusal", "judicial_remedy")
    ]


@pytest.mark.parametrize("part", letterlint.BODIES)
@pytest.mark.parametrize("spoil", [without, unmarked])
def test_passage_taken_out_of_one_part_is_missed_there_for_every_law_that_wants_it(
    rewrite: Rewrite, part: str, spoil: Callable[[str], Callable[[str], str]]
) -> None:
    rewrite("extended", part, spoil("new_date"))

    [fault] = faults()

    assert (fault.kind, fault.part, fault.letter, fault.element) == ("extended", part, "extension", "new_date")
    wanting_it = {row.id for row in pack().regimes if "new_date" in row.must_say("extension", "access")}
    assert {"eu_gdpr", "us_ca_ccpa"} <= wanting_it
    assert set(fault.regimes) == wanting_it
    for word in (f"messages/extended/{part}", "'new_date'", "the new date", "eu_gdpr", "'en'", "'extension'"):
        assert word in str(fault)


def test_passage_that_shows_something_else_is_missed(rewrite: Rewrite) -> None:
    rewrite("extended", "body.txt", lambda text: text.replace("by {{ due_on }}", "soon"))

    [fault] = faults()

    assert "does not show 'due_on' where it states 'new_date'" in str(fault)


def test_passage_that_is_there_in_one_case_only_is_missed(rewrite: Rewrite) -> None:
    rewrite(
        "acknowledged",
        "body.html",
        lambda text: (
            text.replace('{% states "how_verified" %}{% if', '{% states "how_verified" %}{% if 0 %}{% elif')
            .replace("{% elif identity == 'mail_asked' %}", "{% elif identity == 'x' %}")
            .replace('{% else %}{% translate "We check who', '{% elif 0 %}{% translate "We check who')
        ),
    )

    [fault] = faults()

    assert (fault.part, fault.element) == ("body.html", "how_verified")


def test_passage_is_missed_in_the_language_that_lacks_it(rewrite: Rewrite, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German"), ("fr", "French")]
    rewrite(
        "refused",
        "body.txt",
        lambda text: text.replace('{% states "reasons" %}', '{% states "reasons" %}{% if language != "de" %}').replace(
            "{{ reason }}{% endstates %}", "{{ reason }}{% endif %}{% endstates %}"
        ),
    )

    assert _told() == [("body.txt", "reasons", "de")]


def test_heading_over_an_empty_list_states_no_way_to_complain() -> None:
    empty = next(letterlint.samples(letters.Refused, ("complaint_route",), routes=False))

    said = stated(empty, "en")

    assert "complaint_route" not in {*said.text, *said.html}


# --- A law that wants something new ----------------------------------------------------------------------------------


def test_new_demand_of_a_law_is_missed_until_the_letter_meets_it() -> None:
    new = wanting("clarification", "question", "complaint_route")
    met = wanting("clarification", "question", "clock_effect")

    assert faults(regimes=[met]) == ()
    found = faults(regimes=[met, new])

    assert [(f.kind, f.part, f.element, f.regimes) for f in found] == [
        ("question", "body.txt", "complaint_route", ("invented",)),
        ("question", "body.html", "complaint_route", ("invented",)),
    ]


def test_what_a_law_wants_when_it_lets_us_put_off_the_answer_counts_as_well() -> None:
    longer = law(A_MONTH, extension={**TWO_MONTHS_MORE, "must_state": ["will_be_late", "apology"]})

    assert {(fault.kind, fault.element) for fault in faults(regimes=[longer])} == {("extended", "apology")}


def test_law_that_is_switched_off_is_held_to_as_well(rewrite: Rewrite) -> None:
    off = wanting("overdue", "judicial_remedy", switched_on=False, switched_off_because="Its figures are not sure.")
    rewrite("overdue", "body.txt", without("judicial_remedy"))

    assert [fault.regimes for fault in faults(regimes=[off])] == [("invented",)]


def test_law_is_asked_only_about_rights_that_it_knows() -> None:
    rights = [{"right": "access", "name": "access", **FIGURE}]
    only_deletion = [{"letter": "refusal", "elements": ["clock_effect"], "rights": ["deletion"], **FIGURE}]

    assert faults(regimes=[law(A_MONTH, rights=rights, must_state=only_deletion)]) == ()


# --- Where to complain -----------------------------------------------------------------------------------------------


def test_ways_to_complain_are_counted_where_there_are_fewest() -> None:
    rules = load(SHIPPED)
    regime = rules.regime("eu_gdpr", date(2026, 3, 5))

    fewest = letterlint.fewest_remedies(rules, regime)

    assert len(fewest) == len(set(fewest)) >= 3
    assert any(regime.authorities[0].title in way for way in fewest)


def test_law_whose_people_find_nowhere_to_complain_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = load(SHIPPED)
    bare = replace(
        rules,
        notices=tuple(
            notice.model_copy(
                update={"complaint_routes": tuple(row for row in notice.complaint_routes if "EEA" in row.where)}
            )
            for notice in rules.notices
        ),
    )
    policy = wanting("refusal", "complaint_route", kind="policy", proposal={"where": ["US-VA"]})

    found = {}
    for name, notices in (("rules", rules), ("bare", bare)):
        monkeypatch.setattr(letterlint, "pack", lambda notices=notices: notices)
        found[name] = faults(regimes=[policy])

    assert found["rules"] == ()
    assert {(fault.kind, fault.part, fault.element) for fault in found["bare"]} == {
        (cls.kind, part, "complaint_route") for cls in letters.SENT_AS["refusal"] for part in letterlint.BODIES
    }
    assert "finds no way to complain in the notice" in str(found["bare"][0])


# --- Refusing to start and to send -----------------------------------------------------------------------------------


def test_the_project_does_not_start_with_a_passage_missing(rewrite: Rewrite) -> None:
    rewrite("received", "body.html", without("how_verified"))

    errors = [message for message in run_checks() if message.id == "dsr.E010"]

    [error] = errors
    assert "messages/received/body.html does not state 'how_verified'" in error.msg
    assert error.is_serious()


def test_the_project_says_so_when_a_subject_is_empty(rewrite: Rewrite) -> None:
    rewrite("received", "subject.txt", lambda text: "{# nothing #}")

    [error] = [message for message in run_checks() if message.id == "dsr.E010"]

    assert "messages/received/subject.txt is empty" in error.msg


def test_letter_is_not_written_while_its_template_leaves_something_out(rewrite: Rewrite) -> None:
    [letter, *_] = letterlint.samples(letters.Refused, ("reasons",))
    [other, *_] = letterlint.samples(letters.Extended, ("reasons",))
    assert render(letter, "en").text

    rewrite("refused", "body.txt", without("reasons"))

    assert check_kind in GUARDS
    with pytest.raises(LettersBroken, match=r"messages/refused/body\.txt does not state 'reasons'") as broken:
        render(letter, "en")
    assert {fault.kind for fault in broken.value.faults} == {"refused"}
    assert render(other, "en").text
