"""Django's entry for this app."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    """Messages and the keys they are sealed under."""

    name = "notifications"
    verbose_name = _("messages")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Check kinds of messages against their templates whenever the project is checked."""
        from notifications.checks import check_letters

        checks.register(check_letters, checks.Tags.templates)
