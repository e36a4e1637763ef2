"""What the console calls things: whose turn, what happened, why something failed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dsr import rules
from dsr.admin.happenings import EVENTS, Words
from dsr.lifecycle import BY_VERB, Actor, Outcome, State, Turn
from dsr.models import AlertAnswer, Channel, Event, ItemDecision, StepResult, Submission, TaskKind, TaskResult
from dsr.policies import STATE_TITLES
from dsr.rights import SPECS, Right
from dsr.rules import NotInRules
from dsr.selectors.masking import Personal
from dsr.services import codes, leftout
from dsr.services.asked import DOUBTS
from dsr.services.leftout import LeftOut
from verification.models import Purpose, Why

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
    Outcome.UPHELD: gettext_lazy("the decision stands"),
    Outcome.OVERTURNED: gettext_lazy("the decision is changed"),
    Outcome.PARTLY_OVERTURNED: gettext_lazy("the decision is changed in part"),
    Outcome.JUSTIFIED: gettext_lazy("justified"),
    Outcome.PARTLY_JUSTIFIED: gettext_lazy("partly justified"),
    Outcome.NOT_JUSTIFIED: gettext_lazy("not justified"),
    Outcome.NOT_ESTABLISHED: gettext_lazy("not established"),
    Outcome.MISUNDERSTOOD: gettext_lazy("misunderstood, not asked for"),
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
    "sms_code": gettext_lazy("by the code in a text message"),
    "login": gettext_lazy("by signing in anew"),
    "login_mfa": gettext_lazy("by signing in anew with a second factor"),
    "facts": gettext_lazy("by facts from recent dealings"),
    "facts_declared": gettext_lazy("by facts from recent dealings and a declaration"),
    "document": gettext_lazy("by a document that was looked at"),
    "call_back": gettext_lazy("by a call to the number on file"),
    "asserted_login": gettext_lazy("by a sign-in that the help desk saw"),
    "power_of_attorney": gettext_lazy("by a power of attorney that was checked"),
    "agency": gettext_lazy("by an agency that is trusted with it"),
    "email": gettext_lazy("by a mail, not answered"),
    "sms": gettext_lazy("by a text message, not answered"),
}
CHANNELS: Mapping[str, Words] = {
    "email": gettext_lazy("to a mail address on file"),
    "phone": gettext_lazy("to a telephone number on file"),
}
"""Where letters to those on file went."""
LEVELS: Mapping[int, Words] = {
    0: gettext_lazy("nothing has to be shown"),
    1: gettext_lazy("control of the address or number"),
    2: gettext_lazy("known: a sign-in, or two facts that hardly anybody else knows"),
    3: gettext_lazy("surely known: a second factor, or three facts and a signed declaration"),
    4: gettext_lazy("a document was looked at, as an exception"),
}
"""The rungs, by what reaches them."""
EFFECTS: Mapping[str, Words] = {
    "show": gettext_lazy("shown to you, nothing else"),
    "raise": gettext_lazy("one rung more was asked for"),
    "hold": gettext_lazy("nothing is handed over for a while"),
}
"""What a signal does. None of them refuses anything."""
CHANGED: Mapping[str, Words] = {
    "email": gettext_lazy("mail address"),
    "phone": gettext_lazy("telephone number"),
    "address": gettext_lazy("postal address"),
    "password": gettext_lazy("password"),
}
RESULTS: Mapping[str, Words] = {
    "passed": gettext_lazy("shown"),
    "failed": gettext_lazy("not shown"),
    "open": gettext_lazy("still open"),
    "ended": gettext_lazy("ended without a result"),
}
"""What came of a check."""
_RIGHTS: Mapping[Right, Words] = {
    Right.BE_INFORMED: gettext_lazy("Be informed"),
    Right.ACCESS: gettext_lazy("Access"),
    Right.PORTABILITY: gettext_lazy("Portability"),
    Right.CORRECTION: gettext_lazy("Correction"),
    Right.DELETION: gettext_lazy("Deletion"),
    Right.RESTRICTION: gettext_lazy("Restriction"),
    Right.COMPLAINT: gettext_lazy("Complaint"),
    Right.BCR_COMPLAINT: gettext_lazy("Complaint about binding rules"),
    Right.APPEAL: gettext_lazy("Appeal"),
}
"""What staff call the rights; people who ask read the longer titles."""


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
    """Return the name of a ground of refusal, or its id where the rules in force no longer hold it; "" for none."""
    try:
        return rules.pack().refusal(ground).title if ground else ""
    except NotInRules:
        return ground


def category_title(submission: Submission, category: str) -> str:
    """Return a data category as it is called under the notice that the submission is pinned to, or its id."""
    try:
        return rules.pack().category_words(category, submission.notice_id, submission.notice_version).title
    except NotInRules:
        return category


def category_today(category: str) -> str:
    """Return what a data category is called in the notices in force, or its id."""
    newest = rules.pack().notices[-1]
    try:
        return rules.pack().category_words(category, newest.id, newest.version).title
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
    if event.verb in EVENTS:
        return str(EVENTS[event.verb])
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
    parts += _of_acts(data)
    parts += _of_doubts(data)
    if data.get("code"):
        parts.append(codes.said(str(data["code"])))
    if event.verb.startswith("evidence_"):
        parts += _of_evidence(data)
    if data.get("fields"):
        parts.append(", ".join(str(PERSONAL[Personal(name)]).lower() for name in data["fields"] if name in PERSONAL))
    return " · ".join(part for part in parts if part)


def _of_acts(data: Mapping[str, Any]) -> list[str]:
    """Return what a task was for, what was decided, how many records it was, what an owner says, how word came."""
    named = ((TaskKind, "task"), (ItemDecision, "decision"), (Channel, "how"))
    parts = [str(kind(data[name]).label) for kind, name in named if data.get(name) in kind.values]
    if data.get("item"):
        parts.append(_("no. %(number)s") % {"number": data["item"]})
    if data.get("left_out") in set(LeftOut):
        parts.append(str(leftout.WORDS[LeftOut(data["left_out"])]))
    if isinstance(files := data.get("files"), int) and files:
        parts.append(ngettext("%(n)d file", "%(n)d files", files) % {"n": files})
    if data.get("file"):
        parts.append(_("a file of its owner"))
    if isinstance(records := data.get("records"), int):
        parts.append(ngettext("%(n)d record", "%(n)d records", records) % {"n": records})
    return parts


def _of_doubts(data: Mapping[str, Any]) -> list[str]:
    """Return which signal or doubt an event is about, and what somebody on file said."""
    parts = [signal_title(str(data["signal"]))] if data.get("signal") else []
    if data.get("doubt"):
        parts.append(str(DOUBTS.get(data["doubt"], _("a signal"))))
    if data.get("answer") in AlertAnswer.values:
        parts.append(str(AlertAnswer(data["answer"]).label))
    return parts


def signal_title(code: str) -> str:
    """Return what a signal is called, or its code where the rules in force no longer hold it."""
    try:
        return rules.pack().ladder.signal(code).wording("title")
    except NotInRules:
        return code


def _of_evidence(data: Mapping[str, Any]) -> list[str]:
    """Return what a piece of evidence was for, and why somebody opened it."""
    given = ((Purpose, data.get("purpose")), (Why, data.get("why")))
    return [str(words(value).label) for words, value in given if value in words.values]


def _label(result: str) -> str:
    if result in RESULTS:
        return str(RESULTS[result])
    kinds = (kind for kind in (StepResult, TaskResult) if result in kind.values)
    return next((str(kind(result).label) for kind in kinds), result)
