"""The demonstration organisation's console: where its customers sign in, an OpenID provider of its own.

    python -m dsr.demo.console --port 8002 --data-dir var --base-url http://localhost:8000

A small Django site beside the product, with settings and a database of its own, on Django OAuth Toolkit (the extra
`demo`). It signs with RS256 under a key made at each start, asks for the password again when it is told to
(`prompt=login`, `max_age`), and puts `auth_time`, `amr`, `email`, `email_verified` and `account` into the ID token.
It answers on this machine only. The tests sign in here, too.
"""

from importlib.util import find_spec
from typing import Final

CLIENT_ID: Final = "recourse-demo"
HOST: Final = "127.0.0.1"
"""Not `localhost`: a browser would send the cookies of one site to the other."""


def is_there() -> bool:
    """Say whether the package that it stands on is installed."""
    return find_spec("oauth2_provider") is not None


def issuer(port: int) -> str:
    """Return how the console names itself."""
    return f"http://{HOST}:{port}/o"


def environment(port: int, secret: str) -> dict[str, str]:
    """Return the settings of a service whose people sign in here."""
    return {
        "OIDC_ISSUER": issuer(port),
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": secret,
        "OIDC_ACCOUNT_CLAIM": "account",
        "OIDC_TITLE": "the demo console",
    }
