"""What choices are about, in words."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsr.choices.marketing import Act, Purpose, Via

TITLES: Final[dict[Purpose, str | Promise]] = {
    Purpose.MARKETING: _("Marketing"),
    Purpose.ADVERTISING: _("Sale, sharing and targeted advertising"),
    Purpose.SENSITIVE: _("Uses of sensitive data"),
    Purpose.DISCLOSURE: _("Disclosure to others, and other purposes"),
    Purpose.CONSENT: _("Uses that somebody agreed to"),
    Purpose.OBJECTION: _("Uses that somebody objected to"),
}
ACTS: Final[dict[Act, str | Promise]] = {Act.STOP: _("stopped"), Act.RESUME: _("wanted again")}
CHANNELS: Final[dict[str, str | Promise]] = {
    "email": _("by mail"),
    "sms": _("by text message"),
    "phone": _("by telephone"),
    "post": _("by post"),
}
WAYS: Final[dict[Via, str | Promise]] = {
    Via.ONE_CLICK: _("unsubscribe link"),
    Via.PREFERENCES: _("preference page"),
    Via.FORM: _("form"),
    Via.REPLY: _("reply to a message"),
    Via.MAIL: _("mail"),
    Via.PHONE: _("telephone"),
    Via.POST: _("letter"),
    Via.SIGNAL: _("browser signal"),
    Via.COOKIE: _("cookie choice"),
    Via.API: _("API"),
    Via.IMPORT: _("import"),
}


def title(purpose: Purpose) -> str:
    """Return what a choice is about."""
    return str(TITLES[purpose])
