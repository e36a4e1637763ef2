"""The ledger of CPNI choices, which the database lets nobody change, and who asked about it."""

from importlib import import_module
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_triggers: Any = import_module("dsr.migrations.0002_append_only")
TABLES = ("dsr_cpnientry", "dsr_cpniuse")


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers; the function that they call came with those of history."""
    for table in TABLES:
        _triggers.protect_table(schema_editor, table)


def release(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    for table in TABLES:
        _triggers.release_table(schema_editor, table)


class Migration(migrations.Migration):
    """The tables, and their triggers."""

    dependencies = [
        ("dsr", "0007_erasure"),
    ]

    operations = [
        migrations.CreateModel(
            name="CpniAccount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=96, unique=True, verbose_name="account")),
                ("lines", models.PositiveIntegerField(default=0)),
                ("head", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "verbose_name": "account with CPNI choices",
                "verbose_name_plural": "accounts with CPNI choices",
            },
        ),
        migrations.CreateModel(
            name="CpniEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("seq", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=20, verbose_name="what")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("recorded_at", models.DateTimeField(verbose_name="entered")),
                ("day", models.DateField(verbose_name="day where notices are sent from")),
                ("channel", models.CharField(max_length=16, verbose_name="how it came")),
                ("authority", models.CharField(max_length=16, verbose_name="by which authority")),
                ("actor", models.CharField(blank=True, max_length=96, verbose_name="who")),
                ("uses", models.JSONField(default=list, verbose_name="uses")),
                ("services", models.JSONField(default=list, verbose_name="services")),
                ("medium", models.CharField(blank=True, max_length=8, verbose_name="medium")),
                ("notice_version", models.CharField(blank=True, max_length=40, verbose_name="version of the notice")),
                ("evidence", models.CharField(blank=True, max_length=80, verbose_name="where the evidence is")),
                ("entered_by", models.CharField(blank=True, max_length=40, verbose_name="entered by")),
                ("prev_hash", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
                (
                    "about",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.cpnientry"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="dsr.cpniaccount",
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.cpniaccount"
                    ),
                ),
            ],
            options={
                "verbose_name": "CPNI choice",
                "verbose_name_plural": "CPNI choices",
                "ordering": ("account", "seq"),
                "constraints": [
                    models.UniqueConstraint(fields=("account", "seq"), name="cpni_once_per_place"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "notice_sent",
                                    "notice_bounced",
                                    "opt_out",
                                    "opt_in",
                                    "limit",
                                    "revoke_opt_out",
                                    "account_transferred",
                                    "account_closed",
                                ],
                            )
                        ),
                        name="cpni_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("authority__in", ["holder", "representative", "anybody"])),
                        name="cpni_authority_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "notice_sent"), ("medium__in", ("email", "post"))),
                            models.Q(models.Q(("kind", "notice_sent"), _negated=True), ("medium", "")),
                            _connector="OR",
                        ),
                        name="cpni_notice_by_medium",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("about__isnull", False), ("kind", "notice_bounced")),
                            models.Q(models.Q(("kind", "notice_bounced"), _negated=True), ("about__isnull", True)),
                            _connector="OR",
                        ),
                        name="cpni_bounce_of_a_notice",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged__isnull", True),
                            models.Q(
                                ("kind", "account_transferred"),
                                models.Q(("merged", models.F("account")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="cpni_merged_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["opt_in", "revoke_opt_out"]), _negated=True),
                            models.Q(
                                models.Q(("authority", "anybody"), _negated=True),
                                models.Q(("evidence", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="cpni_approval_with_authority",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CpniUse",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=96, verbose_name="account")),
                ("campaign", models.CharField(max_length=80, verbose_name="campaign")),
                ("use", models.CharField(max_length=64, verbose_name="use")),
                ("service", models.CharField(blank=True, max_length=64, verbose_name="service")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("allowed", models.BooleanField(verbose_name="allowed")),
                ("because", models.CharField(max_length=16, verbose_name="why")),
                ("asked_by", models.CharField(max_length=40, verbose_name="asked by")),
                (
                    "entry",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dsr.cpnientry",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of CPNI asked for",
                "verbose_name_plural": "uses of CPNI asked for",
                "indexes": [models.Index(fields=["at", "id"], name="cpni_use_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "because__in",
                                [
                                    "none_needed",
                                    "opted_in",
                                    "silent",
                                    "opted_out",
                                    "limited",
                                    "closed",
                                    "needs_yes",
                                    "no_notice",
                                    "waiting",
                                    "notice_late",
                                ],
                            )
                        ),
                        name="cpni_because_known",
                    )
                ],
            },
        ),
        migrations.RunPython(protect, release),
    ]
