"""Django's registration of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VerificationConfig(AppConfig):
    """Challenges and grants."""

    name = "verification"
    verbose_name = _("Verification")
