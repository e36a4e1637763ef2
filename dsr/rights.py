"""The rights a person can exercise, and what each of them needs and delivers."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Right(StrEnum):
    """The words used by the API, the rule files and the pages."""

    BE_INFORMED = "be_informed"
    ACCESS = "access"
    PORTABILITY = "portability"
    CORRECTION = "correction"
    DELETION = "deletion"
    RESTRICTION = "restriction"
    MARKETING_OPT_OUT = "marketing_opt_out"
    TARGETED_ADVERTISING_OPT_OUT = "targeted_advertising_opt_out"
    SENSITIVE_DATA_LIMIT = "sensitive_data_limit"
    CPNI_OPT_OUT = "cpni_opt_out"
    THIRD_PARTY_DISCLOSURE_OPT_OUT = "third_party_disclosure_opt_out"
    OBJECTION = "objection"
    CONSENT_WITHDRAWAL = "consent_withdrawal"
    AUTOMATED_DECISION_REVIEW = "automated_decision_review"
    COMPLAINT = "complaint"
    BCR_COMPLAINT = "bcr_complaint"
    CHILD_ACCOUNT = "child_account"
    APPEAL = "appeal"
    """Against what was decided about another request of the same submission; never filed by itself."""


class Floor(IntEnum):
    """How surely we must know who is asking before we act. Later rungs are added as methods arrive."""

    NOTHING = 0
    MAIL_CONTROL = 1


class Delivery(StrEnum):
    """What the person is handed at the end."""

    STATEMENT = "statement"
    COPY = "copy"
    MACHINE_READABLE = "machine_readable"
    CERTIFICATE = "certificate"
    """Something is done in the systems; the person is handed a signed statement of what."""
    RECEIPT = "receipt"
    """A choice stands at once; the person hears when every system has confirmed it."""
    DECISION = "decision"
    """Somebody judges; the person is told what was decided, why, and where to go from there."""


class Look(StrEnum):
    """How the systems are looked at before anybody decides."""

    NOT = "not"
    COLLECT = "collect"
    """Everything is fetched."""
    COUNT = "count"
    """Only how much there is."""
    PREVIEW = "preview"
    """How much would be erased, and how much kept."""


CORRECTION_ROWS = 3
"""How many things that are wrong can be named at once; more are added from messages."""


@dataclass(frozen=True, slots=True)
class RightSpec:
    """What one right means for the service."""

    right: Right
    title: str | Promise
    summary: str | Promise
    floor: Floor
    delivery: Delivery
    look: Look
    second_person: bool
    """Whoever prepared the answer may not release it."""
    questions: tuple[str, ...] = ()
    """Names of the details the form may ask for; nothing else is asked."""
    must_answer: tuple[str, ...] = ()
    """Those of them without which it cannot be begun."""
    offered: bool = True
    """Whether it can be filed by itself."""

    @property
    def searches(self) -> bool:
        """Whether systems are searched for the person's data."""
        return self.look is not Look.NOT

    @property
    def acts(self) -> bool:
        """Whether something is done in the systems."""
        return self.delivery is Delivery.CERTIFICATE

    @property
    def chooses(self) -> bool:
        """Whether it is a choice, which stands as soon as it is filed."""
        return self.delivery is Delivery.RECEIPT

    @property
    def judges(self) -> bool:
        """Whether somebody weighs it and decides, rather than data being handed over or changed."""
        return self.delivery is Delivery.DECISION


def _choice(
    right: Right, title: str | Promise, summary: str | Promise, *questions: str, offered: bool = True
) -> RightSpec:
    return RightSpec(
        right=right,
        title=title,
        summary=summary,
        floor=Floor.NOTHING,
        delivery=Delivery.RECEIPT,
        look=Look.NOT,
        second_person=False,
        questions=questions,
        must_answer=questions,
        offered=offered,
    )


def _judged(
    right: Right,
    title: str | Promise,
    summary: str | Promise,
    *,
    floor: Floor = Floor.NOTHING,
    questions: tuple[str, ...] = (),
    must_answer: tuple[str, ...] = (),
    offered: bool = True,
) -> RightSpec:
    return RightSpec(
        right=right,
        title=title,
        summary=summary,
        floor=floor,
        delivery=Delivery.DECISION,
        look=Look.NOT,
        second_person=True,
        questions=questions,
        must_answer=must_answer,
        offered=offered,
    )


SPECS: dict[Right, RightSpec] = {
    spec.right: spec
    for spec in (
        RightSpec(
            right=Right.BE_INFORMED,
            title=_("Be informed"),
            summary=_(
                "What kinds of data are held about people like you, why, where they come from and who receives them."
            ),
            floor=Floor.NOTHING,
            delivery=Delivery.STATEMENT,
            look=Look.NOT,
            second_person=False,
        ),
        RightSpec(
            right=Right.ACCESS,
            title=_("Get a copy of your data"),
            summary=_("A copy of the data held about you, with an explanation of every field."),
            floor=Floor.MAIL_CONTROL,
            delivery=Delivery.COPY,
            look=Look.COLLECT,
            second_person=True,
            questions=("scope",),
        ),
        RightSpec(
            right=Right.PORTABILITY,
            title=_("Take your data elsewhere"),
            summary=_("The data you gave and the data your use produced, in files another service can read."),
            floor=Floor.MAIL_CONTROL,
            delivery=Delivery.MACHINE_READABLE,
            look=Look.COLLECT,
            second_person=True,
            questions=("scope",),
        ),
        RightSpec(
            right=Right.CORRECTION,
            title=_("Correct your data"),
            summary=_("Data about you that is wrong or out of date is put right, in every system that holds it."),
            floor=Floor.MAIL_CONTROL,
            delivery=Delivery.CERTIFICATE,
            look=Look.COLLECT,
            second_person=True,
            questions=tuple(f"{name}_{row}" for row in range(1, CORRECTION_ROWS + 1) for name in ("wrong", "right")),
            must_answer=("wrong_1", "right_1"),
        ),
        RightSpec(
            right=Right.DELETION,
            title=_("Delete your data"),
            summary=_(
                "Your data is erased and your account closed for good. What a law makes us keep stays until its day."
            ),
            floor=Floor.MAIL_CONTROL,
            delivery=Delivery.CERTIFICATE,
            look=Look.PREVIEW,
            second_person=True,
            questions=("consequences",),
            must_answer=("consequences",),
        ),
        RightSpec(
            right=Right.RESTRICTION,
            title=_("Restrict the use of your data"),
            summary=_("Your data is kept but not used, while it is argued whether it is right or may be used at all."),
            floor=Floor.MAIL_CONTROL,
            delivery=Delivery.CERTIFICATE,
            look=Look.COUNT,
            second_person=True,
            questions=("restriction_ground",),
            must_answer=("restriction_ground",),
        ),
        _choice(
            Right.MARKETING_OPT_OUT,
            _("Stop marketing"),
            _("No more advertising to you. What a service you use has to tell you, such as invoices, still comes."),
        ),
        _choice(
            Right.TARGETED_ADVERTISING_OPT_OUT,
            _("Stop targeted advertising, sale and sharing"),
            _("Your data is not sold, not shared for advertising, and not used to choose advertising for you."),
        ),
        _choice(
            Right.SENSITIVE_DATA_LIMIT,
            _("Limit the use of sensitive data"),
            _("Sensitive data about you is used only for what the service you asked for needs."),
        ),
        _choice(
            Right.CPNI_OPT_OUT,
            _("Stop marketing by how a service is used"),
            _("What is known of how an account uses telecommunications (CPNI) is not used for marketing."),
            "cpni_account",
        ),
        _choice(
            Right.THIRD_PARTY_DISCLOSURE_OPT_OUT,
            _("Stop disclosure to others"),
            _("Your data is not given to others for purposes of theirs, nor used for something quite different."),
        ),
        # objecting
        _judged(
            Right.OBJECTION,
            _("Object to the use of your data"),
            _("You say why your data should not be used for something. Its use pauses while that is weighed."),
            floor=Floor.MAIL_CONTROL,
            questions=("objected", "own_grounds"),
            must_answer=("objected",),
        ),
        # taking consent back
        _choice(
            Right.CONSENT_WITHDRAWAL,
            _("Take back a consent"),
            _("What you once agreed to stops. Nothing is erased by it; that is a right of its own."),
            "consents",
        ),
        # having an automated decision looked at
        _judged(
            Right.AUTOMATED_DECISION_REVIEW,
            _("Have a decision by a machine reviewed by a human"),
            _("A person who had no part in it looks at the decision anew, with what you have to say about it."),
            floor=Floor.MAIL_CONTROL,
            questions=("decision_kind", "decision_id", "decision_when", "decision_what", "decision_wrong"),
            must_answer=("decision_kind",),
        ),
        # complaining
        _judged(
            Right.COMPLAINT,
            _("Complain"),
            _("You tell us what went wrong. We look into it, answer, and say who else can help."),
            questions=("complaint", "complaint_subject", "complaint_reference", "complaint_wish"),
            must_answer=("complaint",),
        ),
        _judged(
            Right.BCR_COMPLAINT,
            _("Complain about data sent out of Europe"),
            _("You think that a company of the group broke its binding rules for data that leaves Europe."),
            questions=("complaint", "exporter", "complaint_wish"),
            must_answer=("complaint",),
        ),
        # children
        _judged(
            Right.CHILD_ACCOUNT,
            _("Report a child's account"),
            _("An account that is used by a child is shut and erased, whoever tells us."),
            questions=("reporter", "childs_account", "childs_why"),
            must_answer=("reporter", "childs_account", "childs_why"),
        ),
        # appealing
        _judged(
            Right.APPEAL,
            _("Have what we decided looked at again"),
            _("Somebody else looks at what we decided about your request."),
            offered=False,
        ),
    )
}

OFFERED = frozenset(right for right, spec in SPECS.items() if spec.offered)
"""What can be filed by itself."""
