"""Customers on whose behalf data is processed, and the register of people who were directed to them or to others."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models.requests import SubjectRequest


class Known(models.TextChoices):
    """How a person came to know of a customer. One that they neither named nor proved is not told to them."""

    NOT = "", _("the person named nobody")
    NAMED = "named", _("the person named the customer")
    PROVED = "proved", _("the person proved the number or address that the customer holds")


class Agreed(models.TextChoices):
    """How the person agreed that something about them is passed on."""

    NOT = "", _("the person did not agree, or need not")
    FILED = "filed", _("the person said so when they filed")
    SAID = "said", _("the person said so since")


class OtherSays(models.TextChoices):
    """What the other side says."""

    NONE = "", _("no word yet")
    TAKEN = "taken", _("it has the matter in hand")
    NOT_THEIRS = "not_theirs", _("it does not hold this either")


class Customer(models.Model):
    """An organisation that decides about data which is processed for it, and how its agreement wants it to be told."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    contact = models.EmailField(_("mail address for privacy matters"))
    agreement = models.CharField(_("agreement"), max_length=200, blank=True)
    answers_within = models.PositiveSmallIntegerField(
        _("answers within, in business days"),
        null=True,
        blank=True,
        help_text=_("What its agreement says. Left empty, the rule files say it."),
    )
    active = models.BooleanField(_("in use"), default=True)
    since = models.DateTimeField(_("entered"), editable=False)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=models.Q(answers_within__gte=1), name="customer_answers_in_days"),
        )

    def __str__(self) -> str:
        return self.name


class Referral(models.Model):
    """One line of the register: who was directed elsewhere, when everybody was told, and by when there is word.

    To a customer, or to a door of the notice: applicants' desk, other brand, other company. ``told_customer_at`` is
    when the other side was told, whoever it is; word is awaited where it was.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="referrals", editable=False)
    number = models.CharField(_("number"), max_length=16, null=True, unique=True, editable=False)
    door = models.CharField(_("door"), max_length=40, blank=True, default="", db_default="", editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="referrals")
    known = models.CharField(_("how it is known"), max_length=8, choices=Known.choices, blank=True)
    categories = models.JSONField(_("data categories"), default=list)
    made_at = models.DateTimeField(_("directed"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    told_person_at = models.DateTimeField(_("person told"))
    agreed = models.CharField(
        _("agreement to pass it on"), max_length=8, choices=Agreed.choices, blank=True, default="", db_default=""
    )
    told_customer_at = models.DateTimeField(_("other side told"), null=True)
    due_on = models.DateField(_("word due"), null=True)
    confirmed_at = models.DateTimeField(_("word came"), null=True)
    word = models.CharField(
        _("word"), max_length=12, choices=OtherSays.choices, blank=True, default="", db_default="", editable=False
    )
    remind_at = models.DateTimeField(_("asked again at"), null=True, editable=False)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("person directed elsewhere")
        verbose_name_plural = _("people directed elsewhere")
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(condition=models.Q(known__in=Known.values), name="referral_known"),
            models.CheckConstraint(
                condition=models.Q(told_customer_at__isnull=True, due_on__isnull=True)
                | models.Q(told_customer_at__isnull=False, due_on__isnull=False),
                name="referral_told_and_due",
            ),
            models.CheckConstraint(
                condition=models.Q(customer__isnull=True) | models.Q(told_customer_at__isnull=False),
                name="referral_customer_is_told",
            ),
            models.CheckConstraint(
                condition=models.Q(told_customer_at__isnull=True)
                | models.Q(customer__isnull=False, door="")
                | (models.Q(customer__isnull=True) & ~models.Q(door="")),
                name="referral_told_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at__isnull=True) | models.Q(due_on__isnull=False),
                name="referral_word_awaited",
            ),
            models.CheckConstraint(condition=models.Q(agreed__in=Agreed.values), name="referral_agreed"),
            models.CheckConstraint(condition=models.Q(word__in=OtherSays.values), name="referral_word"),
            models.UniqueConstraint(
                fields=("request", "door"), condition=~models.Q(door=""), name="referral_one_a_door"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_on", "id"),
                name="referral_waits",
                condition=models.Q(confirmed_at__isnull=True, due_on__isnull=False),
            ),
            models.Index(
                fields=("remind_at", "id"),
                name="referral_reminds",
                condition=models.Q(confirmed_at__isnull=True, remind_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.request_id} {self.made_at:%Y-%m-%d}"
