"""A caller of the interface: a token, the verbs, and answers read as what they are."""

import json
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.test import Client

from dsr.models import ApiToken, Scope
from tests import builders

V1 = "/api/v1"


def token(user: User, *scopes: str) -> str:
    """Make a token and return it."""
    _row, secret = ApiToken.objects.create(user=user, scopes=list(scopes))
    return str(secret)


class Answered:
    """A response, read."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.headers = response.headers
        self.json: Any = json.loads(response.content) if response.content else None

    @property
    def code(self) -> str:
        """Code of a problem, after looking at its form."""
        assert self.headers["Content-Type"] == "application/problem+json", self.json
        assert self.json["status"] == self.status
        assert self.json["type"].endswith(f"/api/problems/{self.json['code']}/")
        assert self.json["title"]
        assert self.json["detail"]
        return str(self.json["code"])

    @property
    def places(self) -> set[str]:
        """Where the faults of a problem are."""
        return {fault.get("pointer") or fault.get("parameter") or fault.get("header") for fault in self.json["errors"]}


class Api:
    """A caller with a token, or without."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> Answered:
        """GET below /api/v1."""
        return Answered(self.client.get(V1 + path, query, headers=self.headers))

    def post(self, path: str, body: Any = None, *, key: str = "", match: str = "", **headers: str) -> Answered:
        """POST JSON below /api/v1."""
        given = {**self.headers, **headers}
        if key:
            given["Idempotency-Key"] = key
        if match:
            given["If-Match"] = match
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return Answered(self.client.post(V1 + path, data, content_type="application/json", headers=given))

    def patch(self, path: str, body: Any, *, match: str = "") -> Answered:
        """PATCH JSON below /api/v1."""
        given = {**self.headers, **({"If-Match": match} if match else {})}
        return Answered(self.client.patch(V1 + path, json.dumps(body), content_type="application/json", headers=given))

    def delete(self, path: str, *, match: str = "") -> Answered:
        """DELETE below /api/v1."""
        given = {**self.headers, **({"If-Match": match} if match else {})}
        return Answered(self.client.delete(V1 + path, headers=given))

    def move(self, request: UUID | str, verb: str, body: Any = None, **more: str) -> Answered:
        """Make a move."""
        return self.post(f"/requests/{request}/moves/{verb}", body, **more)


def sam() -> Api:
    """Sam answers the phone."""
    return Api(token(builders.staff("sam"), Scope.AGENT))


def hal() -> Api:
    """Hal handles."""
    return Api(token(builders.staff("hal"), Scope.STAFF))


def vera() -> Api:
    """Vera approves, and may look."""
    return Api(token(builders.staff("vera"), Scope.STAFF))


def ivy() -> Api:
    """Ivy checks who people are, and works the queue."""
    return Api(token(builders.staff("ivy"), Scope.STAFF))


def dora() -> Api:
    """Dora answers for data protection."""
    return Api(token(builders.staff("dora"), Scope.STAFF))


def audrey() -> Api:
    """Audrey audits."""
    return Api(token(builders.staff("audrey", "audit_requests"), Scope.AUDITOR))


def filing(*rights: str, **changes: Any) -> dict[str, Any]:
    """What Sam files for Ada."""
    body: dict[str, Any] = {
        "channel": "phone",
        "who": {"relationship": "customer", "name": "Ada Lovelace", "identifiers": {"account": ["AC-1843"]}},
        "where": {"country": "IE"},
        "rights": [{"right": right} for right in rights or ("access",)],
        "contact": {"email": builders.ADA},
    }
    return {**body, **changes}
