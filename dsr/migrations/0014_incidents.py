"""Incidents about choices, the time line that the database lets nobody change, and test choices."""

from importlib import import_module
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_triggers: Any = import_module("dsr.migrations.0002_append_only")
TABLE = "dsr_incidententry"


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers; the function that they call came with those of history."""
    _triggers.protect_table(schema_editor, TABLE)


def release(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    _triggers.release_table(schema_editor, TABLE)


class Migration(migrations.Migration):
    """The tables, and their triggers."""

    dependencies = [
        ("dsr", "0014_choices"),
        ("notifications", "0003_identity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="cpniaccount",
            name="invented",
            field=models.BooleanField(default=False, verbose_name="made up to test the pages"),
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("choice_late", "choices took effect too late"),
                            ("choice_failing", "choices are not taken"),
                            ("heartbeat", "a test choice came to nothing"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                (
                    "mechanism",
                    models.CharField(
                        choices=[
                            ("one_click", "unsubscribe link, one click"),
                            ("preferences", "page of preferences"),
                            ("cpni_page", "page for CPNI choices"),
                            ("cpni_api", "API for CPNI choices"),
                            ("api", "API for choices"),
                            ("system", "system that has to follow"),
                        ],
                        max_length=20,
                        verbose_name="means",
                    ),
                ),
                ("opened_at", models.DateTimeField(verbose_name="known since")),
                ("due_on", models.DateField(null=True, verbose_name="authority to be told by")),
                ("warn_at", models.DateTimeField(null=True, verbose_name="colleagues warned of the date")),
                ("working", models.BooleanField(default=False, verbose_name="works again")),
                ("acknowledged_at", models.DateTimeField(null=True, verbose_name="looked after since")),
                ("reported_at", models.DateTimeField(null=True, verbose_name="authority told")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                ("notice_sealed", models.BinaryField(null=True)),
                ("reason_sealed", models.BinaryField(null=True)),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                    "reported_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dsr.system",
                        verbose_name="system",
                    ),
                ),
            ],
            options={
                "verbose_name": "incident",
                "verbose_name_plural": "incidents",
                "ordering": ("-opened_at",),
                "permissions": (("handle_incidents", "Can look after incidents and close them"),),
            },
        ),
        migrations.CreateModel(
            name="IncidentEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "move",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("again", "Seen again"),
                            ("recovered", "Works again"),
                            ("told", "Colleagues were written to"),
                            ("warned", "Colleagues were warned of the date"),
                            ("acknowledged", "Somebody looks after it"),
                            ("written", "Notice to the authority written"),
                            ("reported", "Authority told"),
                            ("closed", "Closed"),
                        ],
                        max_length=16,
                        verbose_name="what",
                    ),
                ),
                ("facts", models.JSONField(default=dict, verbose_name="particulars")),
                ("by", models.CharField(blank=True, max_length=40, verbose_name="who")),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="dsr.incident"
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an incident",
                "verbose_name_plural": "lines of incidents",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Probe",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "path",
                    models.CharField(
                        choices=[
                            ("one_click", "unsubscribe link, one click"),
                            ("preferences", "page of preferences"),
                            ("cpni_page", "page for CPNI choices"),
                            ("cpni_api", "API for CPNI choices"),
                            ("api", "API for choices"),
                            ("system", "system that has to follow"),
                        ],
                        max_length=20,
                        verbose_name="means",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="begun")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="made")),
                (
                    "stage",
                    models.CharField(
                        choices=[("sending", "to be made"), ("looking", "looked after"), ("ended", "over")],
                        default="sending",
                        max_length=10,
                        verbose_name="stage",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "nothing yet"),
                            ("taken", "taken everywhere"),
                            ("not_answered", "the page did not answer as it should"),
                            ("not_taken", "not taken in time"),
                        ],
                        max_length=16,
                        verbose_name="result",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40, verbose_name="code")),
                ("systems", models.JSONField(default=dict, verbose_name="systems")),
                ("due_at", models.DateTimeField(verbose_name="next look")),
                ("claimed_until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True, verbose_name="over")),
            ],
            options={
                "verbose_name": "test choice",
                "verbose_name_plural": "test choices",
                "ordering": ("-made_at",),
                "indexes": [
                    models.Index(condition=models.Q(("ended_at__isnull", True)), fields=["due_at"], name="probe_due"),
                    models.Index(fields=["path", "made_at"], name="probe_by_path"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["sending", "looking", "ended"])), name="probe_stage_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("result__in", ["", "taken", "not_answered", "not_taken"])),
                        name="probe_result_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False), ("stage", "ended"), models.Q(("result", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("stage", "ended"), _negated=True), ("ended_at__isnull", True), ("result", "")
                            ),
                            _connector="OR",
                        ),
                        name="probe_ended_with_result",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)), fields=["opened_at"], name="incident_open"
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("warn_at__isnull", False)), fields=["warn_at"], name="incident_warn"
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["choice_late", "choice_failing", "heartbeat"])),
                name="incident_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mechanism__in", ["one_click", "preferences", "cpni_page", "cpni_api", "api", "system"])
                ),
                name="incident_means_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True), ("system__isnull", False)),
                fields=("kind", "system", "mechanism"),
                name="incident_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True), ("system__isnull", True)),
                fields=("kind", "mechanism"),
                name="incident_open_once_anywhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("acknowledged_at__isnull", True), ("acknowledged_by__isnull", True)),
                    models.Q(("acknowledged_at__isnull", False), ("acknowledged_by__isnull", False)),
                    _connector="OR",
                ),
                name="incident_acknowledged_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reported_at__isnull", True), ("reported_by__isnull", True)),
                    models.Q(("reported_at__isnull", False), ("reported_by__isnull", False)),
                    _connector="OR",
                ),
                name="incident_reported_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                    models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                    _connector="OR",
                ),
                name="incident_closed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidententry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "move__in",
                        [
                            "opened",
                            "again",
                            "recovered",
                            "told",
                            "warned",
                            "acknowledged",
                            "written",
                            "reported",
                            "closed",
                        ],
                    )
                ),
                name="incident_move_known",
            ),
        ),
        migrations.RunPython(protect, release),
    ]
