"""Mail into files, for the embedded default: one ``.eml`` a message, which every mail program opens."""

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import SafeMIMEMultipart

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


class EmlFiles(BaseEmailBackend):
    """Writes each message to a file named after its Message-ID in EMAIL_FILE_PATH.

    A file appears complete or not at all, and a message sent twice is one file: what a receiver who drops copies by
    Message-ID would see.
    """

    def __init__(self, *args: Any, file_path: str | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages and return how many. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            self._write(message)
        return len(email_messages)

    def _write(self, message: EmailMessage) -> None:
        mime = cast(SafeMIMEMultipart, message.message())
        given = str(mime["Message-ID"]).strip("<>").partition("@")[0]
        name = _UNSAFE.sub("-", given).strip(".-")[:100] or secrets.token_hex(8)
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(mime.as_bytes(linesep="\r\n"))
        draft.replace(self.folder / f"{name}.eml")
