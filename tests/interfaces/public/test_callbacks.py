"""What a processor reports by itself wakes the task that waits for it; whatever else is sent changes nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from dsr.connectors import close_all
from dsr.models import Task, TaskKind, TaskState
from dsr.public import callbacks, throttle
from dsr.services.systems import Entry, enter
from tests import builders, estate
from tests.drain import drain
from tests.statements import counted
from tests.thirdparty import opendsr
from tests.thirdparty.opendsr import OpenDsr

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "/callbacks/opendsr/"
HOUR = timedelta(hours=1)


@dataclass
class Waiting:
    """A processor that was asked to erase somebody, and the task that waits for it."""

    processor: OpenDsr
    name: str

    @property
    def task(self) -> Task:
        return Task.objects.get(system__key="service", kind=TaskKind.ERASE)

    def report(self, *, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        said, signed = self.processor.callback(self.name)
        return send(said if body is None else body, signed if headers is None else headers)


def send(body: bytes, headers: dict[str, str]) -> Any:
    return Client(enforce_csrf_checks=True).generic("POST", PLACE, body, "application/json", headers=headers)


@pytest.fixture
def waiting(clock: Any, db: None, settings: Any, tmp_path: Any) -> Iterator[Waiting]:
    """The processor has taken the request, and is asked again in an hour."""
    settings.BASE_URL = "https://privacy.example.org"
    with opendsr.running() as processor:
        estate.estate(estate.sqlite(tmp_path, clock()), clock())
        datasets = [{"name": "profiles", "title": "Profile", "category": "online_activity_data"}]
        config = processor.config(datasets=datasets)
        enter(Entry("service", "The service", "Olga Owner", "olga@staff.example.org", "opendsr", config), at=clock())
        request = estate.approved(clock())
        assert request.act_at is not None
        drain(clock.tick(seconds=(request.act_at - clock()).total_seconds()))
        [name] = processor.requests
        yield Waiting(processor, name)


def test_request_says_where_to_report(waiting):
    asked = waiting.processor.requests[waiting.name]

    assert asked["status_callback_urls"] == [f"https://privacy.example.org{PLACE}"]
    assert waiting.task.known_as == waiting.name


def test_report_makes_the_task_look_at_once(waiting, clock):
    assert waiting.task.due_at > clock()
    drain(clock())
    assert waiting.task.state == TaskState.WAITING
    waiting.processor.statuses[waiting.name] = "completed"

    answer = waiting.report()

    assert (answer.status_code, answer.content) == (202, b"")
    assert waiting.task.due_at <= clock()
    drain(clock())
    assert waiting.task.state == TaskState.DONE
    assert (waiting.report().status_code, waiting.task.state) == (202, TaskState.DONE)


def test_report_is_not_believed_by_itself(waiting, clock):
    waiting.processor.statuses[waiting.name] = "completed"
    body, headers = waiting.processor.callback(waiting.name)
    waiting.processor.statuses[waiting.name] = "pending"

    waiting.report(body=body, headers=headers)
    drain(clock())

    assert waiting.task.state == TaskState.WAITING
    assert waiting.task.due_at > clock()


def _unsigned(waiting: Waiting) -> Any:
    return waiting.report(headers={})


def _badly_signed(waiting: Waiting) -> Any:
    waiting.processor.signs_with = "second"
    return waiting.report()


def _for_another_domain(waiting: Waiting) -> Any:
    waiting.processor.signs_for = "elsewhere.example.com"
    return waiting.report()


def _changed_on_the_way(waiting: Waiting) -> Any:
    return waiting.report(body=waiting.processor.callback(waiting.name)[0] + b" ")


def _about_nothing_known(waiting: Waiting) -> Any:
    body = json.dumps({"subject_request_id": str(uuid4()), "request_status": "completed"}).encode()
    return waiting.report(body=body, headers=waiting.processor.signed(body))


def _too_long(waiting: Waiting) -> Any:
    body = waiting.processor.callback(waiting.name)[0] + b" " * callbacks.MOST
    return waiting.report(body=body, headers=waiting.processor.signed(body))


@pytest.mark.parametrize(
    "wrong", [_unsigned, _badly_signed, _for_another_domain, _changed_on_the_way, _about_nothing_known, _too_long]
)
def test_whatever_else_is_sent_is_answered_alike_and_changes_nothing(waiting, wrong):
    due = waiting.task.due_at

    answer = wrong(waiting)

    assert (answer.status_code, answer.content) == (202, b"")
    assert waiting.task.due_at == due


_NUL = b'{"subject_request_id": "\\u0000", "request_status": "completed"}'
"""Text that JSON can hold and PostgreSQL cannot."""


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[" * 50_000, b'{"subject_request_id": null}', b"1e999", _NUL])
def test_no_body_makes_a_fault(waiting, body):
    assert waiting.report(body=body).status_code == 202


def test_who_does_not_know_a_request_makes_us_ask_nobody(waiting):
    close_all()
    waiting.processor.asked.clear()

    with counted() as spent:
        _about_nothing_known(waiting)

    assert waiting.processor.asked == []
    assert len(spent) == 1, "\n".join(spent)


def test_only_so_many_reports_are_taken_from_one_network(waiting, monkeypatch):
    few = throttle.Allowance("callbacks", 2, timedelta(minutes=10))
    monkeypatch.setattr(throttle, "CALLBACKS", few)
    waiting.report(headers={})
    waiting.report(headers={})
    due = waiting.task.due_at

    answer = waiting.report()

    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert waiting.task.due_at == due


def test_only_reports_are_taken(waiting):
    assert Client().get(PLACE).status_code == 405


def test_while_a_worker_looks_nothing_is_taken_from_it(waiting, clock):
    Task.objects.filter(pk=waiting.task.pk).update(claimed_until=clock() + HOUR)
    due = waiting.task.due_at

    assert waiting.report().status_code == 202
    assert waiting.task.due_at == due
    assert builders.ADA not in waiting.task.known_as
