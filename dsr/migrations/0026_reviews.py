"""Decisions that machines made about people, who may review them, and the record of each review."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """New tables alone: what older processes write stays as it is."""

    dependencies = [
        ("auth", "__first__"),
        ("dsr", "0028_children"),
        ("notifications", "0003_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutomatedDecision",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("system", models.CharField(max_length=60, verbose_name="deciding system")),
                ("reference", models.CharField(max_length=120, verbose_name="number in that system")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("account_approval", "whether an account is opened"),
                            ("account_suspension", "suspending an account"),
                            ("other", "something else with a significant effect"),
                        ],
                        max_length=20,
                        verbose_name="what was decided",
                    ),
                ),
                ("decided_at", models.DateTimeField(verbose_name="decided")),
                (
                    "rule_version",
                    models.CharField(blank=True, max_length=80, verbose_name="version of the rule or model"),
                ),
                ("score", models.FloatField(null=True, verbose_name="score")),
                ("threshold", models.FloatField(null=True, verbose_name="threshold")),
                (
                    "legal_basis",
                    models.CharField(
                        choices=[
                            ("contract", "needed for a contract"),
                            ("law", "authorised by a law"),
                            ("consent", "explicit consent"),
                            ("unnamed", "none was named"),
                        ],
                        max_length=10,
                        verbose_name="legal basis",
                    ),
                ),
                ("sole_factor", models.BooleanField(default=True, verbose_name="the machine alone")),
                ("notice_at", models.DateTimeField(null=True, verbose_name="person told")),
                ("notice_version", models.CharField(blank=True, max_length=80, verbose_name="text that told it")),
                ("fraud_signals", models.JSONField(default=list, verbose_name="inputs that may be withheld")),
                ("involved", models.JSONField(default=list, verbose_name="staff who took part")),
                ("line", models.JSONField(default=list, verbose_name="teams who took part")),
                (
                    "confirm_by",
                    models.CharField(
                        choices=[
                            ("call", "a signed call to the system"),
                            ("worksheet", "a worksheet for the owner of the system"),
                        ],
                        max_length=10,
                        verbose_name="confirmed by",
                    ),
                ),
                ("owner_email", models.EmailField(blank=True, max_length=254, verbose_name="owner of the system")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                ("by_hand", models.BooleanField(default=False, verbose_name="written down by staff")),
                ("keep_until", models.DateTimeField(verbose_name="kept until")),
                ("forgotten_at", models.DateTimeField(null=True, verbose_name="forgotten")),
                ("digest", models.CharField(blank=True, max_length=96)),
                ("inputs_digest", models.CharField(blank=True, max_length=96, verbose_name="digest of the inputs")),
                ("who_sealed", models.BinaryField(null=True)),
                ("inputs_sealed", models.BinaryField(null=True)),
                ("output_sealed", models.BinaryField(null=True)),
                ("effect_sealed", models.BinaryField(null=True)),
                ("notice_sealed", models.BinaryField(null=True)),
                ("confirm_sealed", models.BinaryField(null=True)),
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
                    "recorded_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "automated decision",
                "verbose_name_plural": "automated decisions",
                "ordering": ("-decided_at",),
            },
        ),
        migrations.CreateModel(
            name="DecidedPerson",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16, verbose_name="kind")),
                ("fingerprint", models.CharField(max_length=96, verbose_name="fingerprint")),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="people", to="dsr.automateddecision"
                    ),
                ),
            ],
            options={
                "verbose_name": "person of a decision",
                "verbose_name_plural": "people of decisions",
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("linked_at", models.DateTimeField(verbose_name="decision found")),
                ("trained_on", models.DateField(null=True, verbose_name="trained on")),
                ("role", models.CharField(blank=True, max_length=60, verbose_name="team of the reviewer")),
                ("authority", models.JSONField(default=list, verbose_name="may change decisions on")),
                ("taken_at", models.DateTimeField(null=True, verbose_name="taken")),
                ("asked_at", models.DateTimeField(null=True, verbose_name="representations asked for")),
                ("asked_until", models.DateField(null=True, verbose_name="representations until")),
                ("represented_at", models.DateTimeField(null=True, verbose_name="representations came in")),
                ("none_sent_at", models.DateTimeField(null=True, verbose_name="nothing was sent")),
                (
                    "measure",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("limited_access", "limited access"),
                            ("data_preserved", "data preserved, nothing deleted"),
                            ("effect_suspended", "the decision has no effect for the time being"),
                            ("none", "none is called for"),
                        ],
                        max_length=20,
                        verbose_name="interim measure",
                    ),
                ),
                ("beat_at", models.DateTimeField(null=True)),
                ("active_seconds", models.PositiveIntegerField(default=0, verbose_name="seconds of active review")),
                ("concluded_at", models.DateTimeField(null=True, verbose_name="decided")),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("upheld", "the decision stands"),
                            ("overturned", "the decision is changed"),
                            ("partly_overturned", "the decision is changed in part"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("flags", models.JSONField(default=list, verbose_name="for those who check quality")),
                (
                    "effect",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "nothing to do"),
                            ("waiting", "to be confirmed"),
                            ("stuck", "not confirmed, and somebody has to look"),
                            ("confirmed", "confirmed"),
                        ],
                        max_length=10,
                        verbose_name="effect",
                    ),
                ),
                ("effect_due_at", models.DateTimeField(null=True, verbose_name="next try")),
                ("claimed_until", models.DateTimeField(null=True)),
                ("lease", models.UUIDField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("code", models.CharField(blank=True, max_length=40, verbose_name="what stood in the way")),
                ("effect_at", models.DateTimeField(null=True, verbose_name="effect confirmed")),
                ("effect_by", models.CharField(blank=True, max_length=10, verbose_name="confirmed by")),
                ("likeness", models.CharField(blank=True, max_length=96)),
                ("weighed_sealed", models.BinaryField(null=True)),
                ("measure_sealed", models.BinaryField(null=True)),
                ("reasons_sealed", models.BinaryField(null=True)),
                ("right_sealed", models.BinaryField(null=True)),
                ("alternatives_sealed", models.BinaryField(null=True)),
                ("plain_sealed", models.BinaryField(null=True)),
                ("change_sealed", models.BinaryField(null=True)),
                ("confirmation_sealed", models.BinaryField(null=True)),
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
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="dsr.automateddecision"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="dsr.subjectrequest"
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reviewer",
                    ),
                ),
            ],
            options={
                "verbose_name": "review of a decision",
                "verbose_name_plural": "reviews of decisions",
                "ordering": ("number",),
            },
        ),
        migrations.CreateModel(
            name="Reviewer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("active", models.BooleanField(default=True, verbose_name="reviews")),
                ("trained_on", models.DateField(verbose_name="trained on")),
                ("kinds", models.JSONField(default=list, verbose_name="may change decisions on")),
                ("line", models.CharField(blank=True, max_length=60, verbose_name="team")),
                ("systems", models.JSONField(default=list, verbose_name="deciding systems that the team answers for")),
                (
                    "reports_to",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reports to",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="colleague",
                    ),
                ),
            ],
            options={
                "verbose_name": "reviewer",
                "verbose_name_plural": "reviewers",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="ReviewMaterial",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=20, verbose_name="what")),
                ("at", models.DateTimeField(verbose_name="opened")),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="materials", to="dsr.review"
                    ),
                ),
            ],
            options={
                "verbose_name": "material of a review",
                "verbose_name_plural": "materials of reviews",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="ReviewPoint",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                ("text_sealed", models.BinaryField(null=True)),
                ("answer_sealed", models.BinaryField(null=True)),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="points", to="dsr.review"
                    ),
                ),
            ],
            options={
                "verbose_name": "point of a review",
                "verbose_name_plural": "points of reviews",
                "ordering": ("number",),
            },
        ),
        migrations.AddIndex(
            model_name="automateddecision",
            index=models.Index(fields=["recorded_by", "-id"], name="decision_by_recorder"),
        ),
        migrations.AddIndex(
            model_name="automateddecision",
            index=models.Index(
                condition=models.Q(("forgotten_at__isnull", True)), fields=["keep_until"], name="decision_to_forget"
            ),
        ),
        migrations.AddConstraint(
            model_name="automateddecision",
            constraint=models.UniqueConstraint(fields=("system", "reference"), name="decision_once_per_system"),
        ),
        migrations.AddConstraint(
            model_name="automateddecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["account_approval", "account_suspension", "other"])),
                name="decision_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="automateddecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("legal_basis__in", ["contract", "law", "consent", "unnamed"])),
                name="decision_basis_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="automateddecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("confirm_by__in", ["call", "worksheet"])), name="decision_confirm_known"
            ),
        ),
        migrations.AddIndex(
            model_name="decidedperson",
            index=models.Index(fields=["fingerprint"], name="decided_person_found"),
        ),
        migrations.AddConstraint(
            model_name="decidedperson",
            constraint=models.UniqueConstraint(fields=("decision", "kind", "fingerprint"), name="decided_person_once"),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("effect", "waiting")), fields=["effect_due_at"], name="review_effect_due"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["reviewer", "concluded_at"], name="review_by_reviewer"),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("likeness", ""), _negated=True), fields=["likeness"], name="review_alike"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(fields=("request", "number"), name="review_numbered_once"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(condition=models.Q(("number__in", (1, 2))), name="review_twice_at_most"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("concluded_at__isnull", True), ("verdict", "")),
                    models.Q(
                        ("concluded_at__isnull", False),
                        ("reviewer__isnull", False),
                        ("verdict__in", ["upheld", "overturned", "partly_overturned"]),
                    ),
                    _connector="OR",
                ),
                name="review_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("effect__in", ["", "waiting", "stuck", "confirmed"])), name="review_effect_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("effect", "confirmed"), _negated=True), ("effect_at__isnull", False), _connector="OR"
                ),
                name="review_effect_dated",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewpoint",
            constraint=models.UniqueConstraint(fields=("review", "number"), name="review_point_once"),
        ),
    ]
