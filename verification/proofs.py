"""What a check proved: how much, how, and when. Every way of proving identity ends in one of these values."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(IntEnum):
    """How sure we are who somebody is. A rung includes those below it."""

    NOTHING = 0
    CHANNEL = 1


class Method(models.TextChoices):
    """How something was proved."""

    MAIL_LINK = "mail_link", _("link in a mail")
    MAIL_CODE = "mail_code", _("code in a mail")


LEVELS = {Method.MAIL_LINK: Level.CHANNEL, Method.MAIL_CODE: Level.CHANNEL}
"""The rung each method reaches."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody proved to be of a level, by a method, at an instant."""

    level: Level
    method: Method
    at: datetime


def proof(method: Method, at: datetime) -> Proof:
    """Return the proof that a method gives."""
    return Proof(LEVELS[method], method, at)
