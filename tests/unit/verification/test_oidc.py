"""Signing in at a console: what is asked, what is believed, and that nothing works twice or for somebody else."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from joserfc.jwk import ECKey, RSAKey

from notifications.models import DataKey
from tests.clock import Clock
from tests.unit.verification import forger as forging
from tests.unit.verification.forger import CLIENT, EC, OKP, RSA, SECRET, STRANGER, Forger, encoded, half_hash
from verification import checks, oidc
from verification.errors import (
    CheckError,
    Expired,
    LoginDeclined,
    LoginElsewhere,
    LoginOff,
    LoginRefused,
    LoginStale,
    LoginUnreachable,
    TooSoon,
    Unknown,
)
from verification.models import Check, CheckState
from verification.proofs import Level, Method

pytestmark = pytest.mark.django_db
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")
BACK = "https://privacy.example.org/verify/login/back/"


@pytest.fixture
def forger(settings: Any) -> Iterator[Forger]:
    with forging.running() as forger:
        settings.OIDC_ISSUER = forger.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
        settings.OIDC_ACCOUNT_CLAIM, settings.OIDC_MFA_ACR, settings.OIDC_TITLE = "sub", "", "the console"
        yield forger


@pytest.fixture
def data_key(clock: Clock) -> DataKey:
    key = DataKey.new(clock())
    key.save()
    return key


def begin(data_key: DataKey, at: datetime, **options: Any) -> tuple[oidc.Started, dict[str, str]]:
    """Begin a sign-in; what the browser is sent away with."""
    started = oidc.begin(ABOUT, data_key, at, redirect_uri=BACK, **options)
    return started, {name: values[0] for name, values in parse_qs(urlsplit(started.url).query).items()}


def come_back(forger: Forger, started: oidc.Started, sent: dict[str, str], at: datetime) -> oidc.Returned:
    """Come back as an honest browser does."""
    return oidc.come_back(sent["state"], started.browser, at, code="the-code", issuer=forger.issuer)


def signed_in(forger: Forger, data_key: DataKey, at: datetime, **claims: Any) -> tuple[oidc.Started, oidc.Returned]:
    """Go all the way to the page that asks whether it is theirs."""
    started, sent = begin(data_key, at)
    forger.vouch(forger.claims(sent["nonce"], at, **claims))
    return started, come_back(forger, started, sent, at)


def refusal(forger: Forger, data_key: DataKey, at: datetime, prepare: Callable[[dict[str, str]], None]) -> str:
    """Why a sign-in was refused that `prepare` has spoilt; it has ended, and only as a failure."""
    started, sent = begin(data_key, at)
    prepare(sent)
    with pytest.raises(LoginRefused) as refused:
        come_back(forger, started, sent, at)
    check = Check.objects.get(pk=started.check.pk)
    assert (check.state, check.level, check.workings_sealed, check.token_hash) == (CheckState.FAILED, 0, None, None)
    return refused.value.reason


# --- Setting out -----------------------------------------------------------------------------------------------------


def test_browser_is_sent_to_sign_in_anew(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, sent = begin(data_key, clock(), note="tracker")

    assert started.url.startswith(f"{forger.issuer}/authorize?tenant=1&")
    assert started.host == forger.issuer.removeprefix("http://")
    assert {name: sent[name] for name in ("client_id", "redirect_uri", "response_type", "scope")} == {
        "client_id": CLIENT, "redirect_uri": BACK, "response_type": "code", "scope": "openid email"
    }  # fmt: skip
    assert (sent["prompt"], sent["max_age"], sent["code_challenge_method"]) == ("login", "0", "S256")
    assert min(len(sent["state"]), len(sent["nonce"]), len(started.browser), len(sent["code_challenge"])) == 43
    assert len({sent["state"], sent["nonce"], started.browser, sent["code_challenge"]}) == 4


def test_row_holds_digests_and_what_is_sealed(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, sent = begin(data_key, clock())

    check = Check.objects.get()
    assert (check.method, check.about, check.state, check.level) == (Method.LOGIN, ABOUT, CheckState.OPEN, 0)
    assert check.expires_at == clock() + timedelta(minutes=15)
    assert check.token_hash == sha256(sent["state"].encode()).hexdigest()
    for secret in (sent["state"], sent["nonce"], started.browser):
        assert secret not in repr(vars(check))
        assert secret not in repr(started)
    assert started.browser not in json.dumps(checks.workings(check))


def test_console_is_asked_for_a_second_factor_where_it_is_told_how(
    forger: Forger, data_key: DataKey, clock: Clock, settings: Any
) -> None:
    assert "acr_values" not in begin(data_key, clock(), second_factor=True)[1]
    settings.OIDC_MFA_ACR = "urn:example:two"

    assert "acr_values" not in begin(data_key, clock())[1]
    assert begin(data_key, clock(), second_factor=True)[1]["acr_values"] == "urn:example:two"


def test_without_a_console_there_is_nothing_to_sign_in_at(data_key: DataKey, clock: Clock, settings: Any) -> None:
    settings.OIDC_ISSUER = ""

    with pytest.raises(LoginOff):
        begin(data_key, clock())
    assert not Check.objects.exists()


def test_begun_anew_the_one_before_is_over(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    first, sent = begin(data_key, clock())
    begin(data_key, clock.tick())

    with pytest.raises(Unknown):
        come_back(forger, first, sent, clock())
    assert Check.objects.get(pk=first.check.pk).state == CheckState.ENDED


def test_number_of_sign_ins_about_one_thing_is_limited(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    first = clock()
    for _ in range(oidc.PER_DAY):
        begin(data_key, clock.tick(minutes=1))

    with pytest.raises(TooSoon) as stopped:
        begin(data_key, clock())
    assert stopped.value.retry_at == first + timedelta(days=1, minutes=1)
    begin(data_key, stopped.value.retry_at)


# --- Coming back -----------------------------------------------------------------------------------------------------


def test_what_the_console_vouches_for_is_held_until_the_person_says_yes(
    forger: Forger, data_key: DataKey, clock: Clock
) -> None:
    started, sent = begin(data_key, clock(), note="tracker")
    at = clock.tick(minutes=1)
    forger.vouch(forger.claims(sent["nonce"], at, at_hash=half_hash("access")))

    back = come_back(forger, started, sent, at)

    assert back.login == oidc.Login(
        ABOUT, "person-1", "ada.lovelace@example.org", True, "person-1", at.replace(microsecond=0), False
    )
    assert "ada.lovelace" not in repr(back)
    assert back.note == "tracker"
    assert Check.objects.get().state == CheckState.OPEN
    assert oidc.look(back.token, started.browser, at).login == back.login


def test_code_is_exchanged_with_verifier_and_credentials(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, sent = begin(data_key, clock())
    forger.vouch(forger.claims(sent["nonce"], clock()))

    come_back(forger, started, sent, clock())

    _path, form, headers = next(asked for asked in forger.asked if asked[0] == "/token")
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == ("authorization_code", "the-code", BACK)
    assert encoded(sha256(form["code_verifier"].encode()).digest()) == sent["code_challenge"]
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == f"{CLIENT}:{SECRET}"
    assert "client_secret" not in form


@pytest.mark.parametrize(("secret", "fields"), [(SECRET, {"client_id", "client_secret"}), ("", {"client_id"})])
def test_credentials_go_where_the_console_takes_them(
    forger: Forger, data_key: DataKey, clock: Clock, settings: Any, secret: str, fields: set[str]
) -> None:
    settings.OIDC_CLIENT_SECRET = secret
    forger.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]

    signed_in(forger, data_key, clock())

    _path, form, headers = next(asked for asked in forger.asked if asked[0] == "/token")
    assert "Authorization" not in headers
    assert form.keys() & {"client_id", "client_secret"} == fields


def test_yes_makes_it_count_once(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, back = signed_in(forger, data_key, clock())

    done = oidc.finish(back.token, started.browser, clock.tick(minutes=2))

    check = Check.objects.get()
    assert done.login == back.login
    assert (check.state, check.level, check.method) == (CheckState.PASSED, Level.KNOWN, Method.LOGIN)
    assert (check.workings_sealed, check.token_hash, check.ended_at) == (None, None, clock())
    for again in (oidc.finish, oidc.look, oidc.disown):
        with pytest.raises(Unknown):
            again(back.token, started.browser, clock())


def test_second_factor_is_a_rung_more(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, back = signed_in(forger, data_key, clock(), amr=["pwd", "otp"])

    oidc.finish(back.token, started.browser, clock())

    check = Check.objects.get()
    assert (check.level, check.method) == (Level.STRONG, Method.LOGIN_MFA)


def test_no_ends_it_without_effect(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, back = signed_in(forger, data_key, clock())

    oidc.disown(back.token, started.browser, clock())

    check = Check.objects.get()
    assert (check.state, check.level) == (CheckState.FAILED, 0)
    with pytest.raises(Unknown):
        oidc.finish(back.token, started.browser, clock())


@pytest.mark.parametrize("minutes", [15, 16])
def test_after_a_quarter_of_an_hour_it_is_over(forger: Forger, data_key: DataKey, clock: Clock, minutes: int) -> None:
    started, back = signed_in(forger, data_key, clock())

    with pytest.raises(Expired):
        oidc.finish(back.token, started.browser, clock.tick(minutes=minutes))
    assert checks.end_due(clock()) == 1


def test_person_who_comes_back_too_late_is_not_taken(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, sent = begin(data_key, clock())
    at = clock.tick(minutes=15)
    forger.vouch(forger.claims(sent["nonce"], at))

    with pytest.raises(Expired):
        come_back(forger, started, sent, at)
    assert forger.times("/token") == 0


# --- Somebody else ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("browser", ["", "x" * 43, "ü"])
def test_sign_in_that_another_browser_brings_back_counts_for_nobody(
    forger: Forger, data_key: DataKey, clock: Clock, browser: str
) -> None:
    started, sent = begin(data_key, clock())
    forger.vouch(forger.claims(sent["nonce"], clock()))

    with pytest.raises(LoginElsewhere):
        oidc.come_back(sent["state"], browser, clock(), code="the-code", issuer=forger.issuer)

    assert forger.times("/token") == 0
    assert Check.objects.get().state == CheckState.FAILED
    with pytest.raises(Unknown):
        come_back(forger, started, sent, clock())


def test_states_of_two_sign_ins_cannot_be_swapped(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    hers, sent = begin(data_key, clock())
    theirs = oidc.begin(UUID(int=9), data_key, clock(), redirect_uri=BACK)
    other = parse_qs(urlsplit(theirs.url).query)["state"][0]

    with pytest.raises(LoginElsewhere):
        oidc.come_back(other, hers.browser, clock(), code="the-code", issuer=forger.issuer)
    forger.vouch(forger.claims(sent["nonce"], clock()))
    assert come_back(forger, hers, sent, clock()).login.about == ABOUT


def test_code_of_another_sign_in_is_refused(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    theirs = oidc.begin(UUID(int=9), data_key, clock(), redirect_uri=BACK)
    nonce = parse_qs(urlsplit(theirs.url).query)["nonce"][0]

    assert refusal(forger, data_key, clock(), lambda sent: forger.vouch(forger.claims(nonce, clock()))) == "nonce"


def test_answer_is_given_by_the_browser_that_came_back(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, back = signed_in(forger, data_key, clock())

    for attempt in (oidc.look, oidc.finish, oidc.disown):
        with pytest.raises(LoginElsewhere):
            attempt(back.token, "y" * 43, clock())
    assert oidc.finish(back.token, started.browser, clock()).login == back.login


@pytest.mark.parametrize("state", ["", "nonsense", "\udcff", "x" * 10_000])
def test_state_of_nothing_is_unknown(forger: Forger, data_key: DataKey, clock: Clock, state: str) -> None:
    started, _sent = begin(data_key, clock())

    with pytest.raises(Unknown):
        oidc.come_back(state, started.browser, clock(), code="c")


def test_state_works_once(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, sent = begin(data_key, clock())
    forger.vouch(forger.claims(sent["nonce"], clock()))
    back = come_back(forger, started, sent, clock())

    with pytest.raises(Unknown):
        come_back(forger, started, sent, clock())
    assert forger.times("/token") == 1
    assert oidc.finish(back.token, started.browser, clock()).login.about == ABOUT


def test_token_of_the_second_step_is_no_state_and_the_state_no_token(
    forger: Forger, data_key: DataKey, clock: Clock
) -> None:
    started, sent = begin(data_key, clock())
    with pytest.raises(Unknown):
        oidc.finish(sent["state"], started.browser, clock())
    forger.vouch(forger.claims(sent["nonce"], clock()))
    back = come_back(forger, started, sent, clock())

    with pytest.raises(Unknown):
        oidc.come_back(back.token, started.browser, clock(), code="c", issuer=forger.issuer)


def test_token_of_another_kind_of_check_is_unknown(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    _check, token = checks.begin(ABOUT, data_key, Method.FACTS, {"browser": ""}, clock(), lasts=timedelta(hours=1))

    for attempt in (oidc.look, oidc.finish, oidc.disown, oidc.come_back):
        with pytest.raises(Unknown):
            attempt(token, "", clock())
    assert Check.objects.get().state == CheckState.OPEN


# --- What a console may say ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (EC, "ES256"), (OKP, "EdDSA")])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("kid", [True, False])
def test_each_allowed_algorithm_is_taken(
    forger: Forger, data_key: DataKey, clock: Clock, key: Any, alg: str, kid: bool
) -> None:
    started, sent = begin(data_key, clock())
    forger.vouch(forger.claims(sent["nonce"], clock()), key, alg, **({} if kid else {"kid": ""}))

    assert come_back(forger, started, sent, clock()).login.subject == "person-1"


CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"nonce": "another"}, "nonce"),
    ({"nonce": None}, "nonce"),
    ({"aud": "somebody-else"}, "aud"),
    ({"aud": []}, "aud"),
    ({"aud": [CLIENT, "somebody-else"]}, "azp"),
    ({"aud": [CLIENT, "somebody-else"], "azp": "somebody-else"}, "azp"),
    ({"azp": "somebody-else"}, "azp"),
    ({"iss": "https://elsewhere.example"}, "iss"),
    ({"iss": None}, "iss"),
    ({"sub": None}, "sub"),
    ({"sub": ""}, "sub"),
    ({"sub": 7}, "sub"),
    ({"sub": "x" * 300}, "sub"),
    ({"exp": 1_700_000_000}, "exp"),
    ({"exp": None}, "exp"),
    ({"exp": "soon"}, "exp"),
    ({"iat": 1_700_000_000}, "iat"),
    ({"iat": 4_000_000_000, "exp": 4_000_000_300}, "iat"),
    ({"nbf": 4_000_000_000}, "nbf"),
    ({"at_hash": half_hash("another")}, "at_hash"),
    ({"amr": "pwd"}, "amr"),
]


@pytest.mark.parametrize(("changes", "reason"), CLAIMS, ids=[f"{list(case[0])}-{case[1]}" for case in CLAIMS])
def test_claims_that_are_not_for_us_and_now_are_refused(
    forger: Forger, data_key: DataKey, clock: Clock, changes: dict[str, Any], reason: str
) -> None:
    def prepare(sent: dict[str, str]) -> None:
        honest = forger.claims(sent["nonce"], clock())
        forger.vouch({name: value for name, value in {**honest, **changes}.items() if value is not None})

    found = refusal(forger, data_key, clock(), prepare)

    assert found == reason


def _unsigned(forger: Forger, claims: dict[str, Any]) -> None:
    forger.hand_out(f"{encoded({'alg': 'none', 'kid': 'rsa'})}.{encoded(claims)}.")


def _shared_secret(forger: Forger, claims: dict[str, Any]) -> None:
    """The public key, which everybody has, as the secret of an HMAC."""
    head = f"{encoded({'alg': 'HS256', 'kid': 'rsa'})}.{encoded(claims)}"
    secret = RSA.as_pem(private=False)
    forger.hand_out(f"{head}.{encoded(hmac.digest(secret, head.encode(), sha256))}")


def _client_secret(forger: Forger, claims: dict[str, Any]) -> None:
    head = f"{encoded({'alg': 'HS256'})}.{encoded(claims)}"
    forger.hand_out(f"{head}.{encoded(hmac.digest(SECRET.encode(), head.encode(), sha256))}")


def _altered(forger: Forger, claims: dict[str, Any]) -> None:
    forger.vouch(claims)
    head, _body, signature = forger.tokens["id_token"].split(".")
    forger.hand_out(f"{head}.{encoded({**claims, 'sub': 'somebody-else'})}.{signature}")


def _own_key(forger: Forger, claims: dict[str, Any]) -> None:
    """Signed by a key that the token brings along."""
    forger.vouch(claims, STRANGER, jwk=STRANGER.as_dict(private=False), jku=f"{forger.issuer}/mine")


def _for_encryption(forger: Forger, claims: dict[str, Any]) -> None:
    forger.keys = [{**RSA.as_dict(private=False), "use": "enc"}]
    forger.vouch(claims)


@pytest.mark.filterwarnings("ignore")
def _weak(forger: Forger, claims: dict[str, Any]) -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    forger.keys = [weak.as_dict(private=False)]
    forger.vouch(claims, weak)


def _other_curve(forger: Forger, claims: dict[str, Any]) -> None:
    key = ECKey.generate_key("P-384", {"kid": "big"})
    forger.keys = [key.as_dict(private=False)]
    forger.vouch(claims, key, "ES384")


SIGNED: dict[str, tuple[Callable[[Forger, dict[str, Any]], None], set[str]]] = {
    "none": (_unsigned, {"algorithm", "form"}),
    "public key as secret": (_shared_secret, {"algorithm"}),
    "client secret": (_client_secret, {"algorithm"}),
    "altered": (_altered, {"signature"}),
    "unpublished key": (lambda forger, claims: forger.vouch(claims, STRANGER), {"signature"}),
    "key of its own": (_own_key, {"signature"}),
    "unknown name": (lambda forger, claims: forger.vouch(claims, RSA, kid="nobody"), {"key"}),
    "for encryption": (_for_encryption, {"key"}),
    "another algorithm": (lambda forger, claims: forger.vouch(claims, RSA, "RS512"), {"algorithm"}),
    "another curve": (_other_curve, {"algorithm"}),
    "weak": (_weak, {"key"}),
    "critical header": (
        lambda forger, claims: forger.hand_out(
            f"{encoded({'alg': 'RS256', 'kid': 'rsa', 'crit': ['x'], 'x': 1})}.{encoded(claims)}.{encoded(b'x')}"
        ),
        {"form", "signature"},
    ),
    "missing": (lambda forger, claims: forger.hand_out(None), {"form"}),
    "no text": (lambda forger, claims: forger.hand_out({"a": 1}), {"form"}),
    "no token": (lambda forger, claims: forger.hand_out("a.b.c"), {"form"}),
    "five parts": (lambda forger, claims: forger.hand_out("e30.e30.e30.e30.e30"), {"form"}),
    "no alg": (lambda forger, claims: forger.hand_out("e30.e30.e30"), {"form", "algorithm"}),
    "long": (lambda forger, claims: forger.hand_out("a" * 70_000), {"form"}),
    "deep": (lambda forger, claims: forger.hand_out(f"{encoded(b'[' * 20_000)}.e30.e30"), {"form"}),
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("case", SIGNED)
def test_token_that_the_console_did_not_sign_is_refused(
    forger: Forger, data_key: DataKey, clock: Clock, case: str
) -> None:
    spoil, reasons = SIGNED[case]

    found = refusal(forger, data_key, clock(), lambda sent: spoil(forger, forger.claims(sent["nonce"], clock())))

    assert found in reasons


@pytest.mark.parametrize(
    "auth_time",
    [None, "now", True, float("nan"), float("inf"), 0, {"minutes": -6}, {"minutes": 2}],
    ids=str,
)
def test_person_who_did_not_prove_themselves_anew_is_refused(
    forger: Forger, data_key: DataKey, clock: Clock, auth_time: Any
) -> None:
    if isinstance(auth_time, dict):
        auth_time = int((clock() + timedelta(**auth_time)).timestamp())
    started, sent = begin(data_key, clock())
    forger.vouch(forger.claims(sent["nonce"], clock(), auth_time=auth_time))

    with pytest.raises((LoginStale, LoginRefused)) as refused:
        come_back(forger, started, sent, clock())
    assert refused.value.code == ("login-refused" if auth_time == "now" else "login-stale")


def test_old_session_of_the_console_does_not_do(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    """They were signed in two minutes before they set out: within five minutes, but not anew."""
    before = int(clock().timestamp())
    started, sent = begin(data_key, clock.tick(minutes=2))
    forger.vouch(forger.claims(sent["nonce"], clock(), auth_time=before))

    with pytest.raises(LoginStale):
        come_back(forger, started, sent, clock())


def test_five_minutes_from_proving_to_coming_back(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, sent = begin(data_key, clock())
    proved = int(clock().timestamp())
    forger.vouch(forger.claims(sent["nonce"], clock.tick(minutes=5), auth_time=proved))

    assert come_back(forger, started, sent, clock()).login.auth_time.timestamp() == proved


@pytest.mark.parametrize(
    ("amr", "expected"),
    [
        ([], False), (["pwd"], False), (["otp"], False), (["pwd", "kba"], False), (["hwk", "sms"], False),
        (["mfa"], True), (["pwd", "otp"], True), (["pwd", "sms"], True), (["hwk", "fpt"], True), (["pin", "swk"], True),
        (["pwd", "rba", "geo", "mca", "user"], False), ([["mfa"], None, 3], False), (["MFA"], False),
    ],
)  # fmt: skip
def test_second_factor_is_what_rfc_8176_calls_one(
    forger: Forger, data_key: DataKey, clock: Clock, amr: list[Any], expected: bool
) -> None:
    _started, back = signed_in(forger, data_key, clock(), amr=amr)

    assert back.login.mfa is expected


@pytest.mark.parametrize(
    ("acr", "expected"), [("urn:two", True), ("urn:one", False), (None, False), (["urn:two"], False)]
)
def test_second_factor_by_the_class_that_the_settings_name(
    forger: Forger, data_key: DataKey, clock: Clock, settings: Any, acr: Any, expected: bool
) -> None:
    settings.OIDC_MFA_ACR = "urn:two"

    _started, back = signed_in(forger, data_key, clock(), acr=acr)

    assert back.login.mfa is expected


def test_empty_class_is_no_second_factor(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    _started, back = signed_in(forger, data_key, clock(), acr="")

    assert back.login.mfa is False


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"account": "AC12"}, "AC12"), ({"account": 12}, "12"), ({"account": None}, ""), ({"account": True}, ""),
        ({"account": {"id": 1}}, ""), ({"account": "A\nB"}, ""),
    ],
)  # fmt: skip
def test_account_is_the_claim_that_the_settings_name(
    forger: Forger, data_key: DataKey, clock: Clock, settings: Any, claims: dict[str, Any], expected: str
) -> None:
    settings.OIDC_ACCOUNT_CLAIM = "account"
    forger.userinfo = {"sub": "person-1"}

    _started, back = signed_in(forger, data_key, clock(), **claims)

    assert back.login.account == expected


@pytest.mark.parametrize(
    ("verified", "expected"), [(True, True), ("true", True), (False, False), (None, False), (1, True)]
)
def test_address_is_verified_only_if_the_console_says_so(
    forger: Forger, data_key: DataKey, clock: Clock, verified: Any, expected: bool
) -> None:
    _started, back = signed_in(forger, data_key, clock(), email_verified=verified)

    assert back.login.email_verified is expected


def test_what_the_token_leaves_out_is_asked_for(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    forger.userinfo = {"sub": "person-1", "email": "ada@example.org", "email_verified": True, "auth_time": 1}

    _started, back = signed_in(forger, data_key, clock(), email=None, email_verified=None)

    _path, _form, headers = next(asked for asked in forger.asked if asked[0] == "/userinfo")
    assert headers["Authorization"] == "Bearer access"
    assert (back.login.email, back.login.email_verified) == ("ada@example.org", True)


def test_answer_about_somebody_else_is_refused(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    forger.userinfo = {"sub": "person-2", "email": "max@example.org", "email_verified": True}

    found = refusal(
        forger, data_key, clock(), lambda sent: forger.vouch(forger.claims(sent["nonce"], clock(), email=None))
    )

    assert found == "sub"


# --- A console that fails --------------------------------------------------------------------------------------------


def test_console_that_says_no_is_told_apart(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, sent = begin(data_key, clock())

    with pytest.raises(LoginDeclined):
        oidc.come_back(sent["state"], started.browser, clock(), error="access_denied", issuer=forger.issuer)
    assert Check.objects.get().state == CheckState.FAILED


@pytest.mark.parametrize(("promised", "issuer"), [(False, "https://elsewhere.example"), (True, ""), (True, "http://x")])
def test_answer_of_another_issuer_is_refused(
    forger: Forger, data_key: DataKey, clock: Clock, promised: bool, issuer: str
) -> None:
    forger.metadata["authorization_response_iss_parameter_supported"] = promised
    started, sent = begin(data_key, clock())
    forger.vouch(forger.claims(sent["nonce"], clock()))

    with pytest.raises(LoginRefused) as refused:
        oidc.come_back(sent["state"], started.browser, clock(), code="the-code", issuer=issuer)
    assert (refused.value.reason, forger.times("/token")) == ("iss", 0)


def test_answer_without_a_code_is_refused(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    started, sent = begin(data_key, clock())

    with pytest.raises(LoginRefused):
        oidc.come_back(sent["state"], started.browser, clock(), issuer=forger.issuer)


def test_code_that_the_console_does_not_know_is_refused(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    forger.status["/token"] = 400
    forger.tokens = {"error": "invalid_grant", "error_description": "no"}

    assert refusal(forger, data_key, clock(), lambda sent: forger.tokens.update(error="invalid_grant")) == "code"


WRONG: dict[str, Callable[[Forger], None]] = {
    "another issuer": lambda forger: forger.metadata.update(issuer="https://elsewhere.example"),
    "a slash more": lambda forger: forger.metadata.update(issuer=f"{forger.issuer}/"),
    "in the clear": lambda forger: forger.metadata.update(token_endpoint="http://login.example.org/token"),
    "no address": lambda forger: forger.metadata.pop("jwks_uri"),
    "a script": lambda forger: forger.metadata.update(authorization_endpoint="javascript:alert(1)"),
    "with a password": lambda forger: forger.metadata.update(authorization_endpoint="https://a:b@login.example.org/"),
    "another port": lambda forger: forger.metadata.update(token_endpoint="https://login.example.org:x/"),
    "a list": lambda forger: forger.raw.update({"/.well-known/openid-configuration": b"[]"}),
    "no json": lambda forger: forger.raw.update({"/.well-known/openid-configuration": b"<html>"}),
    "deep": lambda forger: forger.raw.update({"/.well-known/openid-configuration": b"[" * 100_000}),
    "large": lambda forger: forger.raw.update({"/.well-known/openid-configuration": b" " * 300_000}),
    "a fault": lambda forger: forger.status.update({"/.well-known/openid-configuration": 500}),
}


@pytest.mark.parametrize("case", WRONG)
def test_console_that_does_not_describe_itself_is_not_used(
    forger: Forger, data_key: DataKey, clock: Clock, case: str
) -> None:
    WRONG[case](forger)

    with pytest.raises(LoginUnreachable):
        begin(data_key, clock())
    assert not Check.objects.exists()


def test_console_that_is_down_is_said_to_be(data_key: DataKey, clock: Clock, settings: Any) -> None:
    with forging.running() as gone:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = gone.issuer, CLIENT

    with pytest.raises(LoginUnreachable) as failure:
        begin(data_key, clock())
    assert failure.value.reason == "network"


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_redirect_is_not_followed(forger: Forger, data_key: DataKey, clock: Clock, path: str) -> None:
    """The address that a redirect names would get the code, the secret or the token."""
    forger.status[path], forger.headers[path] = 307, {"Location": f"{forger.issuer}/elsewhere"}
    started, sent = begin(data_key, clock())
    forger.vouch(forger.claims(sent["nonce"], clock(), email=None))
    if path == "/token":
        forger.raw[path] = b"moved"

    with pytest.raises(LoginUnreachable):
        come_back(forger, started, sent, clock())
    assert forger.times("/elsewhere") == 0
    assert Check.objects.get().state == CheckState.FAILED


@pytest.mark.parametrize(("status", "body"), [(200, b"[]"), (200, b"null"), (503, b"{}"), (200, b"x" * 300_000)])
def test_answer_that_is_none_ends_the_sign_in(
    forger: Forger, data_key: DataKey, clock: Clock, status: int, body: bytes
) -> None:
    started, sent = begin(data_key, clock())
    forger.status["/token"], forger.raw["/token"] = status, body

    with pytest.raises(LoginUnreachable):
        come_back(forger, started, sent, clock())


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_what_is_published_is_asked_for_once(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    for _ in range(3):
        signed_in(forger, data_key, clock())

    assert (forger.times("/.well-known/openid-configuration"), forger.times("/keys")) == (1, 1)


def test_new_key_is_found(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    signed_in(forger, data_key, clock())
    fresh = RSAKey.generate_key(2048, {"kid": "fresh"})
    forger.keys.append(fresh.as_dict(private=False))
    started, sent = begin(data_key, clock())
    forger.vouch(forger.claims(sent["nonce"], clock()), fresh)

    assert come_back(forger, started, sent, clock()).login.subject == "person-1"
    assert forger.times("/keys") == 2


def test_unknown_key_is_not_looked_for_again_and_again(forger: Forger, data_key: DataKey, clock: Clock) -> None:
    for _ in range(3):
        refusal(
            forger,
            data_key,
            clock(),
            lambda sent: forger.vouch(forger.claims(sent["nonce"], clock()), RSA, kid="nobody"),
        )

    assert forger.times("/keys") == 2


def test_cache_that_is_down_stops_nobody(forger: Forger, data_key: DataKey, clock: Clock, settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"socket_connect_timeout": 0.2},
        }
    }

    _started, back = signed_in(forger, data_key, clock())

    assert back.login.subject == "person-1"


def test_every_refusal_has_a_code_of_its_own() -> None:
    kinds = (LoginOff, LoginElsewhere, LoginDeclined, LoginStale, LoginRefused, LoginUnreachable)

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(issubclass(kind, CheckError) for kind in kinds)
