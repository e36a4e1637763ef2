"""Judging an ID token: OpenID Connect Core 1.0, section 3.1.3.7, and nothing in it believed before that.

The algorithm is ours to choose, not the token's (RFC 8725, section 3.1): a short list, each with the one kind of key
that it goes with. So `none` is nothing, and a public key is never a shared secret.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry

from verification.errors import LoginRefused, LoginStale
from verification.provider import Provider

FRESH: Final = timedelta(minutes=5)
"""How long ago somebody may have proved to the console who they are."""
SKEW: Final = timedelta(seconds=60)
"""How far the clocks of the console and of this machine may be apart."""
_KEYS: Final = {"RS256": ("RSA", ""), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
"""Allowed algorithms, each with the type and the curve of its keys (RFC 7518, RFC 8037)."""
_LEAST_RSA_BYTES: Final = 256
"""2048 bits (RFC 7518, section 3.3)."""
_MOST_CHARACTERS: Final = 64 * 1024

_KNOWN = frozenset({"pwd", "pin", "kba"})
_HAD = frozenset({"otp", "hwk", "swk", "sms", "tel", "sc"})
_BEEN = frozenset({"face", "fpt", "iris", "retina", "vbm"})

Keys = Callable[[bool], list[dict[str, Any]]]
"""Returns the console's public keys; asked with True, it looks for newer ones."""


class _Registry(JWSRegistry):
    """The algorithms above and no others."""

    max_header_length = 8192  # some providers put a chain of certificates there; we do not look at it

    def __init__(self) -> None:
        # Headers that we do not know say nothing to us; one that is marked critical is still refused.
        super().__init__(algorithms=list(_KEYS), strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """Return an allowed algorithm. `EdDSA` is an old name (RFC 9864), and what providers still write."""
        if name not in _KEYS:
            raise LoginRefused("algorithm")
        return self.algorithms[name]


def read(
    token: str, provider: Provider, keys: Keys, *, access_token: str, nonce: str, since: datetime, at: datetime
) -> dict[str, Any]:
    """Return the claims of an ID token that is the console's, for us, for this sign-in, and of now.

    ``since`` is when the sign-in was begun. Raises LoginRefused, LoginStale, LoginUnreachable.
    """
    header, claims = _decoded(token, keys)
    _check_claims(header, claims, provider, access_token=access_token, nonce=nonce, at=at)
    if claims["iat"] < (since - SKEW).timestamp():
        raise LoginRefused("iat")
    _check_fresh(claims.get("auth_time"), since, at)
    return claims


def _decoded(token: str, keys: Keys) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token that one of the keys has signed."""
    if not 0 < len(token) <= _MOST_CHARACTERS:
        raise LoginRefused("form")
    try:
        header = dict(jws.extract_compact(token.encode(), registry=_Registry()).headers())
    except (JoseError, ValueError, RecursionError):
        raise LoginRefused("form") from None
    fitting = _fitting(keys(False), header) or _fitting(keys(True), header)
    if not fitting:
        raise LoginRefused("key")
    for key in fitting:
        try:
            decoded = jwt.decode(token, key, registry=_Registry())
        except (JoseError, ValueError, RecursionError):
            continue
        return header, decoded.claims
    raise LoginRefused("signature")


def _fitting(published: list[dict[str, Any]], header: dict[str, Any]) -> list[Key]:
    """Return the keys that a token with this header may have been signed with."""
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in _KEYS:
        raise LoginRefused("algorithm")
    kind, curve = _KEYS[alg]
    found = []
    for data in published:
        same_kind = data.get("kty") == kind and data.get("crv", "") == curve and data.get("alg", alg) == alg
        if not same_kind or data.get("use", "sig") != "sig" or (kid is not None and data.get("kid") != kid):
            continue
        try:
            key = JWKRegistry.import_key(data)
        except (JoseError, ValueError):
            continue
        if kind != "RSA" or len(str(data.get("n"))) * 3 // 4 >= _LEAST_RSA_BYTES:
            found.append(key)
    return found


def _check_claims(
    header: dict[str, Any], claims: dict[str, Any], provider: Provider, *, access_token: str, nonce: str, at: datetime
) -> None:
    options = {
        "iss": {"essential": True, "value": provider.issuer},
        "sub": {"essential": True},
        "aud": {"essential": True, "value": provider.client_id},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    params = {"nonce": nonce, "client_id": provider.client_id, "access_token": access_token}
    judged = CodeIDToken(claims, header, options=options, params=params)
    try:
        judged.validate(now=int(at.timestamp()), leeway=int(SKEW.total_seconds()))
    except JoseError as error:
        named = str(getattr(error, "claim", ""))
        raise LoginRefused(named if named in CodeIDToken.REGISTERED_CLAIMS else "claims") from None
    except (TypeError, ValueError, OverflowError):
        raise LoginRefused("claims") from None
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != provider.client_id:
        raise LoginRefused("azp")


def _check_fresh(auth_time: object, since: datetime, at: datetime) -> None:
    """Raise LoginStale unless the person proved who they are after they set out, and within minutes."""
    if isinstance(auth_time, bool) or not isinstance(auth_time, int | float):
        raise LoginStale
    least = max(since - SKEW, at - FRESH)
    if not least.timestamp() <= auth_time <= (at + SKEW).timestamp():
        raise LoginStale


def had_second_factor(claims: dict[str, Any], provider: Provider) -> bool:
    """Say whether more than one kind of proof was given (RFC 8176), or the class that the settings name was reached."""
    acr = claims.get("acr")
    if provider.mfa_acr and isinstance(acr, str) and acr == provider.mfa_acr:
        return True
    amr = {word for word in claims.get("amr") or () if isinstance(word, str)}
    return "mfa" in amr or sum(bool(amr & kind) for kind in (_KNOWN, _HAD, _BEEN)) > 1
