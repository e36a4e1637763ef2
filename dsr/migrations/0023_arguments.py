"""What speaks for a ground of refusal is put on record before anybody can agree to it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "__first__"),
        ("dsr", "0019_judging"),
    ]

    operations = [
        migrations.CreateModel(
            name="Argument",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("ground", models.CharField(max_length=40, verbose_name="ground")),
                (
                    "proof_kind",
                    models.CharField(
                        choices=[
                            ("document", "a document"),
                            ("record", "a record in a system"),
                            ("contract", "a contract"),
                            ("order", "an order or a law"),
                            ("advice", "advice of a lawyer"),
                            ("published", "something published"),
                            ("correspondence", "letters or messages"),
                            ("other", "something else"),
                        ],
                        max_length=16,
                        verbose_name="kind of proof",
                    ),
                ),
                ("proof_on", models.DateField(verbose_name="of when the proof is")),
                ("place_sealed", models.BinaryField(null=True)),
                ("author_sealed", models.BinaryField(null=True)),
                ("answers_sealed", models.BinaryField(null=True)),
                ("at", models.DateTimeField(verbose_name="when")),
                ("replaced_at", models.DateTimeField(null=True, verbose_name="replaced")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="arguments", to="dsr.subjectrequest"
                    ),
                ),
                (
                    "withholding",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arguments",
                        to="dsr.withholding",
                    ),
                ),
            ],
            options={
                "verbose_name": "argument",
                "verbose_name_plural": "arguments",
                "ordering": ("at",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at__isnull", True), ("withholding__isnull", True)),
                        fields=("request",),
                        name="argument_once_per_refusal",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at__isnull", True), ("withholding__isnull", False)),
                        fields=("withholding",),
                        name="argument_once_per_part",
                    ),
                ],
            },
        ),
    ]
