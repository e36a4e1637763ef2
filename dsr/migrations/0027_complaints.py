"""Complaints and appeals: enquiries, findings and promises, and which request one is about."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """New tables, and columns that older processes leave as they are; more words for kinds of dates and outcomes."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("dsr", "0028b_customers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Enquiry",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("whom_sealed", models.BinaryField(null=True)),
                ("asked_sealed", models.BinaryField(null=True)),
                ("reply_sealed", models.BinaryField(null=True)),
                ("replied_at", models.DateTimeField(null=True, verbose_name="reply noted")),
            ],
            options={
                "verbose_name": "enquiry",
                "verbose_name_plural": "enquiries",
                "ordering": ("request", "number"),
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("justified", "justified"),
                            ("partly", "partly justified"),
                            ("not_justified", "not justified"),
                            ("not_established", "cannot be established"),
                        ],
                        max_length=16,
                        verbose_name="finding",
                    ),
                ),
                ("point_sealed", models.BinaryField(null=True)),
                ("facts_sealed", models.BinaryField(null=True)),
                ("measure_sealed", models.BinaryField(null=True)),
                ("reason_sealed", models.BinaryField(null=True)),
            ],
            options={
                "verbose_name": "finding",
                "verbose_name_plural": "findings",
                "ordering": ("request", "number"),
            },
        ),
        migrations.CreateModel(
            name="Remedy",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("what_sealed", models.BinaryField(null=True)),
                ("due_on", models.DateField(verbose_name="promised by")),
                ("done_at", models.DateTimeField(null=True, verbose_name="done")),
            ],
            options={
                "verbose_name": "promise",
                "verbose_name_plural": "promises",
                "ordering": ("request", "number"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="deadline",
            name="deadline_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="subjectrequest",
            name="request_outcome_known",
        ),
        migrations.RemoveIndex(
            model_name="deadline",
            name="deadline_waiting",
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="about",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contested",
                to="dsr.subjectrequest",
            ),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="investigator",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="proposed_outcome",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=24, verbose_name="what it would come to"
            ),
        ),
        migrations.AlterField(
            model_name="deadline",
            name="kind",
            field=models.CharField(
                choices=[
                    ("acknowledge", "acknowledge"),
                    ("respond", "answer"),
                    ("fee_reply", "word about the fee"),
                    ("watch", "look whether the answer will be in time"),
                    ("lapse_warning", "warn that the request will lapse"),
                    ("lapse", "lapse for want of identity"),
                    ("look", "ask the systems who is known"),
                    ("hold_ends", "end of the wait before release"),
                    ("evidence", "destroy evidence"),
                    ("build", "build the answer"),
                    ("expiry_warning", "warn that the download ends"),
                    ("expiry", "download ends"),
                    ("confirm_remind", "remind to confirm the erasure"),
                    ("confirm_end", "end for want of the second confirmation"),
                    ("act", "carry out"),
                    ("kept", "look again at what was kept"),
                    ("recheck", "look whether it stayed erased"),
                    ("lift", "lift the restriction"),
                    ("promise", "look whether a promise was kept"),
                    ("destroy", "destroy the files"),
                    ("purge", "delete the personal data of the case"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="subjectrequest",
            name="proposal",
            field=models.CharField(
                blank=True,
                choices=[("release", "do as asked"), ("refuse", "refuse"), ("answer", "answer so")],
                max_length=8,
                verbose_name="proposal",
            ),
        ),
        migrations.AddIndex(
            model_name="deadline",
            index=models.Index(
                condition=models.Q(
                    ("done_at__isnull", True),
                    (
                        "kind__in",
                        [
                            "acknowledge",
                            "fee_reply",
                            "watch",
                            "lapse_warning",
                            "lapse",
                            "look",
                            "hold_ends",
                            "evidence",
                            "build",
                            "expiry_warning",
                            "expiry",
                            "confirm_remind",
                            "confirm_end",
                            "act",
                            "kept",
                            "recheck",
                            "lift",
                            "promise",
                            "destroy",
                            "purge",
                        ],
                    ),
                ),
                fields=["due_at", "id"],
                name="deadline_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="subjectrequest",
            index=models.Index(condition=models.Q(("about__isnull", False)), fields=["about"], name="request_by_about"),
        ),
        migrations.AddConstraint(
            model_name="deadline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "acknowledge",
                            "respond",
                            "fee_reply",
                            "watch",
                            "lapse_warning",
                            "lapse",
                            "look",
                            "hold_ends",
                            "evidence",
                            "build",
                            "expiry_warning",
                            "expiry",
                            "confirm_remind",
                            "confirm_end",
                            "act",
                            "kept",
                            "recheck",
                            "lift",
                            "promise",
                            "destroy",
                            "purge",
                        ],
                    )
                ),
                name="deadline_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "outcome__in",
                        [
                            "fulfilled",
                            "justified",
                            "not_established",
                            "not_justified",
                            "nothing_held",
                            "overturned",
                            "partly_fulfilled",
                            "partly_justified",
                            "partly_overturned",
                            "redirected",
                            "refused",
                            "unverified",
                            "upheld",
                            "withdrawn",
                        ],
                    ),
                    ("outcome", ""),
                    _connector="OR",
                ),
                name="request_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("right", "appeal"), models.Q(("state", "closed"), _negated=True)),
                fields=("about",),
                name="request_one_appeal_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("right", "appeal"), _negated=True), ("about__isnull", False), _connector="OR"
                ),
                name="request_appeal_about",
            ),
        ),
        migrations.AddField(
            model_name="enquiry",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="enquiry",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="dsr.subjectrequest"
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="dsr.subjectrequest"
            ),
        ),
        migrations.AddField(
            model_name="remedy",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="remedy",
            name="done_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="remedy",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="remedy",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="dsr.subjectrequest"
            ),
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.UniqueConstraint(fields=("request", "number"), name="enquiry_once"),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(fields=("request", "number"), name="finding_once"),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["justified", "partly", "not_justified", "not_established"])),
                name="finding_verdict_known",
            ),
        ),
        migrations.AddIndex(
            model_name="remedy",
            index=models.Index(condition=models.Q(("done_at__isnull", True)), fields=["due_on"], name="remedy_open"),
        ),
        migrations.AddConstraint(
            model_name="remedy",
            constraint=models.UniqueConstraint(fields=("request", "number"), name="remedy_once"),
        ),
        migrations.AddConstraint(
            model_name="remedy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                    _connector="OR",
                ),
                name="remedy_done_by_somebody",
            ),
        ),
    ]
