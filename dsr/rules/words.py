"""The words that rule files may use, in one place, so that a misspelt one is an error and not a new kind of thing."""

from typing import Final, Literal, get_args

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RightWord = Literal[
    "be_informed",
    "access",
    "correction",
    "deletion",
    "portability",
    "objection",
    "restriction",
    "consent_withdrawal",
    "marketing_opt_out",
    "targeted_advertising_opt_out",
    "sensitive_data_limit",
    "cpni_opt_out",
    "automated_decision_review",
    "complaint",
    "bcr_complaint",
    "child_account",
    "third_party_disclosure_opt_out",
]
RIGHT_WORDS: Final[tuple[str, ...]] = get_args(RightWord)

CHOICES: Final[frozenset[str]] = frozenset(
    {
        "consent_withdrawal",
        "marketing_opt_out",
        "targeted_advertising_opt_out",
        "sensitive_data_limit",
        "cpni_opt_out",
        "third_party_disclosure_opt_out",
    }
)
"""Rights to be left alone. A choice reveals nothing about anybody, so nobody proves who they are to make one."""

Confidence = Literal["C", "C2", "GK", "GKq", "SEED"]
"""How sure a figure is, see ``CONFIDENCE``."""

CONFIDENCE: Final[dict[str, str]] = {
    "C": "read in the text of the law, the regulator or the organisation itself",
    "C2": "read in a secondary text that quotes it",
    "GK": "general knowledge, high confidence, not read again",
    "GKq": "to be checked before it is relied on",
    "SEED": "read in the organisation's own notice",
}

CountsIn = Literal["day", "business_day", "month"]
Source = Literal["provided", "generated", "obtained"]
ChannelKind = Literal["web", "email", "post", "phone", "support", "console", "link", "browser"]
DoorKind = Literal["applicants", "brand", "group_company"]
TopicPurpose = Literal["marketing", "service"]
MediumWord = Literal["email", "sms", "phone", "post"]
MEDIUM_WORDS: Final[tuple[str, ...]] = get_args(MediumWord)
"""By what people are reached, as ``choices.marketing.CHANNELS`` has it; the rules know no other part of the program."""
RecipientRole = Literal["processor", "controller", "group", "public_body", "successor"]
PauseMode = Literal["none", "start_later", "exclude_inclusive", "toll"]
PauseEvent = Literal["identity", "clarification", "fee"]
ClockWord = Literal["acknowledge", "respond", "effect", "refuse", "decide_appeal", "complain", "fee_reply"]
StartWord = Literal["received", "decided", "appealed", "fee_told"]
IdentityDemand = Literal[
    "nothing", "reasonable_doubt", "reauthenticate", "reasonable", "reasonably_high", "by_sensitivity"
]
MandateKind = Literal[
    "signed_permission",
    "power_of_attorney",
    "legal_representative",
    "guardian",
    "authorised_representative",
    "advocate",
    "nominee",
    "estate",
]
MANDATE_KINDS: Final[tuple[str, ...]] = get_args(MandateKind)
EndWord = Literal["lapsed", "cannot_identify", "denied"]
"""How a request ends of which nobody could tell who made it."""

MethodWord = Literal[
    "mail_link",
    "mail_code",
    "sms_code",
    "login",
    "login_mfa",
    "facts",
    "facts_declared",
    "document",
    "call_back",
    "asserted_login",
    "power_of_attorney",
    "agency",
]
"""The ways of proving who one is, as ``verification.proofs.Method`` names them."""
METHOD_LEVELS: Final[dict[str, int]] = {
    "mail_link": 1,
    "mail_code": 1,
    "sms_code": 1,
    "login": 2,
    "login_mfa": 3,
    "facts": 2,
    "facts_declared": 3,
    "document": 4,
    "call_back": 2,
    "asserted_login": 2,
    "power_of_attorney": 3,
    "agency": 2,
}
"""The rung that each reaches, as ``verification.proofs.LEVELS`` has it; the rules know no other part of the program."""
SensitivityWord = Literal["ordinary", "high", "call_detail"]
SignalWord = Literal[
    "address_differs",
    "address_changed_lately",
    "number_changed_lately",
    "password_changed_lately",
    "disposable_domain",
    "lookalike_domain",
    "many_subjects_one_origin",
    "burst",
    "unusual_hours",
    "agent_without_history",
    "systems_not_asked",
    "alert_unanswered",
    "login_of_another",
]
SIGNAL_WORDS: Final[tuple[str, ...]] = get_args(SignalWord)
FactWord = Literal[
    "last_payment_amount",
    "last_payment_month",
    "account_opened_month",
    "last_ticket_month",
    "numbers_held",
    "last_number_added_month",
    "last_message_month",
    "plan_name",
    "event_attended",
]
"""What a person may be asked of recent dealings. Nothing that never changes, and nothing that breaches hold."""
FACT_WORDS: Final[tuple[str, ...]] = get_args(FactWord)
RetentionEvent = Literal[
    "account_closed",
    "call_made",
    "choice_made",
    "collected",
    "consent_given",
    "contract_ended",
    "decided",
    "event_held",
    "flagged",
    "identity_checked",
    "invoice_issued",
    "last_contact",
    "message_sent",
    "number_released",
    "request_closed",
    "support_closed",
]
"""What the time that a record is kept counts from, see ``RETENTION_EVENTS``; a data set names that of its records."""
RETENTION_EVENTS: Final[dict[str, str | Promise]] = {
    "account_closed": _("the account was closed"),
    "call_made": _("the call was made"),
    "choice_made": _("the choice was made"),
    "collected": _("the record was made"),
    "consent_given": _("the consent was given"),
    "contract_ended": _("the contract ended"),
    "decided": _("the decision was made"),
    "event_held": _("the event was over"),
    "flagged": _("the warning was raised"),
    "identity_checked": _("the identity was checked"),
    "invoice_issued": _("the invoice was issued"),
    "last_contact": _("we were last in touch"),
    "message_sent": _("the message was sent"),
    "number_released": _("the telephone number was given back"),
    "request_closed": _("the request was closed"),
    "support_closed": _("the matter was closed"),
}
BasisWord = Literal["consent", "contract", "legal_obligation", "legitimate_interest"]
"""On what data rests while it is kept, whatever a notice calls it."""
BASES: Final[dict[str, str | Promise]] = {
    "consent": _("consent"),
    "contract": _("a contract"),
    "legal_obligation": _("a legal obligation"),
    "legitimate_interest": _("a legitimate interest"),
}
Letter = Literal[
    "acknowledgement",
    "answer",
    "appeal",
    "clarification",
    "extension",
    "opt_out_notice",
    "overdue",
    "pause",
    "refusal",
]
NoteTopic = Literal["abuse", "agent", "complaint", "fee", "identity", "records", "search", "scope", "watch"]

Element = Literal[
    "action_taken",
    "apology",
    "by_reply",
    "clock_effect",
    "complaint_route",
    "confidentiality",
    "free_at_any_hour",
    "how_long",
    "how_processed",
    "how_to_appeal",
    "how_to_deny",
    "how_verified",
    "expected_date",
    "judicial_remedy",
    "new_date",
    "next_date",
    "nothing_lost",
    "question",
    "reasons",
    "right_to_deny",
    "silence",
    "what_for",
    "what_is_used",
    "who_receives",
    "will_be_late",
]
"""What a letter may have to state, see ``ELEMENTS``."""

ELEMENTS: Final[dict[str, str]] = {
    "action_taken": "what was done about the request",
    "apology": "that the date was missed, and that we are sorry",
    "by_reply": "that an answer to the mail denies as well",
    "clock_effect": "what the open question does to the date",
    "complaint_route": "where to complain",
    "confidentiality": "that the customer has a right, and we a duty, to have this information kept confidential",
    "free_at_any_hour": "that denying is free, at any hour of any day",
    "how_long": "that an approval or a denial lasts until the customer revokes or limits it",
    "how_processed": "how the request will be handled",
    "how_to_appeal": "how to have the decision looked at again",
    "how_to_deny": "how to deny, step by step",
    "how_verified": "how it is checked who is asking",
    "expected_date": "when an answer can be expected",
    "judicial_remedy": "that a court can be asked",
    "new_date": "the new date",
    "next_date": "when the person hears from us next",
    "nothing_lost": "that a denial does not affect the services that the customer has",
    "question": "what is asked of the person",
    "reasons": "the reasons",
    "right_to_deny": "that the customer may deny the use, and withdraw from it, at any time",
    "silence": "how long we wait before silence counts as approval",
    "what_for": "what the information is used for",
    "what_is_used": "what sort of information is used",
    "who_receives": "who receives the information",
    "will_be_late": "that the answer will come later than first said",
}

# ISO 3166-1 alpha-2. Codes that look like countries and are not (UK, EL) are the commonest mistake in such files.
_ISO_3166 = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES: Final[frozenset[str]] = frozenset(_ISO_3166.split())
