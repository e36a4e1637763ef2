"""What happened, in words for the person it happened to. What staff do among themselves is not told."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.lifecycle import Actor
from dsr.models import Channel, Event, TaskKind, TaskResult
from verification.models import Purpose

Words = str | Promise | Callable[[Event], str | Promise | None]


def _filed(event: Event) -> str:
    channel = str(event.data.get("channel", Channel.WEB))
    if channel == Channel.WEB:
        return _("You made the request on this site.")
    if channel == Channel.IN_PERSON:
        return _("You made the request in person.")
    label = Channel(channel).label if channel in Channel.values else channel
    return _("Your request reached us by: %(channel)s.") % {"channel": label}


def _message(event: Event) -> str:
    return _("You wrote to us.") if event.actor == Actor.PERSON else _("We wrote to you.")


def _withdrawn(event: Event) -> str:
    return _("You withdrew the request.") if event.actor == Actor.PERSON else _("The request was withdrawn for you.")


def _failed(event: Event) -> str | None:
    return _("A system could not be searched; people are looking into it.") if event.data.get("stuck") else None


def _undelivered(event: Event) -> str | None:
    if event.data.get("letter") in ("worksheet", "staff_warning"):
        return None
    return _("A mail from us could not be delivered to you; people are looking into it.")


def _day_of(event: Event, name: str) -> str:
    try:
        return long_day(date.fromisoformat(str(event.data.get(name))))
    except ValueError:
        return ""


def _dates_moved(event: Event) -> str:
    facts = {"was": _day_of(event, "was"), "now": _day_of(event, "now")}
    return _("The date of the answer moved from %(was)s to %(now)s.") % facts


def _checked(event: Event) -> str | None:
    if event.data.get("result") != "failed":
        return None
    return _("A person looked at what you showed us, and it was not enough yet.")


def _confirmed_erasure(event: Event) -> str:
    if event.actor == Actor.PERSON:
        return _("You confirmed once more that your data is to be deleted.")
    return _("We noted that you confirmed the deletion once more.")


def _document_came(event: Event) -> str:
    is_theirs = event.actor == Actor.PERSON
    if event.data.get("purpose") == Purpose.CORRECTION:
        if is_theirs:
            return _("You added a document that shows what is right.")
        return _("We added your document that shows what is right.")
    if event.data.get("purpose") == Purpose.REPRESENTATION:
        if is_theirs:
            return _("You added a document for the review.")
        return _("We added your document for the review.")
    return _("A document that we asked for reached us.")


def _document_opened(event: Event) -> str:
    if event.data.get("purpose") == Purpose.CORRECTION:
        return _("A colleague who decides about your request looked at your document.")
    if event.data.get("purpose") == Purpose.REPRESENTATION:
        return _("The person who reviews the decision looked at your document.")
    return _("A colleague who checks identities looked at your document.")


def _disagreed(event: Event) -> str:
    return _("You added a statement of your own.") if event.actor == Actor.PERSON else _("We added your statement.")


_DONE: Mapping[str, str | Promise] = {
    TaskKind.ERASE: gettext_lazy("A system has done its part."),
    TaskKind.CORRECT: gettext_lazy("A system has done its part."),
    TaskKind.RESTRICT: gettext_lazy("A system has done its part."),
    TaskKind.ANNOTATE: gettext_lazy("Your statement was put beside the data in a system."),
    TaskKind.UNRESTRICT: gettext_lazy("A system has lifted the restriction."),
    TaskKind.TELL: gettext_lazy("Somebody who had been given the data has answered."),
}


def _task_done(event: Event) -> str | Promise | None:
    if event.data.get("result") == TaskResult.LEFT_OUT:
        return None  # the decision to go on without it has a line of its own
    return _DONE.get(str(event.data.get("task")))


def _task_failed(event: Event) -> str | None:
    if not event.data.get("stuck") or event.data.get("task") == TaskKind.RECHECK:
        return None
    if event.data.get("task") == TaskKind.TELL:
        return _("Somebody who had been given the data could not be told yet; people are looking into it.")
    return _("A system could not do its part; people are looking into it.")


TOLD: Mapping[str, Words] = {
    "check_identity": _checked,
    "link_decision": gettext_lazy("We found the decision that you mean."),
    "record_decision": gettext_lazy("We found out which decision you mean."),
    "take_review": gettext_lazy("A person who had no part in the decision has taken the review."),
    "hand_over": gettext_lazy("Another person takes over the review."),
    "ask_representations": gettext_lazy("We asked you what you have to say about the decision."),
    "represent": gettext_lazy("You said what you think of the decision."),
    "none_sent": gettext_lazy("We noted that you sent nothing."),
    "interim_measure": gettext_lazy("We looked at what can ease the effect meanwhile."),
    "uphold": gettext_lazy("A person decided that the decision stands."),
    "overturn": gettext_lazy("A person changed the decision."),
    "effect_failed": gettext_lazy("The system that decided has not confirmed yet; people are looking after it."),
    "effect_applied": gettext_lazy("The change is in effect."),
    "review_again": gettext_lazy("A second review was asked for."),
    "file": _filed,
    "ask_identity": gettext_lazy("We mailed a code to your address."),
    "address_asked": gettext_lazy("We mailed a new code."),
    "number_asked": gettext_lazy("You asked for a code by text message to the number on file."),
    "begin": gettext_lazy("We began to put the answer together."),
    "confirm_identity": gettext_lazy("You confirmed your address."),
    "facts_asked": gettext_lazy("You chose to answer questions about your dealings with us."),
    "proof_failed": gettext_lazy("What you showed us was not enough yet."),
    "declared": gettext_lazy("You signed a declaration."),
    "proof_given": gettext_lazy("You showed us who you are."),
    "ask_more": gettext_lazy("We asked for more proof of who is asking, and wrote to you why."),
    "agent_confirmed": gettext_lazy("You confirmed your address."),
    "principal_asked": gettext_lazy("We asked the person whether they gave the permission."),
    "principal_told": gettext_lazy("We told the person that somebody acts for them."),
    "principal_confirmed": gettext_lazy("The person confirmed the permission."),
    "mandate_revoked": gettext_lazy("The permission was withdrawn, so nothing more is done."),
    "desk_saw": gettext_lazy("The colleague who took your request down noted how they know that it is you."),
    "claims_dropped": gettext_lazy("We go on without the identifiers that were not proved."),
    "hold": gettext_lazy("We wait a little before we hand anything over, and wrote to you why."),
    "lift_hold": gettext_lazy("We need not wait any longer before we hand over."),
    "hold_over": gettext_lazy("The wait before we hand over has ended."),
    "end_unproved": gettext_lazy("The request ended, because we could not find out who is asking."),
    "note_unasked": gettext_lazy("We destroyed something that came in and that we had not asked for."),
    "warn_lapse": gettext_lazy("We reminded you to show who you are."),
    "lapse": gettext_lazy("The request ended, because nobody showed who is asking."),
    "reopen": gettext_lazy("The request was taken up again."),
    "evidence_received": _document_came,
    "evidence_opened": _document_opened,
    "evidence_destroyed": gettext_lazy("Your document was destroyed."),
    "search": gettext_lazy("We began to search the systems that hold data."),
    "system_failed": _failed,
    "found": gettext_lazy("All systems have answered."),
    "acknowledge": gettext_lazy("We confirmed that your request is with us."),
    "extend": gettext_lazy("We put the answer off, and wrote to you why."),
    "clarify": gettext_lazy("We asked you a question. Until you answer it, the time for the answer stands still."),
    "tell_fee": gettext_lazy("We told you what the answer costs."),
    "accept_fee": gettext_lazy("The fee was accepted."),
    "waive_fee": gettext_lazy("You need not pay the fee."),
    "fee_unanswered": gettext_lazy("The request ended, because the fee was not accepted in time."),
    "miss": gettext_lazy("We missed the date for the answer, and wrote to you about it."),
    "change_laws": gettext_lazy("We noted that other laws apply to your request than we first assumed."),
    "change_rules": gettext_lazy("We went over to the rules that are in force today for your request."),
    "dates_moved": _dates_moved,
    "go_without": gettext_lazy("We go on without a system that could not be searched. The answer will name it."),
    "ask": gettext_lazy("We asked you a question."),
    "answer": gettext_lazy("You answered our question."),
    "message": _message,
    "approve": gettext_lazy("A second person checked what was prepared, and approved it."),
    "approve_by_rule": gettext_lazy("The answer was released."),
    "refuse": gettext_lazy("The request was refused."),
    "refuse_late": gettext_lazy("The request was refused, later than it had to be."),
    "redirect": gettext_lazy("We directed you to whoever decides about this data or answers for it."),
    "built": gettext_lazy("The answer is ready."),
    "build_failed": gettext_lazy("The answer could not be put together; people are looking into it."),
    "leak_found": gettext_lazy("The answer was looked over once more before it is given; people are working on it."),
    "name_receiver": gettext_lazy("Somebody was named to whom your data is to be sent. Nothing has been sent yet."),
    "confirm_receiver": gettext_lazy("It was confirmed to whom your data is sent."),
    "cancel_receiver": gettext_lazy("Sending your data on was called off."),
    "transmitted": gettext_lazy("The receiver confirmed that your data arrived."),
    "transmission_failed": gettext_lazy("Your data could not be sent on; it is still ready for you."),
    "code_sent": gettext_lazy("We mailed a code for the download."),
    "download_opened": gettext_lazy("The code was entered and the download opened."),
    "collect": gettext_lazy("You collected the answer."),
    "downloaded": gettext_lazy("You downloaded the answer again."),
    "warn_expiry": gettext_lazy("We reminded you to collect the answer."),
    "expire": gettext_lazy("The time to collect the answer ran out."),
    "reissue": gettext_lazy("The answer was made ready once more."),
    "renew": gettext_lazy("We began to search and answer anew."),
    "destroyed": gettext_lazy("The files of the answer were destroyed, as announced."),
    "confirm_erasure": _confirmed_erasure,
    "remind_to_confirm": gettext_lazy("We reminded you to confirm the deletion once more."),
    "erasure_unconfirmed": gettext_lazy("The request ended, as the deletion was not confirmed. Nothing was deleted."),
    "take_up": gettext_lazy("The request was taken up again, and we look anew at what there is."),
    "add_item": gettext_lazy("We noted something more that you say is wrong."),
    "disagree": _disagreed,
    "halt": gettext_lazy("It was stopped before more was done, and people look at it again."),
    "begin_acting": gettext_lazy("We began to carry it out in the systems."),
    "task_done": _task_done,
    "task_failed": _task_failed,
    "accept_failure": gettext_lazy("We go on without the part of a system. The outcome names it."),
    "acted": gettext_lazy("It has been carried out in the systems."),
    "certified": gettext_lazy("We made a signed statement of what was done."),
    "erased_later": gettext_lazy("Something that had to be kept until now was deleted."),
    "reappeared": gettext_lazy("Something that had been deleted was there again; people are looking into it."),
    "erase_again": gettext_lazy("We have what was there again deleted once more."),
    "tell_lifting": gettext_lazy("We told you that the restriction ends, and why."),
    "lift_restriction": gettext_lazy("The restriction ended, after you had been told."),
    "choose": gettext_lazy("It stands: from now on we mind what you do not want."),
    "decide_objection": gettext_lazy("Two people decided on your objection, and we wrote to you what and why."),
    "decide_objection_late": gettext_lazy(
        "Two people decided on your objection, later than they had to, and we wrote to you what and why."
    ),
    "objection_over": gettext_lazy("Everything that has to stop after your objection has stopped."),
    "late": gettext_lazy("Not every system had confirmed it in time, and we wrote to you about it."),
    "in_effect": gettext_lazy("Every system minds what you do not want."),
    "chosen_anew": gettext_lazy("The request ended, as something else was chosen since."),
    "add_right": gettext_lazy("We read in your words that you ask for something more, and took that up, too."),
    "close_misunderstood": gettext_lazy("We had misread what you asked for, so this ended, and wrote to you why."),
    "meant": gettext_lazy("We go on with it, as you did mean it."),
    "meant_unproved": gettext_lazy("We go on with it, as you did mean it."),
    "refer": gettext_lazy("We told you who decides about part of the data or answers for it. With the rest we go on."),
    "settle": gettext_lazy("We have dealt with your report."),
    "shut": gettext_lazy("The account is being shut in every system."),
    "leave_be": gettext_lazy("This ended, and nothing was done to the account."),
    "withdraw": _withdrawn,
    "message_failed": _undelivered,
    "take_complaint": gettext_lazy("Somebody who had no part in it began to look into your complaint."),
    "enquire": gettext_lazy("We asked somebody about it."),
    "keep_promise": gettext_lazy("Something that we promised was done."),
    "news": gettext_lazy("We told you how it goes."),
    "answer_complaint": gettext_lazy("We answered your complaint."),
    "appeal": gettext_lazy("You appealed against what we decided."),
    "decide_appeal": gettext_lazy("Your appeal was decided."),
    "reconsider": gettext_lazy("Your request was taken up again, as your appeal was right."),
    "purged": gettext_lazy("Your data in this case was deleted."),
}
HIDDEN = frozenset(
    {"assign", "note", "retry_system", "withhold", "release", "prepare", "propose_refusal", "send_back"}
    | {"argue_refusal", "seek_marks", "mark", "unmark", "decide_mark", "look_over"}
    | {"answer_point", "open_material", "raise_point", "record_effect", "retry_effect", "weigh_information"}
    | {"weigh", "propose_decision"}  # told when a second person has decided, with the reasons
    | {
        "check_mandate",
        "revoke_mandate",
        "looked",
        "signal_seen",
        "alert_sent",
        "alert_answered",
        "stop",
        "resume",
    }
    | {"signal_cleared", "number_shown", "revealed", "owner_added_file", "owner_removed_file"}
    | {"system_answered", "owner_reminded", "owner_reported", "retry_task"}
    | {"referral_answered", "propose_misunderstood"}
    | {"take_in", "find_account", "assess_age", "confirm_age", "weigh_age_anew"}  # whose account it is stays inside
    | {"note_reply", "add_finding", "drop_finding", "promise", "drop_promise", "propose_answer", "propose_ruling"}
    | {"note_outside", "redate_outside", "end_outside"}
    | {"decide_item"}  # told when a second person has approved it, with its reasons
)
"""Verbs that are staff's and systems' own business. A test fails on a verb that is in neither table."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: when, what, and which rights it was about, where there are several."""

    at: datetime
    text: str
    titles: tuple[str, ...]


def entries(events: Iterable[Event], titles: Mapping[UUID, str]) -> list[Entry]:
    """Return the timeline, newest first. What happened to several rights at once is one line."""
    merged: dict[tuple[datetime, str], list[str]] = {}  # by minute: what one act sets off counts as one
    for event in events:
        words = TOLD.get(event.verb)
        text = words(event) if callable(words) else words
        if text is None:
            continue
        about = merged.setdefault((event.at.replace(second=0, microsecond=0), str(text)), [])
        if event.request_id is not None and len(titles) > 1:
            about.append(titles[event.request_id])
    lines = [Entry(at, text, tuple(dict.fromkeys(about))) for (at, text), about in merged.items()]
    return lines[::-1]


def long_day(day: date) -> str:
    """Return a day in words, as on every page."""
    return dateformat.format(day, "j F Y")
