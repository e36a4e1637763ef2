"""The review queue: what must be started first, who has it, and the way to one request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dsr import rules
from dsr.admin import words
from dsr.admin.base import Choices, ReadOnlyAdmin, SteadyChangeList
from dsr.deadlines import day_ends
from dsr.lifecycle import State, Turn
from dsr.models import Proposal, SubjectRequest
from dsr.rights import SPECS
from dsr.selectors import asker, queue

CHANGELIST = "admin:dsr_subjectrequest_changelist"
WORKSHEET = "admin:dsr_subjectrequest_change"


@dataclass(frozen=True, slots=True)
class Extra:
    """What a row of the queue shows beside its own columns."""

    at: datetime
    searched: queue.Searched
    signals: Sequence[str]
    """Codes of the signals that nobody has looked into."""


class QueueList(SteadyChangeList):
    """One page of the queue, with how far each search has come, in five statements."""

    def loaded(self, queryset: Any) -> list[Any]:
        """Load one page and what belongs to its rows."""
        keys = queue.keys(queryset)
        at, found, rows = timezone.now(), queue.searched(keys), cast("list[Any]", queue.page(keys))
        signals = asker.signals_of(rows)
        for row in rows:
            row.extra = Extra(at, found.get(row.pk, queue.Searched()), signals.get(row.submission_id, ()))
        return rows


class StateFilter(Choices):
    """Open ones unless somebody asks for others; whoever searches for one request finds it in any state."""

    title = gettext_lazy("state")
    parameter_name = "state"
    unset = gettext_lazy("Open")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.searching = bool(request.GET.get("q") or request.GET.get("who"))
        if self.searching:
            self.unset = gettext_lazy("Any")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every state, and all of them together."""
        return [(str(state), words.state_title(state).capitalize()) for state in State] + [("all", _("Any"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return open requests where nothing is chosen."""
        if not self.value() and not self.searching:
            return queue.still_open(queryset)
        return super().queryset(request, queryset)

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return requests in one state, or in any."""
        return queryset if value == "all" else queryset.filter(state=value)


class RightFilter(Choices):
    """What was asked for."""

    title = gettext_lazy("right")
    parameter_name = "right"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every right, as the column calls it."""
        return [(str(right), words.right_title(right)) for right in SPECS]

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return requests for one right."""
        return queryset.filter(right=value)


class TurnFilter(Choices):
    """Whose turn it is, or what stands in the way."""

    title = gettext_lazy("whose turn")
    parameter_name = "turn"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return everybody who may have to act."""
        turns = [(str(turn), str(words.TURNS[turn]).capitalize()) for turn in Turn if turn != Turn.NOBODY]
        again = ("again", _("Something erased is there again"))
        return [*turns, ("stuck", _("A system needs a decision")), again, ("outside", _("At an outside body"))]

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return requests that wait for somebody."""
        if value == "again":
            return queue.with_reappeared(queryset)
        if value == "outside":
            return queue.at_outside_body(queryset)
        return queue.with_stuck_system(queryset) if value == "stuck" else queue.waiting_for(queryset, Turn(value))


class CheckFilter(Choices):
    """What is to be found out about who is asking."""

    title = gettext_lazy("who is asking")
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what a checker has to do, and what keeps an answer back."""
        return [
            ("waits", _("Waits for a check")),
            ("stopped", _("Stopped")),
            ("held", _("Held")),
            ("signals", _("With signals")),
        ]

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return requests that wait for a check, are stopped or held, or show signals."""
        if value == "waits":
            return queue.waiting_for_check(queryset)
        if value == "held":
            return queue.held(queryset, timezone.now())
        return queue.stopped(queryset) if value == "stopped" else queue.with_signals(queryset)


class WhoseFilter(Choices):
    """Who works on it."""

    title = gettext_lazy("assigned")
    parameter_name = "whose"
    unset = gettext_lazy("To anybody")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.user_id = request.user.pk

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return oneself and nobody."""
        return [("me", _("To me")), ("nobody", _("To nobody"))]

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return requests that somebody has."""
        return queue.of(queryset, self.user_id if value == "me" else None)


class DueFilter(Choices):
    """When the answer is due."""

    title = gettext_lazy("due")
    parameter_name = "due"
    unset = gettext_lazy("Any time")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what is pressing."""
        return [("overdue", _("Overdue")), ("week", _("Within a week")), ("still", _("Clock stands still"))]

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return requests by date."""
        at = timezone.now()
        if value == "still":
            return queue.standing_still(queryset)
        return queue.overdue(queryset, at) if value == "overdue" else queue.due_soon(queryset, at)


class LawFilter(Choices):
    """Under which law the date was set."""

    title = gettext_lazy("governing law")
    parameter_name = "law"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every law in the rule files, by the title it has now."""
        titles = {row.id: row.title for row in rules.pack().regimes}
        return sorted(titles.items(), key=lambda each: each[1])

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return requests under one law."""
        return queryset.filter(regime=value)


class FoundFilter(Choices):
    """What an exact search by identity found. The address holds keyed fingerprints, never what was typed."""

    title = gettext_lazy("person")
    parameter_name = "who"
    hidden = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return one choice, so that the filter counts as one."""
        return [("", "")]

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the requests of one person."""
        return queue.found(queryset, queue.Sought.from_text(value))


def _outside(row: Any) -> str:
    """Return by when an outside body is answered about it, "" where none waits."""
    if row.outside_on is None:
        return ""
    zone = row.submission.zone
    left, urgency = words.time_left(row.outside_on, day_ends(row.outside_on, zone), zone, row.extra.at)
    text = _("outside body: %(day)s") % {"day": words.day(row.outside_on)}
    return format_html('<br>{} <span class="r-left r-{}">{}</span>', text, urgency, left)


class QueueAdmin(ReadOnlyAdmin):
    """The list. The page of one request is ``dsr.admin.worksheet``."""

    list_display = ("reference", "what", "standing", "who", "whose_turn", "due", "start", "law", "assigned", "systems")
    list_filter = (StateFilter, RightFilter, TurnFilter, CheckFilter, WhoseFilter, DueFilter, LawFilter, FoundFilter)
    search_fields = ("reference",)
    ordering = ("slack_at", "id")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """Return what must be started first for open requests. Others have nothing to start: they go by their date."""
        asked = request.GET
        with_closed = asked.get("state") in ("all", str(State.CLOSED))
        if with_closed or (not asked.get("state") and (asked.get("q") or asked.get("who"))):
            return ("due_at", "id")
        return self.ordering

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[QueueList]:
        """Return the list that knows how far each search has come."""
        return QueueList

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubjectRequest]:
        """Return rows without what is sealed."""
        return queue.rows()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SubjectRequest], search_term: str
    ) -> tuple[QuerySet[SubjectRequest], bool]:
        """Search by reference. Anything personal is posted to ``find_view``, so that it stands in no address."""
        reference = queue.cleaned_reference(search_term)
        if not search_term:
            return queryset, False
        return queue.found(queryset, queue.Sought(reference=reference)) if reference else queryset.none(), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the queue."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("Requests"), **(extra_context or {})})
        return drawn

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """Turn what was typed into a reference or fingerprints, and go to what it finds."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        sought = queue.seek(request.POST.get("sought", ""))
        if not sought:
            messages.warning(request, _("Type a reference, or a whole mail address, telephone or account number."))
            return redirect(CHANGELIST)
        found = list(queue.found(queue.rows(), sought)[:2])
        if len(found) == 1:
            return redirect(WORKSHEET, found[0].pk)
        params = {"q": sought.reference} if sought.reference else {"who": sought.as_text()}
        return redirect(f"{reverse(CHANGELIST)}?{urlencode(params)}")

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: Any) -> str:
        """The public reference."""
        return format_html('<span class="r-ref">{}</span>', row.submission.reference)

    @admin.display(description=gettext_lazy("right"))
    def what(self, row: Any) -> str:
        """What was asked for."""
        return words.right_title(row.right)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Any) -> str:
        """Where it stands, and what it waits for."""
        more = words.outcome_title(row.outcome)
        if row.proposal == Proposal.UNASKED and row.state != State.CLOSED:
            more = _("end as misunderstood waits for approval")
        elif row.proposal and row.state == State.IN_REVIEW:
            release = row.proposal == Proposal.RELEASE
            more = _("answer waits for approval") if release else _("refusal waits for approval")
        elif row.question_at:
            more = _("question open")
        title = words.state_title(row.state)
        return format_html(
            '<span class="r-chip r-{}">{}</span> <span class="r-quiet">{}</span>', row.state, title, more
        )

    @admin.display(description=gettext_lazy("who is asking"))
    def who(self, row: Any) -> str:
        """What is to be found out about who is asking, and what keeps an answer back."""
        submission, marks = row.submission, []
        if submission.stopped_at is not None and row.state != State.CLOSED:
            marks.append(("over", _("stopped")))
        if submission.held_until is not None and submission.held_until > row.extra.at:
            until = words.day(words.local(submission.held_until, submission.zone))
            marks.append(("soon", _("held until %(day)s") % {"day": until}))
        if row.state == State.VERIFYING and row.turn == Turn.STAFF:
            marks.append(("soon", _("waits for a check")))
        if number := len(row.extra.signals):
            text = ngettext("%(number)d signal", "%(number)d signals", number) % {"number": number}
            marks.append(("calm", text))
        return format_html_join(" ", '<span class="r-left r-{}">{}</span>', marks) if marks else "–"

    @admin.display(description=gettext_lazy("whose turn"))
    def whose_turn(self, row: Any) -> str:
        """Whose turn it is."""
        return words.turn_title(row.turn)

    @admin.display(description=gettext_lazy("due"))
    def due(self, row: Any) -> str:
        """The date, and how long there is; for a closed one when it was closed."""
        zone = row.submission.zone
        if over := row.closed_at or row.ready_at:
            said = _("closed %(on)s") if row.closed_at else _("answered %(on)s")
            on = words.day(words.local(over, zone))
            return format_html('<span class="r-quiet">{}</span>{}', said % {"on": on}, _outside(row))
        left, urgency = words.time_left(row.due_on, row.due_at, zone, row.extra.at)
        if row.waits_for:
            left, urgency = words.standing_still()
        return format_html(
            '<time datetime="{}">{}</time> <span class="r-left r-{}">{}</span>{}',
            row.due_on.isoformat(), words.day(row.due_on), urgency, left, _outside(row),
        )  # fmt: skip

    @admin.display(description=gettext_lazy("start by"))
    def start(self, row: Any) -> str:
        """When work must start at the latest, so that what is left of it is done by the date."""
        if row.closed_at or row.ready_at or row.slack_at is None:
            return "–"
        by = words.day(words.local(row.slack_at, row.submission.zone))
        if row.slack_at > row.extra.at:
            return by
        return format_html('{} <span class="r-left r-soon">{}</span>', by, _("start now"))

    @admin.display(description=gettext_lazy("law"))
    def law(self, row: Any) -> str:
        """The law that governs the date."""
        return words.regime_title(row.regime)

    @admin.display(description=gettext_lazy("assigned to"))
    def assigned(self, row: Any) -> str:
        """Who works on it."""
        return words.colleague(row.assignee) or "–"

    @admin.display(description=gettext_lazy("systems"))
    def systems(self, row: Any) -> str:
        """How far the search has come."""
        searched: queue.Searched = row.extra.searched
        if not searched.asked:
            return "–"
        text = _("%(answered)d of %(asked)d") % {"answered": searched.answered, "asked": searched.asked}
        if not searched.stuck:
            return text
        return format_html('{} <span class="r-left r-over">{}</span>', text, _("stuck"))
