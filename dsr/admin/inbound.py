"""Letters that came by mail: what waits, one letter read safely, and what people do. An act is one use case."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dsr.admin import acts, entering, words
from dsr.admin.base import Choices, ReadOnlyAdmin
from dsr.admin.filing import FilingForm
from dsr.admin.identity import caller
from dsr.admin.queue import WORKSHEET
from dsr.errors import RecourseError
from dsr.inbound.reading import Mail
from dsr.inbound.words import Flag
from dsr.models import NOT_OURS, QUEUES, InboundMail, MailCode, MailEntry, MailState
from dsr.packaging.vault import Broken, Missing
from dsr.policies import Caller
from dsr.rights import SPECS, Right
from dsr.services.inbound import desk, understanding
from dsr.services.inbound.desk import Act
from dsr.services.inbound.enclosures import Enclosed
from notifications.models import Forgotten

LETTER = "admin:dsr_inboundmail_change"
FLAGS: dict[Flag, str | Promise] = {
    Flag.PHISHING: gettext_lazy(
        "It wants personal data typed into somebody else's page. Do not follow its links: answer the person themselves."
    ),
    Flag.OTHER_PERSON: gettext_lazy(
        "It seems to be about somebody other than the sender. An address, a number or who calls whom can put a person "
        "in danger: tell nothing, not even that anything is held."
    ),
    Flag.ATTACHMENTS: gettext_lazy("Files came along. They are listed and not opened."),
    Flag.MANY_RECIPIENTS: gettext_lazy("It was sent to many at once."),
    Flag.FOREIGN_SENDER: gettext_lazy(
        "It names a case, but comes from an address that the case does not know. Add it there only if you know why."
    ),
    Flag.NOT_AUTHENTIC: gettext_lazy("The mail server found that it does not come from where it says."),
    Flag.TOO_BIG: gettext_lazy("It is too big to be taken in: only its head is here. All of it is in the mailbox."),
    Flag.BROKEN: gettext_lazy("Parts of it could not be read, or are not what they say they are."),
}
_ENCLOSED: tuple[tuple[str, str | Promise], ...] = (
    (Enclosed.LEAVE, gettext_lazy("leave them with the letter, which is destroyed in its time")),
    (Enclosed.HAND_IN, gettext_lazy("hand in what the case has asked for, destroy the rest and say so")),
    (Enclosed.DESTROY, gettext_lazy("destroy them: nobody asked for them. The person is told that they were not used")),
)
_TITLES: dict[Act, tuple[str | Promise, str | Promise]] = {
    Act.FILE: (
        gettext_lazy("File it as a new request"),
        gettext_lazy("It counts as received when the mail server got it. Tick what you read, not what is proposed."),
    ),
    Act.TIE: (gettext_lazy("Add it to a case"), gettext_lazy("What it says goes into the case's conversation.")),
    Act.SET_ASIDE: (gettext_lazy("It is nothing of ours"), gettext_lazy("Nothing is sent to anybody.")),
    Act.HAND_ON: (
        gettext_lazy("Hand it to others"),
        gettext_lazy("Nothing is sent from here. Hand it over by the channel that those people have, then note it."),
    ),
    Act.CONFIRM: (gettext_lazy("Confirm what was proposed"), gettext_lazy("Then the letter has been dealt with.")),
    Act.SEND_BACK: (gettext_lazy("Send the proposal back"), gettext_lazy("The letter waits again.")),
    Act.REOPEN: (gettext_lazy("Open it again"), gettext_lazy("What was done with it stays done.")),
}


class StandingFilter(Choices):
    """Which letters are listed."""

    title = gettext_lazy("letters")
    parameter_name = "standing"
    unset = gettext_lazy("Wait")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what there is beside those that wait."""
        return [("second", _("Wait for a second person")), ("late", _("Late")), ("done", _("Dealt with"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return those that wait where nothing is chosen."""
        return super().queryset(request, queryset) if self.value() else queryset.filter(state=MailState.WAITING)

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return letters by where they stand."""
        if value == "done":
            return queryset.filter(state=MailState.DONE)
        waiting = queryset.filter(state=MailState.WAITING)
        return waiting.exclude(end="") if value == "second" else waiting.filter(due_at__lt=timezone.now())


@admin.register(InboundMail)
class LetterByMailAdmin(ReadOnlyAdmin):
    """Letters, for those who deal with them. Nothing of a letter is markup on a page."""

    list_display = ("subject", "sender", "seems", "received", "due")
    list_filter = (StandingFilter,)

    def get_urls(self) -> list[Any]:
        """Add the acts, and the page on which requests are entered."""
        act = self.admin_site.admin_view(require_POST(self.act_view))
        enter = self.admin_site.admin_view(self.enter_view)
        return [
            path("enter/", enter, name="dsr_inboundmail_enter"),
            path("<uuid:mail_id>/acts/<slug:act>/", act, name="dsr_inboundmail_act"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundMail]:
        """Return rows that can be opened."""
        return InboundMail.objects.select_related("data_key", "case", "proposed_by", "done_by")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return what goes first first; of what is done, the last."""
        return ("-done_at", "id") if request.GET.get("standing") == "done" else ("rank", "received_at", "id")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("Letters by mail"), **(extra_context or {})})
        return drawn

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Draw one letter."""
        try:
            return self._drawn(request, self._find(request, UUID(object_id)))
        except ValueError:
            raise Http404 from None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the letter, whose time line says who did what and when."""
        return redirect(LETTER, object_id)

    def enter_view(self, request: HttpRequest) -> HttpResponse:
        """Enter a request that came by telephone, by letter or in person."""
        if not request.user.has_perm(desk.PERMISSION):
            raise Http404
        return entering.page(request, self.admin_site.each_context(request))

    def act_view(self, request: HttpRequest, mail_id: UUID, act: str) -> HttpResponse:
        """Do one thing about a letter; what stands in the way is said on the page."""
        row = self._find(request, mail_id)
        if act not in set(Act):
            raise Http404
        form, status = _form(Act(act), row, request.POST), 422
        if form.is_valid():
            try:
                said = _do(Act(act), row, form, caller(request), timezone.now())
            except RecourseError as error:
                acts.refuse(form, error)
                messages.error(request, str(error.sentence))
                status = error.status
            else:
                messages.success(request, said)
                return redirect(LETTER, row.pk)
        return self._drawn(request, self._find(request, mail_id), {Act(act): form}, status)

    def _find(self, request: HttpRequest, mail_id: UUID) -> InboundMail:
        found = self.get_queryset(request).filter(pk=mail_id).first() if self.has_view_permission(request) else None
        if found is None or not request.user.has_perm(desk.PERMISSION):
            raise Http404
        return found

    def _drawn(
        self, request: HttpRequest, row: InboundMail, bound: dict[Act, forms.Form] | None = None, status: int = 200
    ) -> HttpResponse:
        mail, at = _read(row), timezone.now()
        if row.purged_at is None:
            desk.opened(row, by=caller(request), at=at)
        first = row.case.requests.order_by("id").first() if row.case else None
        context = {
            **self.admin_site.each_context(request),
            "title": _text(row, "subject") or _("Letter without a subject"),
            "letter": row,
            "mail": mail,
            "sender": _sender(row),
            "warnings": [str(FLAGS[Flag(each)]) for each in row.flags],
            "because": _because(row),
            "rights": [str(SPECS[Right(each)].title) for each in row.rights if each in set(Right)],
            "case_link": reverse(WORKSHEET, args=(first.pk,)) if first else "",
            "late": row.state == MailState.WAITING and row.due_at < at,
            "lines": _lines(row),
            "acts": _acts(row, caller(request), bound or {}),
        }
        return TemplateResponse(request, "admin/dsr/inboundmail/letter.html", context, status=status)

    @admin.display(description=gettext_lazy("subject"))
    def subject(self, row: InboundMail) -> str:
        """What it is about."""
        return _text(row, "subject")[:120] or _("(no subject)")

    @admin.display(description=gettext_lazy("from"))
    def sender(self, row: InboundMail) -> str:
        """Who it claims to be from."""
        return _sender(row)

    @admin.display(description=gettext_lazy("seems to be"))
    def seems(self, row: InboundMail) -> str:
        """What it seems to be, and what became of it."""
        rank = " r-bad" if row.rank <= understanding.AUTHORITY else ""
        rights = ", ".join(str(SPECS[Right(each)].title) for each in row.rights if each in set(Right))
        end = row.get_end_display() if row.end else ""
        return format_html(
            '<span class="r-chip{}">{}</span> {} <span class="r-quiet">{}</span>',
            rank, row.get_kind_display(), rights, end,
        )  # fmt: skip

    @admin.display(description=gettext_lazy("received"))
    def received(self, row: InboundMail) -> str:
        """When the mail server got it."""
        return words.moment(row.received_at)

    @admin.display(description=gettext_lazy("to be looked at by"))
    def due(self, row: InboundMail) -> str:
        """By when somebody has to say what it is."""
        if row.state == MailState.DONE:
            return ""
        late = " r-bad" if row.due_at < timezone.now() else ""
        return format_html('<span class="r-chip{}">{}</span>', late, words.moment(row.due_at))


def _form(act: Act, row: InboundMail, data: Any = None) -> forms.Form:
    if act == Act.FILE:
        known = {each for each in row.rights if each in set(Right)}
        initial = {"name": _name(row), "email": _address(row), "language": "en", "rights": sorted(known)}
        form: forms.Form = FilingForm(data, on=row.received_at.date(), initial=initial, auto_id=f"id_{act}_%s")
    else:
        form = forms.Form(data, auto_id=f"id_{act}_%s", label_suffix="")
    if act == Act.TIE:
        form.fields["reference"] = forms.CharField(label=_("Reference of the case"), max_length=40)
        form.fields["reference"].initial = row.case.reference if row.case else ""
    if act in (Act.FILE, Act.TIE) and Flag.ATTACHMENTS in row.flags:
        form.fields["enclosed"] = forms.ChoiceField(label=_("The files that came along"), choices=_ENCLOSED)
    if act in (Act.SET_ASIDE, Act.HAND_ON):
        codes = NOT_OURS if act == Act.SET_ASIDE else QUEUES
        label = _("Why") if act == Act.SET_ASIDE else _("To whom")
        form.fields["code"] = acts.one(label, [(str(code), str(MailCode(code).label)) for code in codes])
    return form


def _do(act: Act, row: InboundMail, form: forms.Form, by: Caller, at: datetime) -> str:
    given = form.cleaned_data
    enclosed = Enclosed(given.get("enclosed") or Enclosed.LEAVE)
    if act == Act.FILE and isinstance(form, FilingForm):
        names = ("email", "country", "relationship", "name", "region", "language")
        said = desk.Said(wants=form.wants(), enclosed=enclosed, **{name: given[name] for name in names})
        filed = desk.file(row.pk, said, by=by, at=at)
        return _("Filed as %(reference)s.") % {"reference": filed.submission.reference}
    if act == Act.TIE:
        case = desk.tie(row.pk, given["reference"], enclosed, by=by, at=at)
        return _("Added to %(reference)s.") % {"reference": case.reference}
    if act in (Act.SET_ASIDE, Act.HAND_ON):
        end = (desk.set_aside if act == Act.SET_ASIDE else desk.hand_on)(row.pk, given["code"], by=by, at=at)
        return _("Noted.") if end.state == MailState.DONE else _("Proposed. A colleague has to confirm it.")
    {Act.CONFIRM: desk.confirm, Act.SEND_BACK: desk.send_back, Act.REOPEN: desk.reopen}[act](row.pk, by=by, at=at)
    return _("Done: %(move)s.") % {"move": _TITLES[act][0]}


def _acts(row: InboundMail, by: Caller, bound: dict[Act, forms.Form]) -> list[acts.ActForm]:
    """Return what can be done about a letter, and what stands against the rest."""
    if row.state == MailState.DONE:
        offered = [Act.REOPEN]
    elif row.end:
        offered = [Act.CONFIRM, Act.SEND_BACK]
    else:
        offered = [Act.FILE, Act.TIE, Act.SET_ASIDE, Act.HAND_ON]
    found = []
    for act in offered:
        check: Callable[[], None] = lambda act=act: desk.check_can(row, act, by)  # type: ignore[misc]  # noqa: E731
        because = acts.reason_against(check)
        form = None if because else bound.get(act) or _form(act, row)
        title, consequence = (str(each) for each in _TITLES[act])
        if act in (Act.SET_ASIDE, Act.HAND_ON) and desk.needs_second(row):
            consequence = f"{consequence} {_('A second person has to confirm it, as it seems to ask for something.')}"
        link = reverse("admin:dsr_inboundmail_act", args=(row.pk, act))
        found.append(acts.ActForm(title, consequence, link, form, because))
    return found


def _read(row: InboundMail) -> Mail | None:
    if row.purged_at is not None:
        return None
    try:
        return understanding.parsed(row)
    except (ValueError, Forgotten, Missing, Broken):
        return None


def _text(row: InboundMail, name: str) -> str:
    try:
        return row.open(name)
    except Forgotten:
        return ""


def _name(row: InboundMail) -> str:
    return _text(row, "sender").partition("\n")[0]


def _address(row: InboundMail) -> str:
    return _text(row, "sender").partition("\n")[2]


def _sender(row: InboundMail) -> str:
    name, address = _name(row), _address(row)
    return f"{name} <{address}>" if name and address else name or address or _("(unknown)")


def _because(row: InboundMail) -> list[tuple[str, str]]:
    """Return what was taken to mean what, in words."""
    try:
        found = row.open_json("because")
    except Forgotten:
        return []
    titles: dict[str, str] = {str(right): str(spec.title) for right, spec in SPECS.items()}
    return [(titles.get(meaning, meaning.replace("_", " ")), said) for meaning, said in found.items()]


def _lines(row: InboundMail) -> list[tuple[MailEntry, str, str]]:
    """Return the time line: the entry, who did it, and its particulars."""
    entries = list(row.entries.order_by("id"))
    staff = get_user_model().objects.in_bulk({int(each.by) for each in entries if each.by.isdigit()})
    return [
        (
            each,
            words.colleague(staff.get(int(each.by))) if each.by.isdigit() else "",
            ", ".join(f"{name}: {_fact(value)}" for name, value in each.facts.items() if value),
        )
        for each in entries
    ]


def _fact(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
