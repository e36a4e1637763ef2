"""Facts from recent dealings: questions whose answers the systems confirm or not, and never reveal.

Among the questions are decoys, about dealings that nobody here has: somebody who makes answers up answers those, too.
Nothing tells which answer was wrong, and somebody who is not on file is asked the same in the same way.
"""

import random
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from dsr.connectors import ConnectorError
from dsr.errors import Incomplete, TooMany, WrongState
from dsr.lifecycle import State
from dsr.models import Direction, Post, Submission, Vouched
from dsr.policies import Caller
from dsr.reckoning import rules_of
from dsr.rules.words import FACT_WORDS
from dsr.services import asked, known_people, proving, ties
from dsr.services._moves import Case, holding
from notifications.ids import uuid7
from verification import checks, limits
from verification.errors import Expired
from verification.models import Check, CheckState
from verification.proofs import Method

LASTS: Final = timedelta(minutes=30)
REAL: Final = 4
"""Questions about facts that the systems hold; fewer where they hold fewer."""
DECOYS: Final = 2
POINTS: Final = {Method.FACTS: 2, Method.FACTS_DECLARED: 3}
"""Matching facts that it takes (11 CCR 7062)."""
WRONG_ALLOWED: Final = 1
"""People forget; one wrong answer does not undo the right ones."""
TRIES: Final = 3
"""Tries about one person in a month, over all filings: asking again must not become guessing."""
MONTH: Final = timedelta(days=30)
_METHODS = frozenset(POINTS)
_FEW_ANSWERS: Final = frozenset({"count", "words"})
"""Forms of answers of which there are so few that trying the likeliest often succeeds."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is put. Real ones and decoys look the same."""

    name: str
    text: str
    form: str
    """What an answer looks like: amount, month, count or words."""


@dataclass(frozen=True, slots=True)
class Quiz:
    """The questions of one try, and whether a declaration goes with the answers."""

    check_id: UUID
    questions: tuple[Question, ...]
    declares: bool


def is_offered(submission: Submission, method: str) -> bool:
    """Whether there are enough facts to ask for, and tries left."""
    return len(_chosen(submission, _on_offer(submission))) >= POINTS[Method(method)]


def _chosen(submission: Submission, offer: Collection[str]) -> list[str]:
    """Return the facts to ask for. Of those with few possible answers at most one: the rest must not be guessed."""
    ladder = rules_of(submission).ladder
    guessed = {word for word in offer if (row := ladder.fact(word)) is not None and row.form in _FEW_ANSWERS}
    some = random.sample(sorted(guessed), min(1, len(guessed)))
    found = sorted({*offer} - guessed)
    return random.sample(found, min(REAL - len(some), len(found))) + some


def _on_offer(submission: Submission) -> dict[str, list[tuple[str, str]]]:
    """Return, for each word, which fact of which system confirms it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for system, fact in known_people.facts_on_offer(key=f"facts:{submission.pk}"):
        found.setdefault(str(fact.word), []).append((system, fact.name))
    return found


def begin(submission_id: UUID, *, by: Caller, at: datetime) -> Quiz:
    """Start a try. Raises WrongState where no facts are asked for, TooMany when the tries are used up."""
    submission = Submission.objects.select_related("data_key").get(pk=submission_id)
    offer = _on_offer(submission)
    with holding(submission_id=submission_id) as case:
        method = _method(case)
        _check_tries(case.submission, at)
        real = _chosen(case.submission, offer)
        if len(real) < POINTS[method]:
            raise WrongState(_("There are no questions to ask at the moment. Choose another way."), code="no-facts")
        # Fewer, or none, where the systems hold nearly everything that may be asked.
        others = [word for word in FACT_WORDS if word not in offer]
        decoys = random.sample(others, min(DECOYS, len(others)))
        words = real + decoys
        secrets.SystemRandom().shuffle(words)
        checks.end(case.submission.pk, at, _METHODS)
        workings = {"words": words, "systems": {word: offer[word] for word in real}}
        check, _token = checks.begin(case.submission.pk, case.submission.data_key, method, workings, at, lasts=LASTS)
        case.record("facts_asked", by=by, at=at)
    return _quiz(case.submission, check)


def open_quiz(submission_id: UUID, *, at: datetime) -> Quiz | None:
    """Return the try that waits for its answers, None when there is none."""
    running = Check.objects.filter(
        about=submission_id, method__in=_METHODS, state=CheckState.OPEN, expires_at__gt=at, tries=0
    ).select_related("data_key")
    check = running.order_by("-started_at").first()
    if check is None:
        return None
    return _quiz(Submission.objects.select_related("data_key").get(pk=submission_id), check)


def _quiz(submission: Submission, check: Check) -> Quiz:
    ladder, language = rules_of(submission).ladder, submission.language
    questions = []
    for word in checks.workings(check)["words"]:
        row = ladder.fact(word)
        assert row is not None
        questions.append(Question(word, row.wording("question", language), row.form))
    return Quiz(check.pk, tuple(questions), check.method == Method.FACTS_DECLARED)


def _wanted(case: Case) -> list[asked.Asked]:
    requests = case.requests()
    return [*asked.open_for(case.submission, requests), *asked.for_sending(case.submission, requests)]


def _method(case: Case) -> Method:
    """Return the method that facts serve now: with a declaration where one request needs so much."""
    found = {method for each in _wanted(case) for method in each.ways if method in _METHODS}
    if not found:
        raise WrongState(_("No questions are asked for this request. Choose another way."), code="no-facts")
    return Method.FACTS_DECLARED if Method.FACTS_DECLARED in found else Method.FACTS


def _check_tries(submission: Submission, at: datetime) -> None:
    """Count over every filing about the same person, so that filing again buys no more tries."""
    about = {submission.pk}
    for field in ("email_fingerprint", "account_fingerprint"):
        if mark := getattr(submission, field):
            lately = Submission.objects.filter(**{field: mark}, received_at__gt=at - 2 * MONTH)
            about |= set(lately.order_by("-received_at").values_list("pk", flat=True)[:200])
    tries = Check.objects.filter(
        about__in=about, method__in=_METHODS, state=CheckState.FAILED, started_at__gt=at - MONTH
    ).order_by("-started_at")
    last = list(tries.values_list("started_at", flat=True)[:TRIES])
    if len(last) >= TRIES:
        raise _too_many(last[-1] + MONTH)
    if retry_at := limits.used_up(_marks(submission), TRIES, at):
        raise _too_many(retry_at)


def _too_many(retry_at: datetime) -> TooMany:
    sentence = _("The questions were answered wrongly too often. Choose another way, or try again later.")
    return TooMany(sentence, retry_at=retry_at)


def _marks(submission: Submission) -> set[str]:
    """Return the look-up values of everybody whom the questions may be about."""
    return {mark for who in people(submission) for mark in ties.marks_of(who)}


def answer(
    submission_id: UUID, check_id: UUID, answers: Mapping[str, str], *, signed: str = "", by: Caller, at: datetime
) -> bool:
    """Take the answers of a try; "" means that a question does not apply. Returns whether they were enough.

    ``signed`` is the name under a declaration. Raises Incomplete where one is needed and missing, and the errors of
    ``verification.checks`` for a try that is over. The systems are asked outside any transaction.
    """
    them, words, systems, declares, noted = _take_try(submission_id, check_id, signed, at)
    if retry_at := limits.used_up({mark for who in them for mark in ties.marks_of(who)}, TRIES + 1, at):
        _conclude(submission_id, check_id, right=[], signed="", by=by, at=at)  # many tries were begun at once
        raise _too_many(retry_at)
    given = {word: answers.get(word, "").strip()[:200] for word in words}
    made_up = any(text and word not in systems for word, text in given.items())
    method = Method.FACTS_DECLARED if declares else Method.FACTS
    # Everybody is asked about to the end: how long it takes must not tell whom somebody knows.
    keys = [f"{check_id}:{number}" for number in range(len(them))]
    right = [
        who
        for who, key in zip(them, keys, strict=True)
        if _knows_enough(who, given, systems, POINTS[method], key, submission_id, noted, at) and not made_up
    ]
    _conclude(submission_id, check_id, right=right, signed=signed, by=by, at=at)
    if right:
        limits.take_back(noted, at)
    return bool(right)


def _knows_enough(
    who: dict[str, list[str]],
    given: Mapping[str, str],
    systems: Mapping[str, Sequence[Sequence[str]]],
    need: int,
    key: str,
    submission_id: UUID,
    noted: Collection[UUID],
    at: datetime,
) -> bool:
    """Say whether the answers are those of one person. A system that cannot be asked counts against nobody."""
    points = wrong = 0
    for word, text in given.items():
        try:
            fits = _fits(who, systems.get(word, []), text, f"{key}:{word}")
        except ConnectorError:
            checks.end(submission_id, at, _METHODS)
            limits.take_back(noted, at)
            break
        if text and word in systems:
            points, wrong = points + fits, wrong + (not fits)
    else:
        return points >= need and wrong <= WRONG_ALLOWED
    raise WrongState(
        _("We cannot check the answers at the moment. Try again in a while, or choose another way."), code="no-facts"
    )


def _fits(who: dict[str, list[str]], where: Sequence[Sequence[str]], text: str, key: str) -> bool:
    """Ask the systems whether an answer is right; whether one was given or not: a reply must not tell by its time."""
    right = [known_people.knows(who, system, fact, text or "-", key=key) for system, fact in where]
    return bool(text) and any(right)


def _take_try(
    submission_id: UUID, check_id: UUID, signed: str, at: datetime
) -> tuple[list[dict[str, list[str]]], list[str], dict[str, list[list[str]]], bool, list[UUID]]:
    """Use the try up before anything is asked, so that two presses of the button are not two guesses."""
    submission = Submission.objects.select_related("data_key").get(pk=submission_id)
    with transaction.atomic():
        check = checks.locked(check_id, at)
        workings: dict[str, Any] = checks.workings(check)
        declares = check.method == Method.FACTS_DECLARED
        if check.about != submission_id or check.tries:
            raise Expired
        if declares and not signed.strip():
            raise Incomplete(_("Type your full name to sign the declaration."), field="signed")
        check.tries = 1
        check.save(update_fields=["tries"])
        noted = limits.note(_marks(submission), at, lasts=MONTH)
    return people(submission), list(workings["words"]), dict(workings["systems"]), declares, noted


def people(submission: Submission) -> list[dict[str, list[str]]]:
    """Return whom the questions are about: whoever is known by each thing that is claimed, or by the contact address.

    One by one, as what is claimed need not be one person's: whoever answers for an account of their own has said
    nothing of another's number. What is on file in the same record goes with it.
    """
    claims = ties.claims_of(submission)
    if claims and submission.vouched != Vouched.DROPPED:
        return [
            ties.only(claims, ties.tied_to(submission, {kind: [value]}))
            for kind, value in ties.pairs_of(claims)[: ties.MOST_CLAIMS]
        ]
    if submission.for_other:
        own = submission.open_json("proved").get("email")
        return [{"email": list(own)}] if own else [{}]
    return [{"email": [submission.open("email")]}]


def _conclude(
    submission_id: UUID,
    check_id: UUID,
    *,
    right: Sequence[dict[str, list[str]]],
    signed: str,
    by: Caller,
    at: datetime,
) -> None:
    with holding(submission_id=submission_id) as case:
        submission = case.submission
        check = checks.locked(check_id, at)
        checks.finish(check, at, passed=bool(right))
        if not right:
            case.record("proof_failed", by=by, at=at, data={"method": check.method})
            return
        if check.method == Method.FACTS_DECLARED:
            _keep_declaration(case, signed, by, at)
        shown = ties.together(*right)
        if submission.vouched in (Vouched.OPEN, Vouched.ELSEWHERE) and ties.only(
            ties.claims_of(submission), ties.marks_of(shown)
        ):
            if ties.marks_of(ties.claims_of(submission)) <= ties.marks_of(shown):
                proving.vouch(case)
            else:
                proving.drop_claims(case, by=Caller.system(by.via), at=at)
        proving.record(case, Method(check.method), by=by, at=at, proved=shown)


def declaration(submission: Submission, name: str = "") -> str:
    """Return the text of the declaration, with the name under it."""
    text = _(
        "I declare under penalty of perjury that I am the person whose data is asked for in request %(reference)s, or "
        "may ask for that person, and that what I have answered is true."
    ) % {"reference": submission.reference}
    return f"{text}\n\n{name}" if name else text


def _keep_declaration(case: Case, name: str, by: Caller, at: datetime) -> None:
    """Keep the signed declaration with the case (11 CCR 7062(c))."""
    waiting = [each for each in case.requests() if each.state == State.VERIFYING]
    request = waiting[0] if waiting else _wanted(case)[0].request
    post = Post(id=uuid7(at), submission=case.submission, request=request, direction=Direction.FROM_PERSON, at=at)
    post.seal("body", declaration(case.submission, name.strip()[:200]))
    case.add(post)
    case.record("declared", by=by, at=at, request=request)
