"""Mail into files: one file a message, complete or absent, the same one when sent twice."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage, get_connection

from notifications import mail
from notifications.letters import Rendered

ROW = UUID("0198a000-0000-7000-8000-000000000001")


def _message(at: datetime = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)) -> Any:
    return mail.compose(ROW, "ada@example.org", Rendered("Grüße", "Straße\n", "<p>Straße</p>"), "de", at)


def _send(folder: Path, *messages: Any) -> int:
    backend = get_connection("notifications.backends.EmlFiles", file_path=str(folder))
    return backend.send_messages(list(messages)) or 0


def test_backend_writes_a_file_that_mail_programs_open(tmp_path: Path) -> None:
    assert _send(tmp_path / "mail", _message()) == 1

    [file] = (tmp_path / "mail").iterdir()
    read = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.name == f"{ROW.hex}.recourse.eml"
    assert read["Subject"] == "Grüße"
    assert read["To"] == "ada@example.org"
    body = read.get_body(("plain",))
    assert body is not None
    assert body.get_content() == "Straße\r\n"
    assert file.stat().st_mode & 0o077 == 0


def test_backend_leaves_one_file_when_a_message_is_sent_twice(tmp_path: Path) -> None:
    _send(tmp_path, _message())
    _send(tmp_path, _message(datetime(2026, 3, 6, tzinfo=UTC)))

    assert len(list(tmp_path.iterdir())) == 1


def test_backend_stays_in_its_folder_whatever_the_message_id(tmp_path: Path) -> None:
    for message_id in ("<../../etc/passwd@x>", "<.@x>", ""):
        _send(tmp_path / "mail", EmailMessage("s", "b", to=["ada@example.org"], headers={"Message-ID": message_id}))

    assert {path.parent for path in tmp_path.rglob("*.eml")} == {tmp_path / "mail"}
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 3
