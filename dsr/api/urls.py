"""Addresses of the interface. Calls have no slash at the end; pages for people have one."""

from django.urls import path, re_path

from dsr.api import pages
from dsr.api.views import (
    children,
    choices,
    cpni,
    doing,
    evidence,
    grounds,
    marks,
    messages,
    moves,
    other,
    records,
    requests,
    rights,
    signals,
    submissions,
    webhooks,
    wishes,
)

_ONE = "v1/requests/<uuid:request_id>"
_HOOK = "v1/webhooks/<uuid:webhook_id>"

urlpatterns = [
    # The first is what is asked before each message to anybody: trying the others before it takes time.
    path("v1/choices", wishes.Check.as_view()),
    path("v1/rights", rights.Rights.as_view()),
    path("v1/submissions", submissions.Submissions.as_view()),
    path("v1/submissions/batch", submissions.Batch.as_view()),
    path("v1/submissions/<uuid:submission_id>", submissions.OneSubmission.as_view()),
    path("v1/requests", requests.Requests.as_view()),
    path(_ONE, requests.OneRequest.as_view()),
    path(f"{_ONE}/moves", moves.OpenMoves.as_view()),
    *(path(f"{_ONE}/moves/{verb}", moves.view_of(verb).as_view()) for verb in moves.MOVES),
    path(f"{_ONE}/moves/<str:verb>", moves.Moves.as_view(schema=None)),
    path(f"{_ONE}/grounds", grounds.Grounds.as_view()),
    path(f"{_ONE}/clock", records.Clocks.as_view()),
    path(f"{_ONE}/history", records.History.as_view()),
    path(f"{_ONE}/ledger", records.Ledger.as_view()),
    path(f"{_ONE}/plan", doing.Plan.as_view()),
    path(f"{_ONE}/tasks", doing.Tasks.as_view()),
    path(f"{_ONE}/recipients", doing.Recipients.as_view()),
    path(f"{_ONE}/items", doing.Items.as_view()),
    path(f"{_ONE}/certificate", doing.LatestCertificate.as_view()),
    path(f"{_ONE}/account", children.Account.as_view()),
    path(f"{_ONE}/marks", marks.Marks.as_view()),
    path(f"{_ONE}/evidence", evidence.EvidenceOfRequest.as_view()),
    path(f"{_ONE}/messages", messages.Messages.as_view()),
    path("v1/choices/marketing", wishes.Marketing.as_view()),
    path("v1/choices/checks", wishes.CheckMany.as_view()),
    path("v1/choices/changes", wishes.Changes.as_view()),
    path("v1/choices/links", wishes.Links.as_view()),
    path("v1/choices/cpni", cpni.Cpni.as_view()),
    path("v1/choices/cpni/notices", cpni.CpniNotices.as_view()),
    path("v1/choices/signals", signals.Signals.as_view()),
    path("v1/choices/erased", choices.Erased.as_view()),
    path("v1/choices/erased/returned", choices.Returned.as_view()),
    path("v1/webhooks", webhooks.Webhooks.as_view()),
    path(_HOOK, webhooks.OneWebhook.as_view()),
    path(f"{_HOOK}/secret", webhooks.Secret.as_view()),
    path(f"{_HOOK}/test", webhooks.Test.as_view()),
    path(f"{_HOOK}/deliveries", webhooks.Deliveries.as_view()),
    path(f"{_HOOK}/replay", webhooks.Replay.as_view()),
    path("schema/", pages.schema, name="api-schema"),
    path("docs/", pages.Reference.as_view(), name="api-reference"),
    path("problems/", pages.problems, name="api-problems"),
    path("problems/<slug:code>/", pages.problem, name="api-problem"),
    re_path(r"^", other.NoSuchAddress.as_view()),
]
