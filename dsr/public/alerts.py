"""What somebody on file says of a request that another address made: this was me, or stop it.

Looking changes nothing, however often a scanner of mails does it. A link that is unknown or over has one page.
"""

from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from dsr.deadlines import local_date
from dsr.errors import NotFound
from dsr.models import Alert, AlertAnswer
from dsr.public import offers, pages, throttle
from dsr.public.guard import public, typed
from dsr.rights import SPECS, Right
from dsr.selectors import tracker as selector
from dsr.services import onfile
from verification.errors import CheckError

_ACTS = {AlertAnswer.WAS_ME: onfile.was_me, AlertAnswer.STOP: onfile.stop}


@public("GET", "POST")
def alert(request: HttpRequest) -> HttpResponse:
    """Show what was asked and when; on POST, take the word of somebody on file. Again, it shows what was said."""
    at, key = timezone.now(), typed(request, "key")
    if request.method == "POST":
        throttle.spend(request, throttle.CODES, at)
    found = onfile.alert_of(key, at)
    if found is None:
        return _unknown(request)
    if request.method != "POST":
        return _show(request, found, key)
    answer = typed(request, "answer")
    if answer in _ACTS:
        try:
            _ACTS[AlertAnswer(answer)](key, at=at)
        except (CheckError, NotFound):
            return _unknown(request)
    return pages.see_other(f"{reverse('public:alert')}?{urlencode({'key': key})}")


def _unknown(request: HttpRequest) -> HttpResponse:
    return pages.page(request, "verify/alert_unknown", status=HTTPStatus.NOT_FOUND)


def _show(request: HttpRequest, found: Alert, key: str) -> HttpResponse:
    filed = selector.filed(found.submission_id)
    assert filed is not None
    submission = filed.submission
    context = {
        "key": key,
        "titles": [SPECS[Right(row.right)].title for row in filed.requests],
        "reference": submission.reference,
        "asked_on": local_date(submission.received_at, submission.zone),
        "answer": found.answer,
        "is_stopped": submission.stopped_at is not None,
        "help_ways": offers.contacts(pages.notice_today(), pages.language()),
    }
    return pages.page(request, "verify/alert", context)
