"""Choices on marketing and the like: what was chosen, what stands, and each system's window."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables."""

    dependencies = [
        ("dsr", "0013_webhooks"),
        ("notifications", "0003_identity"),
    ]

    operations = [
        migrations.AddField(
            model_name="system",
            name="leaves_out",
            field=models.JSONField(null=True, verbose_name="what it can leave people out of"),
        ),
        migrations.CreateModel(
            name="Choice",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("purpose", models.CharField(max_length=16, verbose_name="about")),
                ("act", models.CharField(max_length=8, verbose_name="what")),
                ("channels", models.JSONField(default=list, verbose_name="channels")),
                ("topics", models.JSONField(default=list, verbose_name="topics")),
                ("via", models.CharField(max_length=16, verbose_name="how it came")),
                ("at", models.DateTimeField(verbose_name="received")),
                ("recorded_at", models.DateTimeField(verbose_name="entered")),
                ("must_by", models.DateTimeField(verbose_name="to be in effect by")),
                ("country", models.CharField(blank=True, max_length=2, verbose_name="country")),
                ("language", models.CharField(blank=True, max_length=16, verbose_name="language")),
                ("evidence", models.CharField(blank=True, max_length=80, verbose_name="where the evidence is")),
                ("entered_by", models.CharField(blank=True, max_length=40, verbose_name="entered by")),
                ("invented", models.BooleanField(default=False, verbose_name="made by the heartbeat")),
                ("who_sealed", models.BinaryField(null=True)),
                ("effective_at", models.DateTimeField(null=True, verbose_name="in effect everywhere")),
                ("late_told_at", models.DateTimeField(null=True, verbose_name="told that it is late")),
                (
                    "data_key",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="notifications.datakey",
                    ),
                ),
            ],
            options={
                "verbose_name": "choice",
                "verbose_name_plural": "choices",
                "indexes": [
                    models.Index(
                        condition=models.Q(("effective_at__isnull", True)),
                        fields=["recorded_at"],
                        name="choice_unsettled",
                    ),
                    models.Index(
                        condition=models.Q(("who_sealed__isnull", False)), fields=["effective_at"], name="choice_known"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["marketing", "advertising", "sensitive", "disclosure"])),
                        name="choice_purpose_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("act__in", ["stop", "resume"])), name="choice_act_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "via__in",
                                [
                                    "one_click",
                                    "preferences",
                                    "form",
                                    "reply",
                                    "mail",
                                    "phone",
                                    "post",
                                    "signal",
                                    "cookie",
                                    "api",
                                    "import",
                                ],
                            )
                        ),
                        name="choice_via_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("act", "stop"),
                            models.Q(("via__in", ["import", "signal", "one_click"]), _negated=True),
                            _connector="OR",
                        ),
                        name="choice_resumed_by_an_act",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EffectDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField(verbose_name="day")),
                ("within", models.PositiveSmallIntegerField(verbose_name="within hours")),
                ("number", models.PositiveIntegerField(default=0, verbose_name="number")),
                (
                    "system",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.system"
                    ),
                ),
            ],
            options={
                "verbose_name": "effect",
                "verbose_name_plural": "effects",
                "constraints": [
                    models.UniqueConstraint(fields=("system", "day", "within"), name="effect_once_per_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=96, verbose_name="person")),
                ("purpose", models.CharField(max_length=16, verbose_name="about")),
                ("channel", models.CharField(blank=True, max_length=8, verbose_name="channel")),
                ("topic", models.CharField(blank=True, max_length=40, verbose_name="topic")),
                ("stopped", models.BooleanField(default=True, verbose_name="stopped")),
                ("at", models.DateTimeField(verbose_name="since")),
                (
                    "choice",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dsr.choice",
                    ),
                ),
            ],
            options={
                "verbose_name": "suppression",
                "verbose_name_plural": "suppressions",
                "constraints": [
                    models.UniqueConstraint(fields=("digest", "purpose", "channel", "topic"), name="suppression_once"),
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["marketing", "advertising", "sensitive", "disclosure"])),
                        name="suppression_purpose_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Window",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("words", models.JSONField(default=list, verbose_name="what it is told")),
                ("opened_at", models.DateTimeField(verbose_name="received")),
                ("must_by", models.DateTimeField(verbose_name="to be in effect by")),
                ("due_at", models.DateTimeField(verbose_name="next try")),
                ("look_at", models.DateTimeField(null=True, verbose_name="next warning")),
                ("lease", models.UUIDField(editable=False, null=True)),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("code", models.CharField(blank=True, max_length=64, verbose_name="reason code")),
                ("cursor_sealed", models.BinaryField(null=True)),
                ("with_owner_at", models.DateTimeField(null=True, verbose_name="with the owner since")),
                ("late_at", models.DateTimeField(null=True, verbose_name="late since")),
                ("done_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="windows", to="dsr.choice"
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.system"
                    ),
                ),
            ],
            options={
                "verbose_name": "window",
                "verbose_name_plural": "windows",
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)), fields=["due_at", "id"], name="window_waiting"
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", True), ("look_at__isnull", False)),
                        fields=["look_at", "id"],
                        name="window_watched",
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=["system", "must_by", "id"],
                        name="window_by_system",
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)), fields=["must_by", "id"], name="window_open"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("choice", "system"), name="window_once_per_system")],
            },
        ),
    ]
