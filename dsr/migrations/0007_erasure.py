import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("dsr", "0006_identity"),
        ("notifications", "0003_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("ground", models.CharField(max_length=40, verbose_name="ground")),
                (
                    "silent",
                    models.BooleanField(
                        default=False, verbose_name="the law forbids to say more than that it must be kept"
                    ),
                ),
                ("everybody", models.BooleanField(default=False, verbose_name="about everybody")),
                ("categories", models.JSONField(default=list, verbose_name="data categories")),
                ("systems", models.JSONField(default=list, verbose_name="systems")),
                ("from_on", models.DateField(null=True, verbose_name="records from")),
                ("to_on", models.DateField(null=True, verbose_name="records to")),
                ("review_on", models.DateField(verbose_name="reviewed on")),
                ("reminded_on", models.DateField(null=True, verbose_name="owner reminded")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "proposed"),
                            ("in_force", "in force"),
                            ("rejected", "not confirmed"),
                            ("lifted", "lifted"),
                        ],
                        default="proposed",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="proposed")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                ("lifting_at", models.DateTimeField(null=True, verbose_name="lifting proposed")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                ("matter_sealed", models.BinaryField(null=True)),
                ("lifting_reason_sealed", models.BinaryField(null=True)),
                (
                    "confirmed_by",
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
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lifting_by",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "legal hold",
                "verbose_name_plural": "legal holds",
                "ordering": ("-proposed_at",),
                "permissions": (("set_holds", "Can set and lift legal holds"),),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("proposed", "in_force"))),
                        fields=["review_on"],
                        name="hold_protects",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["proposed", "in_force", "rejected", "lifted"])),
                        name="hold_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", True),
                            models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="hold_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "lifted"), _negated=True),
                            models.Q(("ended_by", models.F("lifting_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="hold_lifted_by_two_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16, verbose_name="kind of identifier")),
                ("digest", models.CharField(max_length=96, verbose_name="keyed hash")),
                ("purpose", models.CharField(default="erasure", max_length=16, verbose_name="what for")),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                ("region", models.CharField(blank=True, max_length=8, verbose_name="region")),
                ("regimes", models.JSONField(default=list, verbose_name="laws")),
                ("at", models.DateTimeField(verbose_name="erased")),
            ],
            options={
                "verbose_name": "tombstone",
                "verbose_name_plural": "tombstones",
                "ordering": ("id",),
                "constraints": [models.UniqueConstraint(fields=("digest", "purpose"), name="tombstone_once")],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(default=1)),
                ("document", models.JSONField(verbose_name="as signed")),
                ("at", models.DateTimeField(verbose_name="made")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="dsr.subjectrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "certificate",
                "verbose_name_plural": "certificates",
                "ordering": ("request", "number"),
                "constraints": [models.UniqueConstraint(fields=("request", "number"), name="certificate_once")],
            },
        ),
        migrations.CreateModel(
            name="CorrectionItem",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("about_sealed", models.BinaryField(null=True)),
                ("held_sealed", models.BinaryField(null=True)),
                ("asked_sealed", models.BinaryField(null=True)),
                ("places", models.JSONField(default=list, verbose_name="where")),
                ("is_login", models.BooleanField(default=False, verbose_name="one signs in with it")),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("correct", "corrected"), ("refuse", "left as it is")],
                        max_length=8,
                        verbose_name="decision",
                    ),
                ),
                ("ground", models.CharField(blank=True, max_length=40, verbose_name="ground")),
                ("reason_sealed", models.BinaryField(null=True)),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                ("statement_sealed", models.BinaryField(null=True)),
                ("statement_at", models.DateTimeField(null=True, verbose_name="statement of the person")),
                (
                    "decided_by",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="dsr.subjectrequest"
                    ),
                ),
            ],
            options={
                "verbose_name": "thing to correct",
                "verbose_name_plural": "things to correct",
                "ordering": ("request", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("request", "number"), name="item_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decision", "")),
                            models.Q(models.Q(("decision", ""), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="item_decided_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "refuse"), _negated=True),
                            models.Q(("ground", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="item_refused_with_ground",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Kept",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("dataset", models.CharField(max_length=64, verbose_name="kind of data")),
                ("category", models.CharField(max_length=64, verbose_name="data category")),
                ("ground", models.CharField(max_length=40, verbose_name="ground")),
                ("rule", models.CharField(blank=True, max_length=80, verbose_name="rule")),
                ("count", models.PositiveIntegerField(verbose_name="records")),
                ("until", models.DateField(null=True, verbose_name="until")),
                ("check_at", models.DateTimeField(null=True, verbose_name="looked at again")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="erased")),
                ("handles_sealed", models.BinaryField(null=True)),
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
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kept", to="dsr.subjectrequest"
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.system"),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="kept", to="dsr.legalhold"
                    ),
                ),
            ],
            options={
                "verbose_name": "kept records",
                "verbose_name_plural": "kept records",
                "ordering": ("request", "system__key", "category"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)), fields=["check_at", "id"], name="kept_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("request", "system", "dataset", "category"),
                        name="kept_once_per_category",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HeldPerson",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16, verbose_name="kind of identifier")),
                ("fingerprint", models.CharField(db_index=True, max_length=96)),
                (
                    "hold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="people", to="dsr.legalhold"
                    ),
                ),
            ],
            options={
                "verbose_name": "person under a hold",
                "verbose_name_plural": "people under a hold",
                "constraints": [models.UniqueConstraint(fields=("hold", "fingerprint"), name="held_once")],
            },
        ),
        migrations.CreateModel(
            name="Restriction",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(verbose_name="since")),
                ("told_at", models.DateTimeField(null=True, verbose_name="told that it ends")),
                ("ends_at", models.DateTimeField(null=True, verbose_name="ends")),
                ("lifted_at", models.DateTimeField(null=True, verbose_name="lifted")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="restrictions",
                        to="dsr.subjectrequest",
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.system"),
                ),
            ],
            options={
                "verbose_name": "restriction",
                "verbose_name_plural": "restrictions",
                "ordering": ("request", "system__key"),
                "constraints": [
                    models.UniqueConstraint(fields=("request", "system"), name="restriction_once_per_system"),
                    models.CheckConstraint(
                        condition=models.Q(("lifted_at__isnull", True), ("told_at__isnull", False), _connector="OR"),
                        name="restriction_lifted_after_notice",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionChange",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("rule", models.CharField(db_index=True, max_length=80, verbose_name="rule")),
                ("event", models.CharField(blank=True, max_length=40, verbose_name="counts from")),
                ("floor", models.CharField(blank=True, max_length=16, verbose_name="kept at least")),
                ("ceiling", models.CharField(blank=True, max_length=16, verbose_name="kept at most")),
                ("yields", models.BooleanField(verbose_name="yields to a request")),
                ("ground", models.CharField(blank=True, max_length=40, verbose_name="ground")),
                ("reason", models.TextField(verbose_name="why")),
                ("number", models.PositiveIntegerField(null=True, verbose_name="version")),
                (
                    "state",
                    models.CharField(
                        choices=[("proposed", "proposed"), ("published", "published"), ("rejected", "rejected")],
                        default="proposed",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="proposed")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "change of the retention schedule",
                "verbose_name_plural": "changes of the retention schedule",
                "ordering": ("-proposed_at",),
                "permissions": (("edit_retention", "Can propose and publish changes of the retention schedule"),),
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="retention_change_number"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["proposed", "published", "rejected"])),
                        name="retention_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number__isnull", False), ("state", "published")),
                            models.Q(models.Q(("state", "published"), _negated=True), ("number__isnull", True)),
                            _connector="OR",
                        ),
                        name="retention_published_with_number",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="retention_two_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("erase", "erase"),
                            ("correct", "correct"),
                            ("annotate", "keep the person's statement"),
                            ("restrict", "restrict"),
                            ("unrestrict", "lift the restriction"),
                            ("tell", "tell the recipient"),
                            ("recheck", "look again"),
                        ],
                        max_length=12,
                        verbose_name="what",
                    ),
                ),
                ("ordinal", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("with_owner", "with the owner"),
                            ("done", "done"),
                            ("stuck", "needs a decision"),
                            ("called_off", "called off"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("done", "done"),
                            ("nothing_held", "nothing held"),
                            ("kept", "kept"),
                            ("left_out", "left out"),
                            ("dismissed", "looked at, nothing to do"),
                        ],
                        max_length=16,
                        verbose_name="result",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=64, verbose_name="reason code")),
                ("late", models.BooleanField(default=False, verbose_name="of records that were kept")),
                ("terms", models.JSONField(default=dict, verbose_name="what is to be done")),
                ("lines", models.JSONField(default=list, verbose_name="what was done")),
                ("cursor_sealed", models.BinaryField(null=True)),
                ("changes_sealed", models.BinaryField(null=True)),
                ("note_sealed", models.BinaryField(null=True)),
                ("due_at", models.DateTimeField(verbose_name="next try")),
                ("claimed_until", models.DateTimeField(editable=False, null=True)),
                ("lease", models.UUIDField(editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("reminders", models.PositiveSmallIntegerField(default=0, verbose_name="reminders sent")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                (
                    "data_key",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="notifications.datakey",
                    ),
                ),
                (
                    "decided_by",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="dsr.subjectrequest"
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="dsr.system"
                    ),
                ),
            ],
            options={
                "verbose_name": "task",
                "verbose_name_plural": "tasks",
                "ordering": ("system__key", "kind", "ordinal"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("waiting", "with_owner"))),
                        fields=["due_at", "id"],
                        name="task_waiting",
                    ),
                    models.Index(condition=models.Q(("state", "stuck")), fields=["kind", "made_at"], name="task_stuck"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("request", "system", "kind", "ordinal"), name="task_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "with_owner", "done", "stuck", "called_off"])),
                        name="task_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", False),
                                ("state", "done"),
                                models.Q(("result", ""), _negated=True),
                            ),
                            models.Q(models.Q(("state", "done"), _negated=True), ("result", "")),
                            _connector="OR",
                        ),
                        name="task_done_with_result",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="deadline",
            name="deadline_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledger_once_per_category",
        ),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledger_withheld_with_ground",
        ),
        migrations.RemoveIndex(
            model_name="deadline",
            name="deadline_waiting",
        ),
        migrations.AddField(
            model_name="step",
            name="plan",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                verbose_name="what would be erased and kept",
            ),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="act_at",
            field=models.DateTimeField(null=True, verbose_name="carried out from"),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="confirmed_at",
            field=models.DateTimeField(null=True, verbose_name="erasure confirmed twice"),
        ),
        migrations.AddField(
            model_name="system",
            name="role",
            field=models.CharField(
                choices=[("own", "our data is in it"), ("recipient", "it was given data of ours")],
                db_default="own",
                default="own",
                max_length=12,
                verbose_name="role",
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
                    ("destroy", "destroy the files"),
                    ("purge", "delete the personal data of the case"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("given", "given"),
                    ("corrected", "corrected"),
                    ("erased", "erased"),
                    ("restricted", "restricted"),
                    ("suppressed", "left out from now on"),
                    ("kept", "kept"),
                    ("withheld", "held back"),
                    ("nothing_held", "nothing held"),
                    ("failed", "could not be done"),
                ],
                max_length=16,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="step",
            name="result",
            field=models.CharField(
                blank=True,
                choices=[
                    ("found", "found"),
                    ("nothing_held", "nothing held"),
                    ("refused", "refused"),
                    ("failed", "failed"),
                    ("left_out", "left out"),
                    ("by_hand", "looked at when it is carried out"),
                ],
                max_length=16,
                verbose_name="result",
            ),
        ),
        migrations.AlterField(
            model_name="subjectrequest",
            name="proposal",
            field=models.CharField(
                blank=True,
                choices=[("release", "do as asked"), ("refuse", "refuse")],
                max_length=8,
                verbose_name="proposal",
            ),
        ),
        migrations.AlterField(
            model_name="subjectrequest",
            name="right",
            field=models.CharField(
                choices=[
                    ("be_informed", "Be informed"),
                    ("access", "Get a copy of your data"),
                    ("portability", "Take your data elsewhere"),
                    ("correction", "Correct your data"),
                    ("deletion", "Delete your data"),
                    ("restriction", "Restrict the use of your data"),
                ],
                max_length=40,
                verbose_name="right",
            ),
        ),
        migrations.AlterField(
            model_name="system",
            name="connector",
            field=models.CharField(
                choices=[
                    ("sql", "database"),
                    ("http", "web service"),
                    ("manual", "worksheet for its owner"),
                    ("segment", "Segment"),
                    ("sendgrid", "SendGrid"),
                    ("twilio", "Twilio"),
                    ("opendsr", "OpenDSR"),
                ],
                max_length=16,
                verbose_name="connector",
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
                            "destroy",
                            "purge",
                        ],
                    )
                ),
                name="deadline_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                fields=("request", "system", "category", "outcome"), name="ledger_once_per_outcome"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__in", ("withheld", "kept")), _negated=True),
                    models.Q(("ground", ""), _negated=True),
                    _connector="OR",
                ),
                name="ledger_kept_with_ground",
            ),
        ),
    ]
