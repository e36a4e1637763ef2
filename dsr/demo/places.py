"""Where the demonstration keeps its things. Standard library only: the marketing service reads it, too."""

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KEY_ID = "recourse-demo"
"""Name of the secret that we share with the marketing service."""


@dataclass(frozen=True, slots=True)
class Places:
    """Files under `demo/` of the data folder."""

    data_dir: Path

    @property
    def folder(self) -> Path:
        """The folder itself."""
        return self.data_dir / "demo"

    @property
    def accounts(self) -> Path:
        """Accounts and billing, where they are a file."""
        return self.folder / "accounts.sqlite3"

    @property
    def messaging(self) -> Path:
        """Facts about messages, where they are a file."""
        return self.folder / "messaging.sqlite3"

    @property
    def marketing(self) -> Path:
        """What the marketing service knows."""
        return self.folder / "marketing.sqlite3"

    @property
    def support(self) -> Path:
        """The folder of the support team's owner."""
        return self.folder / "support"

    @property
    def console(self) -> Path:
        """Who may sign in at the console, and who has."""
        return self.folder / "console.sqlite3"

    @property
    def suspensions(self) -> Path:
        """Which accounts a machine has suspended."""
        return self.folder / "suspensions.sqlite3"

    def decisions_secret(self) -> str:
        """Return the secret with which the machine that suspends accounts is told of reviews."""
        digest = hashlib.sha256(self._shared("decisions.secret").encode()).digest()
        return f"whsec_{base64.b64encode(digest).decode()}"

    def secret(self) -> str:
        """Return the secret shared with the marketing service; made on the first call, by whichever side is first."""
        return self._shared("marketing.secret")

    def console_secret(self) -> str:
        """Return the secret shared with the console, likewise."""
        return self._shared("console.secret")

    def _shared(self, name: str) -> str:
        path = self.folder / name
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = self.folder / f".secret-{secrets.token_hex(8)}"
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            try:
                # A link, not a rename: of two that come at once, the second must take what the first has made.
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text()


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Return the data folder as the settings do."""
    return Path(environ.get("DATA_DIR") or Path(__file__).resolve().parents[2] / "var").resolve()


def default_port(environ: Mapping[str, str]) -> int:
    """Return where the marketing service listens: DEMO_PORT, else the port after the product's own."""
    return int(environ.get("DEMO_PORT") or int(environ.get("PORT") or 8000) + 1)
