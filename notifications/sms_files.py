"""Text messages into files, for the embedded default: one ``.txt`` a message."""

import os
import re
import secrets
from pathlib import Path
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from django.conf import settings

from notifications.failures import TemporaryFailure

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


class TextFiles:
    """Writes each message to a file named after its key: the number, an empty line, the text.

    A file appears complete or not at all, and a message sent twice is one file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def set_up(cls) -> Self:
        """Return the provider for the folder in `SMS_URL`."""
        return cls(Path(unquote(urlsplit(settings.SMS_URL).path)))

    def send(self, to: str, text: str, key: str) -> str:
        """Write the message and return its key."""
        name = _UNSAFE.sub("-", key).strip(".-")[:100] or secrets.token_hex(8)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = self.folder / f".{name}.{secrets.token_hex(4)}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"To: {to}\n\n{text}\n")
            draft.replace(self.folder / f"{name}.txt")
        except OSError:
            # An OSError names the file and, with some errors, more: only our word goes on.
            raise TemporaryFailure("folder-error", unreachable=True) from None
        return name
