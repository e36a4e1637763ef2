"""What is taken out of an answer because it is about others: marked by one, looked over by another."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table of its own, and three counts that spare every other request a look into it."""

    dependencies = [
        ("auth", "__first__"),
        ("dsr", "0023_arguments"),
    ]

    operations = [
        migrations.AddField(
            model_name="subjectrequest",
            name="marks_proposed",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="marks a program proposes"),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="marks_standing",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="marks that count"),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="marks_unseen",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="marks nobody else has seen"),
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("parcel", models.CharField(blank=True, editable=False, max_length=160)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("text", "a text, wherever it stands"),
                            ("field", "a whole field"),
                            ("file", "a file, which is left out"),
                            ("pass", "a file, which goes as it is although no program can read it"),
                        ],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("name", "the name of somebody else"),
                            ("address", "an address of somebody else"),
                            ("number", "a number of somebody else"),
                            ("words", "what somebody else said"),
                            ("staff", "who of our staff it was"),
                            ("secret", "a password or another secret"),
                            ("trade_secret", "a trade secret"),
                            ("file", "a document about somebody else"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("ground", models.CharField(max_length=40, verbose_name="ground")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "proposed by a program"),
                            ("marked", "marked"),
                            ("rejected", "not taken up"),
                            ("lifted", "taken back"),
                        ],
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("dataset", models.CharField(blank=True, max_length=128, verbose_name="data set")),
                ("field", models.CharField(blank=True, max_length=128, verbose_name="field")),
                ("record", models.PositiveIntegerField(null=True, verbose_name="record")),
                ("file", models.PositiveIntegerField(null=True, verbose_name="file")),
                ("text_sealed", models.BinaryField(null=True)),
                ("reason_sealed", models.BinaryField(null=True)),
                ("at", models.DateTimeField(verbose_name="when")),
                ("looked_at", models.DateTimeField(null=True, verbose_name="looked over")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="taken back or not taken up")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "looked_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="marks", to="dsr.subjectrequest"
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dsr.step",
                    ),
                ),
            ],
            options={
                "verbose_name": "mark",
                "verbose_name_plural": "marks",
                "ordering": ("at", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("looked_by__isnull", True),
                            models.Q(("looked_by", models.F("by")), _negated=True),
                            _connector="OR",
                        ),
                        name="mark_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("by__isnull", True), ("state", "proposed")),
                            models.Q(("state", "proposed"), _negated=True),
                            _connector="OR",
                        ),
                        name="mark_proposed_by_nobody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("by__isnull", False), ("reason_sealed__isnull", False), ("state", "marked")),
                            models.Q(("state", "marked"), _negated=True),
                            _connector="OR",
                        ),
                        name="mark_by_somebody_with_reason",
                    ),
                ],
            },
        ),
    ]
