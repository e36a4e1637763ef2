"""One message that asks for several rights, or for another than was read."""

import pytest

from dsr.errors import Incomplete, WrongState
from dsr.lifecycle import State
from dsr.rights import Right
from dsr.services import history, splitting
from dsr.services.splitting import More
from tests import builders
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_words_also_ask_for_keeps_reference_and_day(clock, systems):
    first = builders.in_review(Right.ACCESS, at=clock())
    received = first.received_at

    added = splitting.add_right(
        first.pk, More("portability", "They write: in a file."), by=builders.hal(), at=clock.tick(days=2)
    )
    [letter] = builders.letters_to(first.submission, "right_added")
    drain(clock.now)

    assert (added.submission_id, added.received_at) == (first.submission_id, received)
    assert added.due_on == first.due_on
    assert builders.again(added).state == State.IN_REVIEW
    assert builders.again(added).searched_at is not None
    assert builders.again(first).state == State.IN_REVIEW
    assert letter.due_on == added.due_on
    assert history.verify(first.submission.reference).whole


def test_more_is_asked_where_the_added_right_asks_more(clock, systems):
    first = builders.in_review(Right.ACCESS, at=clock())
    more = More("deletion", "They write: then delete it.", {"consequences": "yes"})

    added = splitting.add_right(first.pk, more, by=builders.hal(), at=clock.tick())

    assert builders.again(added).state == State.VERIFYING
    kinds = {letter.kind for letter in builders.letters_to(first.submission)}
    assert kinds >= {"right_added", "identity_asked"}


@pytest.mark.parametrize("right", ["access", "marketing_opt_out", "child_account", "appeal", "correction"])
def test_only_what_can_be_asked_here_and_was_not_is_added(right, clock, systems):
    first = builders.in_review(Right.ACCESS, at=clock())

    with pytest.raises(Incomplete):
        splitting.add_right(first.pk, More(right, "They write so."), by=builders.hal(), at=clock.tick())


def test_nothing_that_needs_a_proof_is_added_before_the_address_is_confirmed(clock, systems):
    first = builders.only(builders.file(Right.ACCESS, at=clock()).submission)

    with pytest.raises(WrongState):
        splitting.add_right(first.pk, More("portability", "So."), by=builders.hal(), at=clock.tick())
    added = splitting.add_right(first.pk, More("be_informed", "So."), by=builders.hal(), at=clock.tick())
    assert builders.again(added).state == State.FULFILLING
