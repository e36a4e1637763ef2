"""`manage.py rules`, as a program and as a person at a terminal use it."""

import json
import shutil
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from dsr.management.checking import contents
from dsr.rules import pack
from dsr.rules.files import SHIPPED
from dsr.rules.schema.duties import Window
from tests.unit.rules.packs import INVENTED, swap


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("rules", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def _explain(*arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_run("explain", *arguments, "--json"))
    return answer


def test_explain_gives_every_date_with_its_reasons() -> None:
    answer = _explain("--regime", "eu_gdpr", "--right", "access", "--received", "2026-03-05T09:30")

    assert {name: answer[name] for name in ("received", "acknowledge", "respond", "extended", "safe")} == {
        "received": "2026-03-05",
        "acknowledge": None,  # the law asks for none; our own target is among the clocks
        "respond": "2026-04-07",
        "extended": "2026-06-05",
        "safe": "2026-04-07",
    }
    assert [set(segment) for segment in answer["segments"]] == [{"from", "to", "counts", "because", "source"}] * 3
    assert [segment["counts"] for segment in answer["segments"]] == [False, True, False]
    assert [(ban["verb"], ban["event"]) for ban in answer["forbidden"]] == [("pause", "fee")]
    assert [(clock["kind"], clock["policy"]) for clock in answer["clocks"]] == [
        ("acknowledge", True),
        ("respond", False),
        ("notice", False),
        ("refuse", False),
        ("extended", False),
    ]


def test_explain_shows_both_dates_where_the_law_leaves_a_doubt() -> None:
    arguments = ("--regime", "us_ca_ccpa", "--right", "targeted_advertising_opt_out", "--received", "2026-11-16")

    answer = _explain(*arguments)

    assert (answer["respond"], answer["safe"], answer["acknowledge"]) == ("2026-12-09", "2026-12-07", None)
    assert "extend" in [row["verb"] for row in answer["forbidden"]]


@pytest.mark.parametrize(
    ("regime", "received", "day"),
    [
        ("us_ca_ccpa", "2026-07-02T05:30:00Z", "2026-07-01"),
        ("us_ca_ccpa", "2026-07-02T05:30", "2026-07-02"),
        ("us_ca_ccpa", "2026-07-02", "2026-07-02"),
        ("eu_gdpr", "2026-03-29T23:30:00+00:00", "2026-03-30"),  # summer time has begun
        ("eu_gdpr", "2026-03-28T23:30:00+00:00", "2026-03-28"),
    ],
)
def test_explain_counts_from_the_day_at_the_controller(regime: str, received: str, day: str) -> None:
    answer = _explain("--regime", regime, "--right", "access", "--received", received)

    assert answer["received"] == day


def test_explain_passes_over_what_the_law_forbids_and_says_so() -> None:
    events = ("--event", "identity_asked=2026-07-08", "--event", "identity_given=2026-07-28")

    answer = _explain("--regime", "us_ca_ccpa", "--right", "access", "--received", "2026-07-06", *events)

    assert answer["respond"] == "2026-08-20"  # 7021(b): regardless of the time that verifying takes
    assert [ban["rule"] for ban in answer["forbidden"] if ban.get("event") == "identity"] == [
        "us_ca_ccpa/2026-01-01/pause_identity"
    ]


def test_explain_as_of_a_day_says_what_is_left_and_what_is_too_late() -> None:
    arguments = ("--regime", "eu_gdpr", "--right", "access", "--received", "2026-03-05", "--as-of")

    on_the_day, after = _explain(*arguments, "2026-04-07"), _explain(*arguments, "2026-04-08")

    assert (on_the_day["days_left"], on_the_day["overdue"]) == (0, False)
    assert "extend" not in [ban["verb"] for ban in on_the_day["forbidden"]]
    assert (after["days_left"], after["overdue"]) == (-1, True)
    assert after["forbidden"][0]["verb"] == "extend"


@pytest.mark.parametrize(
    ("told", "respond"),
    [
        ("2026-04-07", "2026-06-05"),
        ("2026-04-07T23:59", "2026-06-05"),  # the last minute in Dublin, where it is summer time
        ("2026-04-07T22:59Z", "2026-06-05"),
        ("2026-04-07T23:00Z", "2026-04-07"),
        ("2026-04-08T00:00", "2026-04-07"),
        ("2026-04-08", "2026-04-07"),
    ],
)
def test_explain_takes_an_extension_on_the_last_day_and_not_a_minute_later(told: str, respond: str) -> None:
    arguments = ("--regime", "eu_gdpr", "--right", "access", "--received", "2026-03-05", "--event", f"extended={told}")

    answer = _explain(*arguments)

    assert answer["respond"] == respond
    late = [ban["because"] for ban in answer["forbidden"] if ban["verb"] == "extend"]
    assert ("The person had to be told by 7 April 2026 (Art 12(3))." in late) == (respond == "2026-04-07")


def test_explain_takes_the_new_date_that_was_told() -> None:
    arguments = ("--regime", "eu_gdpr", "--right", "access", "--received", "2026-03-05")

    answer = _explain(*arguments, "--event", "extended=2026-03-20", "--until", "2026-05-20")

    assert (answer["respond"], answer["safe"], answer["extended"]) == ("2026-05-20", "2026-05-20", "2026-06-05")
    assert answer["segments"][-1]["because"].startswith("The answer was put off to this day")


def test_explain_counts_half_past_ten_on_a_friday_night_as_friday() -> None:
    """Peers' vector 9."""
    arguments = ("--regime", "us_ca_ccpa", "--right", "access", "--received", "2026-07-10T22:30")

    answer = _explain(*arguments)

    assert (answer["received"], answer["respond"], answer["acknowledge"]) == ("2026-07-10", "2026-08-24", "2026-07-24")


def test_explain_shows_several_laws_and_which_one_governs() -> None:
    arguments = ("--regime", "us_ca_ccpa", "--regime", "eu_gdpr", "--right", "access", "--received", "2026-03-05")

    answer, text = _explain(*arguments), _run("explain", *arguments)

    assert (answer["acknowledge"], answer["respond"], answer["safe"]) == ("2026-03-19", "2026-04-07", "2026-04-07")
    assert answer["governs"]["respond"] == "eu_gdpr"
    assert answer["governs"]["acknowledge"] == "us_ca_ccpa"
    assert [row["regime"] for row in answer["regimes"]] == ["us_ca_ccpa", "eu_gdpr"]
    assert text.startswith("access: Tuesday 07 April 2026 is the earliest, under eu_gdpr\n")


def test_explain_reads_well_at_a_terminal() -> None:
    text = _run("explain", "--regime", "us_ca_ccpa", "--right", "access", "--received", "2026-07-01")

    assert "respond: Saturday 15 August 2026" in text
    assert "promised: Wednesday 15 July 2026, on the strictest reading" in text
    assert "Not business days: Independence Day (observed)" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--regime": "gdpr"}, "'gdpr' is unknown; known are "),
        ({"--right": "complaint"}, "eu_gdpr knows no right 'complaint'"),
        ({"--right": "erasure"}, "invalid choice: 'erasure'"),
        ({"--received": "5/3/2026"}, "--received: saw '5/3/2026'; write 2026-03-05"),
        ({"--received": ""}, "--received: saw ''"),
        ({"--received": "2026-02-30"}, "--received: saw '2026-02-30'"),
        ({"--received": "9999-12-31"}, "run past the end of the calendar"),
        ({"--received": "9999-12-31T23:59:59-12:00"}, "--received: saw"),
        ({"--received": "2016-03-05"}, "was not in force on 2016-03-05"),
        ({"--event": "identity_asked"}, "--event: saw 'identity_asked'; write KIND=DATE"),
        ({"--event": "lunch=2026-03-06"}, "with one of identity_asked"),
        ({"--event": "received=2026-03-06"}, "--event: saw 'received=2026-03-06'"),
        ({"--event": "fee_told=never"}, "--event fee_told: saw 'never'"),
        ({"--event": "fee_told=2026-03-01"}, "fee_told on 2026-03-01 cannot be before receipt on 2026-03-05"),
        ({"--as-of": "soon"}, "--as-of: saw 'soon'"),
        ({"--as-of": "2026-03-04"}, "on 2026-03-04 the request had not come in"),
        ({"--until": "2026-05-20"}, "--until: it is the new date of an extension"),
        ({"--until": "later", "--event": "extended=2026-03-06"}, "--until: saw 'later'"),
    ],
)
def test_explain_tells_what_is_wrong_with_an_argument(change: dict[str, str], said: str) -> None:
    arguments = {"--regime": "eu_gdpr", "--right": "access", "--received": "2026-03-05"} | change

    with pytest.raises(CommandError) as refused:
        _explain(*(part for pair in arguments.items() for part in pair))

    assert said in str(refused.value)


def test_explain_follows_the_organisation_in_the_own_folder() -> None:
    with override_settings(RULES_DIR=INVENTED):
        answer = _explain("--regime", "us_ca_ccpa", "--right", "access", "--received", "2026-07-02T05:30:00Z")

    assert (answer["zone"], answer["received"]) == ("Europe/Dublin", "2026-07-02")


def test_check_says_what_there_is() -> None:
    answer = json.loads(_run("check", "--json"))

    yearly = [table.id for table in pack().calendars.values() if table.yearly]
    off = [row.id for row in pack().regimes if not row.switched_on]
    assert (answer["ok"], answer["problems"]) == (True, [])
    assert sum("is switched off: " in warning for warning in answer["warnings"]) == len(off) > 0
    # Where the days are announced one year at a time, the first weeks of a year may lack them.
    expected = [f"the holidays of {name} are known until" for name in yearly] + [f"{name} of " for name in off]
    assert all(warning.startswith(tuple(expected)) for warning in answer["warnings"])
    assert "eu_gdpr 2018-05-25" in answer["regimes"]
    assert len(answer["refusals"]) == 29
    assert "all good" in _run("check")


def test_check_lists_every_mistake_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "service.toml").write_text('organisation = "nobody"\ncolour = "red"\n', encoding="utf-8")
    (tmp_path / "refusals.toml").write_text("refusals = []\n", encoding="utf-8")

    with pytest.raises(CommandError, match=r"service\.toml: colour: there is no such key"):
        _run("check", "--dir", str(tmp_path))
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("rules", "check", "--dir", str(tmp_path), "--json", stdout=out)

    assert stopped.value.code == 1
    answer = json.loads(out.getvalue())
    assert not answer["ok"]
    assert {(row["file"], row["key"]) for row in answer["problems"]} == {
        ("service.toml", "colour"),
        ("refusals.toml", ""),
    }


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 6, 1), []),
        (date(2026, 7, 6), ["default of 2000-01-01 ends on 2026-12-31, and no row of it follows"]),
        (date(2027, 1, 1), ["default of 2000-01-01 ends on 2026-12-31, and no row of it follows"]),
    ],
)
def test_check_warns_of_laws_that_end_and_are_not_followed(today: date, said: list[str]) -> None:
    default = pack().regime("default", today)
    closed = default.model_copy(
        update={"window": Window.model_validate({"from": date(2000, 1, 1), "to": date(2026, 12, 31)})}
    )
    others = [row for row in pack().regimes if row is not default]

    warnings = contents(replace(pack(), regimes=(*others, closed)), today)["warnings"]

    assert [warning for warning in warnings if "no row of it follows" in warning] == said


def test_check_warns_of_holiday_tables_two_years_before_they_end() -> None:
    ends = max(table.last for table in pack().calendars.values() if table.last < date.max)

    def ending(today: date) -> set[str]:
        warnings = contents(pack(), today)["warnings"]
        return {warning.split()[3] for warning in warnings if warning.startswith("the holidays of ")}

    assert "IE" not in ending(date(ends.year - 2, 12, 31))
    assert {"IE", "US-CA", "GB-ENG"} <= ending(date(ends.year - 1, 1, 1))
    assert "WEEKDAYS" not in ending(date(ends.year + 9, 1, 1))


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A folder with one changed law, one changed calendar and one new file."""
    for path, change in {
        "regimes/us_state_model/2023-01-01.toml": swap("n = 45", "n = 50"),
        "calendars/IE.toml": swap("[years.2027]", '[years.2027]\n"09-09" = "A day for Ada"'),
        "refusals/more.toml": lambda _: "refusals = []\n",
    }.items():
        source, target = SHIPPED / path, tmp_path / path
        target.parent.mkdir(parents=True)
        target.write_text(change(source.read_text(encoding="utf-8") if source.exists() else ""), encoding="utf-8")
    return tmp_path


def test_diff_tells_what_a_draft_changes(draft: Path) -> None:
    answer, text = json.loads(_run("diff", "shipped", str(draft), "--json")), _run("diff", "shipped", str(draft))

    told = {(row["file"], row["key"], row["what"], str(row["old"]), str(row["new"])) for row in answer["changes"]}
    assert told == {
        ("regimes/us_state_model/2023-01-01.toml", "clocks[respond].n", "clock", "45", "50"),
        ("calendars/IE.toml", "years.2027.09-09", "holiday", "None", "A day for Ada"),
        ("refusals/more.toml", "", "file", "None", "{'refusals': []}"),
    }
    assert (answer["old"]["whole"], answer["new"]["whole"]) == (True, False)
    assert answer["old"]["version"] == pack().version != answer["new"]["version"]
    assert 'calendars/IE.toml\n  holiday: years.2027.09-09 is new: "A day for Ada"\n' in text
    assert "clock: clocks[respond].n: 45 -> 50\n    and with it us_al, us_co" in text
    assert "refusals/more.toml\n  file: is new\n" in text


def test_diff_takes_a_whole_set_of_rules_as_it_is(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(SHIPPED, copy)
    (copy / "refusals/conduct.toml").unlink()

    assert "refusals/conduct.toml\n  file: is gone\n" in _run("diff", "shipped", str(copy))
    assert "refusals/conduct.toml\n  file: is new\n" in _run("diff", str(copy), "shipped")
    assert _run("diff", str(copy), str(copy)) == "nothing differs\n"


def test_diff_says_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "refusals.toml").write_text("refusals = [", encoding="utf-8")

    with pytest.raises(CommandError, match=r"refusals\.toml: is not TOML"):
        _run("diff", "shipped", str(tmp_path))
    with pytest.raises(CommandError, match="saw 'nowhere'; write a folder"):
        _run("diff", "nowhere", "shipped")


def test_calendars_are_shown_as_they_would_be_written() -> None:
    assert '"07-03" = "Independence Day (observed)"' in _run("calendars")
