# ruff: noqa: E501 - the tables below read best with one case to a line
"""How surely it must be known who asks: from the floor of a right, through what laws and doubts add, to the ways there.

Sources are those of the rule files: EDPB Guidelines 01/2022, 11 CCR 7020 to 7063, 47 CFR 64.2010, Probate Code 4121.
"""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.connectors.facts import KINDS, why_refused
from dsr.rules import NotInRules, RulePack, books, load
from dsr.rules.files import SHIPPED, Files, read
from dsr.rules.ladder import (
    CHANNEL,
    CHANNELS,
    FOR_OTHERS,
    KNOWN,
    SEEN,
    SIGNALS,
    SIGNED_IN,
    STRONG,
    Demand,
    child_standing,
    demanded,
    mandate_rules,
    sensitivity,
    unverified_end,
)
from dsr.rules.reader import build
from dsr.rules.words import CHOICES, FACT_WORDS, MANDATE_KINDS, METHOD_LEVELS, RIGHT_WORDS, SIGNAL_WORDS
from tests.unit.rules.packs import Edit, add, invented, problems, shipped, swap
from verification.proofs import LEVELS, Method
from verification.proofs import SIGNED_IN as SIGN_INS

DAY, IN_2027 = date(2026, 11, 26), date(2027, 6, 1)
LAWS = sorted({law.id for law in shipped().regimes if law.window.covers(DAY)})
PEOPLE = ["customer", "authorised_representative", "end_user", "visitor", "event_guest", ""]
CAME = ["web", "api", "phone", "email", "post", "support", "in_person", "gpc"]
FLOORS = "ladder/floors.toml"
OPEN = {"be_informed", "complaint", "bcr_complaint"}


def _asked(
    right: str, *laws: str, who: str = "customer", by: str = "web", elsewhere: bool = False, doubts: int = 0
) -> Demand:
    return demanded(shipped(), right, laws, DAY, relationship=who, channel=by, elsewhere=elsewhere, doubts=doubts)


def _at(right: str, country: str, region: str = "", who: str = "customer") -> Demand:
    return _asked(right, *shipped().propose(country, region, DAY), who=who)


# --- Whatever is passed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Everything that is passed beside the right."""

    laws: tuple[str, ...]
    who: str
    by: str
    elsewhere: bool
    doubts: int
    country: str


cases = st.builds(
    Case,
    laws=st.lists(st.sampled_from(LAWS), max_size=4, unique=True).map(tuple),
    who=st.sampled_from(PEOPLE),
    by=st.sampled_from(CAME),
    elsewhere=st.booleans(),
    doubts=st.integers(0, 5),
    country=st.sampled_from(["", "US", "IE"]),
)


def _of(right: str, case: Case) -> Demand:
    return demanded(
        shipped(),
        right,
        case.laws,
        DAY,
        relationship=case.who,
        channel=case.by,
        elsewhere=case.elsewhere,
        doubts=case.doubts,
        country=case.country,
    )


@given(st.sampled_from(sorted(CHOICES | SIGNALS)), cases)
def test_nobody_proves_anything_to_be_left_alone(right: str, case: Case) -> None:
    found = _of(right, case)

    assert (found.level, found.of_record, found.methods) == (0, False, ())


@given(st.sampled_from(RIGHT_WORDS), cases)
def test_more_doubt_never_asks_less(right: str, case: Case) -> None:
    found = _of(right, case)
    doubted = _of(right, replace(case, doubts=case.doubts + 1))
    named = _of(right, replace(case, elsewhere=True))

    for other in (doubted, named):
        assert SEEN >= other.level >= found.level
        assert other.of_record == found.of_record
        assert found.login_suffices or not other.login_suffices
    assert (found.level > 0) == (doubted.level > 0)
    assert doubted.level == min(found.level + (found.level > 0), SEEN)
    assert named.level <= found.level + 1
    assert case.doubts or named.level <= max(STRONG, found.level), "what is claimed never leads to a document"


@given(st.sampled_from(RIGHT_WORDS), cases)
def test_nobody_is_left_without_a_way(right: str, case: Case) -> None:
    found = _of(right, case)

    assert bool(found.methods) == (found.level > 0)
    assert not found.methods or shipped().ladder.way(found.methods[-1]).last_resort
    for method in found.methods:
        reached = found.record_reaches if method in CHANNELS else METHOD_LEVELS[method]
        assert reached >= found.level or (found.login_suffices and method in SIGNED_IN)
    assert not FOR_OTHERS & set(found.methods)


@given(st.sampled_from(RIGHT_WORDS), cases)
def test_what_is_barred_is_not_offered_and_says_why(right: str, case: Case) -> None:
    found = _of(right, case)

    barred = dict(found.barred)
    assert not set(barred) & set(found.methods)
    assert all(barred.values())
    if found.sensitivity == "call_detail":
        assert found.of_record
        assert {"facts", "facts_declared"} <= set(barred)
    if found.level < KNOWN:
        assert not {"document", "facts", "facts_declared"} & set(found.methods)
    if found.level > found.record_reaches:
        assert not CHANNELS & set(found.methods)


@given(st.sampled_from(RIGHT_WORDS), cases)
def test_every_reason_says_where_it_stands(right: str, case: Case) -> None:
    found = _of(right, case)

    assert found.because
    assert all(reason.sentence and reason.source and reason.confidence for reason in found.because)
    assert {reason.regime for reason in found.because} <= {"", *case.laws}


@given(st.sampled_from(RIGHT_WORDS), cases, st.sampled_from(LAWS))
def test_a_law_that_is_silent_changes_nothing_and_one_that_speaks_is_named(right: str, case: Case, law: str) -> None:
    found = _of(right, replace(case, laws=(), country=""))
    under = _of(right, replace(case, laws=(law,), country=""))
    row = shipped().regime(law, DAY)
    speaks = row.knows(right, DAY) and row.identity_for(right) is not None

    if right in CHOICES | OPEN:
        assert under.level == 0
    else:
        assert any(reason.regime == law for reason in under.because) == speaks
    if not speaks and under.sensitivity == "ordinary":
        assert (under.level, under.methods, under.barred) == (found.level, found.methods, found.barred)


@given(st.sampled_from(RIGHT_WORDS), cases)
def test_of_several_laws_the_highest_demand_governs(right: str, case: Case) -> None:
    case = replace(case, elsewhere=False, doubts=0, country="")
    together = _of(right, case)
    alone = [_of(right, replace(case, laws=(law,))) for law in case.laws]
    spoken = [one for one in alone if any(reason.regime for reason in one.because)]

    if spoken:
        assert together.level >= max(one.level for one in spoken)
        assert together.level <= max(one.level for one in alone)


# --- Cases by hand ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "country", "region", "who", "level", "first", "source"),
    [
        pytest.param("access", "IE", "", "customer", 1, "mail_link", "Art 12(6)", id="EDPB 70: the address on file is enough"),
        pytest.param("access", "GB", "", "visitor", 1, "mail_link", "ICO", id="ICO: not of somebody known already"),
        pytest.param("deletion", "IE", "", "customer", 2, "login", "EDPB", id="EDPB 70: an existing login comes first"),
        pytest.param("deletion", "IE", "", "visitor", 1, "mail_link", "EDPB", id="EDPB 69: in proportion to the harm"),
        pytest.param("correction", "BR", "", "customer", 2, "login", "EDPB", id="correct an account, V2"),
        pytest.param("access", "US", "CA", "customer", 3, "login", "11 CCR 7061", id="7061: sign in anew"),
        pytest.param("access", "US", "CA", "visitor", 3, "facts_declared", "11 CCR 7062", id="7062: three points and a declaration"),
        pytest.param("deletion", "US", "CA", "visitor", 2, "facts", "11 CCR 7060(h)", id="7062: by sensitivity"),
        pytest.param("deletion", "US", "TX", "customer", 2, "login", "Tex. Bus.", id="commercially reasonable effort"),
    ],
)  # fmt: skip
def test_what_the_laws_ask_for(
    right: str, country: str, region: str, who: str, level: int, first: str, source: str
) -> None:
    found = _at(right, country, region, who)

    assert (found.level, found.methods[0]) == (level, first)
    assert any(source in reason.source for reason in found.because), found.because


def test_a_californian_opt_out_of_automated_decisions_asks_for_nothing() -> None:
    """11 CCR 7221(f): no verifiable request may be required."""
    found = demanded(
        shipped(), "objection", ["us_ca_ccpa"], IN_2027, relationship="customer", channel="web", elsewhere=True
    )

    assert (found.level, found.methods) == (0, ())
    assert "11 CCR 7026, 7027, 7221(f); Honda order, March 2025" in [reason.source for reason in found.because]


def test_a_sign_in_is_enough_in_california_until_somebody_doubts() -> None:
    """11 CCR 7061: by the account, and where fraud is suspected not before it is verified further."""
    calm, doubted = _at("access", "US", "CA"), _asked("access", "us_ca_ccpa", doubts=1)

    assert calm.login_suffices
    assert calm.methods[0] == "login"
    assert not doubted.login_suffices
    assert (doubted.level, doubted.methods) == (SEEN, ("document",))


def test_a_sign_in_is_not_enough_where_another_law_wants_more() -> None:
    found = _asked("access", "us_ca_ccpa", "eu_gdpr")

    assert found.login_suffices, "the Regulation only asks on doubt"
    assert {reason.regime for reason in found.because} == {"", "us_ca_ccpa", "eu_gdpr"}


# 47 CFR 64.2010


@pytest.mark.parametrize("who", ["customer", "authorised_representative"])
@pytest.mark.parametrize("region", ["CA", "TX", "WY"])
def test_call_details_go_to_a_password_or_a_channel_of_record(who: str, region: str) -> None:
    found = _at("access", "US", region, who)

    assert (found.sensitivity, found.of_record) == ("call_detail", True)
    assert not {"facts", "facts_declared"} & set(found.methods)
    assert "47 CFR 64.2010(a) to (c)" in [reason.source for reason in found.because]


def test_call_details_are_told_from_the_law_or_from_the_country() -> None:
    assert _asked("access", "us_ca_ccpa").of_record
    assert _asked("access", "default", "us_cpni").of_record
    assert demanded(
        shipped(), "access", ["default"], DAY, relationship="customer", channel="web", country="US"
    ).of_record
    assert not _asked("access", "default").of_record
    assert not _asked("access", "us_ca_ccpa", who="visitor").of_record
    assert not _asked("deletion", "us_ca_ccpa").of_record


def test_sensitivity_is_read_from_all_laws_that_hold() -> None:
    ladder = shipped().ladder

    def of(right: str, who: str, *laws: str) -> str:
        return sensitivity(ladder, right=right, relationship=who, regimes=laws)

    assert of("portability", "customer", "us_tx", "us_cpni") == "call_detail"
    assert of("portability", "visitor", "us_tx", "us_cpni") == "ordinary"
    assert of("portability", "customer", "eu_gdpr") == "ordinary"
    assert of("deletion", "customer", "us_cpni") == "ordinary"


def test_more_is_asked_for_sensitive_data_where_the_rule_files_say_so(tmp_path: Path) -> None:
    row = """
        [[sensitive]]
        sensitivity = "high"
        rights = ["deletion"]
        says = "A lot hangs on it."
        source = "Policy"
        confidence = "GK"
    """
    rules = _with(tmp_path, FLOORS, add(row))

    found = demanded(rules, "deletion", ["us_ca_ccpa"], DAY, relationship="visitor", channel="web")

    assert (found.level, found.sensitivity, found.methods) == (STRONG, "high", ("facts_declared", "document"))
    assert demanded(rules, "deletion", [], DAY, relationship="visitor", channel="web").level == CHANNEL


# Channels


def test_nobody_shows_a_document_on_the_telephone_unless_nothing_else_is_left() -> None:
    by_phone, by_web = _asked("deletion", by="phone"), _asked("deletion", by="web")

    assert by_web.methods[-1] == "document"
    assert by_phone.methods[-1] == "call_back"
    assert dict(by_phone.barred)["document"] == "Nobody can show a document on the telephone."
    assert _asked("deletion", by="phone", doubts=2).methods == ("document",)


def test_a_text_message_shows_no_more_than_control_of_a_number() -> None:
    assert "sms_code" in _asked("access").methods
    assert dict(_asked("access", elsewhere=True).barred)["sms_code"].startswith("Telephone numbers get new holders")


def test_a_login_that_the_help_desk_saw_counts_where_there_is_a_help_desk() -> None:
    assert "asserted_login" in _asked("deletion", by="support").methods
    assert "asserted_login" not in _asked("deletion", by="web").methods
    assert "asserted_login" not in _asked("deletion", by="support", who="visitor").methods


def test_what_is_claimed_beside_adds_one_rung_and_says_that_one_can_go_on_without() -> None:
    found = _asked("access", "eu_gdpr", elsewhere=True)

    assert found.level == KNOWN
    assert "without them" in found.because[-1].sentence


def test_a_law_that_was_not_in_force_is_refused() -> None:
    with pytest.raises(NotInRules):
        demanded(shipped(), "access", ["uk_gdpr"], date(2020, 1, 1), relationship="customer", channel="web")


# --- How it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "word", "source", "closes"),
    [
        (("GB", ""), "lapsed", "Art 12A", 30),
        (("IE", ""), "cannot_identify", "Art 11(2), 12(2)", None),
        (("US", "CA"), "denied", "11 CCR 7021(b)", None),
        (("JP", ""), "cannot_identify", "Policy of the service", None),
    ],
)
def test_what_nobody_could_verify_ends_as_the_law_says(
    place: tuple[str, str], word: str, source: str, closes: int | None
) -> None:
    for right in ("access", "deletion"):
        found = unverified_end(shipped(), right, shipped().propose(*place, DAY), DAY)

        assert (found.word, found.closes_after) == (word, closes)
        assert found.source.startswith(source)
        assert found.says
        assert found.reminds_after
        assert bool(found.regime) == (place[0] != "JP")


# --- Agents ----------------------------------------------------------------------------------------------------------


def test_signed_permission_is_confirmed_by_the_person() -> None:
    """11 CCR 7063."""
    found = mandate_rules(shipped(), "signed_permission", "access", ["us_ca_ccpa"], DAY, region="US-CA")

    assert (found.allowed, found.may_confirm, found.must_confirm, found.signature_only) == (True, True, True, False)
    assert found.months == 12


@pytest.mark.parametrize("right", sorted(CHOICES))
@pytest.mark.parametrize("law", ["us_ca_ccpa", "eu_gdpr", "us_cpni", "default"])
def test_a_choice_by_an_agent_takes_a_signature_and_no_contact(right: str, law: str) -> None:
    """11 CCR 7026, 7027, 7063; Honda order, March 2025."""
    found = mandate_rules(shipped(), "signed_permission", right, [law], DAY)

    assert (found.allowed, found.may_confirm, found.must_confirm, found.signature_only) == (True, False, False, True)
    assert [check.id for check in found.checks] == ["signed"]


def test_an_agents_opt_out_of_automated_decisions_is_not_confirmed_in_california() -> None:
    here, elsewhere = (
        mandate_rules(shipped(), "signed_permission", "objection", [law], IN_2027) for law in ("us_ca_ccpa", "eu_gdpr")
    )

    assert (here.may_confirm, here.signature_only) == (False, True)
    assert (elsewhere.may_confirm, elsewhere.signature_only) == (True, False)


@pytest.mark.parametrize(
    ("laws", "region", "asked"),
    [(["us_ca_ccpa"], "", True), (["default"], "US-CA", True), (["eu_gdpr"], "", False), (["us_tx"], "US-TX", False)],
)
def test_a_power_of_attorney_replaces_the_word_of_the_person(laws: list[str], region: str, asked: bool) -> None:
    """Probate Code 4121, 4122: date, signature, notary or two adult witnesses who are not the agent."""
    found = mandate_rules(shipped(), "power_of_attorney", "access", laws, DAY, region=region)
    checks = {check.id: check.says for check in found.checks}

    assert (found.allowed, found.may_confirm, found.must_confirm) == (True, False, False)
    assert {"dated", "signed_by_principal", "names_agent"} <= set(checks)
    assert ("notary_or_witnesses" in checks) is asked
    if asked:
        assert all(word in checks["notary_or_witnesses"] for word in ("notary", "two witnesses", "adults", "agent"))


def test_an_advocate_talks_and_does_not_receive() -> None:
    about_complaint = mandate_rules(shipped(), "advocate", "complaint", ["au_telco_complaint"], DAY)
    about_data = mandate_rules(shipped(), "advocate", "access", ["au_app"], DAY)

    assert (about_complaint.allowed, about_complaint.may_receive) == (True, False)
    assert not about_data.allowed


def test_a_nominee_acts_where_the_law_knows_one() -> None:
    assert mandate_rules(shipped(), "nominee", "access", ["in_dpdp"], IN_2027).allowed
    assert not mandate_rules(shipped(), "nominee", "access", ["eu_gdpr"], IN_2027).allowed


def test_an_estate_is_off_until_it_is_switched_on_and_then_only_closes(tmp_path: Path) -> None:
    on = _with(tmp_path, "ladder/mandates.toml", swap("offered = false", "offered = true"))

    assert not mandate_rules(shipped(), "estate", "deletion", ["eu_gdpr"], DAY).allowed
    assert mandate_rules(on, "estate", "deletion", ["eu_gdpr"], DAY).allowed
    assert not mandate_rules(on, "estate", "access", ["eu_gdpr"], DAY).allowed
    assert not mandate_rules(on, "estate", "deletion", ["eu_gdpr"], DAY).may_receive


def test_a_holder_or_a_representative_makes_the_choice_of_an_organisation() -> None:
    """Notice of 14 August 2025, on CPNI."""
    found = mandate_rules(shipped(), "authorised_representative", "cpni_opt_out", ["us_cpni"], DAY)

    assert (found.allowed, found.signature_only) == (True, True)
    assert any(reason.regime == "us_cpni" for reason in found.because)


@given(st.sampled_from(MANDATE_KINDS), st.sampled_from(RIGHT_WORDS), st.lists(st.sampled_from(LAWS), max_size=3))
def test_a_mandate_always_has_something_to_check_and_a_source(kind: str, right: str, laws: list[str]) -> None:
    found = mandate_rules(shipped(), kind, right, laws, DAY)

    assert found.checks
    assert all(reason.sentence and reason.source for reason in found.because)
    assert found.may_confirm or not found.must_confirm
    assert found.allowed is not bool(found.refused)
    if right in CHOICES and found.allowed:
        assert len(found.checks) == 1
    if right in CHOICES:
        assert (found.may_confirm, found.signature_only) == (False, True)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(NotInRules):
        mandate_rules(shipped(), "cousin", "access", [], DAY)


@pytest.mark.parametrize(
    ("law", "country", "age", "standing"),
    [
        ("eu_gdpr", "IE", 13, "guardian_acts"),
        ("eu_gdpr", "IE", 14, "child_heard"),
        ("eu_gdpr", "IE", 15, "child_heard"),
        ("eu_gdpr", "IE", 16, "child_acts"),
        ("eu_gdpr", "SE", 13, "child_acts"),
        ("uk_gdpr", "GB", 11, "child_heard"),
        ("us_ca_ccpa", "US", 10, "guardian_acts"),
        ("default", "JP", 15, "child_heard"),
    ],
)
def test_a_child_acts_is_heard_or_is_spoken_for(law: str, country: str, age: int, standing: str) -> None:
    """GDPR Art 8(1) and the laws of the states; two years before the age a child is heard."""
    assert child_standing(shipped(), [law], DAY, country, age) == standing


def test_of_several_laws_the_highest_age_counts() -> None:
    assert child_standing(shipped(), ["uk_gdpr", "eu_gdpr"], DAY, "IE", 14) == "child_heard"


# --- The files -------------------------------------------------------------------------------------------------------


def test_the_rules_and_the_checks_speak_of_the_same_methods() -> None:
    assert {str(method): int(level) for method, level in LEVELS.items()} == METHOD_LEVELS
    assert set(Method) == set(METHOD_LEVELS)
    assert {str(method) for method in SIGN_INS} == SIGNED_IN


def test_the_ladder_says_something_of_every_word() -> None:
    ladder = shipped().ladder

    assert {row.id for row in ladder.signals} == set(SIGNAL_WORDS)
    assert {row.id for row in ladder.facts} <= set(FACT_WORDS)
    assert (ladder.hold_hours, ladder.record_days, ladder.hold_days) == (72, 30, 7)
    assert {row.effect for row in ladder.signals} == {"show", "raise", "hold", "raise_and_hold"}
    assert ladder.way("document").sign_off
    assert ladder.signal("burst").meaning
    with pytest.raises(NotInRules):
        ladder.signal("bad_luck")


@pytest.mark.parametrize("word", ["birth_date", "home_address", "mother_maiden_name", "card_digits", "national_id",
                                  "phone", "email", "security_question", "shoe_size"])  # fmt: skip
def test_what_breaches_hold_is_barred_as_a_fact_with_a_reason(word: str) -> None:
    assert word not in FACT_WORDS
    assert shipped().ladder.fact(word) is None
    assert len(shipped().ladder.why_not_asked(word)) > 20
    assert shipped().ladder.why_not_asked("plan_name") == ""


def test_systems_compare_the_facts_that_may_be_asked_and_no_others() -> None:
    ladder = shipped().ladder

    assert set(KINDS) == set(FACT_WORDS)
    assert {row.id: row.form for row in ladder.facts} == {word: str(kind) for word, kind in KINDS.items()}
    assert all(why_refused(row.id) for row in ladder.facts_barred)


def test_an_operator_says_who_has_accounts() -> None:
    rules = invented()

    held, none = (
        demanded(rules, "deletion", ["eu_gdpr"], DAY, relationship=who, channel="web") for who in ("borrower", "donor")
    )

    assert (held.level, none.level) == (KNOWN, CHANNEL)


BAD: list[tuple[str, str, Edit | str, str]] = [
    ("people of another notice", "ladder/people.toml", 'accounts = ["customer"]', "accounts[0]: there is no 'customer' among the relationships of the notice"),
    ("unknown key", FLOORS, swap("holders = true", "holder = true"), "there is no such key; did you mean 'holders'?"),
    ("rung too high", FLOORS, swap("level = 1", "level = 5"), "floors[0].level: "),
    ("right without a floor", FLOORS, swap('"bcr_complaint", "child_account"]', '"bcr_complaint"]'), "'floors' says nothing of child_account"),
    ("two floors", FLOORS, swap("holders = true\n", ""), "floors[3].rights[0]: another row says where 'deletion' starts"),
    ("demand that reaches nowhere", FLOORS, swap('demand = "reasonable"', 'demand = "reasonably_high"'), "'demands' says nothing of reasonable"),
    ("unknown law", FLOORS, swap('regimes = ["us_cpni"]', 'regimes = ["us_wiretap"]'), "sensitive[0].regimes[0]: there is no 'us_wiretap' among regimes"),
    ("reason without a source", FLOORS, swap('source = "47 CFR 64.2010(a) to (c)"\n', ""), "sensitive[0].source: is missing"),
    ("unknown method", "ladder/methods.toml", swap('id = "mail_link"', 'id = "pigeon"'), "ways[0].id: 'pigeon' is not one of"),
    ("fact that breaches hold", "ladder/methods.toml", swap('id = "plan_name"', 'id = "birth_date"'), "facts[7].id: 'birth_date' is not one of"),
    ("signal left out", "ladder/signals.toml", swap('id = "burst"', 'id = "unusual_hours"'), "'signals' says nothing of burst"),
    ("signal that refuses", "ladder/signals.toml", swap('effect = "raise"', 'effect = "refuse"'), "signals[4].effect: 'refuse' is not one of"),
    ("mandate that asks a lot for a choice", "ladder/mandates.toml", swap("choices = true\n", ""), "mandates[0]: needs a check with 'choices'"),
    ("key in two files", "ladder/more.toml", 'accounts = ["borrower"]', "accounts: stands in ladder/more.toml too"),
    ("file too deep", "ladder/2026/floors.toml", "x = 1", "does not belong here"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "content", "said"), [pytest.param(*bad, id=name) for name, *bad in BAD])
def test_a_bad_ladder_is_told_with_file_and_key(tmp_path: Path, path: str, content: Edit | str, said: str) -> None:
    found = problems(tmp_path, {path: content})

    assert any(said in problem for problem in found), found


def test_another_ladder_is_another_version_of_the_rules(tmp_path: Path) -> None:
    assert (
        _with(tmp_path, "ladder/signals.toml", swap("hold_hours = 72", "hold_hours = 48")).version != shipped().version
    )


def test_a_book_from_before_there_was_a_ladder_gets_the_one_that_ships() -> None:
    documents = {path: said for path, said in read(SHIPPED).documents.items() if not path.startswith("ladder/")}
    old = Files(documents, ())

    rules = books.pack_of(old.digest, books.FORM, books.written(old))

    assert rules.version == old.digest
    assert rules.ladder == shipped().ladder
    assert demanded(rules, "access", ["eu_gdpr"], DAY, relationship="customer", channel="web").level == CHANNEL


def test_a_book_of_another_organisation_from_before_there_was_a_ladder_can_be_read() -> None:
    over = read(SHIPPED, Path(__file__).resolve().parents[2] / "fixtures" / "rules")
    old = Files({path: said for path, said in over.documents.items() if not path.startswith("ladder/")}, ())

    assert books.pack_of(old.digest, books.FORM, books.written(old)).organisation == "corrib_library"


def test_files_without_a_ladder_are_refused(tmp_path: Path) -> None:
    documents = {path: said for path, said in read(SHIPPED).documents.items() if not path.startswith("ladder/")}

    with pytest.raises(Exception, match="nothing says how surely it must be known who asks"):
        build(Files(documents, ()))


def _with(folder: Path, path: str, edit: Edit) -> RulePack:
    """The shipped rules with one file edited."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(edit((SHIPPED / path).read_text(encoding="utf-8")), encoding="utf-8")
    return load(SHIPPED, folder)
