"""When our own code fails, people are told so and nothing else."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from dsr.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def fail(request: HttpRequest) -> HttpResponse:
    """A view with a fault, and a personal value in it."""
    raise ValueError("ada@example.org")


urlpatterns = [path("fails", fail), path("api/fails", fail)]


@pytest.mark.urls(__name__)
def test_fault_shows_a_page_without_its_reason(client: Client) -> None:
    client.raise_request_exception = False

    response = client.get("/fails")

    assert response.status_code == 500
    assert b"Something went wrong on our side" in response.content
    assert b"ada@example.org" not in response.content
    assert b"Traceback" not in response.content


@pytest.mark.urls(__name__)
def test_fault_is_a_problem_document_for_programs(client: Client) -> None:
    client.raise_request_exception = False

    response = client.get("/api/fails")

    assert response.json() == {"type": "about:blank", "title": "Internal Server Error", "status": 500}


def test_form_from_elsewhere_is_refused_with_a_page(settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post("/accounts/login/", {"login": "hal"})

    assert response.status_code == 403
    assert b"This form has expired" in response.content
