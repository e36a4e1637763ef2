"""What answers about choices are in words."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsr.choices.cpni import Authority, Because, Kind, Standing

_WHY: Final[dict[Because, str | Promise]] = {
    Because.NONE_NEEDED: _("This use needs no approval."),
    Because.OPTED_IN: _("The customer approved of it."),
    Because.SILENT: _("The customer was told, has had time to object, and has not."),
    Because.OPTED_OUT: _("The customer opted out. Only the customer can revoke that."),
    Because.LIMITED: _("The customer limited what the data may be used for, and this is outside."),
    Because.CLOSED: _("The account is closed, or went over into another one."),
    Because.NEEDS_YES: _("This use needs the customer's yes, and there is none."),
    Because.NO_NOTICE: _("No notice has reached the customer, so silence means nothing."),
    Because.WAITING: _("The customer was told and still has time to object."),
    Because.NOTICE_LATE: _("The notice was not repeated in time, so silence no longer counts."),
}

KINDS: Final[dict[Kind, str | Promise]] = {
    Kind.NOTICE_SENT: _("notice sent"),
    Kind.NOTICE_BOUNCED: _("notice came back"),
    Kind.OPT_OUT: _("denied"),
    Kind.OPT_IN: _("approved"),
    Kind.LIMIT: _("limited"),
    Kind.REVOKE_OPT_OUT: _("denial revoked"),
    Kind.ACCOUNT_TRANSFERRED: _("account went over"),
    Kind.ACCOUNT_CLOSED: _("account closed"),
}
AUTHORITIES: Final[dict[Authority, str | Promise]] = {
    Authority.HOLDER: _("holder of the account"),
    Authority.REPRESENTATIVE: _("authorised representative"),
    Authority.ANYBODY: _("not shown"),
}


def sentence(standing: Standing) -> str:
    """Return why an answer is what it is."""
    return str(_WHY[standing.because])
