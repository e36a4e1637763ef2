"""Cases that authorities open, and their history, which the database lets nobody change."""

from importlib import import_module
from typing import Any

import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_triggers: Any = import_module("dsr.migrations.0002_append_only")
TABLE = "dsr_caseentry"


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers; the function that they call came with those of history."""
    _triggers.protect_table(schema_editor, TABLE)


def release(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    _triggers.release_table(schema_editor, TABLE)


class Migration(migrations.Migration):
    """Tables that older processes never ask for, and the triggers of one."""

    dependencies = [
        ("dsr", "0030_elsewhere"),
        ("notifications", "0003_identity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuthorityCase",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("authority", models.CharField(max_length=200, verbose_name="authority")),
                ("office", models.CharField(blank=True, max_length=200, verbose_name="office")),
                ("state", django_fsm.FSMField(default="received", max_length=12, protected=True, verbose_name="state")),
                ("outcome", models.CharField(blank=True, max_length=12, verbose_name="outcome")),
                ("received_on", models.DateField(verbose_name="letter received")),
                ("due_on", models.DateField(verbose_name="answer due")),
                ("zone", models.CharField(max_length=64)),
                ("entered_at", models.DateTimeField(verbose_name="entered")),
                ("prepared_at", models.DateTimeField(null=True, verbose_name="prepared")),
                ("approved_at", models.DateTimeField(null=True, verbose_name="approved")),
                ("sent_on", models.DateField(null=True, verbose_name="answered")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                ("ended_on", models.DateField(null=True, verbose_name="ended by the authority")),
                ("warn_at", models.DateTimeField(null=True)),
                ("purge_at", models.DateTimeField(null=True)),
                ("purged_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("chain_seq", models.PositiveIntegerField(default=0)),
                ("chain_head", models.CharField(blank=True, max_length=64)),
                ("reference_sealed", models.BinaryField(null=True)),
                ("subject_sealed", models.BinaryField(null=True)),
                ("answer_sealed", models.BinaryField(null=True)),
                ("place_sealed", models.BinaryField(null=True)),
                (
                    "approved_by",
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
                    "entered_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "prepared_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "case of an authority",
                "verbose_name_plural": "cases of authorities",
                "ordering": ("due_on", "id"),
            },
        ),
        migrations.CreateModel(
            name="CaseEntry",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="when")),
                ("seq", models.PositiveIntegerField()),
                ("verb", models.CharField(max_length=24, verbose_name="what")),
                ("actor_id", models.CharField(blank=True, max_length=40, verbose_name="who")),
                ("via", models.CharField(max_length=16, verbose_name="through")),
                ("from_state", models.CharField(blank=True, max_length=12)),
                ("to_state", models.CharField(max_length=12)),
                ("data", models.JSONField(default=dict, verbose_name="particulars")),
                ("text_sealed", models.BinaryField(null=True)),
                ("prev_hash", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="dsr.authoritycase"
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a case",
                "verbose_name_plural": "lines of cases",
                "ordering": ("case", "seq"),
            },
        ),
        migrations.CreateModel(
            name="CaseLink",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="when")),
                ("told_at", models.DateTimeField(null=True, verbose_name="person told")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="dsr.authoritycase"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authority_links",
                        to="dsr.subjectrequest",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="authority_links", to="dsr.submission"
                    ),
                ),
            ],
            options={
                "verbose_name": "link of a case",
                "verbose_name_plural": "links of cases",
                "ordering": ("at", "id"),
            },
        ),
        migrations.CreateModel(
            name="CaseMeasure",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="when")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("due_on", models.DateField(verbose_name="by")),
                ("warn_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True, verbose_name="done")),
                ("lifted_at", models.DateTimeField(null=True, verbose_name="lifted")),
                ("what_sealed", models.BinaryField(null=True)),
                ("place_sealed", models.BinaryField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="measures", to="dsr.authoritycase"
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "measure",
                "verbose_name_plural": "measures",
                "ordering": ("case", "number"),
            },
        ),
        migrations.AddIndex(
            model_name="authoritycase",
            index=models.Index(
                condition=models.Q(("state", "closed"), _negated=True), fields=["due_on", "id"], name="case_open"
            ),
        ),
        migrations.AddIndex(
            model_name="authoritycase",
            index=models.Index(condition=models.Q(("warn_at__isnull", False)), fields=["warn_at"], name="case_warn"),
        ),
        migrations.AddIndex(
            model_name="authoritycase",
            index=models.Index(
                condition=models.Q(("purge_at__isnull", False), ("purged_at__isnull", True)),
                fields=["purge_at"],
                name="case_purge",
            ),
        ),
        migrations.AddConstraint(
            model_name="authoritycase",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["received", "prepared", "approved", "answered", "closed"])),
                name="case_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="authoritycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", False),
                        ("ended_on__isnull", False),
                        ("outcome__in", ["no_breach", "settled", "warning", "order", "fine", "withdrawn"]),
                        ("state", "closed"),
                    ),
                    models.Q(
                        models.Q(("state", "closed"), _negated=True),
                        ("closed_at__isnull", True),
                        ("ended_on__isnull", True),
                        ("outcome", ""),
                    ),
                    _connector="OR",
                ),
                name="case_closed_with_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="authoritycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("prepared_at__isnull", True), ("prepared_by__isnull", True)),
                    models.Q(("prepared_at__isnull", False), ("prepared_by__isnull", False)),
                    _connector="OR",
                ),
                name="case_prepared_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="authoritycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                    models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                    _connector="OR",
                ),
                name="case_approved_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="authoritycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("approved_by", models.F("prepared_by")), _negated=True),
                    _connector="OR",
                ),
                name="case_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="authoritycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("approved", "answered")), _negated=True),
                    ("approved_by__isnull", False),
                    _connector="OR",
                ),
                name="case_answer_was_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="authoritycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "answered"), _negated=True), ("sent_on__isnull", False), _connector="OR"
                ),
                name="case_answered_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="caseentry",
            constraint=models.UniqueConstraint(fields=("case", "seq"), name="case_entry_once"),
        ),
        migrations.AddConstraint(
            model_name="caselink",
            constraint=models.UniqueConstraint(fields=("case", "submission"), name="case_links_a_filing_once"),
        ),
        migrations.AddIndex(
            model_name="casemeasure",
            index=models.Index(
                condition=models.Q(("warn_at__isnull", False)), fields=["warn_at"], name="case_measure_warn"
            ),
        ),
        migrations.AddIndex(
            model_name="casemeasure",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True), ("lifted_at__isnull", True)),
                fields=["case"],
                name="case_measure_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="casemeasure",
            constraint=models.UniqueConstraint(fields=("case", "number"), name="case_measure_once"),
        ),
        migrations.AddConstraint(
            model_name="casemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                    _connector="OR",
                ),
                name="case_measure_done_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="casemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_at__isnull", True), ("lifted_at__isnull", True), _connector="OR"),
                name="case_measure_ends_once",
            ),
        ),
        migrations.RunPython(protect, release),
    ]
