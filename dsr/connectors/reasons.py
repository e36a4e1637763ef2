"""A sentence for each code: what happened, and what helps. For staff; none names a person."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dsr.connectors.base import Code, RefusalCode
from dsr.connectors.changes import Remark

SENTENCES: dict[Code | RefusalCode | Remark, str | Promise] = {
    Code.UNREACHABLE: _("The system does not answer. Is it running, and may this machine reach it?"),
    Code.TIMED_OUT: _("The system did not finish in time. It may be slow today, or a column searched by has no index."),
    Code.BUSY: _("The system takes no more work at the moment."),
    Code.INTERRUPTED: _("The connection was lost on the way."),
    Code.SYSTEM_ERROR: _("The system reported a fault of its own."),
    Code.FAULT: _("Something went wrong on our side. The log has the place."),
    Code.BAD_CONFIG: _("The configuration of the system is wrong."),
    Code.BAD_CREDENTIALS: _("The system does not accept our name or secret. Put in the right ones."),
    Code.PERMISSION_DENIED: _("Our account may not read something that the mapping names. Grant it, or take it out."),
    Code.MISSING_DATABASE: _("There is no such database."),
    Code.MISSING_TABLE: _("A table that the mapping names does not exist."),
    Code.MISSING_COLUMN: _("A column that the mapping names does not exist."),
    Code.SCHEMA_MISMATCH: _("The system's tables do not fit the mapping. Run the audit to see where."),
    Code.UNREADABLE_VALUE: _("A stored value cannot be read as what its column says it is."),
    Code.TOO_MANY_ROWS: _("There are more records than the limit of this system. Raise the limit if that is right."),
    Code.TOO_LARGE: _("There is more data than the limit of this system. Raise the limit if that is right."),
    Code.NO_IDENTIFIER: _("The system knows people by none of the identifiers that this person has proven."),
    Code.UNABLE: _("The system cannot be told to do this. Somebody has to do it there."),
    Code.NOT_CORRECTABLE: _("The system does not let this field be set, or not to such a value."),
    Code.NO_STRATEGY: _(
        "A record must stay, and nobody has said how the part that must go is emptied. Add a strategy."
    ),
    Code.STILL_REFERRED_TO: _("Records that the mapping does not name refer to what should go. Run the audit."),
    Code.CALLED_OFF: _("It was called off before anything was done."),
    Code.NOTHING_CHANGED: _("The system says that it is done, but what should have gone is still there."),
    Code.UNKNOWN_FACT: _("The system does not compare answers to this fact, or no longer does."),
    Code.NEEDS_OWNER: _("Only the owner of the system can search it."),
    Code.ADDRESS_REFUSED: _("The address leads into a network that this system's configuration does not allow."),
    Code.REDIRECT_REFUSED: _("The system sent us somewhere else; we only talk to the configured address."),
    Code.TLS_FAILED: _("The system's certificate could not be verified."),
    Code.NOT_FOUND: _("The system does not offer the connector protocol at its configured address."),
    Code.NOT_UNDERSTOOD: _("The system did not understand our question. Do the protocol versions fit?"),
    Code.BAD_ANSWER: _("The system's answer does not keep to the connector protocol."),
    Code.BAD_SIGNATURE: _("The answer was not signed with the shared secret, or was changed on the way."),
    Code.KEY_REUSED: _("The system saw the same call with different contents before."),
    Code.WORKER_LOST: _("Worker after worker died while it searched. Look at memory and logs before asking again."),
    RefusalCode.LEGAL_HOLD: _("The system refused: the data is under a legal hold."),
    RefusalCode.NOT_CONTROLLER: _("The system refused: it holds the data for somebody else."),
    RefusalCode.CANNOT_IDENTIFY: _("The system refused: it cannot tell whose the data is."),
    RefusalCode.NOT_PERMITTED: _("The system refused: this kind of search is not permitted there."),
    RefusalCode.OTHER: _("The system refused and gave no reason that we know."),
    Remark.COUNTED_BY_IDENTIFIER: _("It counts people, not records."),
    Remark.DOWNSTREAM_NOT_GUARANTEED: _("It asks those to whom it passed data on to do so, and cannot vouch for it."),
    Remark.DOWNSTREAM_NOT_TOLD: _("It does not tell those to whom it passed data on."),
    Remark.PARTLY_DONE: _("At least one of those to whom it passed data on did not do the same."),
    Remark.ACCEPTED_NOT_CONFIRMED: _("It took the order and does not confirm when it is done."),
    Remark.TAKES_EFFECT_LATER: _("It takes some time until it has effect there."),
}


def reason(code: str) -> str:
    """Return the sentence for a code, in the reader's language; the code itself where there is none."""
    for known, sentence in SENTENCES.items():
        if known == code:
            return str(sentence)
    return gettext("It gives a reason for which there are no words here: %(code)s.") % {"code": code}
