"""Children's accounts: the case of the account, and what was found out about it."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """One column and one table; older processes never ask for either."""

    dependencies = [
        ("dsr", "0025_consents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="sheltered",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                verbose_name="the account of a child, opened by the service",
            ),
        ),
        migrations.CreateModel(
            name="AgeFinding",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("under", models.PositiveSmallIntegerField(verbose_name="a child is under")),
                ("law", models.CharField(blank=True, max_length=64, verbose_name="by")),
                (
                    "found",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("child", "a child's account"),
                            ("not_child", "no child's account"),
                            ("unclear", "it cannot be said"),
                            ("nobody", "there is no such account"),
                        ],
                        max_length=12,
                        verbose_name="finding",
                    ),
                ),
                ("signs", models.JSONField(default=list, verbose_name="signs")),
                ("conflict", models.CharField(blank=True, max_length=32, verbose_name="conflict")),
                ("guidance", models.JSONField(default=list, verbose_name="guidance followed")),
                (
                    "tell_account",
                    models.BooleanField(default=True, verbose_name="the account's own address is written to"),
                ),
                ("looked_at", models.DateTimeField(verbose_name="looked for")),
                ("found_at", models.DateTimeField(null=True, verbose_name="found")),
                ("final_at", models.DateTimeField(null=True, verbose_name="final")),
                ("reason_sealed", models.BinaryField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "found_by",
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
                    models.OneToOneField(
                        editable=False, on_delete=models.PROTECT, related_name="age", to="dsr.subjectrequest"
                    ),
                ),
                (
                    "shelter",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="sheltered_by",
                        to="dsr.submission",
                    ),
                ),
            ],
            options={
                "verbose_name": "finding on a child's account",
                "verbose_name_plural": "findings on children's accounts",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("found__in", ["child", "not_child", "unclear", "nobody"]), ("found", ""), _connector="OR"
                        ),
                        name="age_finding_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("final_at__isnull", True), models.Q(("found", ""), _negated=True), _connector="OR"
                        ),
                        name="age_final_is_found",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("final_at__isnull", True),
                            models.Q(("conflict", ""), ("found__in", ("child", "nobody"))),
                            ("confirmed_by__isnull", False),
                            _connector="OR",
                        ),
                        name="age_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", True),
                            models.Q(("confirmed_by", models.F("found_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="age_another_person",
                    ),
                ],
            },
        ),
    ]
