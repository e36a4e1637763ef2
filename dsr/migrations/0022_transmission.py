"""Answers on their way to somebody whom the person named: the row is the queue, with its offset and its receipt."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table with an index on what waits, and at most one live row for each request."""

    dependencies = [
        ("dsr", "0026_reviews"),
    ]

    operations = [
        migrations.CreateModel(
            name="Transmission",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("named", "named, not confirmed"),
                            ("waiting", "being sent"),
                            ("done", "received"),
                            ("failed", "could not be sent"),
                            ("cancelled", "called off"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("receiver_sealed", models.BinaryField(null=True)),
                ("place_sealed", models.BinaryField(null=True)),
                ("offset", models.BigIntegerField(default=0, verbose_name="bytes received")),
                ("named_at", models.DateTimeField(verbose_name="named")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                ("due_at", models.DateTimeField(null=True, verbose_name="next try")),
                ("claimed_until", models.DateTimeField(null=True)),
                ("lease", models.UUIDField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("code", models.CharField(blank=True, max_length=32, verbose_name="why not")),
                ("receipt_sealed", models.BinaryField(null=True)),
                (
                    "package",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.package"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transmissions",
                        to="dsr.subjectrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "transmission",
                "verbose_name_plural": "transmissions",
                "ordering": ("named_at", "id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["due_at", "id"], name="transmission_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("named", "waiting"))),
                        fields=("request",),
                        name="transmission_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "waiting"), _negated=True),
                            models.Q(("confirmed_at__isnull", False), ("due_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="transmission_confirmed_first",
                    ),
                ],
            },
        ),
    ]
