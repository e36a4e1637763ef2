"""Signing in anew at the organisation's console, by OpenID Connect: code flow, PKCE (RFC 7636), state and nonce.

Three steps. `begin` sends a browser away. `come_back` takes what the console sent it back with, once, and holds the
result. `finish` makes it count, after the person has seen for what. From the first step to the last it must be the
same browser: it holds a secret of its own, of which only a digest is kept here. So nobody's sign-in can be used for a
request that somebody else began, see docs/decisions/0013.
"""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, Final
from uuid import UUID

from authlib.oauth2 import OAuth2Client, OAuth2Error
from django.db import transaction

from notifications.models import DataKey
from verification import checks, idtoken, tokens
from verification import provider as providers
from verification.errors import (
    CheckError,
    LoginDeclined,
    LoginElsewhere,
    LoginRefused,
    LoginUnreachable,
    TooSoon,
    Unknown,
)
from verification.models import Check
from verification.proofs import SIGNED_IN, Method
from verification.provider import Provider

LASTS: Final = timedelta(minutes=15)
"""From setting out to saying yes."""
PER_DAY: Final = 20
"""Sign-ins begun about one thing in any 24 hours."""
_SCOPE: Final = "openid email"
_AWAY, _BACK = "away", "back"


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that was begun: where the browser is to go, and the secret that it must bring back."""

    check: Check
    url: str = field(repr=False)
    browser: str = field(repr=False)
    title: str
    host: str
    """Of the page where the person signs in, to be shown to them."""


@dataclass(frozen=True, slots=True)
class Login:
    """What the console vouches for. ``account`` is "" where it names none; ``mfa``: with a second factor."""

    about: UUID
    subject: str = field(repr=False)
    email: str = field(repr=False)
    email_verified: bool
    account: str = field(repr=False)
    auth_time: datetime
    mfa: bool

    @property
    def method(self) -> Method:
        """What it proves by."""
        return Method.LOGIN_MFA if self.mfa else Method.LOGIN


@dataclass(frozen=True, slots=True)
class Returned:
    """A sign-in that succeeded and counts for nothing yet; ``token`` makes it count, ``note`` is the caller's own."""

    login: Login
    token: str = field(repr=False)
    note: str
    check: Check


def begin(
    about: UUID,
    data_key: DataKey,
    at: datetime,
    *,
    redirect_uri: str,
    note: str = "",
    second_factor: bool = False,
) -> Started:
    """Begin a sign-in, in place of one that is still under way about the same thing.

    ``second_factor`` asks the console for one, where the settings say how. Raises LoginOff, LoginUnreachable, TooSoon,
    sealing.Forgotten.
    """
    console = providers.configured()
    found = providers.metadata(console)
    _check_number(about, at)
    browser, nonce = tokens.new(), tokens.new()
    held = {
        "stage": _AWAY,
        "browser": tokens.digest(browser),
        "nonce": nonce,
        "verifier": secrets.token_urlsafe(48),
        "redirect_uri": redirect_uri,
        "note": note,
    }
    with transaction.atomic():
        checks.end(about, at, (Method.LOGIN,))
        check, state = checks.begin(about, data_key, Method.LOGIN, held, at, lasts=LASTS)
    asked = {"acr_values": console.mfa_acr} if second_factor and console.mfa_acr else {}
    url, _state = _client(console, found, redirect_uri).create_authorization_url(
        found["authorization_endpoint"],
        state=state,
        code_verifier=held["verifier"],
        nonce=nonce,
        prompt="login",
        max_age="0",
        **asked,
    )
    return Started(check, str(url), browser, console.title, providers.host_of(found["authorization_endpoint"]))


def come_back(state: str, browser: str, at: datetime, *, code: str = "", error: str = "", issuer: str = "") -> Returned:
    """Take what the console sent a browser back with, and hold what it vouches for. A state works once, whatever comes.

    ``error`` and ``issuer`` are the parameters ``error`` and ``iss`` (RFC 6749, section 4.1.2.1; RFC 9207). Raises
    Unknown, Expired, LoginElsewhere, LoginDeclined, LoginRefused, LoginStale, LoginUnreachable, LoginOff.
    """
    check, held = _claim(state, browser, at)
    try:
        if error:
            raise LoginDeclined
        login = _exchange(check, held, code, issuer, at)
    except CheckError:
        _fail(check, at)
        raise
    with transaction.atomic():
        check = checks.locked(check.pk, at)
        token = tokens.new()
        check.token_hash = tokens.digest(token)
        kept = {**asdict(login), "about": str(login.about), "auth_time": login.auth_time.isoformat()}
        checks.keep_workings(check, {"stage": _BACK, "browser": held["browser"], "note": held["note"], "login": kept})
        check.save(update_fields=("token_hash", "workings_sealed"))
    return Returned(login, token, str(held["note"]), check)


def look(token: str, browser: str, at: datetime) -> Returned:
    """Return a sign-in that waits for the person's word, without using it. Raises Unknown, Expired, LoginElsewhere."""
    with transaction.atomic():
        return _waiting(token, browser, at)


def finish(token: str, browser: str, at: datetime) -> Returned:
    """Make a sign-in count: the person has seen for what, and said yes. Raises Unknown, Expired, LoginElsewhere."""
    with transaction.atomic():
        found = _waiting(token, browser, at)
        checks.finish(found.check, at, passed=True, method=found.login.method)
    return found


def disown(token: str, browser: str, at: datetime) -> Returned:
    """End a sign-in without effect: the person has seen for what, and said no. Raises as `finish` does."""
    with transaction.atomic():
        found = _waiting(token, browser, at)
        checks.finish(found.check, at, passed=False)
    return found


# --- Rows ------------------------------------------------------------------------------------------------------------


def _check_number(about: UUID, at: datetime) -> None:
    rows = Check.objects.filter(about=about, method__in=SIGNED_IN, started_at__gt=at - timedelta(days=1))
    begun = list(rows.order_by("started_at").values_list("started_at", flat=True))
    if len(begun) >= PER_DAY:
        raise TooSoon(begun[-PER_DAY] + timedelta(days=1))


def _claim(state: str, browser: str, at: datetime) -> tuple[Check, dict[str, Any]]:
    """Use up a state. One that another browser brings ends the sign-in: whoever set out knows it was not them."""
    with transaction.atomic():
        check = checks.locked_by_token(state, at)
        held = checks.workings(check)
        if check.method != Method.LOGIN or held.get("stage") != _AWAY:
            raise Unknown
        same = _same(held, browser)
        if same:
            check.token_hash = None
            check.save(update_fields=("token_hash",))
        else:
            checks.finish(check, at, passed=False)
    if not same:
        raise LoginElsewhere
    return check, held


def _waiting(token: str, browser: str, at: datetime) -> Returned:
    check = checks.locked_by_token(token, at)
    held = checks.workings(check)
    if check.method != Method.LOGIN or held.get("stage") != _BACK:
        raise Unknown
    if not _same(held, browser):
        raise LoginElsewhere
    kept = dict(held["login"])
    kept["about"], kept["auth_time"] = check.about, datetime.fromisoformat(kept["auth_time"])
    return Returned(Login(**kept), token, str(held["note"]), check)


def _same(held: dict[str, Any], browser: str) -> bool:
    return compare_digest(str(held["browser"]), tokens.digest(browser))


def _fail(check: Check, at: datetime) -> None:
    with transaction.atomic():
        try:
            running = checks.locked(check.pk, at)
        except CheckError:
            return  # ended meanwhile: begun anew, or out of time
        checks.finish(running, at, passed=False)


# --- The console's word ----------------------------------------------------------------------------------------------


def _client(console: Provider, found: dict[str, Any], redirect_uri: str) -> OAuth2Client:
    offered = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    way = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
    return OAuth2Client(
        providers.Session(console),
        client_id=console.client_id,
        client_secret=console.client_secret,
        token_endpoint_auth_method=way if console.client_secret else "none",
        scope=_SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def _exchange(check: Check, held: dict[str, Any], code: str, issuer: str, at: datetime) -> Login:
    """Turn a code into what the console vouches for."""
    console = providers.configured()
    found = providers.metadata(console)
    promised = found.get("authorization_response_iss_parameter_supported") is True
    if issuer != console.issuer and (issuer or promised):
        raise LoginRefused("iss")
    if not code:
        raise LoginRefused("code")
    tokens = _tokens(console, found, held, code)
    access_token = str(tokens.get("access_token", ""))
    claims = idtoken.read(
        str(tokens.get("id_token", "")),
        console,
        lambda anew: providers.keys(console, anew=anew),
        access_token=access_token,
        nonce=str(held["nonce"]),
        since=check.started_at,
        at=at,
    )
    subject = _text(claims, "sub")
    if not subject:
        raise LoginRefused("sub")
    told = {**_userinfo(console, found, claims, access_token), **claims}
    return Login(
        about=check.about,
        subject=subject,
        email=_text(told, "email"),
        email_verified=told.get("email_verified") in (True, "true"),
        account=_text(told, console.account_claim),
        auth_time=datetime.fromtimestamp(claims["auth_time"], UTC),
        mfa=idtoken.had_second_factor(claims, console),
    )


def _tokens(console: Provider, found: dict[str, Any], held: dict[str, Any], code: str) -> dict[str, Any]:
    client = _client(console, found, str(held["redirect_uri"]))
    try:
        return dict(
            client.fetch_token(
                found["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=held["verifier"]
            )
        )
    except OAuth2Error:
        raise LoginRefused("code") from None
    except (ValueError, TypeError, KeyError):
        raise LoginUnreachable("form") from None


def _userinfo(console: Provider, found: dict[str, Any], claims: dict[str, Any], access_token: str) -> dict[str, Any]:
    """Return what the console tells apart from the ID token, where that leaves something out.

    The subject must be the same (OpenID Connect Core 1.0, section 5.3.2).
    """
    if "email" in claims and console.account_claim in claims:
        return {}
    where = found.get("userinfo_endpoint")
    if where is None or not access_token.isascii() or not access_token.isprintable():
        return {}
    told = providers.get_json(console, where, [("Authorization", f"Bearer {access_token}")])
    if told.get("sub") != claims["sub"]:
        raise LoginRefused("sub")
    return told


def _text(claims: dict[str, Any], name: str) -> str:
    """Return a claim that is a short text or a number, "" for anything else."""
    value = claims.get(name, "")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and len(value) <= 254 and value.isprintable() else ""
