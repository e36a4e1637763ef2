"""Django's entry for this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    """Messages and the keys they are sealed under."""

    name = "notifications"
    verbose_name = _("messages")
    default_auto_field = "django.db.models.BigAutoField"
