"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VerificationConfig(AppConfig):
    """Identity checks and grants."""

    name = "verification"
    verbose_name = _("identity checks")
    default_auto_field = "django.db.models.BigAutoField"
