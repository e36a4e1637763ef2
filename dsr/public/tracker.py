"""The tracker: by a link from a mail, without an account. Every act is a POST and leads back to the page."""

from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.errors import NotFound, WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import SubjectRequest
from dsr.policies import Caller
from dsr.public import forms, pages, sight, throttle, tickets
from dsr.public.door import with_grant
from dsr.public.downloads import DOWNLOAD
from dsr.public.guard import public, typed
from dsr.public.sent import AGAIN
from dsr.rights import SPECS, Delivery, Right
from dsr.selectors import tracker as selector
from dsr.services import delivery, identity, login, misreading, review, threads, timing
from verification import mail

DONE = {
    "confirmed": gettext_lazy("Thank you, your address is confirmed. We have begun."),
    "message": gettext_lazy("Your message is with us."),
    "fee": gettext_lazy("Thank you. The fee is accepted, and we go on."),
    "withdrawn": gettext_lazy("The request is withdrawn."),
    "meant": gettext_lazy("Thank you. We go on with it, as of the day on which your message came in."),
    "signed-in": gettext_lazy("Thank you, your sign-in is noted for this request."),
    "proved": gettext_lazy("Thank you, we know now that it is you. We have begun."),
    "without": gettext_lazy("We go on without it, and search only by your mail address."),
    "sure": gettext_lazy("Thank you, the deletion is confirmed. Nothing is deleted before a second person agrees."),
    "taken-up": gettext_lazy("The request is taken up again. Please confirm the deletion once more."),
    "disagreed": gettext_lazy("Your statement is with us."),
    "second-review": gettext_lazy("Somebody else will look at it once more."),
    "backed": gettext_lazy("Your document is with us."),
    "sending": gettext_lazy("Your data is being sent. You get a mail when it arrived, or when it does not work."),
    "not-sending": gettext_lazy("Nothing more is sent."),
    "appealed": gettext_lazy("Your appeal is with us. You get a mail that says by when it is decided."),
    "again": gettext_lazy("We are making the answer ready once more. You get a mail when it is."),
}


def the_request(submission_id: UUID, request_id: UUID) -> SubjectRequest:
    """Return one request of a submission. Raises NotFound for any other."""
    found = selector.request_of(submission_id, request_id)
    if found is None:
        raise NotFound(_("There is no such request."))
    return found


def back(request: HttpRequest, reference: str, done: str = "") -> HttpResponse:
    """Lead back to the tracker, which says what has been done."""
    return pages.see_other(pages.tracker_address(reference, typed(request, "key"), done))


@public("GET")
@with_grant
def tracker(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Show where everything stands."""
    return _show(request, submission_id, forms.MessageForm(), at)


def _show(
    request: HttpRequest, submission_id: UUID, form: forms.MessageForm, at: datetime, about: UUID | None = None
) -> HttpResponse:
    seen = selector.see(submission_id)
    if seen is None:
        raise NotFound(_("There is no such request."))
    shown = sight.page(seen, at)
    context = {
        "sight": shown,
        "form": form,
        "problems": form.is_bound,
        "about": about,
        "key": typed(request, "key"),
        "done": DONE.get(request.GET.get("done", "")),
        "nonce": tickets.nonce(),
        "here": "tracker",
        "sign_in": login.offered(),
    }
    with timezone.override(ZoneInfo(shown.zone)):
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return pages.page(request, "tracker", context, status=status)


@public("POST")
@with_grant
def reply(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Keep what the person wrote; pressed twice, it is kept once."""
    form = forms.MessageForm(request.POST)
    about = the_request(submission_id, tickets.uuid(request.POST.get("request", "")))
    if not form.is_valid():
        return _show(request, submission_id, form, at, about.pk)
    throttle.spend(request, throttle.POSTS, at)
    with throttle.once(f"post:{about.pk}", typed(request, "nonce")) as is_first:
        if is_first:
            threads.write_from_person(about.pk, form.cleaned_data["text"], by=Caller.person(), at=at)
            threads.mark_read(
                submission_id, at=at
            )  # not on looking: a scanner of mails looks too, and has read nothing
    return back(request, reference, "message")


@public("POST")
@with_grant
def confirm(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Mail a new code to somebody whose address is still to be confirmed, and lead to where it is entered."""
    found = selector.filed(submission_id)
    if found is None or found.challenge is None or not found.waits:
        return back(request, reference)
    ticket = tickets.issue(AGAIN, at, submission=submission_id)
    with suppress(mail.CheckError):  # the last mail is still good: the next page takes its code and can send another
        identity.resend(found.challenge.pk, at=at)
    return pages.see_other(f"{reverse('public:verify-code')}?ticket={ticket}")


@public("POST")
@with_grant
def reopen(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Take a lapsed request up again under the same reference."""
    identity.reopen(submission_id, by=Caller.person(), at=at)
    ticket = tickets.issue(AGAIN, at, submission=submission_id)
    return pages.see_other(f"{reverse('public:verify-code')}?ticket={ticket}&sent=1")


@public("POST")
@with_grant
def accept_fee(
    request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID
) -> HttpResponse:
    """Take the person's word that the fee is accepted; pressed twice, it is taken once."""
    subject = the_request(submission_id, request_id)
    if subject.fee_told_at is not None:
        timing.accept_fee(subject.pk, by=Caller.person(), at=at)
    return back(request, reference, "fee")


@public("GET", "POST")
@with_grant
def withdraw(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Say what withdrawing means; on POST, withdraw."""
    subject = the_request(submission_id, request_id)
    if subject.state == State.CLOSED:
        return back(request, reference)
    if request.method == "POST":
        review.withdraw(subject.pk, by=Caller.person(), at=at)
        return back(request, reference, "withdrawn")
    spec = SPECS[Right(subject.right)]
    context = {"reference": reference, "title": spec.title, "searches": spec.searches, "key": typed(request, "key")}
    context["acts"] = spec.acts
    context |= {"is_ready": subject.state == State.READY, "address": request.path}
    return pages.page(request, "tracker/withdraw", context)


@public("POST")
@with_grant
def meant(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Take the person's word that something was meant that we took for a misunderstanding; twice, it is taken once."""
    subject = the_request(submission_id, request_id)
    if subject.outcome == Outcome.MISUNDERSTOOD:
        misreading.go_on(subject.pk, by=Caller.person(), at=at)
    return back(request, reference, "meant")


@public("POST")
@with_grant
def download(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Mail a fresh code and lead to where it is entered."""
    subject = the_request(submission_id, request_id)
    throttle.spend(request, throttle.LINKS, at)
    challenge = delivery.ask_code(subject.pk, at=at)
    ticket = tickets.issue(DOWNLOAD, at, request=subject.pk, challenge=challenge, submission=submission_id)
    return pages.see_other(f"{reverse('public:download-code')}?ticket={ticket}")


@public("GET", "POST")
@with_grant
def statement(
    request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID
) -> HttpResponse:
    """Show the statement; the POST that leads here notes that it was collected."""
    subject = the_request(submission_id, request_id)
    if SPECS[Right(subject.right)].delivery is not Delivery.STATEMENT or subject.ready_at is None:
        raise WrongState(_("There is no statement to read yet."))
    if request.method == "POST":
        delivery.read_statement(subject.pk, by=Caller.person(), at=at)
        return pages.see_other(f"{request.path}?key={typed(request, 'key')}")
    told = delivery.statement(subject)
    context = {
        "statement": told,
        "sections": sight.sections(told),
        "reference": reference,
        "key": typed(request, "key"),
    }
    return pages.page(request, "tracker/statement", context)


@public("POST")
@with_grant
def issue_again(
    request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID
) -> HttpResponse:
    """Have an answer made ready once more; pressed twice, it is done once."""
    subject = the_request(submission_id, request_id)
    if subject.state == State.CLOSED:
        delivery.reissue(subject.pk, by=Caller.person(), at=at)
    return back(request, reference, "again")
