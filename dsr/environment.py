"""Reads settings from the environment, each with its type, and explains a wrong one.

A mistake here is often the first page of ours that an operator reads, so every refusal names the variable,
the value that was seen (never that of a secret) and what to write instead. Each reading is also recorded, and
from that record come the settings page of the documentation and `.env.example`.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


class SettingError(ImproperlyConfigured):
    """A variable that cannot be used: its name, what was seen, and the fix, in one sentence each."""

    def __init__(self, name: str, seen: str, fix: str) -> None:
        self.name, self.seen, self.fix = name, seen, fix
        super().__init__(f"{name}: {seen}. Fix: {fix}")


@dataclass(frozen=True)
class Variable:
    """One setting as the documentation shows it."""

    name: str
    kind: str
    default: str
    help: str
    example: str
    secret: bool


class Environment:
    """Typed readers over one mapping of strings.

    Every reader takes the variable's name, its default and one line of help. `shown` replaces the default in the
    documentation where the real one depends on the machine.
    """

    def __init__(self, source: Mapping[str, str]) -> None:
        self.source = source
        self.variables: dict[str, Variable] = {}

    def _declare(self, name: str, kind: str, default: Any, help: str, example: str, shown: str, secret: bool) -> None:
        text = shown or ("" if default is None else str(default))
        self.variables[name] = Variable(name, kind, text, help, example, secret)

    def _raw(self, name: str, *, secret: bool) -> str | None:
        value = self.source.get(name, "").strip()
        if not secret:
            return value or None
        path = self.source.get(f"{name}_FILE", "").strip()
        if not path:
            return value or None
        if value:
            raise SettingError(name, f"both {name} and {name}_FILE are set", f"set only one, preferably {name}_FILE")
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise SettingError(
                f"{name}_FILE", f"saw {path!r}, which cannot be read ({reason})", "name a readable text file"
            ) from None

    def text(
        self,
        name: str,
        default: str | None = None,
        *,
        help: str,
        example: str = "",
        shown: str = "",
        secret: bool = False,
        choices: tuple[str, ...] = (),
        required: str = "",
    ) -> str:
        """A string; `required` is the fix to print when there is neither a value nor a default."""
        kind = " or ".join(f"`{choice}`" for choice in choices) or "text"
        self._declare(name, kind, default, help, example, shown, secret)
        value = self._raw(name, secret=secret) or default
        if value is None and required:
            raise SettingError(name, "it is not set", required)
        value = value or ""
        if choices and value not in choices:
            raise SettingError(name, f"saw {value!r}", f"use one of: {', '.join(choices)}")
        return value

    def flag(self, name: str, default: bool, *, help: str, shown: str = "") -> bool:
        """A yes or no: 1/0, true/false, yes/no, on/off in any case."""
        self._declare(name, "yes or no", "yes" if default else "no", help, "", shown, False)
        value = (self._raw(name, secret=False) or "").lower()
        if not value:
            return default
        if value not in _YES | _NO:
            raise SettingError(name, f"saw {value!r}, which is neither yes nor no", f"write {name}=yes or {name}=no")
        return value in _YES

    def whole(self, name: str, default: int, *, least: int, most: int, help: str, shown: str = "") -> int:
        """A whole number between `least` and `most`, both allowed."""
        self._declare(name, f"whole number, {least} to {most}", default, help, "", shown, False)
        value = self._raw(name, secret=False)
        if value is None:
            return default
        fix = f"write a whole number between {least} and {most}, for example {name}={default}"
        try:
            number = int(value)
        except ValueError:
            raise SettingError(name, f"saw {value!r}, which is not a whole number", fix) from None
        if not least <= number <= most:
            raise SettingError(name, f"saw {number}, which is out of range", fix)
        return number

    def items(self, name: str, default: tuple[str, ...], *, help: str, example: str = "", shown: str = "") -> list[str]:
        """Words separated by commas."""
        self._declare(name, "words separated by commas", ", ".join(default), help, example, shown, False)
        value = self._raw(name, secret=False)
        return list(default) if value is None else [word.strip() for word in value.split(",") if word.strip()]

    def networks(self, name: str, *, help: str, example: str) -> list[IPv4Network | IPv6Network]:
        """Networks separated by commas; none by default, and none that is as wide as a continent."""
        words = self.items(name, (), help=help, example=example)
        fix = f"write networks without host bits, at most /8 (IPv4) or /16 (IPv6) wide, for example {name}={example}"
        try:
            found = [ip_network(word) for word in words]
        except ValueError:
            raise SettingError(name, f"saw {', '.join(words)!r}, which are not all networks", fix) from None
        if any(network.prefixlen < (8 if network.version == 4 else 16) for network in found):
            raise SettingError(name, f"saw {', '.join(words)!r}, which is too wide", fix)
        return found

    def folder(self, name: str, default: Path, *, help: str, shown: str = "") -> Path:
        """An absolute path; a relative one starts at the working directory."""
        self._declare(name, "folder", default, help, "", shown, False)
        value = self._raw(name, secret=False)
        path = Path(value).expanduser().absolute() if value else default
        if path.exists() and not path.is_dir():
            raise SettingError(name, f"saw {str(path)!r}, which is a file", "name a folder; it is made when missing")
        return path

    def address(
        self, name: str, default: str | None, *, help: str, example: str, shown: str = "", required: str = ""
    ) -> str:
        """An http or https address without path, query or trailing slash."""
        value = self.text(name, default, help=help, example=example, shown=shown, required=required).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.username:
            raise SettingError(
                name, f"saw {value!r}, which is not the address of a site", f"write for example {example}"
            )
        return value

    def issuer(self, name: str, *, help: str, example: str) -> str:
        """The address of an OpenID provider, exactly as it writes it: https, or http on this machine; may be empty."""
        value = self.text(name, "", help=help, example=example)
        if not value:
            return ""
        parts = urlsplit(value)
        safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
        )
        if not safe or not parts.hostname or parts.query or parts.fragment or parts.username is not None:
            raise SettingError(
                name, f"saw {value!r}, which is not the https address of a provider", f"write for example {example}"
            )
        return value

    def parsed(self, name: str, value: str, parse: Callable[[str], Any], *, fix: str) -> dict[str, Any]:
        """What a URL parser makes of a value; the value itself may hold a password and is never shown."""
        scheme = value.partition(":")[0] if ":" in value else ""
        seen = f"saw a value that starts with {scheme + ':'!r}, which is not understood" if scheme else "saw no URL"
        try:
            config: dict[str, Any] = dict(parse(value))
        except (ImproperlyConfigured, ValueError, KeyError, AttributeError):
            raise SettingError(name, seen, fix) from None
        return config

    def database(self, value: str) -> dict[str, Any]:
        """DATABASE_URL as Django's dictionary."""
        fix = "write postgres://USER:PASSWORD@HOST:5432/NAME, or leave it out for SQLite in DATA_DIR"
        scheme, colon, _ = value.partition("://")
        # Asked here, because the parser would print the whole value, password and all.
        if not colon or scheme not in ("postgres", "postgresql", "sqlite"):
            seen = f"saw a value that starts with {scheme + ':'!r}" if colon else "saw no URL"
            raise SettingError("DATABASE_URL", seen, fix)
        return self.parsed("DATABASE_URL", value, environ.Env.db_url_config, fix=fix)

    def texting(self, url: str, sender: str, account: str, token: str) -> str:
        """Checks SMS_URL and what goes with it; returns the address. Empty means that no text messages are sent."""
        if url and not _is_service(url):
            return url
        if url and not _SMS_SENDER.fullmatch(sender):
            seen = f"saw {sender!r}, which is no sender" if sender else "it is not set, and SMS_URL names a service"
            fix = "write a number such as +353861234567, a short code, or a name of up to 11 letters and digits"
            raise SettingError("SMS_FROM", seen, fix)
        if url and not _SMS_TOKEN.fullmatch(token):
            seen = (
                "it holds more than ASCII letters and signs" if token else "it is not set, and SMS_URL names a service"
            )
            raise SettingError("SMS_TOKEN", seen, "write the token that the service gave you, or SMS_TOKEN_FILE")
        if url.startswith("messages+") and (":" in account or not _SMS_TOKEN.fullmatch(account)):
            seen = f"saw {account!r}" if account else "it is not set, and SMS_URL begins with messages+"
            raise SettingError("SMS_ACCOUNT", seen, "write the account's id, as the service shows it")
        return url

    def mailbox(self, value: str) -> str:
        """Checks MAILBOX_URL and returns it; empty means that no mailbox is read. Never shows what it holds."""
        if not value:
            return ""
        fix = "write imaps://USER:PASSWORD@HOST/INBOX, with signs such as @ in user and password as %40"
        try:
            parts = urlsplit(value)
            host, _port = parts.hostname or "", parts.port
        except ValueError:
            raise SettingError("MAILBOX_URL", "saw an address that cannot be read", fix) from None
        if parts.scheme not in ("imaps", "imap") or not host:
            seen = f"saw a value that starts with {parts.scheme + ':'!r}" if parts.scheme else "saw no address"
            raise SettingError("MAILBOX_URL", f"{seen}, which is not the address of a mailbox", fix)
        if parts.scheme == "imap" and host not in ("localhost", "127.0.0.1", "::1"):
            raise SettingError("MAILBOX_URL", f"saw {host!r} without encryption", "begin it with imaps://")
        if not parts.username or not parts.password:
            raise SettingError("MAILBOX_URL", "saw no user or no password", fix)
        if parts.query or len(parts.path.strip("/").split("/")) > 5:
            raise SettingError("MAILBOX_URL", "saw more than a folder after the host", fix)
        return value

    def keyring(self, name: str, value: str) -> str:
        """Checks `id:base64,id:base64`, each key 32 bytes; the first one seals, all of them open."""
        fix = f'write {name}="k1:<32 bytes in base64>"; make one with: {KEY_RECIPE}'
        seen_ids: set[str] = set()
        for number, entry in enumerate(value.split(","), start=1):
            key_id, colon, encoded = entry.strip().partition(":")
            try:
                size = len(base64.b64decode(encoded, validate=True))
            except (binascii.Error, ValueError):
                size = -1
            if not colon or not key_id.isalnum() or key_id in seen_ids or size != 32:
                raise SettingError(
                    name, f"key number {number} is not an unused id, a colon and 32 bytes in base64", fix
                )
            seen_ids.add(key_id)
        return value


_SMS_FIX = (
    "write https://HOST/PATH for a gateway, messages+https://HOST/PATH for a Messages resource, or file:///FOLDER; "
    "`?allow=10.1.2.0/24` after it lets the service be on a network that is not public"
)
_SMS_SENDER = re.compile(r"\+?[0-9]{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}|MG[0-9a-f]{32}")
_SMS_TOKEN = re.compile(r"[\x21-\x7e]+")


def _is_service(url: str) -> bool:
    """Whether SMS_URL names a service rather than a folder. Raises SettingError when it names neither."""
    try:
        parts = urlsplit(url)
        host, _port, networks = parts.hostname or "", parts.port, _allowed_networks(parts.query)
    except ValueError:
        raise SettingError("SMS_URL", "saw an address that cannot be read", _SMS_FIX) from None
    if parts.username is not None or parts.password is not None:
        fix = "take them out and write them as SMS_ACCOUNT and SMS_TOKEN"
        raise SettingError("SMS_URL", "saw an address with a user or password in it", fix)
    if parts.scheme == "file" and not host and parts.path.startswith("/") and not networks:
        return False
    scheme = parts.scheme.removeprefix("messages+")
    if scheme not in ("https", "http") or not host or parts.fragment or not _SMS_TOKEN.fullmatch(url):
        seen = f"saw a value that starts with {parts.scheme + ':'!r}" if parts.scheme else "saw no address"
        raise SettingError("SMS_URL", f"{seen}, which is not understood", _SMS_FIX)
    if scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise SettingError("SMS_URL", f"saw {host!r} without encryption", "begin it with https://")
    return True


def _allowed_networks(query: str) -> list[IPv4Network | IPv6Network]:
    """The networks in a query that holds nothing else. Raises ValueError."""
    named = dict(parse_qsl(query, strict_parsing=True, keep_blank_values=True)) if query else {}
    if named.keys() - {"allow"}:
        raise ValueError("only allow=")
    networks = [ip_network(word) for word in named.get("allow", "").split(",") if word]
    if any(network.prefixlen < (8 if network.version == 4 else 16) for network in networks):
        raise ValueError("too wide")
    return networks


KEY_RECIPE = "python3 -c 'import base64,secrets; print(\"k1:\"+base64.b64encode(secrets.token_bytes(32)).decode())'"
SECRET_RECIPE = "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"  # noqa: S105 - how to make one


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text in a file that only its owner can read; made once, even when several processes start together."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            # A hard link appears complete or not at all, and fails if another process was first.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def new_secret() -> str:
    """A signing secret of 50 random bytes."""
    return secrets.token_urlsafe(50)


def new_keyring() -> str:
    """A ring with one key of 32 random bytes."""
    return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
