# ruff: noqa: E501 - the table below reads best with one case to a line
"""What is wrong with a retention schedule is told by file and key, and what systems may name has words."""

import re
import tomllib
from pathlib import Path

import pytest

from dsr.rules import NotInRules, books
from dsr.rules.files import SHIPPED, Files, read
from dsr.rules.schema.retention import RetentionFile
from dsr.rules.words import BASES, RETENTION_EVENTS
from tests.unit.rules.packs import Edit, add, invented, problems, shipped, swap

LIBRARY, BILLING = "retention/library.toml", "retention/billing.toml"
HOW_TO = (Path(__file__).resolve().parents[3] / "docs/how-to/retention.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "edit", "said"),
    [
        (LIBRARY, swap("yields = true", "yeilds = true"), "rules[0].yeilds: there is no such key; did you mean 'yields'?"),
        (LIBRARY, swap('floor = "P6Y"', 'floor = "6 years"'), "rules[2].floor: '6 years' is not a period"),
        (LIBRARY, swap('floor = "P6Y"', 'floor = "P7Y"'), "rules[2]: the floor P7Y is longer than the ceiling P6Y"),
        (LIBRARY, swap('event = "collected"\nfloor', 'event = "bought"\nfloor'), "rules[2].event"),
        (LIBRARY, swap('ground = "legal_obligation_retain"\n', ""), "rules[2]: a row that does not yield needs"),
        (LIBRARY, swap('"legal_obligation_retain"', '"because"'), "there is no 'because' among the grounds of refusal"),
        (LIBRARY, swap('"legal_obligation_retain"', '"accuracy_confirmed"'), "no ground on which erasure may be refused"),
        (LIBRARY, swap('"legal_obligation_retain"', '"not_verified"'), "answers a whole request, and not one category"),
        (LIBRARY, swap('category = "membership"', 'category = "members"'), "there is no 'members' among the categories"),
        (LIBRARY, swap('category = "membership"', 'category = "loans"'), "says how long 'membership' is kept"),
        (LIBRARY, swap('id = "loans"', 'id = "membership"'), "rules[1].id: 'membership' is used twice"),
        (LIBRARY, swap('id = "loans"', 'id = "invoices"'), "rules[1].id: 'invoices' is used twice"),
        (LIBRARY, swap('id = "gift_receipts"', 'id = "loans"'), "'loans' is a category of a notice already"),
        (LIBRARY, swap('parent = "gifts"', 'parent = "gift_receipts"'), "'gift_receipts' is part of itself"),
        (LIBRARY, swap('like = "loans"', 'like = "interlibrary_records"'), "'interlibrary_records' is kept like itself"),
        (LIBRARY, swap('title = "Admh', 'titel = "Admh'), "sub_categories[0].text.ga.titel"),
        (BILLING, swap('["DE"]', '["eu_gdrp"]'), "there is no 'eu_gdrp' among regimes"),
        (BILLING, swap('["DE"]', '["EUX"]'), "there is no 'EUX' among the areas"),
        (BILLING, swap('["DE"]', '["UK"]'), "write GB"),
        (BILLING, swap('"AU"]\npurpose', '"AU"]\nuntil_removed = true\npurpose'), "has no period and does not yield"),
        (
            BILLING,
            swap('event = "invoice_issued"\nfloor = "P8Y"', 'event = "account_closed"\nfloor = "P8Y"'),
            "another row that protects 'purchase_payment_data' counts from 'invoice_issued'",
        ),
        (LIBRARY, add('[[kept_like]]\ncategory = "gifts"\nlike = "loans"'), "'gifts' has rows of its own"),
        (LIBRARY, swap('confidence = "GK"\n\n[[kept', 'confidence = "GKq"\n\n[[kept'), "set policy = true"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_file_and_key(tmp_path: Path, path: str, edit: Edit, said: str) -> None:
    found = problems(tmp_path, {path: edit})

    assert any(said in problem and problem.startswith("retention") for problem in found), found


def test_a_notice_without_a_schedule_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, {LIBRARY: ""})

    assert {re.findall("'(.*?)'", problem)[0] for problem in found} == {
        "membership", "gifts", "loans", "fines", "interlibrary_records"
    }  # fmt: skip


def test_books_hold_the_schedule_and_older_ones_get_the_one_that_ships() -> None:
    files = read(SHIPPED)
    old = Files({path: said for path, said in files.documents.items() if not path.startswith("retention/")}, ())

    present = books.pack_of(files.digest, books.FORM, books.written(files))
    before = books.pack_of(old.digest, books.FORM, books.written(old))

    assert present.retention == before.retention == shipped().retention


@pytest.mark.parametrize("version", ["2025-08-14", "2026-04-09"])
def test_everything_that_a_system_may_name_has_words(version: str) -> None:
    for category in shipped().categories:
        words = shipped().category_words(category, "twilio", version)

        assert all((words.id == category, words.title, words.description, words.source))


def test_a_part_is_called_by_its_own_name_and_is_what_its_parent_is() -> None:
    rules = shipped()
    part, whole = (
        rules.category_words(name, "twilio", "2026-04-09") for name in ("fraud_signals", "security_verification_data")
    )

    assert (part.title, part.purposes, part.source) == ("Signs of Fraud and Abuse", whole.purposes, whole.source)
    assert part.portable is False
    assert invented().category_words("gift_receipts", "corrib_library", "2026-01-15", "ga").title == "Admhálacha"
    assert invented().category_words("gift_receipts", "corrib_library", "2026-01-15").portable is True
    with pytest.raises(NotInRules, match="knows the category 'shoe_size'"):
        rules.category_words("shoe_size", "twilio", "2026-04-09")


def test_the_pinned_notice_calls_it_by_its_own_name() -> None:
    titles = [
        shipped().category_words("communications_usage_data", "twilio", day).description
        for day in ("2025-08-14", "2026-04-09")
    ]

    assert titles[0].startswith("The facts about a communication")
    assert titles[1].startswith("What arises when communications")


def test_each_event_has_words_and_rows_use_no_other() -> None:
    used = {rule.event for rule in shipped().retention.rules if rule.event}

    assert used <= set(RETENTION_EVENTS)
    assert {rule.legal_basis for rule in shipped().retention.rules} <= set(BASES)


def test_the_rows_that_the_how_to_shows_are_rows_of_a_schedule() -> None:
    tables = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", HOW_TO, re.DOTALL)]

    shown = [RetentionFile.model_validate(table) for table in tables]

    assert [bool(each.rules or each.sub_categories or each.kept_like) for each in shown] == [True, True, True]
