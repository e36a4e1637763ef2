"""Mails about lines of the CPNI ledger, so that one that comes back is entered."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A new table."""

    dependencies = [
        ("dsr", "0015_signals"),
        ("notifications", "0003_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="CpniLetter",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("forgotten_at", models.DateTimeField(null=True, verbose_name="address forgotten")),
                (
                    "data_key",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="notifications.datakey",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.cpnientry"
                    ),
                ),
            ],
            options={
                "verbose_name": "mail about a CPNI choice",
                "verbose_name_plural": "mails about CPNI choices",
                "indexes": [
                    models.Index(
                        condition=models.Q(("forgotten_at__isnull", True)), fields=["id"], name="cpni_letter_known"
                    )
                ],
            },
        ),
    ]
