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
    KNOWN = 2
    STRONG = 3
    SEEN = 4


class Method(models.TextChoices):
    """How something was proved."""

    MAIL_LINK = "mail_link", _("link in a mail")
    MAIL_CODE = "mail_code", _("code in a mail")
    SMS_CODE = "sms_code", _("code in a text message")
    LOGIN = "login", _("signing in anew")
    LOGIN_MFA = "login_mfa", _("signing in anew with a second factor")
    FACTS = "facts", _("facts from recent dealings")
    FACTS_DECLARED = "facts_declared", _("facts from recent dealings and a signed declaration")
    DOCUMENT = "document", _("a document that was looked at")
    CALL_BACK = "call_back", _("a call to the number on file")
    ASSERTED_LOGIN = "asserted_login", _("signed in, as the help desk saw")
    POWER_OF_ATTORNEY = "power_of_attorney", _("a power of attorney that was checked")
    AGENCY = "agency", _("an agency that is trusted with it")


LEVELS = {
    Method.MAIL_LINK: Level.CHANNEL,
    Method.MAIL_CODE: Level.CHANNEL,
    Method.SMS_CODE: Level.CHANNEL,
    Method.LOGIN: Level.KNOWN,
    Method.LOGIN_MFA: Level.STRONG,
    Method.FACTS: Level.KNOWN,
    Method.FACTS_DECLARED: Level.STRONG,
    Method.DOCUMENT: Level.SEEN,
    Method.CALL_BACK: Level.KNOWN,
    Method.ASSERTED_LOGIN: Level.KNOWN,
    Method.POWER_OF_ATTORNEY: Level.STRONG,
    Method.AGENCY: Level.KNOWN,
}
"""The rung each method reaches."""

SIGNED_IN = frozenset({Method.LOGIN, Method.LOGIN_MFA, Method.ASSERTED_LOGIN})
"""Methods that rest on the password of an account."""
CHANNELS = frozenset({Method.MAIL_LINK, Method.MAIL_CODE, Method.SMS_CODE, Method.CALL_BACK})
"""Methods that prove control of an address or a number."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody proved to be of a level, by a method, at an instant."""

    level: Level
    method: Method
    at: datetime


def proof(method: Method, at: datetime) -> Proof:
    """Return the proof that a method gives."""
    return Proof(LEVELS[method], method, at)
