"""Django's registration of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    """Messages and their delivery."""

    name = "notifications"
    verbose_name = _("Messages")
