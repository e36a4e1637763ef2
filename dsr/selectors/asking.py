"""What may be asked of somebody who uses a right, what must be answered, and what must not be asked.

One list for form, desk and programs.

What may be asked to show who somebody is follows from the ladder and is not listed here; what must not, is.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsr.choices import uses
from dsr.rights import CORRECTION_ROWS, SPECS, Right
from dsr.rules import Notice
from dsr.rules.ladder import Demand
from dsr.rules.schema.ladder import OTHER, Ladder

_REACH = ("relationship", "country", "region", "language", "email")
"""What every request needs to be answered at all, and under the right law."""
_HELPFUL = ("name", "phone")
"""What one may give so that one is found, addressed and reached."""
_FINDING = ("identifiers",)

TITLES: dict[str, str | Promise] = {
    "relationship": _("How you know the organisation"),
    "country": _("The country where you live"),
    "region": _("The state or province where you live"),
    "language": _("The language to write in"),
    "email": _("Your mail address"),
    "name": _("Your name"),
    "phone": _("Your telephone number"),
    "identifiers": _("Account numbers and other identifiers by which you can be found"),
    "scope": _("What you want to see, if not everything"),
    "consequences": _("That you know what a deletion means: an account is closed for good"),
    "wrong_1": _("What is wrong"),
    "right_1": _("What it should say"),
    "wrong_2": _("What else is wrong"),
    "right_2": _("What that should say"),
    "wrong_3": _("What is wrong besides"),
    "right_3": _("What that should say in turn"),
    "restriction_ground": _("Why the data should be kept and not used"),
    "cpni_account": _("The number of the account that it is about"),
    "consents": _("Which consents are taken back, by the words that are offered, with spaces between"),
    "objected": _("Which uses are objected to, by the words that are offered, with spaces between"),
    "own_grounds": _("What in the person's situation speaks against them; against direct marketing alone nothing"),
    "reporter": _("Who you are to the child"),
    "childs_account": _("The account that it is about: its number, mail address or telephone number"),
    "childs_why": _("Why you think that it is a child's"),
    "decision_kind": _("What was decided about you"),
    "decision_id": _("The number of the decision"),
    "decision_when": _("When about it was decided"),
    "decision_what": _("What happened"),
    "decision_wrong": _("Why you think that it is wrong"),
    "complaint": _("What went wrong"),
    "complaint_subject": _("What the complaint is about"),
    "complaint_reference": _("The reference of the request that it is about, if it is about one"),
    "complaint_wish": _("What should be done about it"),
    "exporter": _("The company that sent the data out of Europe, if it is known"),
}
CHOICES: Mapping[str, Mapping[str, str | Promise]] = {
    "consequences": {"yes": _("Yes, I know what this means, and I want it")},
    "restriction_ground": {  # GDPR Art 18(1)(a) to (d), in that order
        "accuracy_contested": _("The data is said to be wrong, and that has to be checked first"),
        "unlawful": _("The data may not be used at all, but it is not to be deleted"),
        "needed_for_claims": _("The data is no longer needed here, but it is needed to claim or defend a right"),
        "objection_pending": _("There is an objection to the use, and it is not decided yet"),
    },
    "reporter": {
        "parent": _("A parent"),
        "guardian": _("A guardian"),
        "child": _("The child itself"),
        "other": _("Somebody else"),
    },
    "decision_kind": {
        "account_approval": _("An account was not opened for me"),
        "account_suspension": _("My account was suspended, or I cannot sign in any more"),
        "other": _("Something else that weighs on me"),
    },
    "complaint_subject": {
        "handling": _("How a request was dealt with"),
        "use": _("How data is used or passed on"),
        "security": _("How data is kept safe"),
        "contact": _("Messages or calls that should not have come"),
        "officer": _("The data protection officer"),
        "other": _("Something else"),
    },
}
"""Questions that are answered by one of some words, each with its meaning."""
FOR_STAFF: Mapping[str, str | Promise] = {
    "scope": _("What the person wants to see, if not everything"),
    "consequences": _("Whether they know that an account is closed for good. They are asked once more before it"),
    "consents": _("Which consents are taken back"),
    "objected": _("Which uses are objected to"),
    "reporter": _("Who reports it"),
    "childs_why": _("Why it is thought to be a child's"),
    "decision_kind": _("What was decided about the person"),
    "decision_wrong": _("Why the person thinks that it is wrong"),
}
"""What a question is called for whoever answers it in another's place, where the form for everybody says "you"."""
CHOICES_FOR_STAFF: Mapping[str, Mapping[str, str | Promise]] = {
    "consequences": {"yes": _("Yes, a deletion is what they ask for")},
    "decision_kind": {
        "account_approval": _("An account was not opened"),
        "account_suspension": _("An account was suspended, or they cannot sign in any more"),
        "other": _("Something else that weighs on the person"),
    },
}
"""What the answers mean then, where the form has them in the first person."""
_SAY: Mapping[str, str | Promise] = {
    "consequences": _("Confirm with yes that you know what a deletion means."),
    "restriction_ground": _("Choose why the data should be kept and not used."),
    "cpni_account": _("Give the number of the account that it is about."),
    "consents": _("Choose which consent is taken back."),
    "objected": _("Choose to which use you object."),
    "own_grounds": _("Say what in your situation speaks against it."),
    "reporter": _("Choose who you are to the child."),
    "childs_account": _("Give the number, mail address or telephone number of the account."),
    "childs_why": _("Say in a sentence why you think that it is a child's."),
    "decision_kind": _("Choose what was decided about you."),
    "complaint": _("Say what went wrong."),
    "complaint_subject": _("Choose what the complaint is about."),
    "wrong": _("Say what is wrong."),
    "right": _("Say what it should say instead."),
}
"""What is missing where one of these is, by the name of the question without its number."""
_NEVER: dict[str, str | Promise] = {
    "reason": _("Nobody has to say why they use a right."),
    "password": _("A password proves nothing that a sign-in does not, and must not be told to anybody."),
    "new_account": _("Nobody has to open an account in order to ask."),
}
_IDENTITY: dict[str, str | Promise] = {
    "identity": _("This right is given to everybody who asks; nobody has to prove who they are."),
    "identity_document": _("This right is given to everybody who asks; nobody has to prove who they are."),
}
_ASKED_AS: dict[str, str] = {"document": "identity_document"}
"""What a method that is barred would ask for, where that has a name of its own."""
_UNSEARCHED = _("No system is searched for this right, so nothing is needed to find you by.")


@dataclass(frozen=True, slots=True)
class Question:
    """Something that may be asked, and whether there must be an answer; one of ``choices`` where there are any."""

    name: str
    title: str
    required: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Barred:
    """Something that must not be asked, and why."""

    name: str
    because: str


def questions(right: Right, notice: Notice, relationship: str) -> list[Question]:
    """Return what may be asked of somebody who uses a right, in the order of the form."""
    spec = SPECS[right]
    needed = [Question(name, str(TITLES[name]), name != "region") for name in _REACH]
    optional = (*_HELPFUL, *(_FINDING if spec.searches else ()))
    return [
        *needed,
        *(Question(name, str(TITLES[name]), False) for name in optional),
        *(
            Question(name, str(TITLES[name]), name in spec.must_answer, _words(name, notice, relationship))
            for name in spec.questions
        ),
    ]


def _words(name: str, notice: Notice, relationship: str) -> tuple[str, ...]:
    return tuple(uses.options(name, notice, relationship) if name in uses.MANY else CHOICES.get(name, ()))


def unanswered(
    right: Right, details: Mapping[str, str], known: Mapping[str, Collection[str]] | None = None
) -> dict[str, str]:
    """Return a sentence for each detail that a right needs and that is missing or cannot be used, by its name.

    ``known`` are the words for each of `uses.MANY`, where whoever asks has them.
    """
    needed = set(SPECS[right].must_answer)
    if set(uses.named(details.get(uses.OBJECTED, ""))) - {uses.DIRECT_MARKETING}:
        needed.add("own_grounds")
    for row in range(1, CORRECTION_ROWS + 1):
        names = {f"wrong_{row}", f"right_{row}"}
        if any(details.get(name) for name in names):
            needed |= names  # either side alone says nothing
    # One of some words is one of them, where it may be left out as well.
    needed |= {name for name in SPECS[right].questions if name in CHOICES and details.get(name)}
    missing = [name for name in SPECS[right].questions if name in needed and not _is_answer(name, details.get(name))]
    missing += [name for name, words in (known or {}).items() if set(uses.named(details.get(name, ""))) - set(words)]
    return {name: str(_SAY[name.rstrip("_0123456789")]) for name in missing}


def _is_answer(name: str, answer: str | None) -> bool:
    return answer in CHOICES[name] if name in CHOICES else bool(answer)


def must_not_ask(right: str, demand: Demand, ladder: Ladder, language: str | None = None) -> list[Barred]:
    """Return what must not be asked of somebody who uses a right, each with the reason.

    ``demand`` is what they have to prove, by the ``ladder`` of the rules; a right that is filed elsewhere has no more.
    """
    found = {**_NEVER, **dict(_as_proof(demand, ladder, language))}
    if right in set(Right):
        found |= dict(_unneeded(Right(right)))
    return [Barred(name, str(because)) for name, because in found.items()]


def _as_proof(demand: Demand, ladder: Ladder, language: str | None) -> Iterator[tuple[str, str | Promise]]:
    if not demand.level:
        yield from _IDENTITY.items()
    yield from ((_ASKED_AS.get(method, method), because) for method, because in demand.barred)
    for fact in ladder.facts_barred:
        # A name or an address may be asked to find and reach somebody; that it proves nothing is for those who check.
        if fact.id not in {*TITLES, *_NEVER, OTHER}:
            yield fact.id, fact.wording("because", language)


def _unneeded(right: Right) -> Iterator[tuple[str, str | Promise]]:
    spec = SPECS[right]
    if not spec.searches:
        yield from ((name, _UNSEARCHED) for name in _FINDING)
    for other in SPECS.values():
        for name in other.questions:
            if name not in spec.questions:
                yield name, _("This right does not need it.")
