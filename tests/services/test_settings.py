"""The settings as an operator meets them: started in a process of their own, with an environment of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = {
    "DATABASE_URL": "postgres://recourse:hunter2@127.0.0.1:5432/recourse",
    "BASE_URL": "https://privacy.example.org",
    "EMAIL_URL": "smtp+tls://user:hunter2@mail.example.org:587",
    "SECRET_KEY": "hunter2" * 10,
    "FIELD_KEYS": "k1:" + "AQEB" * 10 + "AQE=",
}


def read(expression: str, env: dict[str, str], data: Path) -> subprocess.CompletedProcess[str]:
    """Print one expression over the settings, under nothing but the given environment."""
    code = f"from dsr import settings as s; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(data), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_embedded_default_needs_no_variable_and_keeps_its_keys(tmp_path: Path) -> None:
    first = read("s.EMBEDDED, s.SECRET_KEY, s.FIELD_KEYS, s.EMAIL_FILE_PATH", {}, tmp_path)
    second = read("s.EMBEDDED, s.SECRET_KEY, s.FIELD_KEYS, s.EMAIL_FILE_PATH", {}, tmp_path)

    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert str(tmp_path / "mail") in first.stdout


@pytest.mark.parametrize("name", ["BASE_URL", "EMAIL_URL", "SECRET_KEY", "FIELD_KEYS"])
def test_server_refuses_to_start_when_something_is_missing(name: str, tmp_path: Path) -> None:
    env = {key: value for key, value in SERVER.items() if key != name}

    answer = read("s.DATABASES", env, tmp_path)

    assert answer.returncode != 0
    assert f"{name}: it is not set. Fix: " in answer.stderr
    assert "hunter2" not in answer.stderr
    assert not (tmp_path / "keys").exists()


def test_server_refuses_an_address_that_is_not_encrypted(tmp_path: Path) -> None:
    answer = read("s.BASE_URL", SERVER | {"BASE_URL": "http://privacy.example.org"}, tmp_path)

    assert "BASE_URL: saw 'http://privacy.example.org', which is not encrypted" in answer.stderr


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("mail.example.org", "saw no address"),
        ("https://a:hunter2@mail.example.org", "saw a value that starts with 'https:'"),
        ("imap://a:hunter2@mail.example.org/INBOX", "saw 'mail.example.org' without encryption"),
        ("imaps://mail.example.org/INBOX", "saw no user or no password"),
        ("imaps://a:hunter2@mail.example.org:port/INBOX", "saw an address that cannot be read"),
        ("imaps://a:hunter2@mail.example.org/INBOX?x=1", "saw more than a folder"),
    ],
)
def test_mailbox_that_cannot_be_read_is_told_with_the_fix(value: str, told: str, tmp_path: Path) -> None:
    answer = read("s.MAILBOX_URL", {"MAILBOX_URL": value}, tmp_path)

    assert answer.returncode != 0
    assert f"MAILBOX_URL: {told}" in answer.stderr
    assert "Fix: " in answer.stderr
    assert "hunter2" not in answer.stderr


def test_mailbox_is_none_by_default_and_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "mailbox"
    secret.write_text("imaps://privacy:hunter2@mail.example.org/INBOX#Kept\n")

    none, some = (
        read("repr(s.MAILBOX_URL)", {}, tmp_path),
        read("s.MAILBOX_URL", {"MAILBOX_URL_FILE": str(secret)}, tmp_path),
    )

    assert none.stdout.strip() == "''"
    assert some.stdout.strip().endswith("#Kept")


def test_server_sends_no_text_messages_until_it_is_told_how(tmp_path: Path) -> None:
    embedded = read("s.SMS_URL", {}, tmp_path)
    without = read("repr(s.SMS_URL)", SERVER, tmp_path)
    half = read("s.SMS_URL", SERVER | {"SMS_URL": "https://gateway.example.org/", "SMS_TOKEN": "hunter2"}, tmp_path)
    (tmp_path / "token").write_text("hunter2\n")
    whole = {"SMS_URL": "https://gateway.example.org/", "SMS_TOKEN_FILE": str(tmp_path / "token"), "SMS_FROM": "Corrib"}

    assert embedded.stdout.strip() == f"file://{tmp_path}/sms"
    assert without.stdout.strip() == "''"
    assert "SMS_FROM: it is not set, and SMS_URL names a service. Fix: " in half.stderr
    assert "hunter2" not in half.stderr
    assert read("s.SMS_URL, s.SMS_TOKEN", SERVER | whole, tmp_path).stdout.split()[-1] == "hunter2"


def test_server_is_strict_with_browsers_and_staff(tmp_path: Path) -> None:
    names = "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_SSL_REDIRECT STAFF_MFA"

    answer = read(f"[getattr(s, name) for name in {names.split()}], s.DEMO, s.DEBUG", SERVER, tmp_path)

    assert answer.stdout.strip() == "[True, True, True, True] False False"


def test_pool_that_is_upside_down_is_explained(tmp_path: Path) -> None:
    answer = read("s.DATABASES", SERVER | {"DATABASE_POOL_MIN": "9"}, tmp_path)

    assert "DATABASE_POOL_MIN: saw 9, more than DATABASE_POOL_MAX (4)" in answer.stderr


def test_sentry_without_its_package_is_explained(tmp_path: Path) -> None:
    answer = read("s.SENTRY_DSN", SERVER | {"SENTRY_DSN": "https://key@errors.example.org/1"}, tmp_path)

    assert "SENTRY_DSN: it is set, but sentry-sdk is not installed" in answer.stderr


def test_command_line_prints_one_sentence_for_a_wrong_setting(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PORT": "eight"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert answer.stderr.strip().count("\n") == 0
    assert answer.stderr.startswith("PORT: saw 'eight'")
