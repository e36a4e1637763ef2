"""An OpenID provider that says whatever a test wants: what no honest one would, and what an attacker might."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

CLIENT, SECRET = "privacy-centre", "its-secret"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
"""A key that nobody publishes, under a name that somebody does."""


def half_hash(text: str) -> str:
    """What `at_hash` is for an algorithm with SHA-256."""
    return base64.urlsafe_b64encode(sha256(text.encode()).digest()[:16]).decode().rstrip("=")


def encoded(part: Any) -> str:
    """A part of a token, without padding."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Forger:
    """The provider. `answers` holds what each path says; `asked` what was asked of it."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.status: dict[str, int] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.raw: dict[str, bytes] = {}
        self.metadata: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
        }
        self.keys: list[dict[str, Any]] = [key.as_dict(private=False) for key in (RSA, EC, OKP)]
        self.tokens: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}

    def answer(self, path: str) -> bytes:
        """What a path says."""
        said = {
            "/.well-known/openid-configuration": self.metadata,
            "/keys": {"keys": self.keys},
            "/token": self.tokens,
            "/userinfo": self.userinfo,
        }
        return self.raw.get(path, json.dumps(said.get(path)).encode())

    def times(self, path: str) -> int:
        """How often a path was asked."""
        return sum(asked == path for asked, _form, _headers in self.asked)

    def claims(self, nonce: str, at: datetime, **changes: Any) -> dict[str, Any]:
        """What an honest provider would say; a change to None leaves a claim out."""
        claims = {
            "iss": self.issuer,
            "sub": "person-1",
            "aud": CLIENT,
            "iat": int(at.timestamp()),
            "exp": int((at + timedelta(minutes=5)).timestamp()),
            "auth_time": int(at.timestamp()),
            "nonce": nonce,
            "email": "ada.lovelace@example.org",
            "email_verified": True,
            "amr": ["pwd"],
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def vouch(self, claims: dict[str, Any], key: Any = RSA, alg: str = "RS256", **header: Any) -> None:
        """Answer the next code with these claims."""
        whole = {"alg": alg, "kid": key.kid, **header}
        token = jwt.encode({name: value for name, value in whole.items() if value}, claims, key, algorithms=[alg])
        self.hand_out(token)

    def hand_out(self, token: Any) -> None:
        """Answer the next code with this ID token."""
        self.tokens = {"access_token": "access", "token_type": "Bearer", "id_token": token}


@contextmanager
def running() -> Iterator[Forger]:
    """Run one on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            self._say(dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())))

        def do_GET(self) -> None:
            self._say({})

        def _say(self, form: dict[str, str]) -> None:
            forger.asked.append((self.path, form, dict(self.headers)))
            body = forger.answer(self.path)
            self.send_response(forger.status.get(self.path, 200))
            for name, value in forger.headers.get(self.path, {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forger = Forger(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
