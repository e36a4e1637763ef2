"""What was kept and is come to a second time: superseded by what is found then, and never lost to somebody else."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Kept, LegalHold, SubjectRequest, Task, TaskKind
from dsr.policies import Caller
from dsr.services import acting, holds, review, taskrun, taskwork
from dsr.services._moves import holding
from dsr.services.erasure import kept
from tests import builders, estate
from tests.clock import Clock
from tests.drain import drain

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MAIL = "marketing_communications_data"


@pytest.fixture
def url(tmp_path: Path, clock: Clock, db: None) -> str:
    """The address of the estate."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


def _again(request: SubjectRequest, at: datetime) -> SubjectRequest:
    """It comes back to the desk, everything may go, and it is carried out a second time."""
    acting.halt(request.pk, "Somebody rang.", by=builders.hal(), at=at)
    for row in request.withholdings.all():
        review.release(request.pk, row.pk, by=builders.hal(), at=at)
    drain(at)
    ended = estate.approve(request, at)
    drain(ended.act_at or at)
    return builders.again(request)


def _kept_first(url: str, clock: Clock, tmp_path: Path) -> tuple[SubjectRequest, datetime]:
    """The profile was kept in one system, by a decision of staff; another system has not done its part."""
    estate.estate(estate.sqlite(tmp_path, clock(), "branch"), clock(), "branch")
    request = estate.asked(clock())
    review.withhold(request.pk, MAIL, "legal_claims", "A claim.", by=builders.hal(), at=clock())
    drain(clock())
    request = estate.approve(request, clock())
    assert request.act_at is not None
    acting.start(Deadline.objects.get(request=request, kind=DeadlineKind.ACT), request.act_at)
    taskrun.run_task(Task.objects.get(system__key="estate").pk, at=request.act_at)
    assert Kept.objects.filter(category=MAIL, ended_at=None).count() == 1
    return request, request.act_at


def test_what_goes_in_a_second_pass_is_not_kept_any_more(url: str, clock: Clock, tmp_path: Path) -> None:
    request, at = _kept_first(url, clock, tmp_path)
    [before] = Kept.objects.filter(category=MAIL)

    request = _again(request, at)

    before.refresh_from_db()
    assert (request.state, before.ended_at is not None, before.handles_sealed) == (State.CLOSED, True, None)
    assert not Kept.objects.filter(category=MAIL, ended_at=None).exists()
    assert {outcome for category, outcome in estate.lines(request) if category == MAIL} == {"erased"}
    [certificate] = request.certificates.all()
    assert {row["outcome"] for row in certificate.document["entries"] if row["category"] == MAIL} == {"erased"}
    nearest = Kept.objects.filter(request=request, ended_at=None).order_by("check_at")[0].check_at
    assert Deadline.objects.get(request=request, kind=DeadlineKind.KEPT).due_at == nearest


def test_what_nothing_names_any_more_is_looked_for_by_its_keys_in_a_second_pass(
    url: str, clock: Clock, tmp_path: Path
) -> None:
    request, at = _kept_first(url, clock, tmp_path)
    engine = sa.create_engine(url)
    with engine.begin() as connection:  # the profile does not bear her address any more
        connection.execute(estate.profiles.update().where(estate.profiles.c.id == 1).values(email="ada@new.example"))
    engine.dispose()

    ended = _again(request, at)
    drain(clock.tick(days=10))

    assert ended.state == State.CLOSED
    assert estate.ids(url, estate.profiles) == [2]
    assert not Kept.objects.filter(category=MAIL, ended_at=None).exists()


def test_date_goes_with_the_last_of_what_was_kept(url: str, clock: Clock) -> None:
    request = estate.approved(clock())
    drain(request.act_at or clock())
    task = request.tasks.get(kind=TaskKind.ERASE)
    gone = [{**line, "keep": 0, "erase": line["found"], "go": True, "before": None} for line in task.lines]

    with holding(request_id=request.pk) as case:
        kept.keep(case, request, task.system, gone, {}, taskwork.about(task), clock() + DAY)

    assert not Kept.objects.filter(ended_at=None).exists()
    assert Deadline.objects.get(request=request, kind=DeadlineKind.KEPT).done_at is not None


def _held(clock: Clock) -> LegalHold:
    dora, vera = (Caller.of_user(builders.staff(name, "set_holds"), "admin") for name in ("dora", "vera"))
    wanted = holds.Wanted("legal_hold", "Ada", dora.user_id, clock().date() + 90 * DAY, {"email": [builders.ADA]})
    hold = holds.confirm(holds.propose(wanted, by=dora, at=clock()).pk, by=vera, at=clock())
    holds.propose_lifting(hold.pk, "Settled.", by=dora, at=clock())
    return hold


def test_hold_that_is_lifted_while_a_system_looks_again_is_not_waited_for_another_month(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = _held(clock)
    request = estate.approved(clock())
    drain(clock.tick(days=5))
    kept.look(Deadline.objects.get(request=request, kind=DeadlineKind.KEPT), clock.tick(days=31))
    vera = Caller.of_user(builders.staff("vera", "set_holds"), "admin")
    came_due = kept.came_due

    def lifted_just_before(*args: object) -> None:
        holds.lift(hold.pk, by=vera, at=clock())
        came_due(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(kept, "came_due", lifted_just_before)
        taskrun.run_task(request.tasks.get(late=True).pk, at=clock())
    drain(clock.tick(minutes=1))

    assert builders.ADA not in estate.texts(url)
    assert not Kept.objects.filter(hold=hold, ended_at=None).exists()
