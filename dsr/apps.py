"""Django's registration of the app; the place where the parts are joined."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DsrConfig(AppConfig):
    """Requests."""

    name = "dsr"
    verbose_name = _("Requests")

    def ready(self) -> None:
        """Hang up the checks and the doorbell, let no letter out without what it has to have."""
        from dsr import checks
        from dsr.celery import WIRE
        from dsr.services import doorbell, letterlint
        from dsr.services.choices import tokens
        from notifications.letters import GUARDS
        from notifications.mail import OFFERS

        checks.register()
        GUARDS.append(letterlint.check_kind)
        OFFERS[:] = [tokens.way_out]
        doorbell.install(WIRE, aside=True)
