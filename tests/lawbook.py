"""Rules that differ from the shipped ones in one thing, as an operator would change them: files in a folder."""

from pathlib import Path

from dsr.rules.files import SHIPPED

IRELAND = "calendars/IE.toml"
GDPR = "regimes/eu_gdpr/2018-05-25.toml"
_CASES = """
[[vectors]]
case = "The 31st of August, far from anything that is changed"
source = "Regulation 1182/71 Art 3(2)(c)"
right = "portability"
received = 2026-08-31
acknowledge = 2026-09-03
respond = 2026-09-30
refuse = 2026-09-30
extended = {extended}

[[vectors]]
case = "An objection to direct marketing takes effect on the day"
source = "Art 21(3)"
right = "marketing_opt_out"
received = 2026-03-05
acknowledge = 2026-03-10
respond = 2026-03-05
"""


def with_holiday(folder: Path, day: str) -> Path:
    """A public holiday more in Ireland in 2026, on a day such as "04-07"."""
    return replaced(folder, IRELAND, "[years.2026]\n", f'[years.2026]\n"{day}" = "Day of the Rules"\n')


def with_short_extension(folder: Path) -> Path:
    """The General Data Protection Regulation lets an answer be put off by one month and not by two."""
    was = '[extension]\nn = 2\nunit = "month"'
    return replaced(
        folder, GDPR, was, was.replace("2", "1"), extended="2026-11-02"
    )  # the 31st of October is a Saturday


def replaced(folder: Path, file: str, text: str, by: str, *, extended: str = "2026-11-30") -> Path:
    """One passage of a shipped file in other words. The worked cases that would not follow are left out."""
    shipped = (SHIPPED / file).read_text(encoding="utf-8")
    assert shipped.count(text) == 1, f"{file} does not say {text!r} once"
    _write(folder / file, shipped.replace(text, by))
    _write(folder / GDPR.replace(".toml", ".vectors.toml"), _CASES.format(extended=extended))
    return folder


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
