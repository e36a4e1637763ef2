"""Decisions that machines made about people, who may review them, and the record of each review."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from notifications.models import DataKey


class DecisionKind(models.TextChoices):
    """What a machine decided on."""

    ACCOUNT_APPROVAL = "account_approval", _("whether an account is opened")
    ACCOUNT_SUSPENSION = "account_suspension", _("suspending an account")
    OTHER = "other", _("something else with a significant effect")


class LegalBasis(models.TextChoices):
    """On what a machine may decide alone. GDPR Art 22(2)"""

    CONTRACT = "contract", _("needed for a contract")
    LAW = "law", _("authorised by a law")
    CONSENT = "consent", _("explicit consent")
    UNNAMED = "unnamed", _("none was named")


class ConfirmBy(models.TextChoices):
    """How the deciding system hears of another outcome, and confirms that it took effect."""

    CALL = "call", _("a signed call to the system")
    WORKSHEET = "worksheet", _("a worksheet for the owner of the system")


class AutomatedDecision(SealedRow):
    """One decision that a machine made about a person, as the deciding system told it or staff wrote it down.

    It outlives any case about it, so it has a data key of its own, which is destroyed once its time is over.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    system = models.CharField(_("deciding system"), max_length=60)
    reference = models.CharField(_("number in that system"), max_length=120)
    kind = models.CharField(_("what was decided"), max_length=20, choices=DecisionKind.choices)
    decided_at = models.DateTimeField(_("decided"))
    rule_version = models.CharField(_("version of the rule or model"), max_length=80, blank=True)
    score = models.FloatField(_("score"), null=True)
    threshold = models.FloatField(_("threshold"), null=True)
    legal_basis = models.CharField(_("legal basis"), max_length=10, choices=LegalBasis.choices)
    sole_factor = models.BooleanField(_("the machine alone"), default=True)
    notice_at = models.DateTimeField(_("person told"), null=True)
    notice_version = models.CharField(_("text that told it"), max_length=80, blank=True)
    fraud_signals = models.JSONField(_("inputs that may be withheld"), default=list)
    involved = models.JSONField(_("staff who took part"), default=list)
    line = models.JSONField(_("teams who took part"), default=list)
    confirm_by = models.CharField(_("confirmed by"), max_length=10, choices=ConfirmBy.choices)
    owner_email = models.EmailField(_("owner of the system"), blank=True)
    recorded_at = models.DateTimeField(_("recorded"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    by_hand = models.BooleanField(_("written down by staff"), default=False)
    keep_until = models.DateTimeField(_("kept until"))
    forgotten_at = models.DateTimeField(_("forgotten"), null=True)
    digest = models.CharField(max_length=96, blank=True)
    inputs_digest = models.CharField(_("digest of the inputs"), max_length=96, blank=True)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    who_sealed = models.BinaryField(null=True)
    inputs_sealed = models.BinaryField(null=True)
    output_sealed = models.BinaryField(null=True)
    effect_sealed = models.BinaryField(null=True)
    notice_sealed = models.BinaryField(null=True)
    confirm_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("automated decision")
        verbose_name_plural = _("automated decisions")
        ordering = ("-decided_at",)
        constraints = (
            models.UniqueConstraint(fields=("system", "reference"), name="decision_once_per_system"),
            models.CheckConstraint(condition=models.Q(kind__in=DecisionKind.values), name="decision_kind_known"),
            models.CheckConstraint(condition=models.Q(legal_basis__in=LegalBasis.values), name="decision_basis_known"),
            models.CheckConstraint(condition=models.Q(confirm_by__in=ConfirmBy.values), name="decision_confirm_known"),
        )
        indexes = (
            models.Index(fields=("recorded_by", "-id"), name="decision_by_recorder"),
            models.Index(
                fields=("keep_until",), name="decision_to_forget", condition=models.Q(forgotten_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.system} {self.reference}"

    def sealing_key(self) -> DataKey:
        """Return the decision's own key."""
        return self.data_key


class DecidedPerson(models.Model):
    """One identifier of whom a decision is about, as a keyed fingerprint. Deleted with the decision's key."""

    id = models.BigAutoField(primary_key=True)
    decision = models.ForeignKey(AutomatedDecision, on_delete=models.PROTECT, related_name="people")
    kind = models.CharField(_("kind"), max_length=16)
    fingerprint = models.CharField(_("fingerprint"), max_length=96)

    class Meta:
        verbose_name = _("person of a decision")
        verbose_name_plural = _("people of decisions")
        constraints = (models.UniqueConstraint(fields=("decision", "kind", "fingerprint"), name="decided_person_once"),)
        indexes = (models.Index(fields=("fingerprint",), name="decided_person_found"),)

    def __str__(self) -> str:
        return self.kind


class Reviewer(models.Model):
    """A colleague who may review what machines decided: when trained, with power over what, and in whose line."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("colleague")
    )
    active = models.BooleanField(_("reviews"), default=True)
    trained_on = models.DateField(_("trained on"))
    kinds = models.JSONField(_("may change decisions on"), default=list)
    line = models.CharField(_("team"), max_length=60, blank=True)
    reports_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("reports to"),
    )
    systems = models.JSONField(_("deciding systems that the team answers for"), default=list)

    class Meta:
        verbose_name = _("reviewer")
        verbose_name_plural = _("reviewers")
        ordering = ("id",)

    def __str__(self) -> str:
        return str(self.pk)


class Verdict(models.TextChoices):
    """What came of a review."""

    UPHELD = "upheld", _("the decision stands")
    OVERTURNED = "overturned", _("the decision is changed")
    PARTLY_OVERTURNED = "partly_overturned", _("the decision is changed in part")


class Effect(models.TextChoices):
    """How far a changed decision is from taking effect in the deciding system."""

    NONE = "", _("nothing to do")
    WAITING = "waiting", _("to be confirmed")
    STUCK = "stuck", _("not confirmed, and somebody has to look")
    CONFIRMED = "confirmed", _("confirmed")


class Measure(models.TextChoices):
    """What eases the effect of a decision while it is reviewed."""

    LIMITED_ACCESS = "limited_access", _("limited access")
    DATA_PRESERVED = "data_preserved", _("data preserved, nothing deleted")
    EFFECT_SUSPENDED = "effect_suspended", _("the decision has no effect for the time being")
    NONE = "none", _("none is called for")


class Review(SealedRow):
    """The record of one review of one decision: who, on what, with which result and why. Sealed with the decision."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="reviews")
    number = models.PositiveSmallIntegerField(_("number"))
    decision = models.ForeignKey(AutomatedDecision, on_delete=models.PROTECT, related_name="reviews")
    linked_at = models.DateTimeField(_("decision found"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("reviewer")
    )
    trained_on = models.DateField(_("trained on"), null=True)
    role = models.CharField(_("team of the reviewer"), max_length=60, blank=True)
    authority = models.JSONField(_("may change decisions on"), default=list)
    taken_at = models.DateTimeField(_("taken"), null=True)
    asked_at = models.DateTimeField(_("representations asked for"), null=True)
    asked_until = models.DateField(_("representations until"), null=True)
    represented_at = models.DateTimeField(_("representations came in"), null=True)
    none_sent_at = models.DateTimeField(_("nothing was sent"), null=True)
    measure = models.CharField(_("interim measure"), max_length=20, choices=Measure.choices, blank=True)
    beat_at = models.DateTimeField(null=True)
    active_seconds = models.PositiveIntegerField(_("seconds of active review"), default=0)
    concluded_at = models.DateTimeField(_("decided"), null=True)
    verdict = models.CharField(_("outcome"), max_length=20, choices=Verdict.choices, blank=True)
    flags = models.JSONField(_("for those who check quality"), default=list)
    effect = models.CharField(_("effect"), max_length=10, choices=Effect.choices, blank=True)
    effect_due_at = models.DateTimeField(_("next try"), null=True)
    claimed_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    code = models.CharField(_("what stood in the way"), max_length=40, blank=True)
    effect_at = models.DateTimeField(_("effect confirmed"), null=True)
    effect_by = models.CharField(_("confirmed by"), max_length=10, blank=True)
    likeness = models.CharField(max_length=96, blank=True)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    weighed_sealed = models.BinaryField(null=True)
    measure_sealed = models.BinaryField(null=True)
    reasons_sealed = models.BinaryField(null=True)
    right_sealed = models.BinaryField(null=True)
    alternatives_sealed = models.BinaryField(null=True)
    plain_sealed = models.BinaryField(null=True)
    change_sealed = models.BinaryField(null=True)
    confirmation_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("review of a decision")
        verbose_name_plural = _("reviews of decisions")
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("request", "number"), name="review_numbered_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="review_numbered_from_one"),
            models.CheckConstraint(
                condition=models.Q(verdict="", concluded_at__isnull=True)
                | models.Q(verdict__in=Verdict.values, concluded_at__isnull=False, reviewer__isnull=False),
                name="review_decided_by_somebody",
            ),
            models.CheckConstraint(condition=models.Q(effect__in=Effect.values), name="review_effect_known"),
            models.CheckConstraint(
                condition=~models.Q(effect="confirmed") | models.Q(effect_at__isnull=False), name="review_effect_dated"
            ),
        )
        indexes = (
            models.Index(fields=("effect_due_at",), name="review_effect_due", condition=models.Q(effect="waiting")),
            models.Index(fields=("reviewer", "concluded_at"), name="review_by_reviewer"),
            models.Index(fields=("likeness",), name="review_alike", condition=~models.Q(likeness="")),
        )

    def __str__(self) -> str:
        return f"{self.request_id} {self.number}"

    def sealing_key(self) -> DataKey:
        """Return the key of the decision that is reviewed."""
        return self.data_key


class ReviewMaterial(models.Model):
    """Something that the reviewer opened, and when: once for each opening."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="materials")
    name = models.CharField(_("what"), max_length=20)
    document = models.UUIDField(_("document of the person"), null=True)
    at = models.DateTimeField(_("opened"))

    class Meta:
        verbose_name = _("material of a review")
        verbose_name_plural = _("materials of reviews")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class ReviewPoint(SealedRow):
    """One point that the person raised, and the reviewer's answer to it."""

    id = models.UUIDField(primary_key=True, editable=False)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="points")
    number = models.PositiveSmallIntegerField(_("number"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    text_sealed = models.BinaryField(null=True)
    answer_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("point of a review")
        verbose_name_plural = _("points of reviews")
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("review", "number"), name="review_point_once"),)

    def __str__(self) -> str:
        return str(self.number)

    def sealing_key(self) -> DataKey:
        """Return the key of the decision that is reviewed."""
        return self.review.data_key


def review_of(request: SubjectRequest) -> Review | None:
    """Return the latest review of a request, the same object as long as the request is the same; None without one."""
    found: Review | None = request.__dict__.get("_review")
    if found is None:
        rows = Review.objects.select_related("data_key", "decision__data_key").filter(request_id=request.pk)
        found = request.__dict__["_review"] = rows.order_by("-number").first()
    return found


def forget_review(request: SubjectRequest) -> None:
    """Have the next one who asks for the review of a request read it anew."""
    request.__dict__.pop("_review", None)
