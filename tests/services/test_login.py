"""Signing in for a submission, at a real provider: the whole way there and back."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from dsr.demo.console.people import by_name
from dsr.errors import NotFound, WrongState
from dsr.lifecycle import Outcome
from dsr.models import Event, Submission
from dsr.policies import Caller
from dsr.services import login, review
from dsr.services.login import Door
from tests import builders
from tests.clock import Clock
from tests.console import ADA, CODES, FRESH, Console, Person, parameters
from tests.unit.verification.forger import encoded
from verification import grants, oidc
from verification.errors import (
    LoginDeclined,
    LoginElsewhere,
    LoginOff,
    LoginRefused,
    LoginStale,
    Unknown,
)
from verification.models import Check, CheckState
from verification.proofs import Level, Method

pytestmark = pytest.mark.django_db
ME = Caller.person()


@pytest.fixture
def clock() -> Clock:
    """The real time: a real provider tells it."""
    return Clock(datetime.now(UTC))


@pytest.fixture
def submission(clock: Clock) -> Submission:
    return builders.file(at=clock()).submission


def there_and_back(submission: Submission, at: datetime, name: str = ADA) -> tuple[oidc.Started, str]:
    """Set out, sign in, come back; the token by which one says yes."""
    started = login.begin(submission.pk, door=Door.TRACKER, at=at)
    sent = parameters(Person(name).go(started.url))
    return started, login.come_back(
        sent["state"], started.browser, at=at, code=sent["code"], issuer=sent.get("iss", "")
    )


def test_customer_signs_in_and_says_yes(console: Console, submission: Submission, clock: Clock) -> None:
    started, token = there_and_back(submission, clock())

    asked = login.look(token, started.browser, at=clock())
    done = login.finish(token, started.browser, by=ME, at=clock())

    ada = by_name()[ADA].person
    assert (asked.submission.pk, asked.login) == (submission.pk, done.login)
    assert (done.login.email, done.login.email_verified, done.login.account) == (ada.email, True, ada.account)
    assert login.proved(done.login) == {"email": [ada.email], "account": [ada.account]}
    assert done.login.method == Method.LOGIN
    assert abs(done.login.auth_time - clock()) < timedelta(seconds=60)
    check = Check.objects.get(method=Method.LOGIN)
    assert (check.about, check.state, check.level) == (submission.pk, CheckState.PASSED, Level.KNOWN)
    assert grants.look(done.tracker_token, "tracker", clock()).about == submission.pk
    submission.refresh_from_db()
    assert (submission.verified_level, submission.verified_method, submission.signed_in) == (2, "login", True)
    assert submission.open_json("proved")["account"] == [ada.account]
    given = Event.objects.filter(submission=submission, verb="proof_given").values_list("data", flat=True)
    assert list(given) == [{"method": "login", "level": 2}]


def test_second_factor_counts_for_more(console: Console, submission: Submission, clock: Clock) -> None:
    started, token = there_and_back(submission, clock(), CODES)

    done = login.finish(token, started.browser, by=ME, at=clock())

    assert done.login.mfa is True
    assert Check.objects.get(pk=started.check.pk).level == Level.STRONG


def test_address_that_nobody_verified_is_not_proved(console: Console, submission: Submission, clock: Clock) -> None:
    started, token = there_and_back(submission, clock(), FRESH)

    done = login.finish(token, started.browser, by=ME, at=clock())

    assert login.proved(done.login) == {"account": [by_name()[FRESH].person.account]}


def test_whoever_came_with_a_ticket_gets_no_tracker(console: Console, submission: Submission, clock: Clock) -> None:
    started = login.begin(submission.pk, door=Door.TICKET, at=clock())
    sent = parameters(Person().go(started.url))
    token = login.come_back(sent["state"], started.browser, at=clock(), code=sent["code"], issuer=sent["iss"])

    assert login.finish(token, started.browser, by=ME, at=clock()).tracker_token == ""


def test_session_of_the_console_is_not_enough(console: Console, submission: Submission, clock: Clock) -> None:
    """Somebody who is signed in takes the demand for a fresh password out of the address."""
    person = Person()
    first = login.begin(submission.pk, door=Door.TRACKER, at=clock())
    assert person.go(first.url)
    later = login.begin(submission.pk, door=Door.TRACKER, at=clock.tick(seconds=50))

    sent = parameters(person.go(later.url.replace("&prompt=login", "").replace("&max_age=0", "")))

    clock.tick(seconds=290)
    with pytest.raises(LoginStale):
        login.come_back(sent["state"], later.browser, at=clock(), code=sent["code"], issuer=sent["iss"])


def test_console_asks_for_the_password_again(console: Console, submission: Submission, clock: Clock) -> None:
    person = Person()
    assert person.go(login.begin(submission.pk, door=Door.TRACKER, at=clock()).url)
    again = login.begin(submission.pk, door=Door.TRACKER, at=clock()).url

    for address in (again, again.replace("&prompt=login", "")):
        _status, leads, _page = person.visit(address)
        assert urlsplit(leads).path == "/sign-in/"


def test_code_works_once(console: Console, submission: Submission, clock: Clock) -> None:
    started = login.begin(submission.pk, door=Door.TRACKER, at=clock())
    sent = parameters(Person().go(started.url))
    login.come_back(sent["state"], started.browser, at=clock(), code=sent["code"], issuer=sent["iss"])

    with pytest.raises(Unknown):
        login.come_back(sent["state"], started.browser, at=clock(), code=sent["code"], issuer=sent["iss"])


def test_code_that_was_got_for_another_sign_in_is_refused(
    console: Console, submission: Submission, clock: Clock
) -> None:
    """The verifier of one is not that of the other, so the provider itself says no."""
    other = builders.file(at=clock(), email=builders.MAX).submission
    theirs = parameters(Person().go(login.begin(other.pk, door=Door.TRACKER, at=clock()).url))
    started = login.begin(submission.pk, door=Door.TRACKER, at=clock())
    state = parameters(started.url)["state"]

    with pytest.raises(LoginRefused) as refused:
        login.come_back(state, started.browser, at=clock(), code=theirs["code"], issuer=theirs["iss"])
    assert refused.value.reason == "code"


def test_victim_who_was_lured_to_sign_in_for_an_attacker(
    console: Console, submission: Submission, clock: Clock
) -> None:
    """Ada opens the address that Max got for his request, and signs in. Her browser never set out."""
    attackers = builders.file(at=clock(), email=builders.MAX).submission
    started = login.begin(attackers.pk, door=Door.TRACKER, at=clock())
    sent = parameters(Person(ADA).go(started.url))

    with pytest.raises(LoginElsewhere):
        login.come_back(sent["state"], "", at=clock(), code=sent["code"], issuer=sent["iss"])
    with pytest.raises(Unknown):  # nor is it any use to him, should he see where she came back to
        login.come_back(sent["state"], started.browser, at=clock(), code=sent["code"], issuer=sent["iss"])
    assert Check.objects.get(pk=started.check.pk).state == CheckState.FAILED


def test_error_of_the_console_is_no_sign_in(console: Console, submission: Submission, clock: Clock) -> None:
    started = login.begin(submission.pk, door=Door.TRACKER, at=clock())
    sent = parameters(Person().go(started.url.replace("scope=openid+email", "scope=everything")))

    assert sent["error"] == "invalid_scope"
    with pytest.raises(LoginDeclined):
        login.come_back(sent["state"], started.browser, at=clock(), error=sent["error"], issuer=sent.get("iss", ""))


def test_token_of_the_real_console_that_was_tampered_with(
    console: Console, submission: Submission, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if somebody sat between us and the console and changed who signed in."""
    real = oidc._tokens

    def between(*arguments: object) -> dict[str, object]:
        tokens = real(*arguments)  # type: ignore[arg-type]
        head, _body, signature = str(tokens["id_token"]).split(".")
        return {**tokens, "id_token": f"{head}.{encoded({'sub': 'somebody-else'})}.{signature}"}

    monkeypatch.setattr(oidc, "_tokens", between)

    with pytest.raises(LoginRefused) as refused:
        there_and_back(submission, clock())
    assert refused.value.reason == "signature"


def test_person_who_says_no_is_believed(console: Console, submission: Submission, clock: Clock) -> None:
    started, token = there_and_back(submission, clock())

    login.disown(token, started.browser, by=ME, at=clock())

    assert Check.objects.get(pk=started.check.pk).state == CheckState.FAILED
    with pytest.raises(Unknown):
        login.finish(token, started.browser, by=ME, at=clock())


def test_nothing_to_sign_in_for(console: Console, clock: Clock, systems: list[object]) -> None:
    request = builders.in_review(at=clock())
    review.withdraw(request.pk, by=ME, at=clock())

    with pytest.raises(WrongState):
        login.begin(request.submission_id, door=Door.TRACKER, at=clock())
    with pytest.raises(NotFound):
        login.begin(request.pk, door=Door.TRACKER, at=clock())
    assert builders.again(request).outcome == Outcome.WITHDRAWN


def test_console_is_called_what_people_call_it(console: Console) -> None:
    assert login.offered() == "the demo console"


def test_without_a_console_nobody_is_sent_anywhere(submission: Submission, clock: Clock) -> None:
    assert login.offered() == ""
    with pytest.raises(LoginOff):
        login.begin(submission.pk, door=Door.TRACKER, at=clock())
