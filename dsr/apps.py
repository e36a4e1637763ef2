"""Django's registration of the app; the place where the parts are joined."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DsrConfig(AppConfig):
    """Requests."""

    name = "dsr"
    verbose_name = _("Requests")

    def ready(self) -> None:
        """Hang up the checks and the doorbell."""
        from dsr import checks
        from dsr.celery import WIRE
        from dsr.services import doorbell

        checks.register()
        doorbell.install(WIRE, aside=True)
