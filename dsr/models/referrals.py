"""Customers on whose behalf data is processed, and the register of people who were directed to one of them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models.requests import SubjectRequest


class Known(models.TextChoices):
    """How a person came to know of a customer. One that they neither named nor proved is not told to them."""

    NOT = "", _("the person named nobody")
    NAMED = "named", _("the person named the customer")
    PROVED = "proved", _("the person proved the number or address that the customer holds")


class Customer(models.Model):
    """An organisation that decides about data which is processed for it, and how its agreement wants it to be told."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    contact = models.EmailField(_("mail address for privacy matters"))
    agreement = models.CharField(_("agreement"), max_length=200, blank=True)
    answers_within = models.PositiveSmallIntegerField(_("answers within, in business days"), default=5)
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
    """One line of the register: who was directed elsewhere, when everybody was told, and by when there is word."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="referrals", editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="referrals")
    known = models.CharField(_("how it is known"), max_length=8, choices=Known.choices, blank=True)
    categories = models.JSONField(_("data categories"), default=list)
    made_at = models.DateTimeField(_("directed"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    told_person_at = models.DateTimeField(_("person told"))
    told_customer_at = models.DateTimeField(_("customer told"), null=True)
    due_on = models.DateField(_("customer's word due"), null=True)
    confirmed_at = models.DateTimeField(_("customer's word"), null=True)

    class Meta:
        verbose_name = _("person directed elsewhere")
        verbose_name_plural = _("people directed elsewhere")
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(condition=models.Q(known__in=Known.values), name="referral_known"),
            models.CheckConstraint(
                condition=models.Q(customer__isnull=True, told_customer_at__isnull=True, due_on__isnull=True)
                | models.Q(customer__isnull=False, told_customer_at__isnull=False, due_on__isnull=False),
                name="referral_customer_told",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at__isnull=True) | models.Q(customer__isnull=False),
                name="referral_confirmed_by_customer",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_on", "id"),
                name="referral_waits",
                condition=models.Q(confirmed_at__isnull=True, due_on__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.request_id} {self.made_at:%Y-%m-%d}"
