"""What a message can be, and what a reader is warned of."""

from enum import StrEnum


class Kind(StrEnum):
    """What a message seems to be. A proposal: people say what it is."""

    REQUEST = "request"
    REPLY = "reply"
    REGULATOR = "regulator"
    LAW_ENFORCEMENT = "law_enforcement"
    LEGAL_CLAIM = "legal_claim"
    APPLICANT = "applicant"
    SALES = "sales"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    UNCLEAR = "unclear"
    """Nothing in it says what it is."""
    UNREADABLE = "unreadable"
    """It could not be taken apart; the message itself is kept."""


class Flag(StrEnum):
    """What a reader is warned of."""

    PHISHING = "phishing"
    """It wants personal data typed into somebody else's page."""
    OTHER_PERSON = "other_person"
    """It seems to ask for data of somebody other than the sender."""
    ATTACHMENTS = "attachments"
    MANY_RECIPIENTS = "many_recipients"
    FOREIGN_SENDER = "foreign_sender"
    """It names a case, but comes from an address that the case does not know."""
    NOT_AUTHENTIC = "not_authentic"
    """The mail server found that the sender's domain did not send it."""
    TOO_BIG = "too_big"
    """Only its head was read; the message is still in the mailbox."""
    BROKEN = "broken"
    """Parts of it could not be read."""
