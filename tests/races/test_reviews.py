"""Reviewers and workers at once: one takes the review, and a changed decision is told once at a time."""

from functools import partial

import pytest
from django.utils import timezone

from dsr.errors import RecourseError
from dsr.models import AutomatedDecision, Event, Review
from dsr.policies import Caller
from dsr.services.reviews import effects, recording, working
from notifications.models import Message
from tests import builders, reviews
from tests.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def test_one_of_two_reviewers_takes_it():
    at = timezone.now()
    request = reviews.filed(at)
    working.link(request.pk, reviews.decision(at).pk, by=builders.hal(), at=at)
    both = [reviews.reviewer("rita"), reviews.reviewer("ralf")]

    def take(by: Caller) -> str:
        try:
            working.take(request.pk, by=by, at=at)
        except RecourseError as error:
            return error.code
        return "taken"

    found = together([partial(take, by) for by in both])

    assert sorted(map(str, found)) == ["review-taken", "taken"]
    assert Event.objects.filter(request=request, verb="take_review").count() == 1
    assert Review.objects.get().reviewer_id in {by.user_id for by in both}


def test_one_of_many_workers_tells_the_owner():
    at = timezone.now()
    reviews.changed(at)

    done = together([lambda: effects.run_due(at) for _ in range(6)])

    assert sorted(map(str, done)) == ["0", "0", "0", "0", "0", "1"]
    assert Message.objects.filter(kind="effect_worksheet").count() == 1


def test_a_decision_told_by_many_at_once_is_one():
    at, by = timezone.now(), reviews.robot()

    found = together([lambda: recording.record(reviews.told(at), by=by, at=at)[1] for _ in range(6)])

    assert sorted(map(str, found)) == ["False"] * 5 + ["True"]
    assert AutomatedDecision.objects.count() == 1
