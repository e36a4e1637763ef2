"""Django's registration of the app; the place where the parts are joined."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DsrConfig(AppConfig):
    """Requests."""

    name = "dsr"
    verbose_name = _("Requests")

    def ready(self) -> None:
        """Hang up the checks and the doorbell, and let no letter out that leaves out what a law wants."""
        from dsr import checks
        from dsr.celery import WIRE
        from dsr.services import doorbell, letterlint
        from notifications.letters import GUARDS

        checks.register()
        GUARDS.append(letterlint.check_kind)
        doorbell.install(WIRE, aside=True)
