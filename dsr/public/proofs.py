"""What is asked of somebody to show who they are, as data: why, every way that would do, until when, what otherwise.

Nothing here may depend on whether anybody is on file. All comes from what was filed, what was proved, and the rules.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import demands, reckoning
from dsr.lifecycle import State, Turn
from dsr.models import SubjectRequest, Submission, Vouched
from dsr.public import offers, pages
from dsr.rights import SPECS, Right
from dsr.services import asked, facts, ties
from notifications import sms
from verification.proofs import Level, Method

RUNGS: Mapping[int, str | Promise] = {
    0: gettext_lazy("Nothing."),
    1: gettext_lazy("That you can open an address or a number."),
    2: gettext_lazy("That you are known to us: by a sign-in, or by what only you can know."),
    3: gettext_lazy("That it is surely you: by two things that hardly anybody else has together."),
    4: gettext_lazy("That somebody here has looked at a document of yours."),
}
"""What a rung of the ladder asks for, in plain words."""
OF_RECORD = gettext_lazy("It has to be one that was on file for at least 30 days, or a sign-in with the password.")
BY_MAIL = frozenset({Method.MAIL_LINK, Method.MAIL_CODE})
BY_FACTS = frozenset({Method.FACTS, Method.FACTS_DECLARED})
_BY_LOGIN = frozenset({Method.LOGIN, Method.LOGIN_MFA})
_CLAIMED = (Vouched.OPEN, Vouched.ELSEWHERE)
KINDS: Mapping[str, str | Promise] = {
    "account": gettext_lazy("the account number"),
    "phone": gettext_lazy("the telephone number"),
    "email": gettext_lazy("the other mail address"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence that says why, and where it stands."""

    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits until it is known who asks."""

    title: str
    what: str
    because: tuple[Reason, ...]
    is_asked: bool
    """Whether it waits for the person; otherwise we are asking our systems first."""
    stands_still: bool
    law: str
    due_on: date
    otherwise: str
    source: str
    is_wish: bool = False
    """Whether it only stands before something that the person may want beside the answer."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to show who one is. ``go`` says what its button does, "" where nothing here can be pressed."""

    method: str
    title: str
    asks: str
    kept: str
    go: str
    only_for: tuple[str, ...] = ()
    """What it is enough for, where it is not enough for everything that waits."""


@dataclass(frozen=True, slots=True)
class Unused:
    """A way that is not used here, and why."""

    title: str
    because: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Everything the page of choices shows."""

    waiting: tuple[Waiting, ...]
    options: tuple[Option, ...]
    never: tuple[Unused, ...]
    until: date
    claims: tuple[str, ...]
    """Words for what was given to be found by and is not shown to be the person's."""
    is_stopped: bool
    is_called: bool
    """Somebody here has been asked to help or to look at something."""

    @property
    def is_asked(self) -> bool:
        """Whether there is anything for the person to do."""
        return any(each.is_asked for each in self.waiting)


def choice(submission: Submission, requests: Sequence[SubjectRequest], at: datetime) -> Choice:
    """Put together what is asked for a submission at ``at``."""
    found = _wanted(submission, requests)
    to_do = [each for each in found if each.missing.code != demands.OPEN]
    return Choice(
        waiting=tuple(_waiting(submission, each) for each in found),
        options=tuple(_options(submission, to_do)),
        never=tuple(_never(submission, to_do)),
        until=asked.lapses_on(submission, at),
        claims=_claims(submission) if found else (),
        is_stopped=submission.stopped_at is not None,
        is_called=any(each.request.turn == Turn.STAFF for each in found),
    )


def is_for(submission: Submission, requests: Sequence[SubjectRequest], method: str) -> bool:
    """Whether a method is one of the ways that would do now."""
    if submission.for_other and submission.verified_level < Level.CHANNEL:
        return False
    return submission.stopped_at is None and any(
        method in each.ways for each in _wanted(submission, requests) if each.missing.code != demands.OPEN
    )


def _wanted(submission: Submission, requests: Sequence[SubjectRequest]) -> list[asked.Asked]:
    """What has to be shown, and what would have to be to have an answer sent on."""
    return [*asked.open_for(submission, requests), *asked.for_sending(submission, requests)]


def is_asked(request: SubjectRequest) -> bool:
    """Whether a request waits for the person to show more than control of the mail address."""
    if request.state != State.VERIFYING or request.submission.stopped_at is not None:
        return False
    missing = demands.missing(request)
    submission = request.submission
    if submission.for_other and submission.verified_level < Level.CHANNEL:
        return False  # the authority comes first, and nobody but the person is asked who they are
    return missing is not None and missing.code != demands.OPEN and not waits_for_mail(request)


def waits_for_mail(request: SubjectRequest) -> bool:
    """Whether the code from the first mail is still to be entered."""
    return request.state == State.VERIFYING and demands.waits_for_mail(request.submission)


def _waiting(submission: Submission, each: asked.Asked) -> Waiting:
    request, demand = each.request, each.demand
    if each.missing.code == asked.SENDING:
        return _sending(each)
    end = demands.end_of(request)
    what = str(RUNGS[demand.level])
    dropped = each.missing.code == "identifiers-unproved"
    return Waiting(
        title=str(SPECS[Right(request.right)].title),
        what=f"{what} {OF_RECORD}" if demand.of_record else what,
        because=tuple(Reason(reason.sentence, reason.source) for reason in demand.because),
        is_asked=each.missing.code != demands.OPEN,
        stands_still=bool(request.waits_for),
        law=offers.law(request.regime, demands.received_on(submission)),
        due_on=request.due_on,
        otherwise=_("We go on without what you gave to be found by, and search only by your mail address.")
        if dropped
        else end.says,
        source="" if dropped else end.source,
    )


def _sending(each: asked.Asked) -> Waiting:
    """Return what would have to be shown to have an answer sent on, which nobody has to."""
    return Waiting(
        title=_("Have your data sent to another service"),
        what=str(RUNGS[each.demand.level]),
        because=(Reason(each.missing.sentence, _("our own rule")),),
        is_asked=True,
        is_wish=True,
        stands_still=False,
        law="",
        due_on=each.request.due_on,
        otherwise=_("Your answer stays ready. You can download it and hand it over yourself."),
        source="",
    )


def _options(submission: Submission, to_do: Sequence[asked.Asked]) -> Iterable[Option]:
    for way in asked.ways(submission, _in_order(submission, to_do)):
        go = _go(submission, way.id)
        if go is None:
            continue
        serves = [each for each in to_do if way.id in each.ways]
        titles = tuple(str(SPECS[Right(each.request.right)].title) for each in serves)
        language = pages.language()
        yield Option(
            method=way.id,
            title=way.wording("title", language),
            asks=way.wording("asks", language),
            kept=way.wording("kept", language),
            go=go,
            only_for=() if len(serves) == len(to_do) else titles,
        )


def _in_order(submission: Submission, to_do: Sequence[asked.Asked]) -> list[str]:
    """Return every method that would do for something, the mildest first, as the rules order them."""
    order: list[str] = [way.id for way in reckoning.rules_of(submission).ladder.ways]
    last: set[str] = {way.id for way in reckoning.rules_of(submission).ladder.ways if way.last_resort}
    wanted = {method for each in to_do for method in each.ways}
    return sorted(wanted, key=lambda method: (method in last, order.index(method)))


def _go(submission: Submission, method: str) -> str | None:
    """Return what a method's button does; None where it is not there for anybody at the moment."""
    if method in BY_MAIL:
        # Once: link and code are in one mail, and it is no way any more when that was not enough.
        first = method == Method.MAIL_CODE and demands.waits_for_mail(submission)
        return "mail" if first else None
    if method in _BY_LOGIN:
        return "login"
    if method in BY_FACTS:
        return "facts" if facts.is_offered(submission, method) else None
    if method == Method.SMS_CODE:
        return "text" if sms.offered() else None
    return {Method.CALL_BACK: "ring", Method.DOCUMENT: "document"}.get(Method(method), "")


def _never(submission: Submission, to_do: Sequence[asked.Asked]) -> Iterable[Unused]:
    """Yield what is not used, with the reason, unless it would do for something else that waits."""
    rules, offered = reckoning.rules_of(submission).ladder, {method for each in to_do for method in each.ways}
    told = {method: says for each in to_do for method, says in each.demand.barred if method not in offered}
    for method, says in told.items():
        yield Unused(rules.way(method).wording("title", pages.language()), says)


def _claims(submission: Submission) -> tuple[str, ...]:
    if submission.vouched not in _CLAIMED:
        return ()
    return tuple(str(KINDS.get(kind, kind)) for kind in ties.claims_of(submission))
