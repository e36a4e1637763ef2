"""Invented people, who make test choices by the public pages.

Somebody is invented because the row of a test choice says so, and never by the look of a name alone: whoever writes
such a name by himself is a person like any other. They are in no figure, no list and no certificate.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dsr.models import Choice, Probe, Suppression, Window
from notifications.models import DataKey
from notifications.sealing import listing_digests

DOMAIN = "probe.invalid"
"""No mail can ever reach it. RFC 2606, section 2"""
_ACCOUNT = "PROBE-"
_DIGITS = 32
"""Of a UUID."""
_AT_ONCE = 500


def email(probe: Probe) -> str:
    """Return the mail address of the one who makes a test choice."""
    return f"{probe.pk.hex}@{DOMAIN}"


def account(probe: Probe) -> str:
    """Return the account number of the one who makes a test choice."""
    return f"{_ACCOUNT}{probe.pk.hex.upper()}"


def is_invented(identifiers: Mapping[str, Sequence[str]]) -> bool:
    """Whether all by whom a choice is made is invented. Asks the database only of what looks like it."""
    named = [(kind, value) for kind, values in identifiers.items() for value in values if value.strip()]
    found = {_number(kind, value) for kind, value in named}
    if not found or None in found:
        return False
    return Probe.objects.filter(pk__in=_numbers(found)).count() == len(found)


def forget(before: datetime) -> int:
    """Delete the choices on marketing that were made up before an instant. Returns how many."""
    old = Choice.objects.filter(invented=True, recorded_at__lt=before).order_by("recorded_at")
    keys = dict(old.values_list("pk", "data_key")[:_AT_ONCE])
    # By the names of those test choices: nothing looks for the rows of a choice among millions.
    probes = Probe.objects.filter(made_at__lt=before).order_by("-made_at")[:_AT_ONCE]
    marks = [mark for probe in probes for mark in listing_digests("email", email(probe))]
    with transaction.atomic():
        Suppression.objects.filter(digest__in=marks, choice__in=keys).delete()
        Window.objects.filter(choice__in=keys).delete()
        Choice.objects.filter(pk__in=keys).delete()
        DataKey.objects.filter(pk__in=keys.values()).delete()
    return len(keys)


def _numbers(found: Iterable[UUID | None]) -> list[UUID]:
    return [number for number in found if number is not None]


def _number(kind: str, value: str) -> UUID | None:
    """Return of which test choice an identifier is; None where it does not look like one."""
    text = value.strip().lower()
    if kind == "email":
        name, _, domain = text.partition("@")
        text = name if domain == DOMAIN else ""
    elif kind == "account":
        text = text.removeprefix(_ACCOUNT.lower()) if text.startswith(_ACCOUNT.lower()) else ""
    else:
        text = ""
    try:
        return UUID(hex=text) if len(text) == _DIGITS else None
    except ValueError:
        return None
