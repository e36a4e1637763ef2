"""Customers on whose behalf data is processed, and the register of people who were directed elsewhere."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables; older processes never ask for either."""

    dependencies = [
        ("dsr", "0025b_objections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="name")),
                ("contact", models.EmailField(max_length=254, verbose_name="mail address for privacy matters")),
                ("agreement", models.CharField(blank=True, max_length=200, verbose_name="agreement")),
                (
                    "answers_within",
                    models.PositiveSmallIntegerField(default=5, verbose_name="answers within, in business days"),
                ),
                ("active", models.BooleanField(default=True, verbose_name="in use")),
                ("since", models.DateTimeField(editable=False, verbose_name="entered")),
            ],
            options={
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("answers_within__gte", 1)), name="customer_answers_in_days"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "known",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "the person named nobody"),
                            ("named", "the person named the customer"),
                            ("proved", "the person proved the number or address that the customer holds"),
                        ],
                        max_length=8,
                        verbose_name="how it is known",
                    ),
                ),
                ("categories", models.JSONField(default=list, verbose_name="data categories")),
                ("made_at", models.DateTimeField(verbose_name="directed")),
                ("told_person_at", models.DateTimeField(verbose_name="person told")),
                ("told_customer_at", models.DateTimeField(null=True, verbose_name="customer told")),
                ("due_on", models.DateField(null=True, verbose_name="customer's word due")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="customer's word")),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="referrals",
                        to="dsr.customer",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        editable=False,
                        on_delete=models.PROTECT,
                        related_name="referrals",
                        to="dsr.subjectrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "person directed elsewhere",
                "verbose_name_plural": "people directed elsewhere",
                "ordering": ("-made_at", "-id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("confirmed_at__isnull", True), ("due_on__isnull", False)),
                        fields=["due_on", "id"],
                        name="referral_waits",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("known__in", ["", "named", "proved"])), name="referral_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("customer__isnull", True), ("due_on__isnull", True), ("told_customer_at__isnull", True)
                            ),
                            models.Q(
                                ("customer__isnull", False),
                                ("due_on__isnull", False),
                                ("told_customer_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="referral_customer_told",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_at__isnull", True), ("customer__isnull", False), _connector="OR"
                        ),
                        name="referral_confirmed_by_customer",
                    ),
                ],
            },
        ),
    ]
