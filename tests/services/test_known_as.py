"""By what a processor knows somebody stands in the clear while it is asked, and no longer: it finds a person again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from django.conf import settings as django_settings

from dsr.lifecycle import State
from dsr.models import SubjectRequest, Task, TaskKind, TaskState
from dsr.services import taskwork
from dsr.services._moves import holding
from dsr.services.systems import Entry, enter
from tests import builders, estate
from tests.clock import Clock
from tests.drain import drain
from tests.services.test_purging_kept import readable
from tests.thirdparty import opendsr
from tests.thirdparty.opendsr import OpenDsr

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_of_its_own")]
NAME = "dsr.Task.known_as"


@dataclass
class Told:
    """A processor that was given the data, was told that it is erased, and has not said yet that it did."""

    processor: OpenDsr
    request: SubjectRequest
    url: str

    @property
    def task(self) -> Task:
        return Task.objects.get(request=self.request, kind=TaskKind.TELL, late=False)


@pytest.fixture
def told(request: pytest.FixtureRequest, clock: Clock, db: None, settings: Any, tmp_path: Path) -> Iterator[Told]:
    """Everybody else has done their part, so the request is closed."""
    settings.BASE_URL = "https://privacy.example.org"
    with opendsr.running() as processor:
        url = estate.sqlite(tmp_path, clock())
        estate.estate(url, clock())
        category = getattr(request, "param", "online_activity_data")
        config = processor.config(datasets=[{"name": "theirs", "title": "What they have", "category": category}])
        entry = Entry("service", "The service", "Olga", "olga@staff.example.org", "opendsr", config, role="recipient")
        enter(entry, at=clock())
        deletion = estate.approved(clock())
        drain(clock.tick(days=4))
        yield Told(processor, deletion, url)


def test_name_goes_when_the_task_is_finished(told: Told, clock: Clock) -> None:
    [name] = told.processor.requests
    before = (builders.again(told.request).state, told.task.state, told.task.known_as)
    told.processor.statuses[name] = "completed"

    drain(clock.tick(days=1))

    assert before == (State.CLOSED, TaskState.WAITING, name)
    assert (told.task.state, told.task.known_as) == (TaskState.DONE, "")


def test_name_goes_when_the_task_is_called_off(told: Told, clock: Clock) -> None:
    assert told.task.known_as

    with holding(request_id=told.request.pk) as case:
        taskwork.call_off(case.request(told.request.pk))

    assert (told.task.state, told.task.known_as) == (TaskState.CALLED_OFF, "")


def test_name_goes_when_the_case_is_forgotten(told: Told, clock: Clock) -> None:
    before = readable()

    drain(clock.tick(days=django_settings.CASE_KEPT_DAYS + 1))

    assert builders.again(told.request).submission.purged_at is not None
    assert NAME in before
    assert readable() == {"dsr.Kept.handles_sealed"}
    assert (told.task.state, told.task.known_as) == (TaskState.CALLED_OFF, "")


@pytest.mark.parametrize("told", ["purchase_payment_data"], indirect=True)
def test_forgotten_case_gets_no_name_again_from_what_is_told_later(told: Told, clock: Clock) -> None:
    drain(clock.tick(days=django_settings.CASE_KEPT_DAYS + 1))
    engine = sa.create_engine(told.url)
    with engine.begin() as connection:
        connection.execute(estate.invoices.update().values(status="paid"))
    engine.dispose()
    for _year in range(10):
        drain(clock.tick(days=365))

    late = Task.objects.filter(request=told.request, late=True)
    waiting = [task for task in late if task.state == TaskState.WAITING]
    assert len(waiting) == len(told.processor.requests) > 0
    assert {task.known_as for task in late} == {""}
