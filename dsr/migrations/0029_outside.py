"""Where complaints went beside us, and by when those are answered."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table that older processes never ask for, and one more word for kinds of dates."""

    dependencies = [
        ("dsr", "0033_review_documents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OutsideReference",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("body", models.CharField(max_length=200, verbose_name="body")),
                ("reference_sealed", models.BinaryField(null=True)),
                ("received_on", models.DateField(verbose_name="received")),
                ("due_on", models.DateField(null=True, verbose_name="answer due")),
                (
                    "set_by",
                    models.CharField(
                        blank=True,
                        choices=[("", "nobody"), ("letter", "its letter"), ("rule", "the rule")],
                        max_length=8,
                        verbose_name="day set by",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("settled", "settled"),
                            ("for_person", "found for the person"),
                            ("partly", "found for the person in part"),
                            ("against", "found against the person"),
                            ("dropped", "not taken up, or withdrawn"),
                        ],
                        max_length=12,
                        verbose_name="what came of it",
                    ),
                ),
                ("ended_on", models.DateField(null=True, verbose_name="over since")),
                ("outcome_sealed", models.BinaryField(null=True)),
            ],
            options={
                "verbose_name": "outside reference",
                "verbose_name_plural": "outside references",
                "ordering": ("request", "number"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="deadline",
            name="deadline_kind_known",
        ),
        migrations.RemoveIndex(
            model_name="deadline",
            name="deadline_waiting",
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
                    ("outside", "look whether an outside body was answered"),
                    ("destroy", "destroy the files"),
                    ("purge", "delete the personal data of the case"),
                ],
                max_length=16,
                verbose_name="kind",
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
                            "outside",
                            "destroy",
                            "purge",
                        ],
                    ),
                ),
                fields=["due_at", "id"],
                name="deadline_waiting",
            ),
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
                            "outside",
                            "destroy",
                            "purge",
                        ],
                    )
                ),
                name="deadline_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="outsidereference",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="outsidereference",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="outsidereference",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="dsr.subjectrequest"
            ),
        ),
        migrations.AddIndex(
            model_name="outsidereference",
            index=models.Index(
                condition=models.Q(("ended_on__isnull", True)), fields=["request", "due_on"], name="outside_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="outsidereference",
            constraint=models.UniqueConstraint(fields=("request", "number"), name="outside_once"),
        ),
        migrations.AddConstraint(
            model_name="outsidereference",
            constraint=models.CheckConstraint(
                condition=models.Q(("set_by__in", ["", "letter", "rule"])), name="outside_set_by_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="outsidereference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_on__isnull", False),
                        ("result__in", ["settled", "for_person", "partly", "against", "dropped"]),
                    ),
                    models.Q(("ended_on__isnull", True), ("result", "")),
                    _connector="OR",
                ),
                name="outside_ended_with_result",
            ),
        ),
        migrations.AddConstraint(
            model_name="outsidereference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_on__isnull", True), ("set_by", "")),
                    models.Q(("due_on__isnull", False), models.Q(("set_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="outside_day_set_by_somebody",
            ),
        ),
    ]
