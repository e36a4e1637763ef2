"""The request form: a question a page, answers that travel with the page, sent once however often it is pressed."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr.errors import Conflict, Incomplete, TooMany
from dsr.policies import Caller
from dsr.public import answers as steps
from dsr.public import details, offers, pages, places, throttle, tickets
from dsr.public.answers import Answers
from dsr.public.guard import public
from dsr.public.pages import language
from dsr.rights import SPECS
from dsr.services import intake

SENT = "sent"
"""Purpose of the ticket that opens the confirmation page."""


@public("GET", "POST")
def ask(request: HttpRequest) -> HttpResponse:
    """Show a question, judge its answer, go on, go back, change an answer, or send."""
    return asked(request, for_other=False)


def asked(request: HttpRequest, *, for_other: bool) -> HttpResponse:
    """Do that for somebody who asks for themselves, or for somebody else."""
    notice, at = pages.notice_today(), timezone.now()
    if request.method != "POST":
        answers = Answers.fresh(request.GET, notice, language(), at, for_other=for_other)
        return _show(request, answers, answers.steps[0])
    answers = Answers(request.POST, notice, language(), at, for_other=for_other)
    step = request.POST.get("step", "")
    go, _colon, target = request.POST.get("go", "next").partition(":")
    if go == "back":
        return _show(request, answers, answers.before(step))
    if go == "change" and target in answers.steps:
        return _show(request, answers, target)
    if go == "again":
        answers = answers.afresh()
    if go in ("send", "again"):
        return _send(request, answers)
    return _advance(request, answers, step)


def _advance(request: HttpRequest, answers: Answers, step: str) -> HttpResponse:
    """Judge the step that was answered and show what comes next."""
    if step not in answers.steps:
        step = answers.first_problem() or steps.REACH
        if not answers.was_shown(step):
            return _show(request, answers, step)
    if not answers.judged(step).is_valid():
        return _show(request, answers, step, judged=True)
    if answers.is_routed:
        return _routed(request, answers)
    following = answers.next_after(step)
    if _is_changing(request) or following == steps.CHECK:
        return _check(request, answers)
    return _show(request, answers, following)


def _is_changing(request: HttpRequest) -> bool:
    return bool(request.POST.get("changing"))


def _check(request: HttpRequest, answers: Answers) -> HttpResponse:
    """Show all answers, or the first question that has none that can be used."""
    problem = answers.first_problem() or answers.first_unseen()
    if problem is not None:
        return _show(request, answers, problem, judged=answers.was_shown(problem))
    if answers.is_routed:
        return _routed(request, answers)
    return pages.page(request, "ask_check", _check_context(answers))


def _show(request: HttpRequest, answers: Answers, step: str, *, judged: bool = False) -> HttpResponse:
    form = answers.judged(step) if judged else answers.form(step, judged=False)
    changing = _is_changing(request) or request.POST.get("go", "").startswith("change:")
    context = {
        "form": form,
        "problems": judged,
        "step": step,
        "template": f"public/ask/{step}.html",
        "title": answers.title(step),
        "changing": changing,
        "is_first": step == answers.steps[0],
        **_shared(answers, step),
        **_around(answers, step),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if judged else HTTPStatus.OK
    response = pages.page(request, "ask_step", context, status=status)
    return response if answers.is_personal else pages.may_go_back(response)


def _shared(answers: Answers, step: str) -> dict[str, Any]:
    number, total = answers.number(step)
    return {
        "carried": answers.carried(step),
        "action": answers.action,
        "for_other": answers.for_other,
        "nonce": answers.nonce,
        "number": number,
        "total": total,
        "meter": [place < number for place in range(total)],
        "here": "new",
    }


def _around(answers: Answers, step: str) -> dict[str, Any]:
    """Return what a question's page tells beside the question."""
    notice, lang = answers.notice, answers.language
    if step == steps.WHAT:
        row = notice.relationship(answers.relationship) if answers.relationship else None
        return {
            "has_options": bool(answers.options),
            "processor": row.wording("processor", lang) if row else "",
            "others": offers.elsewhere(notice, lang, answers.relationship, answers.country, answers.region),
        }
    if step == steps.DOOR:
        row = notice.relationship(answers.relationship)
        chosen = [row, *([notice.door(answers.about)] if answers.about else [])]
        return {
            "chosen": ", ".join(each.wording("title", lang) for each in chosen),
            "route": row.wording("route", lang),
            "doors": [offers.door(each, lang) for each in answers.doors],
        }
    if step == steps.REGION:
        return {"country_name": places.country_name(answers.country, lang)}
    return {}


def _check_context(answers: Answers) -> dict[str, Any]:
    filing = answers.filing()
    lang = answers.language
    where = places.country_name(filing.country, lang)
    if filing.region:
        where = f"{places.region_name(filing.country, filing.region)}, {where}"
    relationship = answers.notice.relationship(filing.relationship).wording("title", lang)
    rows = [
        (steps.WHO, _("The person is") if filing.agent else _("You are"), [relationship]),
        (steps.WHERE, _("The person lives in") if filing.agent else _("You live in"), [where]),
        (steps.WHAT, _("You ask for"), [str(SPECS[want.right].title) for want in filing.wants]),
        *_of_people(filing, lang),
    ]
    if filing.identifiers:
        step = steps.PERSON if filing.agent else steps.REACH
        rows.append((step, _("Account number"), list(filing.identifiers["account"])))
    if answers.is_for_others_to_answer:
        passing = _("may be passed on there") if filing.may_pass_on else _("nothing is passed on")
        names = [each.wording("title", lang) for each in answers.doors] or [_("another notice")]
        rows.insert(1, (steps.DOOR, _("Who else may answer"), [*names, passing]))
    shown = [(steps.DETAILS, *row) for want in filing.wants for row in details.shown(want, answers.notice, lang)]
    after = [step for step, *_rest in rows].index(steps.WHAT) + 1
    rows[after:after] = shown
    each = (
        offers.governing(want.right, answers.notice, filing.country, filing.region, answers.at) for want in filing.wants
    )
    first = min((clock for clock in each if clock), key=lambda clock: clock.promised, default=None)
    return {
        "rows": rows,
        "due_on": first.promised if first else None,
        "law": offers.law(first.regime, answers.at.date()) if first else "",
        **_proof_context(answers),
        **_shared(answers, steps.CHECK),
    }


def _proof_context(answers: Answers) -> dict[str, Any]:
    """Return which proof will be asked, and of what none is."""
    filing, proofs = answers.filing(), {}
    for want in filing.wants:
        title = str(SPECS[want.right].title)
        proofs[title] = offers.proof(want.right, filing.relationship, filing.country, filing.region, answers.at.date())
    nothing = [title for title, proof in proofs.items() if proof.asks is offers.Asks.NOTHING]
    return {
        "needs_code": len(nothing) < len(proofs),
        "needs_nothing": nothing if len(nothing) < len(proofs) else [],
        "needs_more": [(title, proof.ways) for title, proof in proofs.items() if proof.asks is offers.Asks.MORE],
        "is_free": len(nothing) == len(proofs),
    }


def _of_people(filing: intake.Filing, lang: str) -> list[tuple[str, str, list[str]]]:
    """Return the answers about who asks, and for whom."""
    if filing.agent is None:
        return [
            (steps.REACH, _("Mail address"), [filing.email]),
            (steps.REACH, _("Name"), [filing.name or _("not given")]),
        ]
    kinds = {kind: str(label) for kind, label in offers.mandates(lang)}
    rows = [
        (steps.PERSON, _("The person's name"), [filing.name]),
        (steps.PERSON, _("The person's mail address"), [filing.agent.person_email or _("not given")]),
        (steps.AGENT, _("You act on"), [kinds[filing.agent.kind]]),
        (steps.AGENT, _("Your own name"), [filing.agent.name]),
        (steps.REACH, _("Your own mail address"), [filing.email]),
    ]
    if filing.agent.child_age is not None:
        rows.insert(1, (steps.PERSON, _("Age of the child"), [str(filing.agent.child_age)]))
    return rows


def _routed(request: HttpRequest, answers: Answers) -> HttpResponse:
    """Explain that authority comes first for somebody like that, and which way leads there."""
    notice, lang = answers.notice, answers.language
    context = {
        "agents": notice.agents.wording("description", lang),
        "ways": offers.ways(notice, notice.agents.how, lang),
        **_shared(answers, steps.WHO),
        "carried": answers.carried(steps.CHECK),
    }
    return pages.page(request, "ask_routed", context)


def _send(request: HttpRequest, answers: Answers) -> HttpResponse:
    """File, once, and lead to the confirmation page, which can be reloaded."""
    if answers.first_problem() is not None or answers.is_routed:
        return _check(request, answers)
    try:
        throttle.spend(request, throttle.FILING, answers.at)
        filed = intake.file(answers.filing(throttle.origin(request)), by=Caller.person(), at=answers.at)
    except TooMany as error:
        return pages.too_many(request, error.retry_at)
    except Incomplete as error:
        return _refused(request, answers, error)
    except Conflict:
        return pages.page(request, "ask_twice", _check_context(answers), status=HTTPStatus.CONFLICT)
    ticket = tickets.issue(SENT, answers.at, submission=filed.submission.pk)
    return pages.see_other(f"{reverse('public:sent')}?ticket={ticket}")


def _refused(request: HttpRequest, answers: Answers, error: Incomplete) -> HttpResponse:
    """Put what the service found wrong beside the question it belongs to."""
    for field, sentence in error.problems.items():
        for step in answers.steps:
            if field in answers.judged(step).fields:
                answers.judged(step).add_error(field, sentence)
                return _show(request, answers, step, judged=True)
    return pages.problem(request, error.sentence, status=error.status)
