"""Where files lie: one vault, as STORAGE_URL says."""

from django.conf import settings

from dsr.packaging.vault import Vault, open_vault


def vault() -> Vault:
    """Return the vault of this installation."""
    return open_vault(settings.STORAGE_URL)
