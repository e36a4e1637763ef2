"""What each move is called for a right, and what follows from it, said before it is made."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import words
from dsr.models import SubjectRequest
from dsr.rights import Right
from dsr.services import acting

CONSEQUENCES: Mapping[str, str | Promise] = {
    "assign": gettext_lazy("Your colleague sees it under “my requests”. Choose nobody to put it back into the queue."),
    "note": gettext_lazy("Only staff see it. It is kept with the case."),
    "ask": gettext_lazy("The person gets a mail that there is a question, and it is their turn until they answer."),
    "answer": gettext_lazy("Write down what the person told you, in their own words."),
    "message": gettext_lazy("The person gets a mail that there is a message, and reads it on the page of the request."),
    "extend": gettext_lazy(
        "The person is told the reasons and the new date at once. It can be done once, and only before the date."
    ),
    "clarify": gettext_lazy(
        "The person gets a mail that there is a question. Until they answer, the clock stands still, as this law says."
    ),
    "tell_fee": gettext_lazy("The person is told the amount and the reason, and nothing goes on until there is word."),
    "accept_fee": gettext_lazy("Only because the person said so. The clock runs again."),
    "waive_fee": gettext_lazy("The person need not pay, and the clock runs again."),
    "change_laws": gettext_lazy(
        "Every date of every request in this submission is worked out anew, and the person is told each that moves."
    ),
    "change_rules": gettext_lazy(
        "Every date of every request in this submission is worked out by the rules in force, and the person is told "
        "each that moves. It cannot be taken back."
    ),
    "retry_system": gettext_lazy("The system is asked again from the start. What it found before is thrown away."),
    "go_without": gettext_lazy("The person is told which system could not be searched."),
    "withhold": gettext_lazy("This category is left out of the answer, and the person is told that and why."),
    "release": gettext_lazy("It becomes part of the answer again."),
    "name_receiver": gettext_lazy("Only what the person told you. Nothing is sent before they confirm it."),
    "confirm_receiver": gettext_lazy(
        "Read receiver and address out to the person first. Then all of the answer goes there, and cannot be fetched "
        "back."
    ),
    "cancel_receiver": gettext_lazy("Nothing more is sent. What the receiver has by then, it has."),
    "seek_marks": gettext_lazy(
        "A program looks for addresses, numbers and names that are not the person's own. It only proposes them."
    ),
    "mark": gettext_lazy(
        "It is taken out of everything that is handed over, once a colleague has looked at it. The person is told what "
        "kind of thing was taken out, how often and why, and never what."
    ),
    "unmark": gettext_lazy("It stays in the answer."),
    "decide_mark": gettext_lazy("What you take up becomes your mark, so somebody else has to look at it."),
    "look_over": gettext_lazy(
        "You confirm that you looked at everything that others marked. Your own marks wait for somebody else."
    ),
    "prepare": gettext_lazy("Somebody else has to approve it before the person gets anything."),
    "propose_refusal": gettext_lazy("Somebody else has to agree. The person reads the ground and your reasons."),
    "argue_refusal": gettext_lazy(
        "The second person reads it before agreeing. It is sealed, and the person whom it is about is not sent it."
    ),
    "weigh": gettext_lazy(
        "What you write is sealed and read by the second person. The person reads the ground and your reason. What "
        "goes on needs all of it: the burden of proof is ours. A use that was weighed before is weighed anew."
    ),
    "propose_decision": gettext_lazy("Somebody else has to decide before the person hears anything."),
    "decide_objection": gettext_lazy(
        "The person reads what was decided about each use, and why. What stops is stopped in every system. This cannot "
        "be taken back."
    ),
    "decide_objection_late": gettext_lazy(
        "The last day for telling that something goes on has gone by. The letter says that it comes too late."
    ),
    "send_back": gettext_lazy(
        "The proposal is dropped and the request goes back to the desk. The reason is kept as a note."
    ),
    "approve": gettext_lazy("The answer is built and the person is told that it is ready. This cannot be taken back."),
    "refuse": gettext_lazy("The request is closed. The person gets ground, reasons and every way to complain."),
    "refuse_late": gettext_lazy(
        "The last day for a refusal has gone by. The request is closed, and the letter says that it comes too late."
    ),
    "add_right": gettext_lazy("It becomes a request of its own, as of the same day, and the person is told."),
    "referral_answered": gettext_lazy("The register says what the other side says, and it is not asked again."),
    "find_account": gettext_lazy(
        "The systems count what they hold by it, in a case of its own. Nothing is changed, and nobody is told."
    ),
    "assess_age": gettext_lazy(
        "Where you may say so alone, it is done at once: the account is shut and the erasure proposed, or it is left "
        "be. Otherwise somebody else has to agree first."
    ),
    "confirm_age": gettext_lazy("It is done at once: the account is shut and the erasure proposed, or it is left be."),
    "weigh_age_anew": gettext_lazy("The finding is dropped. The reason is kept as a note."),
    "refer": gettext_lazy(
        "The person is told who decides about or answers for part of it. The request goes on with the rest."
    ),
    "redirect": gettext_lazy(
        "The request is closed. The person is told who decides about this or answers for it, in your words."
    ),
    "reopen": gettext_lazy("The person is asked once more to confirm the address. The reference stays the same."),
    "ask_more": gettext_lazy(
        "The person is told what the doubt is and what would do. "
        "Whether the clock stands still meanwhile, the law says."
    ),
    "check_identity": gettext_lazy(
        "Only method, result, time and your name are kept. The image of a document is destroyed at once."
    ),
    "check_mandate": gettext_lazy(
        "Tick what the paper shows. What is not shown is told to the agent, who can show it later."
    ),
    "revoke_mandate": gettext_lazy(
        "Only because the person said so, by a channel on file. Everything is held, what could be downloaded is taken "
        "back, and the agent is told."
    ),
    "end_unproved": gettext_lazy(
        "The request is closed. The person reads your reasons, how to go on, and where to complain."
    ),
    "hold": gettext_lazy("Nothing is handed over for 72 hours, and the person is told. The date does not change."),
    "lift_hold": gettext_lazy("The answer can be released again."),
    "stop": gettext_lazy(
        "Everything is held, downloads too, until somebody finds out who asks. For when the person on file says so."
    ),
    "resume": gettext_lazy("Everything goes on. Do this only once you know, by a channel on file, who is asking."),
    "note_unasked": gettext_lazy("Destroy it where it came in. The person is told that it was not used and is gone."),
    "reissue": gettext_lazy("The same answer can be downloaded again, and the person is told."),
    "renew": gettext_lazy("The files are gone, so the systems are searched anew under the same reference."),
    "withdraw": gettext_lazy(
        "Only because the person asked for it. The request is closed, and that is confirmed by mail."
    ),
    "propose_misunderstood": gettext_lazy(
        "Where the message did not ask for this. Once somebody else agrees, the person reads your reasons, so write "
        "them for the person. Until then nothing changes for them."
    ),
    "close_misunderstood": gettext_lazy(
        "It is closed, and the person reads why. If they say that they did mean it, it goes on as of the same day, and "
        "the time runs on meanwhile."
    ),
    "meant": gettext_lazy("Only because the person said so. It goes on where it stood, with the same dates."),
    "meant_unproved": gettext_lazy(
        "Only because the person said so. It goes on with the same dates, once it is known who asks."
    ),
    "confirm_erasure": gettext_lazy(
        "Only because the person said so, for instance by telephone, after you told them what it means: everything "
        "that nothing protects goes for good, and the account with it."
    ),
    "take_up": gettext_lazy(
        "Only because the person asked for it. The systems are looked at anew, and the person is asked again to "
        "confirm the erasure."
    ),
    "halt": gettext_lazy(
        "It goes back to the desk. What a system has finished already stays done, and the person is told of it. "
        "The reason is kept as a note."
    ),
    "retry_task": gettext_lazy("The system tries its part once more, from where it stands."),
    "accept_failure": gettext_lazy("The ledger and the letter to the person say that this system did not do its part."),
    "erase_again": gettext_lazy("It is erased again, as far as nothing protects it today."),
    "add_item": gettext_lazy("Write down what the person says is wrong, and how it should be, in their own words."),
    "decide_item": gettext_lazy(
        "What is put right is changed in every place that you tick, once somebody else approves. What stays as it is "
        "needs a ground and reasons, which the person reads, and they may add a statement."
    ),
    "disagree": gettext_lazy(
        "Write down the person's statement in their own words. It is kept beside the data, too, where a system can."
    ),
    "take_complaint": gettext_lazy("You look into it from now on, as you had no part in what it is about."),
    "enquire": gettext_lazy("Only staff see it. Name a colleague, a team or a company, and what you asked."),
    "note_reply": gettext_lazy("Only staff see it. If nothing came, say so."),
    "add_finding": gettext_lazy("One for each point. The person reads the point, the finding and the reasons."),
    "drop_finding": gettext_lazy("It is deleted. The history keeps that there was one."),
    "promise": gettext_lazy("The answer tells it with its day, and its owner is warned until it is done."),
    "drop_promise": gettext_lazy("It is deleted. The person was not told of it yet."),
    "keep_promise": gettext_lazy("Nobody is warned of it any more."),
    "note_outside": gettext_lazy(
        "Whoever works on it is warned of its day. The next step that the person is told of goes on from there."
    ),
    "redate_outside": gettext_lazy("The day of its letter counts from now on. Your reason is kept as a note."),
    "end_outside": gettext_lazy("Nobody is warned of it any more, and what comes after it is open to the person."),
    "news": gettext_lazy("The person gets a mail that there is news, and reads it on the page of the complaint."),
    "propose_answer": gettext_lazy(
        "Somebody else has to agree. Nobody showed who they are in order to complain: say nothing about a person that "
        "the complaint does not say itself."
    ),
    "answer_complaint": gettext_lazy(
        "The complaint is closed. The person gets every point with its reasons, what is promised, and the next step."
    ),
    "appeal": gettext_lazy(
        "Only because the person asked for it. Somebody who had no part in it looks at it again, and the person is "
        "told by when."
    ),
    "propose_ruling": gettext_lazy("Somebody else has to agree. The person reads your reasons."),
    "decide_appeal": gettext_lazy(
        "The person is told, with the reasons and the next step. What falls is taken up again at once."
    ),
    "tell_lifting": gettext_lazy(
        "The person is told now, with your reason, and the restriction ends a week later. Not before, and not without."
    ),
    "link_decision": gettext_lazy("The review is of this decision, and whoever may review it can take it."),
    "record_decision": gettext_lazy(
        "Find out from the system and its owner what was decided. The record says that staff wrote it down."
    ),
    "take_review": gettext_lazy(
        "You become the reviewer. From now on it is counted how long you read, and what you open is on record."
    ),
    "hand_over": gettext_lazy("Another reviewer takes it up and opens everything anew. The reason is kept as a note."),
    "ask_representations": gettext_lazy("The person is asked by mail what they have to say, and told until when."),
    "represent": gettext_lazy("Write down what the person says about the decision, in their own words."),
    "none_sent": gettext_lazy("Only once the day has gone by that the person was told."),
    "open_material": gettext_lazy("That you opened it, and when, is on record. It is shown here for a quarter hour."),
    "weigh_information": gettext_lazy("A review that looks at the score alone is none. Only the record holds this."),
    "raise_point": gettext_lazy("One point for each thing that the person says. Each needs an answer."),
    "answer_point": gettext_lazy("In your own words. Only the record holds this; the letter says what decided it."),
    "interim_measure": gettext_lazy("Have the owner of the system do it. Say why, or why nothing is called for."),
    "uphold": gettext_lazy(
        "The request is closed. The person reads your plain words, how somebody else can look, where to complain."
    ),
    "overturn": gettext_lazy(
        "The person is told at once. It stays open until the deciding system has confirmed that it took effect."
    ),
    "retry_effect": gettext_lazy("The deciding system, or its owner, is told once more from the beginning."),
    "record_effect": gettext_lazy("The request is closed, and the person is told that the change is in effect."),
    "review_again": gettext_lazy("Only because the person asked for it. Somebody else has to review it anew."),
}
"""What follows from a move, said before it is made."""

_TITLES: Mapping[tuple[str, Right], str | Promise] = {
    ("prepare", Right.ACCESS): gettext_lazy("Propose to give the data"),
    ("prepare", Right.PORTABILITY): gettext_lazy("Propose to give the data"),
    ("prepare", Right.DELETION): gettext_lazy("Propose to erase as planned"),
    ("prepare", Right.CORRECTION): gettext_lazy("Propose to put right what was decided"),
    ("prepare", Right.RESTRICTION): gettext_lazy("Propose to restrict"),
    ("approve", Right.ACCESS): gettext_lazy("Approve and release"),
    ("approve", Right.PORTABILITY): gettext_lazy("Approve and release"),
    ("approve", Right.DELETION): gettext_lazy("Approve the erasure"),
    ("approve", Right.CORRECTION): gettext_lazy("Approve the correction"),
    ("approve", Right.RESTRICTION): gettext_lazy("Approve the restriction"),
    ("withhold", Right.DELETION): gettext_lazy("Keep something"),
    ("release", Right.DELETION): gettext_lazy("Erase it after all"),
    ("tell_lifting", Right.RESTRICTION): gettext_lazy("Lift the restriction, after telling the person"),
}
_OF_RIGHT: Mapping[tuple[str, Right], str | Promise] = {
    ("prepare", Right.DELETION): gettext_lazy("Somebody else has to approve the plan above before anything is erased."),
    ("prepare", Right.CORRECTION): gettext_lazy("Somebody else has to approve it before anything is changed."),
    ("prepare", Right.RESTRICTION): gettext_lazy("Somebody else has to approve it before anything is restricted."),
    ("approve", Right.CORRECTION): gettext_lazy(
        "The systems are told at once to change what was decided, and recipients are told. The person then gets a "
        "signed statement of what was done."
    ),
    ("approve", Right.RESTRICTION): gettext_lazy(
        "Every system is told at once to keep the data and not to use it. That lasts until the person was told that "
        "it ends."
    ),
    ("withhold", Right.DELETION): gettext_lazy(
        "This category is kept, and the person is told that and why. The systems count anew what would go."
    ),
    ("release", Right.DELETION): gettext_lazy("It goes with the rest, as far as nothing else protects it."),
}


def title_of(verb: str, right: str, title: str) -> str:
    """Return what a move is called for a right; ``title`` is what it is called otherwise."""
    return str(_TITLES.get((verb, Right(right)), title))


def of_move(verb: str, request: SubjectRequest, at: datetime) -> str:
    """Return what follows from a move that is made now on this request."""
    right = Right(request.right)
    if verb == "approve" and right == Right.DELETION:
        return _of_erasure(request, at)
    return str(_OF_RIGHT.get((verb, right), CONSEQUENCES[verb]))


def _of_erasure(request: SubjectRequest, at: datetime) -> str:
    begins = words.moment(acting.begins_at(request, at), request.submission.zone)
    return _(
        "The person is told now that the systems erase from %(begins)s on, as planned. Until then it can be stopped. "
        "What is gone then cannot be brought back."
    ) % {"begins": begins}
