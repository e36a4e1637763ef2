"""The list by which the owner of a system leaves people out by hand: by signed link, without an account."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr.choices import uses
from dsr.choices.marketing import Act, Purpose
from dsr.errors import NotFound
from dsr.public import pages
from dsr.public.guard import public, typed
from dsr.public.tasksheets import known_by
from dsr.services.choices import desk
from dsr.services.choices.purposes import ACTS, CHANNELS, TITLES
from verification import grants
from verification.models import Grant


@public("GET", "POST")
def sheet(request: HttpRequest) -> HttpResponse:
    """Show who is to be left out, or taken in again; on POST, note which of them it was done for."""
    at, key = timezone.now(), typed(request, "key")
    try:
        grant: Grant = grants.look(key, desk.PURPOSE, at)
    except grants.NoGrant:
        raise NotFound(_("This link is over. You get a new one with the next mail about the list.")) from None
    if request.method == "POST":
        numbers = {int(text) for text in request.POST.getlist("done") if text.isdecimal() and len(text) < 19}
        closed = desk.report(grant.about, numbers, at)
        return pages.see_other(f"{reverse('public:choice-sheet')}?key={key}&closed={closed}")
    found = desk.sheet(grant.about)
    context = {
        "sheet": found,
        "lines": [_line(line) for line in found.lines],
        "key": key,
        "closed": typed(request, "closed"),
    }
    return pages.page(request, "worksheets/choices", context)


def _line(line: desk.Line) -> dict[str, Any]:
    notice = pages.notice_today()
    topics = {topic.id: topic.wording("title", pages.language()) for topic in notice.topics}
    if line.purpose in (Purpose.OBJECTION, Purpose.CONSENT):
        topics = {word: uses.title(word, notice, pages.language()) for word in line.topics}
    return {
        "number": line.number,
        "act": ACTS[Act(line.act)],
        "who": known_by(line.who),
        "about": TITLES[Purpose(line.purpose)],
        "only": [*(topics.get(topic, topic) for topic in line.topics), *(CHANNELS[each] for each in line.channels)],
        "received_at": line.received_at,
        "must_by": line.must_by,
        "stops": line.act == Act.STOP,
        "case": line.case,
        "remains": line.remains,
    }
