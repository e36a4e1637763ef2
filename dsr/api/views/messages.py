"""The conversation about a request."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import presenting, scopes
from dsr.api.answers import Answer, answer, etag, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.reading import body, expected_version, no_parameters
from dsr.api.schema import IDEMPOTENT, IF_MATCH
from dsr.api.scopes import bearing
from dsr.api.shapes import inputs, outputs
from dsr.api.views.requests import find
from dsr.models import Direction, Post, Scope, SubjectRequest
from dsr.policies import Caller
from dsr.selectors import casefile
from dsr.services import threads


class Messages(Endpoint):
    """The messages of one request and those about its submission as a whole."""

    scopes = {"GET": scopes.DESK, "POST": scopes.DESK}

    @extend_schema(
        operation_id="list_messages",
        summary="The conversation; texts and notes for the scope staff only",
        responses={200: outputs.MessageList},
        tags=["messages"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return who wrote when; what, only to those who work the queue."""
        no_parameters(request)
        found = find(request_id, bearing(request).caller)
        reads = bearing(request).has(Scope.STAFF)
        posts = [post for post in _posts(found) if reads or post.direction != Direction.NOTE]
        return show(outputs.MessageList(masked=not reads, results=[_message(post, reads) for post in posts]))

    @extend_schema(
        operation_id="send_message",
        summary="Write to the person, keep what the person says, or keep a note",
        parameters=[IDEMPOTENT, IF_MATCH],
        request=inputs.NewMessage,
        responses={201: outputs.MessageKept},
        tags=["messages"],
    )
    def post(self, request: Request, request_id: UUID) -> HttpResponse:
        """Keep it, and have the person told where it is for the person."""
        no_parameters(request)
        new, expect = body(request, inputs.NewMessage), expected_version(request)
        by, at = bearing(request).caller, timezone.now()
        find(request_id, by)
        return respond(once(request, lambda: _keep(request_id, new, by, at, expect)))


def _keep(request_id: UUID, new: inputs.NewMessage, by: Caller, at: datetime, expect: int | None) -> Answer:
    keep = {
        "from_person": threads.write_from_person,
        "to_person": threads.write_to_person,
        "note": threads.note,
    }[new.direction]
    kept = keep(request_id, new.text, by=by, at=at, expect=expect)
    version = presenting.version(kept, by)
    receipt = outputs.MessageKept(
        request=kept.pk, direction=new.direction, at=at, state=kept.state, turn=kept.turn, version=version
    )
    return answer(receipt, 201, headers=etag(version))


def _posts(found: SubjectRequest) -> list[Post]:
    mine = Q(request_id=None) | Q(request_id=found.pk)
    posts = list(found.submission.posts.filter(mine).select_related("author"))
    for post in posts:
        post.submission = found.submission
    return posts


def _message(post: Post, reads: bool) -> outputs.MessageShown:
    return outputs.MessageShown(
        id=post.pk,
        direction=post.direction,
        author=post.author.username if post.author else None,
        at=post.at,
        read_at=post.read_at,
        text=(casefile.text_of(post, "body") or None) if reads else None,
    )
