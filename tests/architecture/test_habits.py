"""The rules hold for every module, and each rule finds what it is for."""

import ast

import pytest

from tests.architecture.habits import (
    ROOT,
    RULES,
    Rule,
    markup_is_escaped,
    modules,
    news_is_returned,
    queue_stays_outside,
    states_move_by_moves,
    time_is_an_argument,
    work_starts_after_commit,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_habit(rule: Rule) -> None:
    found = []

    for path in modules():
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        found += [f"{path}:{line} {what}" for line, what in rule(path, tree)]

    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (time_is_an_argument, "from django.utils import timezone\nat = timezone.now()"),
        (time_is_an_argument, "import datetime\nat = datetime.datetime.now(datetime.UTC)"),
        (time_is_an_argument, "from datetime import date\non = date.today()"),
        (time_is_an_argument, "import time\nat = time.time()"),
        (queue_stays_outside, "import celery.app"),
        (queue_stays_outside, "def f():\n    from kombu import Connection"),
        (work_starts_after_commit, "step.delay(1)"),
        (work_starts_after_commit, "app.send_task('recourse.sweep')"),
        (markup_is_escaped, "from django.utils.safestring import mark_safe"),
        (news_is_returned, "from django.dispatch import receiver"),
        (news_is_returned, "from django.db.models.signals import post_save"),
        (states_move_by_moves, "SubjectRequest.objects.filter(pk=1).update(state='closed')"),
    ],
)
def test_rule_speaks_up_when_broken(rule: Rule, source: str) -> None:
    assert list(rule("dsr/services/example.py", ast.parse(source)))


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (time_is_an_argument, "dsr/tasks.py", "timezone.now()"),
        (time_is_an_argument, "dsr/services/example.py", "clock.now"),
        (queue_stays_outside, "dsr/tasks.py", "from celery import shared_task"),
        (states_move_by_moves, "dsr/services/example.py", "Step.objects.filter(pk=1).update(state='done')"),
    ],
)
def test_rule_is_silent_when_kept(rule: Rule, path: str, source: str) -> None:
    assert not list(rule(path, ast.parse(source)))
