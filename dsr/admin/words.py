"""What the console calls things: whose turn, what happened, why something failed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dsr import rules
from dsr.connectors.reasons import reason
from dsr.lifecycle import BY_VERB, Actor, Outcome, State, Turn
from dsr.models import Event, StepResult, Submission
from dsr.policies import STATE_TITLES
from dsr.rights import SPECS, Right
from dsr.rules import NotInRules
from dsr.selectors.masking import Personal

Words = str | Promise

TURNS: Mapping[Turn, Words] = {
    Turn.PERSON: gettext_lazy("the person"),
    Turn.STAFF: gettext_lazy("staff"),
    Turn.SYSTEMS: gettext_lazy("systems"),
    Turn.NOBODY: gettext_lazy("nobody"),
}
OUTCOMES: Mapping[Outcome, Words] = {
    Outcome.FULFILLED: gettext_lazy("fulfilled"),
    Outcome.PARTLY_FULFILLED: gettext_lazy("partly fulfilled"),
    Outcome.NOTHING_HELD: gettext_lazy("nothing held"),
    Outcome.REFUSED: gettext_lazy("refused"),
    Outcome.WITHDRAWN: gettext_lazy("withdrawn"),
    Outcome.UNVERIFIED: gettext_lazy("identity not confirmed"),
    Outcome.REDIRECTED: gettext_lazy("directed elsewhere"),
}
PERSONAL: Mapping[Personal, Words] = {
    Personal.NAME: gettext_lazy("Name"),
    Personal.EMAIL: gettext_lazy("Mail address"),
    Personal.PHONE: gettext_lazy("Telephone"),
    Personal.IDENTIFIERS: gettext_lazy("Other identifiers"),
    Personal.DETAILS: gettext_lazy("Details of the request"),
}
WAITS: Mapping[str, Words] = {
    "identity": gettext_lazy("proof of identity"),
    "clarification": gettext_lazy("the answer to a question"),
    "fee": gettext_lazy("word about the fee"),
}
_CONFIDENCE: Mapping[str, Words] = {
    "C2": gettext_lazy("read in a text that quotes the law"),
    "GK": gettext_lazy("known, but not read again"),
    "GKq": gettext_lazy("to be checked before it is relied on"),
    "SEED": gettext_lazy("read in our own notice"),
}
"""How a figure was checked, where it was not read in the law itself."""
ACTORS: Mapping[str, Words] = {
    Actor.PERSON: gettext_lazy("The person"),
    Actor.SUPPORT: gettext_lazy("Support"),
    Actor.ANALYST: gettext_lazy("An analyst"),
    Actor.APPROVER: gettext_lazy("An approver"),
    Actor.SYSTEM: gettext_lazy("The service"),
}
METHODS: Mapping[str, Words] = {
    "mail_link": gettext_lazy("by the link in a mail"),
    "mail_code": gettext_lazy("by the code in a mail"),
}
_RIGHTS: Mapping[Right, Words] = {
    Right.BE_INFORMED: gettext_lazy("Be informed"),
    Right.ACCESS: gettext_lazy("Access"),
    Right.PORTABILITY: gettext_lazy("Portability"),
}
"""What staff call the rights; people who ask read the longer titles."""
_EVENTS: Mapping[str, Words] = {
    "file": gettext_lazy("Filed"),
    "ask_identity": gettext_lazy("Asked to confirm the address"),
    "address_asked": gettext_lazy("Asked to confirm the address again"),
    "begin": gettext_lazy("Began"),
    "confirm_identity": gettext_lazy("Confirmed the address"),
    "warn_lapse": gettext_lazy("Warned that the request will lapse"),
    "lapse": gettext_lazy("Lapsed: nobody confirmed the address"),
    "reopen": gettext_lazy("Reopened"),
    "acknowledge": gettext_lazy("Acknowledged"),
    "extend": gettext_lazy("Put the answer off"),
    "clarify": gettext_lazy("Put a question to the person that stops the clock"),
    "tell_fee": gettext_lazy("Told the person about a fee"),
    "accept_fee": gettext_lazy("Took word that the fee is accepted"),
    "waive_fee": gettext_lazy("Decided to answer without the fee"),
    "fee_unanswered": gettext_lazy("Ended: the fee was not accepted"),
    "miss": gettext_lazy("Missed the date, and wrote so to the person"),
    "change_laws": gettext_lazy("Changed the laws that apply"),
    "change_rules": gettext_lazy("Went over to the rules in force"),
    "dates_moved": gettext_lazy("A promised date moved"),
    "search": gettext_lazy("Started to search the systems"),
    "system_answered": gettext_lazy("A system answered"),
    "system_failed": gettext_lazy("A system failed"),
    "found": gettext_lazy("All systems have answered"),
    "retry_system": gettext_lazy("Asked a system again"),
    "go_without": gettext_lazy("Decided to go on without a system"),
    "assign": gettext_lazy("Assigned"),
    "note": gettext_lazy("Wrote a note"),
    "ask": gettext_lazy("Put a question to the person"),
    "answer": gettext_lazy("Took the person's answer"),
    "message": gettext_lazy("Wrote a message"),
    "withhold": gettext_lazy("Held something back"),
    "release": gettext_lazy("Decided to give it after all"),
    "prepare": gettext_lazy("Proposed to give the data"),
    "propose_refusal": gettext_lazy("Proposed to refuse"),
    "send_back": gettext_lazy("Sent the proposal back"),
    "approve": gettext_lazy("Approved"),
    "approve_by_rule": gettext_lazy("Approved by standing rule"),
    "refuse": gettext_lazy("Refused"),
    "refuse_late": gettext_lazy("Refused too late"),
    "redirect": gettext_lazy("Directed the person elsewhere"),
    "built": gettext_lazy("Built the answer"),
    "build_failed": gettext_lazy("Could not build the answer"),
    "collect": gettext_lazy("Collected the answer"),
    "warn_expiry": gettext_lazy("Warned that the download ends"),
    "expire": gettext_lazy("Closed: nobody collected the answer"),
    "reissue": gettext_lazy("Issued the answer again"),
    "renew": gettext_lazy("Started to search and answer again"),
    "withdraw": gettext_lazy("Withdrew the request"),
    "revealed": gettext_lazy("Looked at personal values"),
    "message_failed": gettext_lazy("A letter did not get through"),
    "letter_sent_again": gettext_lazy("Sent a letter again"),
    "letter_noted": gettext_lazy("Took note of a letter that did not get through"),
    "code_sent": gettext_lazy("Sent a code for the download"),
    "download_opened": gettext_lazy("Opened the download with a code"),
    "downloaded": gettext_lazy("Downloaded the answer"),
    "destroyed": gettext_lazy("Destroyed the files of the answer"),
    "purged": gettext_lazy("Deleted the personal data of the case"),
}


def right_title(right: str) -> str:
    """Return what staff call a right."""
    return str(_RIGHTS.get(Right(right)) or SPECS[Right(right)].title)


def state_title(state: str) -> str:
    """Return what a state is called."""
    return str(STATE_TITLES[State(state)])


def turn_title(turn: str) -> str:
    """Return whose turn it is."""
    return str(TURNS[Turn(turn)])


def outcome_title(outcome: str) -> str:
    """Return why a request closed, "" while it is open."""
    return str(OUTCOMES[Outcome(outcome)]) if outcome else ""


def regime_title(regime: str) -> str:
    """Return the name of a law, or its id where the rules no longer hold it."""
    titles = [row.title for row in rules.pack().regimes if row.id == regime]
    return titles[-1] if titles else regime


def ground_title(ground: str) -> str:
    """Return the name of a ground of refusal, or its id where the rules in force no longer hold it."""
    try:
        return rules.pack().refusal(ground).title
    except NotInRules:
        return ground


def category_title(submission: Submission, category: str) -> str:
    """Return a data category as the notice calls it that the submission is pinned to, or its id."""
    try:
        return rules.pack().notice(submission.notice_id, submission.notice_version).category(category).title
    except NotInRules:
        return category


def relationship_title(submission: Submission) -> str:
    """Return what the person is to the organisation, in the words of the pinned notice, or the id."""
    try:
        notice = rules.pack().notice(submission.notice_id, submission.notice_version)
        return notice.relationship(submission.relationship).title
    except NotInRules:
        return submission.relationship


def colleague(user: User | None) -> str:
    """Return how staff call a colleague."""
    return (user.get_full_name() or user.get_username()) if user else ""


def local(at: datetime, zone: str) -> datetime:
    """Return an instant as the organisation's clocks show it."""
    return at.astimezone(ZoneInfo(zone))


def day(on: date | datetime) -> str:
    """Return a day as people write it."""
    return str(date_format(on, "j M Y"))


def moment(at: datetime, zone: str = "UTC") -> str:
    """Return an instant as people write it, to the second, with the zone's name."""
    shown = local(at, zone)
    return f"{date_format(shown, 'j M Y, H:i:s')} {shown.tzname()}"


def time_left(due_on: date, due_at: datetime, zone: str, at: datetime) -> tuple[str, str]:
    """Return how long there is until a due date, as words and as how urgent: over, soon or calm."""
    days = (due_on - local(at, zone).date()).days
    if due_at < at:
        late = max(-days, 1)
        return ngettext("%(days)d day overdue", "%(days)d days overdue", late) % {"days": late}, "over"
    if days == 0:
        return _("due today"), "over"
    text = ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
    return text, "soon" if days <= 7 else "calm"


def standing_still() -> tuple[str, str]:
    """Return, in place of the time that is left, that none passes."""
    return _("clock stands still"), "calm"


def waits(event: str | None) -> str:
    """Return what a clock waits for, "" for one that runs."""
    return str(WAITS[event]) if event else ""


def confidence(mark: str) -> str:
    """Return how a figure was checked, "" for one that was read in the law itself."""
    return str(_CONFIDENCE.get(mark, ""))


def actor(event: Event, staff: Mapping[int, User]) -> str:
    """Return who acted: a colleague by name, everybody else by role."""
    if event.actor_id.isdigit() and (user := staff.get(int(event.actor_id))):
        return colleague(user)
    return str(ACTORS.get(event.actor, event.actor))


def happened(event: Event) -> str:
    """Return what happened, in plain words."""
    if event.verb in _EVENTS:
        return str(_EVENTS[event.verb])
    return str(BY_VERB[event.verb].title) if event.verb in BY_VERB else event.verb.replace("_", " ").capitalize()


def particulars(event: Event, staff: Mapping[int, User]) -> str:
    """Return what an event adds to its title: which system, which category, which colleague. Never a personal value."""
    data: Mapping[str, Any] = event.data
    parts = [str(data[key]) for key in ("system", "letter") if data.get(key)]
    if data.get("method"):
        parts.append(str(METHODS.get(data["method"], data["method"])))
    if event.verb == "assign":
        parts.append(colleague(staff.get(data.get("assignee") or 0)) or _("nobody"))
    if data.get("category"):
        parts.append(category_title(event.submission, str(data["category"])))
    if data.get("ground"):
        parts.append(ground_title(str(data["ground"])))
    if data.get("result"):
        parts.append(_label(str(data["result"])))
    if data.get("code"):
        parts.append(failure(str(data["code"])))
    if data.get("fields"):
        parts.append(", ".join(str(PERSONAL[Personal(name)]).lower() for name in data["fields"] if name in PERSONAL))
    return " · ".join(part for part in parts if part)


def _label(result: str) -> str:
    return str(StepResult(result).label) if result in StepResult.values else result


def failure(code: str) -> str:
    """Return why a step failed, as a sentence; "" for no code."""
    own: Mapping[str, Words] = {
        "request_closed": gettext_lazy("The request was closed before this system answered."),
    }
    if not code:
        return ""
    return str(own[code]) if code in own else reason(code)
