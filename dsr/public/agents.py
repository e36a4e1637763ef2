"""Pages for those who ask for somebody else, and for those who are asked for: the way in, the paper, yes or no."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr import ids, rules
from dsr.errors import Incomplete, NotFound
from dsr.policies import Caller
from dsr.public import ask, forms, offers, pages, throttle, tickets
from dsr.public.guard import public, typed
from dsr.public.pages import language
from dsr.rights import OFFERED
from dsr.services import agents, evidence, principals, tracking
from dsr.services.principals import Seen
from dsr.uploading import in_memory
from verification import grants, mail
from verification.uploads import Refusal


@dataclass(frozen=True, slots=True)
class Kind:
    """On what somebody can ask for somebody else: what shows it, and what has to be found in it."""

    id: str
    title: str
    shows: str
    checks: tuple[str, ...]
    months: int | None
    confirms: bool
    receives: bool
    by_form: bool


@public("GET")
def home(request: HttpRequest) -> HttpResponse:
    """What somebody needs who asks for somebody else, by kind of authority; all of it from the rules."""
    notice, lang = pages.notice_today(), language()
    ladder = rules.pack().ladder
    kinds = [
        Kind(
            id=row.id,
            title=row.wording("title", lang),
            shows=row.wording("shows", lang),
            checks=tuple(check.says for check in row.checks),
            months=row.months,
            confirms=row.confirms,
            receives=row.may_receive,
            by_form=not row.rights or bool(set(row.rights) & OFFERED),
        )
        for row in ladder.mandates
        if row.offered
    ]
    context = {
        "kinds": kinds,
        "choices": ladder.choices_by_agent.wording("says", lang),
        "agents": notice.agents.wording("description", lang),
        "ways": offers.ways(notice, notice.agents.how, lang),
        "child": ladder.child.says,
        "here": "agents",
    }
    return pages.may_go_back(pages.page(request, "agents/home", context))


@public("GET", "POST")
def new(request: HttpRequest) -> HttpResponse:
    """Ask the questions of the request form, with two more: on what, and for whom."""
    return ask.asked(request, for_other=True)


# --- The paper -------------------------------------------------------------------------------------------------------


@public("GET", "POST")
@in_memory
def paper(request: HttpRequest) -> HttpResponse:
    """Say what is to be shown; on POST, take it in. What comes never lies on a disk as it came."""
    at = timezone.now()
    # In the address, so that who may send anything is known before the body is read.
    reference, key = request.GET.get("reference", "")[:60], request.GET.get("key", "")[:200]
    try:
        submission_id = tracking.admit(ids.clean_reference(reference), key, at=at)
        found = agents.to_show(submission_id)
    except (ValueError, grants.NoGrant, NotFound):
        return pages.page(request, "agents/closed_door", status=HTTPStatus.NOT_FOUND)
    form = forms.PaperForm()
    if request.method == "POST":
        form, done = _take(request, found, at)
        if done:
            return pages.see_other(f"{reverse('public:agents-paper')}?key={key}&reference={found.reference}&done=1")
    context = {
        "found": found,
        "form": form,
        "problems": form.is_bound,
        "done": "done" in request.GET and not form.is_bound,
        "nonce": tickets.nonce(),
        "key": key,
        "tracker": pages.tracker_address(found.reference, key),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return pages.page(request, "agents/paper", context, status=status)


def _take(request: HttpRequest, found: agents.ToShow, at: datetime) -> tuple[forms.PaperForm, bool]:
    """Take in what was sent; pressed twice, it is taken once."""
    throttle.spend(request, throttle.POSTS, at)
    try:
        form = forms.PaperForm(request.POST, request.FILES)
    except RequestDataTooBig:
        form = forms.PaperForm({}, {})
        form.errors.clear()
        form.add_error("file", str(evidence.SENTENCES[Refusal.TOO_LARGE]))
        return form, False
    if not form.is_valid():
        return form, False
    try:
        with throttle.once(f"paper:{found.submission_id}", typed(request, "nonce")) as is_first:
            if is_first:
                agents.show(found.submission_id, form.cleaned_data["file"].read(), by=Caller.person(), at=at)
    except Incomplete as error:
        form.add_error("file", error.sentence)
        return form, False
    return form, True


# --- The person ------------------------------------------------------------------------------------------------------


@public("GET", "POST")
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask whether somebody was given the permission. Looking does nothing; yes and no are pressed."""
    at, token = timezone.now(), typed(request, "key")
    answers: dict[str, Callable[..., Seen]] = {"yes": principals.allow, "no": principals.deny}
    seen = principals.seen_by(token, at)
    if request.method == "POST" and seen is not None and (act := answers.get(typed(request, "answer"))):
        try:
            act(token, at=at)
        except (mail.CheckError, NotFound):
            seen = None  # it ended a moment ago
        else:
            return pages.see_other(f"{reverse('public:agents-confirm')}?key={token}")
    return _asked(request, seen, token, "agents/confirm")


@public("GET", "POST")
def withdraw(request: HttpRequest) -> HttpResponse:
    """Say what taking the permission back means; on POST, take it back."""
    at, token = timezone.now(), typed(request, "key")
    seen = principals.withdrawal(token, at)
    if request.method == "POST" and seen is not None:
        principals.withdraw(token, at=at)
        return pages.see_other(f"{reverse('public:agents-withdraw')}?key={token}")
    return _asked(request, seen, token, "agents/withdraw")


def _asked(request: HttpRequest, seen: Seen | None, token: str, template: str) -> HttpResponse:
    if seen is None:
        sentence = _("This link has ended, or was never ours. Write to us if you want to say something about it.")
        return pages.problem(request, sentence, status=HTTPStatus.NOT_FOUND)
    context: dict[str, Any] = {"seen": seen, "reference": seen.submission.reference, "key": token}
    return pages.page(request, template, context)
