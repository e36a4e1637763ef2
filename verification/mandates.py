"""Authority of one person to act for another: claimed, shown, checked, confirmed, withdrawn. Knows no requests."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from verification.models import Mandate, MandateState


class Against(StrEnum):
    """Why somebody may not act for another now."""

    NONE = "none"
    UNCHECKED = "unchecked"
    REFUSED = "refused"
    REVOKED = "revoked"
    EXPIRED = "expired"


def of(about: UUID) -> Mandate | None:
    """Return the mandate under which something was filed, None where a person acts for themselves."""
    return Mandate.objects.select_related("data_key", "agency").filter(about=about).first()


def against(mandate: Mandate | None, on: date) -> Against | None:
    """Return what stands against acting under a mandate on a day, None where nothing does."""
    if mandate is None:
        return Against.NONE
    if mandate.state == MandateState.REVOKED:
        return Against.REVOKED
    if mandate.state == MandateState.REFUSED:
        return Against.REFUSED
    if mandate.expires_on is not None and mandate.expires_on < on:
        return Against.EXPIRED
    return None if mandate.state == MandateState.CHECKED else Against.UNCHECKED


def is_confirmed(about: UUID) -> bool:
    """Whether the agent controls the address that letters about a thing go to."""
    return Mandate.objects.filter(about=about, agent_confirmed_at__isnull=False).exists()


def stands(about: UUID, on: date) -> bool:
    """Whether somebody may act for another, about a thing, on a day."""
    return against(of(about), on) is None
