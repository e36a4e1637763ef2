"""The law, the notices and the grounds of refusal as data.

Rule files are TOML below ``dsr/rules/data`` and, over them, below ``settings.RULES_DIR``: ``notices/<organisation>/
<date>/*.toml``, ``regimes/<id>/<date>.toml`` with worked cases beside it, ``refusals/*.toml``, ``ladder/*.toml``,
``retention/*.toml``, ``calendars/<id>.toml``, ``areas.toml`` and ``service.toml``. All of them are read strictly, or
none is used.

``pack()`` gives the rules in force for this process::

    rules = pack()
    rules.version                                        # digest, pinned to each submission
    notice = rules.notice_in_force(day)                  # or rules.notice("some_id", "2026-04-09"), the pinned one
    notice.relationship("customer").wording("title", "fr")
    notice.offers_for("customer", "US", "CA")            # the rights that are open to somebody
    rules.propose("IE", "", day)                         # ("eu_gdpr",)
    for regime in rules.regimes_for("access", "IE", "", day):
        clocks(regime, "access", events, calendar=rules.calendar_for(notice, regime))
    notice.seat_for("eu_gdpr").zone                      # whose midnight counts
    silence_after(rules.regime("us_cpni", day).notices, sent, "email").first_use
    statement(notice, "customer", "IE", "", day, language="en").sections
    rules.refusal("third_party_rights").why()
    ladder.demanded(rules, "access", ("eu_gdpr",), day, relationship="customer", channel="web").methods
    retention.verdict(rules.retention, "invoices", "IE", "", ("eu_gdpr",), day).before
    rules.category_words("invoices", "some_id", "2026-04-09", "fr").title

Everything returned is frozen. What is not in the rules raises ``NotInRules``, files that cannot be used
``RulesBroken``.
"""

from dsr.rules.clock import Clock, ClockEvent, ClockKind, EventKind, clocks, extended
from dsr.rules.guards import Forbidden
from dsr.rules.loader import forget, load, pack, word_within
from dsr.rules.marks import Mark
from dsr.rules.problems import NotInRules, Problem, RulesBroken
from dsr.rules.rulepack import RulePack
from dsr.rules.schema.notice import Notice
from dsr.rules.schema.refusal import Refusal
from dsr.rules.schema.regime import Regime
from dsr.rules.silence import Silence, silence_after
from dsr.rules.statement_pages import as_text as statement_text
from dsr.rules.statements import statement
from dsr.rules.told import Statement
from dsr.rules.words import COUNTRIES, RIGHT_WORDS

__all__ = [
    "COUNTRIES",
    "RIGHT_WORDS",
    "Clock",
    "ClockEvent",
    "ClockKind",
    "EventKind",
    "Forbidden",
    "Mark",
    "NotInRules",
    "Notice",
    "Problem",
    "Refusal",
    "Regime",
    "RulePack",
    "RulesBroken",
    "Silence",
    "Statement",
    "clocks",
    "extended",
    "forget",
    "load",
    "pack",
    "silence_after",
    "statement",
    "statement_text",
    "word_within",
]
