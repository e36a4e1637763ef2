"""What outlives an erasure: that somebody does not want to be written to, as a hash; and that they are told so."""

from datetime import timedelta

import pytest

from dsr.choices.marketing import Act, Via
from dsr.lifecycle import Outcome
from dsr.models import Suppression
from dsr.public import certificates
from dsr.reckoning import notice_of
from dsr.services.choices import deciding
from dsr.services.letters import CarriedOut
from notifications.letters import render
from tests import builders, estate
from tests.drain import drain

SAYS = "we keep a code that your address can be compared with"


@pytest.fixture
def where(tmp_path, clock, db):
    """A filled database that is a system."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


@pytest.mark.parametrize(("act", "kept"), [(Act.STOP, True), (Act.RESUME, False), (None, False)])
def test_certificate_says_that_a_choice_outlives_the_person_only_where_one_does(where, clock, act, kept):
    if act:
        wish = deciding.Wish({"email": [builders.ADA]}, Act.STOP, Via.PREFERENCES, clock())
        deciding.decide(wish, by="", at=clock())
    if act is Act.RESUME:
        wish = deciding.Wish({"email": [builders.ADA]}, Act.RESUME, Via.PREFERENCES, clock() + timedelta(hours=1))
        deciding.decide(wish, by="", at=clock() + timedelta(hours=1))
    standing = set(Suppression.objects.values_list("digest", flat=True))

    request = estate.approved(clock() + timedelta(hours=2))
    drain(clock() + timedelta(days=5))

    document = request.certificates.get().document
    assert document.get("choices_kept", False) is kept
    assert set(Suppression.objects.values_list("digest", flat=True)) == standing
    assert certificates.told(document, notice_of(request.submission)).choices_kept is kept


@pytest.mark.parametrize("kept", [True, False])
def test_closing_letter_says_so_too(kept):
    letter = CarriedOut(
        reference="R-1",
        organisation="Example",
        right="Delete your data",
        outcome=Outcome.FULFILLED,
        choices_kept=kept,
        remedies=("The authority: https://authority.example",),
        tracker="https://example.org/requests/R-1/",
    )

    said = render(letter, "en")

    assert (SAYS in said.text) is kept
    assert (SAYS in said.html) is kept
