"""Every message the service sends, as a typed context. Templates live in ``templates/messages/<kind>/``.

What a law wants a letter to state is data (``Regime.must_say``); `SENT_AS` says which kinds are that letter, `states`
of each kind what its templates can state, and ``dsr.services.letterlint`` holds the templates to it.
"""

from collections.abc import Mapping
from typing import Final

from dsr.rules.words import Letter as LetterWord
from dsr.services.letters.asking import (
    ConfirmAddress,
    Held,
    IdentityAsked,
    Lapsed,
    LapseWarning,
    MandateAsked,
    MandateConfirm,
    MandateEnded,
    NotIdentified,
    SmsCode,
    SomebodyAsked,
    SomebodyAskedText,
    StaffCalled,
    Unasked,
    UnaskedDestroyed,
    Unproved,
)
from dsr.services.letters.authorities import CaseDue, CaseOpened
from dsr.services.letters.base import LegalLetter
from dsr.services.letters.cases import (
    Acknowledged,
    AnswerReady,
    AppealDecided,
    Closed,
    DatesMoved,
    DownloadCode,
    ExpiryWarning,
    Extended,
    FeeTold,
    Handling,
    IdentityCheck,
    Moved,
    NewMessage,
    Overdue,
    Question,
    Received,
    Refused,
    StaffWarning,
    TrackerLink,
    Whose,
    Worksheet,
)
from dsr.services.letters.children import AccountShut, ChildReported, DealtWith
from dsr.services.letters.choices import (
    ChoiceDone,
    ChoiceLate,
    ChoiceSheet,
    ChoicesLate,
    CpniDisagreed,
    CpniNotice,
    InEffect,
)
from dsr.services.letters.complaints import ComplaintAnswered, ComplaintNews, OutsideDue, PromiseDue
from dsr.services.letters.doing import (
    CarriedOut,
    ErasureConfirm,
    ErasurePlanned,
    ErasureUnconfirmed,
    HoldReview,
    RestrictionEnds,
    TaskWorksheet,
)
from dsr.services.letters.elsewhere import (
    CustomerTold,
    Misunderstood,
    PassedOn,
    Referred,
    RightAdded,
    Routed,
    WordDue,
)
from dsr.services.letters.hooks import WebhookStopped
from dsr.services.letters.inbound import MailWaits
from dsr.services.letters.incidents import IncidentDue, IncidentOpened
from dsr.services.letters.objections import ObjectionDecided, ObjectionOver
from dsr.services.letters.reviews import EffectWorksheet, RepresentationsAsked, ReviewDecided, ReviewEffect
from dsr.services.letters.sending import NotSentOn, SentOn

__all__ = [
    "SENT_AS",
    "AccountShut",
    "Acknowledged",
    "AnswerReady",
    "AppealDecided",
    "CarriedOut",
    "CaseDue",
    "CaseOpened",
    "ChildReported",
    "ChoiceDone",
    "ChoiceLate",
    "ChoiceSheet",
    "ChoicesLate",
    "Closed",
    "ComplaintAnswered",
    "ComplaintNews",
    "ConfirmAddress",
    "CpniDisagreed",
    "CpniNotice",
    "CustomerTold",
    "DatesMoved",
    "DealtWith",
    "DownloadCode",
    "EffectWorksheet",
    "ErasureConfirm",
    "ErasurePlanned",
    "ErasureUnconfirmed",
    "ExpiryWarning",
    "Extended",
    "FeeTold",
    "Handling",
    "Held",
    "HoldReview",
    "IdentityAsked",
    "IdentityCheck",
    "InEffect",
    "IncidentDue",
    "IncidentOpened",
    "LapseWarning",
    "Lapsed",
    "LegalLetter",
    "MailWaits",
    "MandateAsked",
    "MandateConfirm",
    "MandateEnded",
    "Misunderstood",
    "Moved",
    "NewMessage",
    "NotIdentified",
    "NotSentOn",
    "ObjectionDecided",
    "ObjectionOver",
    "OutsideDue",
    "Overdue",
    "PassedOn",
    "PromiseDue",
    "Question",
    "Received",
    "Referred",
    "Refused",
    "RepresentationsAsked",
    "RestrictionEnds",
    "ReviewDecided",
    "ReviewEffect",
    "RightAdded",
    "Routed",
    "SentOn",
    "SmsCode",
    "SomebodyAsked",
    "SomebodyAskedText",
    "StaffCalled",
    "StaffWarning",
    "TaskWorksheet",
    "TrackerLink",
    "Unasked",
    "UnaskedDestroyed",
    "Unproved",
    "WebhookStopped",
    "Whose",
    "WordDue",
    "Worksheet",
]

SENT_AS: Final[Mapping[LetterWord, tuple[type[LegalLetter], ...]]] = {
    "acknowledgement": (Received, Acknowledged),
    "answer": (
        AnswerReady,
        CarriedOut,
        InEffect,
        DealtWith,
        ReviewDecided,
        ObjectionDecided,
        ObjectionOver,
        ComplaintAnswered,
    ),
    "appeal": (AppealDecided,),
    "clarification": (Question,),
    "extension": (Extended,),
    "opt_out_notice": (CpniNotice,),
    "overdue": (Overdue,),
    "pause": (Question, IdentityAsked),
    # What is held back from an answer is refused, and so is what nobody can be identified for.
    "refusal": (Refused, AnswerReady, CarriedOut, NotIdentified, ObjectionDecided),
}
"""Which kinds are the letter that a law makes demands of."""
