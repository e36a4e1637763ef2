"""Somebody's server that is told by webhooks, and checks what it is told as the documentation shows."""

import re
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

from tests.thirdparty.serving import Answer, Asked, ThirdParty

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/webhooks.md"


def documented() -> Callable[..., Any]:
    """The function with which the documentation shows how to check a signature."""
    code = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found: dict[str, Any] = {}
    exec(code[0], found)
    verify: Callable[..., Any] = found["verify"]
    return verify


class Receiver(ThirdParty):
    """Keeps what it is told; answers with a status, after a pause."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 204
        self.pause = 0.0
        self.headers: dict[str, str] = {}

    @property
    def hook(self) -> str:
        """The address to be told at."""
        return f"{self.url}/hook?from=recourse"

    @property
    def ids(self) -> list[str]:
        """What it was told, by id."""
        return [str(each.headers["webhook-id"]) for each in self.asked]

    def answer(self, asked: Asked) -> Answer:
        """Say whether it was taken."""
        sleep(self.pause)
        return Answer(self.status, headers=self.headers)
