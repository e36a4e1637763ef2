"""Schemathesis against the running server: what the description says is what happens, for good input and for bad."""

from functools import cache
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from pytest_django import Settings
from schemathesis import GenerationMode, checks, openapi

from dsr.api import pages
from dsr.models import Scope, WebhookKind
from dsr.services import webhooks
from tests import builders
from tests.interfaces.api import client

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = sorted(
    (path, method, call["operationId"])
    for path, methods in pages.description()["paths"].items()
    for method, call in methods.items()
)
EXAMPLES = 8
_NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@cache
def _described(server: str) -> Any:
    """The description as the server serves it, read once: it is the same for whoever asks."""
    return openapi.from_url(f"{server}/api/schema/?format=json")


@pytest.fixture
def target(live_server: Any, settings: Settings) -> tuple[Any, dict[str, str], dict[str, str]]:
    """The description as the server serves it, a token for all, and what there is to work on."""
    settings.API_PER_MINUTE = 0
    settings.BASE_URL = live_server.url
    root = User.objects.create_superuser("root", "root@staff.example.org", "x")
    headers = {"Authorization": f"Bearer {client.token(root, *Scope.values)}"}
    request = builders.in_review(at=timezone.now())
    wanted = webhooks.Wanted(url="https://example.org/", kinds=(WebhookKind.REQUEST_CLOSED,))
    hook, _secret = webhooks.make(root.pk, wanted, timezone.now())
    known = {"request_id": request.pk, "submission_id": request.submission_id, "webhook_id": hook.pk}
    return _described(live_server.url), headers, {key: str(value) for key, value in known.items()}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method", "name"), CALLS, ids=[name for _path, _method, name in CALLS])
def test_call_keeps_to_its_description(
    target: tuple[Any, dict[str, str], dict[str, str]], path: str, method: str, name: str, mode: GenerationMode
) -> None:
    schema, headers, known = target
    fixed = {key: value for key, value in known.items() if f"{{{key}}}" in path}
    wanted = [*(getattr(checks, each) for each in _NAMES)]
    if mode == GenerationMode.NEGATIVE:
        wanted.append(checks.negative_data_rejection)

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode, path_parameters=fixed or None))
    def keeps(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=wanted)

    keeps()
