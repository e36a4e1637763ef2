"""Every table as it is after 0029_cases, made in one step: what an empty database starts with."""

import uuid
from importlib import import_module
from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
import django_fsm
from django.conf import settings
from django.db import migrations, models

from dsr.migrations._together import CreateTogether

#: Modules whose names begin with a figure; their triggers keep history and ledgers as they are.
_triggers: list[Any] = [
    import_module(f"dsr.migrations.{name}")
    for name in ("0002_append_only", "0005_rule_books", "0008_cpni", "0014_incidents", "0029_cases")
]


class Migration(migrations.Migration):
    """Stands for the steps up to there; a database that has taken some of them takes the others one by one."""

    replaces = [
        ("dsr", "0001_core"),
        ("dsr", "0002_append_only"),
        ("dsr", "0003_clocks"),
        ("dsr", "0004_watch"),
        ("dsr", "0005_rule_books"),
        ("dsr", "0006_identity"),
        ("dsr", "0007_erasure"),
        ("dsr", "0008_cpni"),
        ("dsr", "0009_worksheet_proof"),
        ("dsr", "0010_callbacks"),
        ("dsr", "0011_reappeared"),
        ("dsr", "0013_webhooks"),
        ("dsr", "0014_choices"),
        ("dsr", "0014_incidents"),
        ("dsr", "0015_signals"),
        ("dsr", "0017_choice_requests"),
        ("dsr", "0018_cpni_notices"),
        ("dsr", "0019_judging"),
        ("dsr", "0019_written"),
        ("dsr", "0020_inbound_mail"),
        ("dsr", "0021_redaction"),
        ("dsr", "0022_transmission"),
        ("dsr", "0023_arguments"),
        ("dsr", "0025_consents"),
        ("dsr", "0025b_objections"),
        ("dsr", "0026_reviews"),
        ("dsr", "0027_complaints"),
        ("dsr", "0028_children"),
        ("dsr", "0028b_customers"),
        ("dsr", "0029_cases"),
        ("dsr", "0029_outside"),
        ("dsr", "0030_elsewhere"),
        ("dsr", "0031_misunderstood"),
        ("dsr", "0032_reviews_after_appeals"),
        ("dsr", "0033_review_documents"),
        ("dsr", "0033b_mailbox"),
    ]

    dependencies = [
        ("notifications", "0003_identity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Checkpoint",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("at", models.DateTimeField(verbose_name="when")),
                        ("first_event", models.BigIntegerField(unique=True)),
                        ("last_event", models.BigIntegerField()),
                        ("count", models.BigIntegerField()),
                        ("prev_root", models.CharField(blank=True, max_length=64)),
                        ("root", models.CharField(max_length=64)),
                        ("key_id", models.CharField(max_length=32)),
                        ("signature", models.CharField(max_length=128)),
                    ],
                    options={
                        "verbose_name": "checkpoint",
                        "verbose_name_plural": "checkpoints",
                        "ordering": ("id",),
                    },
                ),
                migrations.CreateModel(
                    name="ApiToken",
                    fields=[
                        ("digest", models.CharField(max_length=128, primary_key=True, serialize=False)),
                        ("token_key", models.CharField(db_index=True, max_length=25)),
                        ("created", models.DateTimeField(auto_now_add=True)),
                        ("expiry", models.DateTimeField(blank=True, null=True)),
                        ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
                        ("scopes", models.JSONField(default=list, verbose_name="scopes")),
                        ("last_used_on", models.DateField(null=True, verbose_name="last used")),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="auth_token_set",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "API token",
                        "verbose_name_plural": "API tokens",
                    },
                ),
                migrations.CreateModel(
                    name="IdempotentAnswer",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("scope", models.CharField(max_length=64)),
                        ("key", models.CharField(max_length=128)),
                        ("digest", models.CharField(max_length=64)),
                        ("status", models.PositiveSmallIntegerField(null=True)),
                        ("body", models.JSONField(null=True)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "remembered answer",
                        "verbose_name_plural": "remembered answers",
                        "indexes": [models.Index(fields=["at"], name="answer_oldest")],
                        "constraints": [models.UniqueConstraint(fields=("scope", "key"), name="answer_once_per_key")],
                    },
                ),
                migrations.CreateModel(
                    name="Submission",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        (
                            "reference",
                            models.CharField(editable=False, max_length=11, unique=True, verbose_name="reference"),
                        ),
                        ("received_at", models.DateTimeField(editable=False, verbose_name="received")),
                        (
                            "channel",
                            models.CharField(
                                choices=[
                                    ("web", "web form"),
                                    ("api", "programming interface"),
                                    ("phone", "telephone"),
                                    ("email", "e-mail"),
                                    ("post", "letter"),
                                    ("support", "customer support"),
                                    ("in_person", "in person"),
                                ],
                                max_length=16,
                                verbose_name="channel",
                            ),
                        ),
                        ("language", models.CharField(max_length=12, verbose_name="language")),
                        ("country", models.CharField(max_length=2, verbose_name="country")),
                        ("region", models.CharField(blank=True, max_length=8, verbose_name="region")),
                        ("zone", models.CharField(max_length=64, verbose_name="time zone of the controller")),
                        ("relationship", models.CharField(max_length=64, verbose_name="relationship")),
                        ("notice_id", models.CharField(max_length=64, verbose_name="notice")),
                        ("notice_version", models.CharField(max_length=10, verbose_name="notice version")),
                        ("rules_version", models.CharField(max_length=64, verbose_name="rules version")),
                        ("regimes", models.JSONField(default=list, verbose_name="laws that apply")),
                        ("idempotency_scope", models.CharField(blank=True, editable=False, max_length=64)),
                        ("idempotency_key", models.CharField(editable=False, max_length=128, null=True)),
                        ("idempotency_digest", models.CharField(blank=True, editable=False, max_length=64)),
                        ("name_sealed", models.BinaryField(null=True)),
                        ("email_sealed", models.BinaryField(null=True)),
                        ("phone_sealed", models.BinaryField(null=True)),
                        ("identifiers_sealed", models.BinaryField(null=True)),
                        ("email_fingerprint", models.CharField(blank=True, editable=False, max_length=96)),
                        ("phone_fingerprint", models.CharField(blank=True, editable=False, max_length=96)),
                        ("account_fingerprint", models.CharField(blank=True, editable=False, max_length=96)),
                        (
                            "verified_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="identity confirmed"),
                        ),
                        (
                            "verified_level",
                            models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="identity level"),
                        ),
                        (
                            "verified_method",
                            models.CharField(blank=True, editable=False, max_length=32, verbose_name="identity method"),
                        ),
                        ("chain_seq", models.PositiveIntegerField(default=0, editable=False)),
                        ("chain_head", models.CharField(blank=True, editable=False, max_length=64)),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                        ),
                        (
                            "purge_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="personal data is deleted on"),
                        ),
                        (
                            "purged_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="personal data deleted"),
                        ),
                        (
                            "data_key",
                            models.OneToOneField(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="notifications.datakey",
                            ),
                        ),
                        (
                            "for_other",
                            models.BooleanField(
                                db_default=False, default=False, editable=False, verbose_name="filed for another"
                            ),
                        ),
                        (
                            "signed_in",
                            models.BooleanField(
                                db_default=False, default=False, editable=False, verbose_name="proved by signing in"
                            ),
                        ),
                        (
                            "of_record",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                editable=False,
                                verbose_name="proved by a channel of record",
                            ),
                        ),
                        (
                            "held_until",
                            models.DateTimeField(editable=False, null=True, verbose_name="release held until"),
                        ),
                        (
                            "looked_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="systems asked who is known"),
                        ),
                        (
                            "origin_fingerprint",
                            models.CharField(blank=True, db_default="", default="", editable=False, max_length=96),
                        ),
                        ("proved_sealed", models.BinaryField(null=True)),
                        ("standing_sealed", models.BinaryField(null=True)),
                        (
                            "stopped_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="stopped by somebody on file"),
                        ),
                        (
                            "vouched",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "nothing is claimed"),
                                    ("open", "not asked yet"),
                                    ("on_file", "they are on file together with the contact address"),
                                    ("elsewhere", "nothing on file ties them to the contact address"),
                                    ("dropped", "the person goes on without them"),
                                ],
                                db_default="",
                                default="",
                                editable=False,
                                max_length=12,
                                verbose_name="what is claimed",
                            ),
                        ),
                        (
                            "sheltered",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                editable=False,
                                verbose_name="the account of a child, opened by the service",
                            ),
                        ),
                        (
                            "door",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                editable=False,
                                max_length=40,
                                verbose_name="who else it is about",
                            ),
                        ),
                        (
                            "may_pass_on",
                            models.BooleanField(
                                db_default=False, default=False, editable=False, verbose_name="may be passed on"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "submission",
                        "verbose_name_plural": "submissions",
                        "ordering": ("-received_at", "-id"),
                        "indexes": [
                            models.Index(fields=["-received_at", "-id"], name="submission_newest"),
                            models.Index(
                                condition=models.Q(("email_fingerprint", ""), _negated=True),
                                fields=["email_fingerprint"],
                                name="submission_by_email",
                            ),
                            models.Index(
                                condition=models.Q(("phone_fingerprint", ""), _negated=True),
                                fields=["phone_fingerprint"],
                                name="submission_by_phone",
                            ),
                            models.Index(
                                condition=models.Q(("account_fingerprint", ""), _negated=True),
                                fields=["account_fingerprint"],
                                name="submission_by_account",
                            ),
                            models.Index(
                                condition=models.Q(("origin_fingerprint", ""), _negated=True),
                                fields=["origin_fingerprint", "received_at"],
                                name="submission_by_origin",
                            ),
                            models.Index(
                                condition=models.Q(("stopped_at__isnull", False)),
                                fields=["stopped_at"],
                                name="submission_stopped",
                            ),
                            models.Index(
                                condition=models.Q(("held_until__isnull", False)),
                                fields=["held_until"],
                                name="submission_held",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("idempotency_scope", "idempotency_key"), name="submission_once_per_key"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SubjectRequest",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        (
                            "right",
                            models.CharField(
                                choices=[
                                    ("be_informed", "Be informed"),
                                    ("access", "Get a copy of your data"),
                                    ("portability", "Take your data elsewhere"),
                                    ("correction", "Correct your data"),
                                    ("deletion", "Delete your data"),
                                    ("restriction", "Restrict the use of your data"),
                                    ("marketing_opt_out", "Stop marketing"),
                                    ("targeted_advertising_opt_out", "Stop targeted advertising, sale and sharing"),
                                    ("sensitive_data_limit", "Limit the use of sensitive data"),
                                    ("cpni_opt_out", "Stop marketing by how a service is used"),
                                    ("third_party_disclosure_opt_out", "Stop disclosure to others"),
                                    ("objection", "Object to the use of your data"),
                                    ("consent_withdrawal", "Take back a consent"),
                                    ("automated_decision_review", "Have a decision by a machine reviewed by a human"),
                                    ("complaint", "Complain"),
                                    ("bcr_complaint", "Complain about data sent out of Europe"),
                                    ("child_account", "Report a child's account"),
                                    ("appeal", "Have what we decided looked at again"),
                                ],
                                max_length=40,
                                verbose_name="right",
                            ),
                        ),
                        (
                            "state",
                            django_fsm.FSMField(
                                default="received", max_length=16, protected=True, verbose_name="state"
                            ),
                        ),
                        ("outcome", models.CharField(blank=True, max_length=24, verbose_name="outcome")),
                        ("turn", models.CharField(default="systems", max_length=8, verbose_name="whose turn")),
                        ("regime", models.CharField(max_length=32, verbose_name="governing law")),
                        ("received_at", models.DateTimeField(verbose_name="received")),
                        ("due_at", models.DateTimeField(verbose_name="due")),
                        ("due_on", models.DateField(verbose_name="due on")),
                        ("question_at", models.DateTimeField(null=True, verbose_name="question put to the person")),
                        (
                            "proposal",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("release", "do as asked"),
                                    ("refuse", "refuse"),
                                    ("answer", "answer so"),
                                    ("unasked", "end it, as it was not asked for"),
                                ],
                                max_length=8,
                                verbose_name="proposal",
                            ),
                        ),
                        ("prepared_at", models.DateTimeField(null=True, verbose_name="prepared")),
                        ("approved_at", models.DateTimeField(null=True, verbose_name="approved")),
                        ("refusal_ground", models.CharField(blank=True, max_length=40, verbose_name="refusal ground")),
                        ("searched_at", models.DateTimeField(null=True, verbose_name="systems searched")),
                        ("ready_at", models.DateTimeField(null=True, verbose_name="answer ready")),
                        ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("details_sealed", models.BinaryField(null=True)),
                        ("reason_sealed", models.BinaryField(null=True)),
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
                            "assignee",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
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
                        (
                            "submission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="requests",
                                to="dsr.submission",
                            ),
                        ),
                        ("fee_told_at", models.DateTimeField(null=True, verbose_name="fee told")),
                        ("last_on", models.DateField(null=True, verbose_name="last lawful day")),
                        (
                            "waits_for",
                            models.CharField(
                                blank=True, db_default="", default="", max_length=16, verbose_name="the clock waits for"
                            ),
                        ),
                        ("slack_at", models.DateTimeField(null=True, verbose_name="start by")),
                        (
                            "identity_doubts",
                            models.PositiveSmallIntegerField(
                                db_default=0, default=0, verbose_name="times more was asked for"
                            ),
                        ),
                        (
                            "identity_floor",
                            models.PositiveSmallIntegerField(
                                db_default=1, default=1, verbose_name="identity level needed"
                            ),
                        ),
                        (
                            "identity_of_record",
                            models.BooleanField(
                                db_default=False, default=False, verbose_name="only to a channel of record"
                            ),
                        ),
                        ("act_at", models.DateTimeField(null=True, verbose_name="carried out from")),
                        ("confirmed_at", models.DateTimeField(null=True, verbose_name="erasure confirmed twice")),
                        (
                            "choice",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="requests",
                                to="dsr.choice",
                            ),
                        ),
                        (
                            "cpni_entry",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="dsr.cpnientry",
                            ),
                        ),
                        (
                            "marks_proposed",
                            models.PositiveIntegerField(
                                db_default=0, default=0, verbose_name="marks a program proposes"
                            ),
                        ),
                        (
                            "marks_standing",
                            models.PositiveIntegerField(db_default=0, default=0, verbose_name="marks that count"),
                        ),
                        (
                            "marks_unseen",
                            models.PositiveIntegerField(
                                db_default=0, default=0, verbose_name="marks nobody else has seen"
                            ),
                        ),
                        (
                            "about",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contested",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "investigator",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "proposed_outcome",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                max_length=24,
                                verbose_name="what it would come to",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "request",
                        "verbose_name_plural": "requests",
                        "ordering": ("due_at", "id"),
                        "permissions": (
                            ("work_requests", "Can work the review queue"),
                            ("approve_requests", "Can approve and refuse"),
                            ("file_requests", "Can file for a caller"),
                            ("reveal_personal", "Can see personal values"),
                            ("audit_requests", "Can read history and reports"),
                            ("lead_requests", "Leads the team, and is warned of dates"),
                            ("officer_requests", "Answers for data protection, and is warned of dates"),
                            ("check_identity", "Can open evidence and decide who somebody is"),
                        ),
                        "indexes": [
                            models.Index(fields=["due_at", "id"], name="request_due"),
                            models.Index(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=["due_at", "id"],
                                name="request_open_due",
                            ),
                            models.Index(fields=["state", "due_at", "id"], name="request_state_due"),
                            models.Index(fields=["right", "due_at", "id"], name="request_right_due"),
                            models.Index(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=["slack_at", "id"],
                                name="request_open_slack",
                            ),
                            models.Index(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=["turn", "slack_at", "id"],
                                name="request_turn_slack",
                            ),
                            models.Index(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=["assignee", "slack_at", "id"],
                                name="request_mine_slack",
                            ),
                            models.Index(
                                condition=models.Q(("ready_at__isnull", False)),
                                fields=["right", "-ready_at"],
                                name="request_answered",
                            ),
                            models.Index(
                                condition=models.Q(("choice__isnull", False)),
                                fields=["choice"],
                                name="request_by_choice",
                            ),
                            models.Index(
                                condition=models.Q(("about__isnull", False)), fields=["about"], name="request_by_about"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        ["closed", "fulfilling", "in_review", "ready", "received", "verifying"],
                                    )
                                ),
                                name="request_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("turn__in", ["nobody", "person", "staff", "systems"])),
                                name="request_turn_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        ("state", "closed"),
                                        models.Q(("outcome", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "closed"), _negated=True),
                                        ("closed_at__isnull", True),
                                        ("outcome", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="request_closed_with_outcome",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("prepared_at__isnull", True), ("prepared_by__isnull", True), ("proposal", "")
                                    ),
                                    models.Q(
                                        ("prepared_at__isnull", False),
                                        ("prepared_by__isnull", False),
                                        models.Q(("proposal", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="request_prepared_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("approved_by__isnull", True),
                                    models.Q(("approved_by", models.F("prepared_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="request_two_people",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("right", "appeal"), models.Q(("state", "closed"), _negated=True)),
                                fields=("about",),
                                name="request_one_appeal_at_a_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("right", "appeal"), _negated=True),
                                    ("about__isnull", False),
                                    _connector="OR",
                                ),
                                name="request_appeal_about",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "outcome__in",
                                        [
                                            "fulfilled",
                                            "justified",
                                            "misunderstood",
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
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Post",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        (
                            "direction",
                            models.CharField(
                                choices=[
                                    ("from_person", "from the person"),
                                    ("to_person", "to the person"),
                                    ("note", "note among staff"),
                                ],
                                max_length=12,
                                verbose_name="direction",
                            ),
                        ),
                        ("body_sealed", models.BinaryField(null=True)),
                        ("at", models.DateTimeField(verbose_name="when")),
                        ("read_at", models.DateTimeField(null=True, verbose_name="read")),
                        (
                            "author",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="posts",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "submission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="posts", to="dsr.submission"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "message",
                        "verbose_name_plural": "messages",
                        "ordering": ("at", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("seq", models.PositiveIntegerField()),
                        ("at", models.DateTimeField(verbose_name="when")),
                        ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ("verb", models.CharField(max_length=40, verbose_name="what")),
                        ("actor", models.CharField(max_length=16, verbose_name="who")),
                        ("actor_id", models.CharField(blank=True, max_length=40, verbose_name="which of them")),
                        ("via", models.CharField(max_length=16, verbose_name="through")),
                        ("from_state", models.CharField(blank=True, max_length=16)),
                        ("to_state", models.CharField(blank=True, max_length=16)),
                        ("data", models.JSONField(default=dict)),
                        ("prev_hash", models.CharField(max_length=64)),
                        ("hash", models.CharField(max_length=64)),
                        (
                            "request",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="events",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "submission",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="events",
                                to="dsr.submission",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "event",
                        "verbose_name_plural": "history",
                        "ordering": ("submission", "seq"),
                        "constraints": [
                            models.UniqueConstraint(fields=("submission", "seq"), name="event_once_per_place")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Deadline",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "kind",
                            models.CharField(
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
                        ("ordinal", models.PositiveSmallIntegerField(default=0)),
                        ("due_at", models.DateTimeField(verbose_name="due")),
                        ("regime", models.CharField(blank=True, max_length=32, verbose_name="law")),
                        ("rule", models.CharField(blank=True, max_length=120, verbose_name="rule")),
                        ("done_at", models.DateTimeField(null=True, verbose_name="done")),
                        ("claimed_until", models.DateTimeField(null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        (
                            "request",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deadlines",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "submission",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deadlines",
                                to="dsr.submission",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "deadline",
                        "verbose_name_plural": "deadlines",
                        "ordering": ("due_at", "id"),
                        "indexes": [
                            models.Index(
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
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("submission", "request", "kind", "regime", "ordinal"),
                                name="deadline_once_per_kind",
                            ),
                            models.CheckConstraint(
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
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="System",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("key", models.SlugField(max_length=48, unique=True, verbose_name="key")),
                        ("name", models.CharField(max_length=120, verbose_name="name")),
                        ("description", models.TextField(blank=True, verbose_name="what it is")),
                        ("owner_name", models.CharField(max_length=120, verbose_name="owner")),
                        ("owner_email", models.EmailField(max_length=254, verbose_name="owner's mail address")),
                        (
                            "connector",
                            models.CharField(
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
                        ("config_sealed", models.BinaryField(null=True)),
                        ("categories", models.JSONField(default=list, verbose_name="data categories")),
                        ("identifiers", models.JSONField(default=list, verbose_name="identifiers it understands")),
                        ("active", models.BooleanField(default=True, verbose_name="searched")),
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
                            "role",
                            models.CharField(
                                choices=[("own", "our data is in it"), ("recipient", "it was given data of ours")],
                                db_default="own",
                                default="own",
                                max_length=12,
                                verbose_name="role",
                            ),
                        ),
                        ("leaves_out", models.JSONField(null=True, verbose_name="what it can leave people out of")),
                    ],
                    options={
                        "verbose_name": "system",
                        "verbose_name_plural": "systems",
                        "ordering": ("key",),
                    },
                ),
                migrations.CreateModel(
                    name="Step",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "waiting"),
                                    ("with_owner", "with the owner"),
                                    ("done", "done"),
                                    ("stuck", "needs a decision"),
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
                        ("code", models.CharField(blank=True, max_length=64, verbose_name="reason code")),
                        ("counts", models.JSONField(default=dict, verbose_name="found, by category")),
                        ("parcel", models.CharField(blank=True, editable=False, max_length=160)),
                        ("reason_sealed", models.BinaryField(null=True)),
                        ("due_at", models.DateTimeField(verbose_name="next try")),
                        ("claimed_until", models.DateTimeField(editable=False, null=True)),
                        ("lease", models.UUIDField(editable=False, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                        ("reminders", models.PositiveSmallIntegerField(default=0, verbose_name="reminders sent")),
                        ("started_at", models.DateTimeField(verbose_name="started")),
                        ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="steps",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="dsr.system"
                            ),
                        ),
                        (
                            "plan",
                            models.JSONField(
                                db_default=models.Value([], models.JSONField()),
                                default=list,
                                verbose_name="what would be erased and kept",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "step",
                        "verbose_name_plural": "steps",
                        "ordering": ("system__key",),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ("waiting", "with_owner"))),
                                fields=["due_at", "id"],
                                name="step_waiting",
                            ),
                            models.Index(condition=models.Q(("state", "stuck")), fields=["request"], name="step_stuck"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "system"), name="step_once_per_system"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("finished_at__isnull", False),
                                        ("state", "done"),
                                        models.Q(("result", ""), _negated=True),
                                    ),
                                    models.Q(models.Q(("state", "done"), _negated=True), ("finished_at__isnull", True)),
                                    _connector="OR",
                                ),
                                name="step_done_with_result",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerEntry",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("category", models.CharField(max_length=64, verbose_name="data category")),
                        (
                            "outcome",
                            models.CharField(
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
                        ("count", models.PositiveIntegerField(default=0, verbose_name="records")),
                        ("ground", models.CharField(blank=True, max_length=40, verbose_name="ground")),
                        ("until", models.DateField(null=True, verbose_name="until")),
                        ("at", models.DateTimeField(verbose_name="when")),
                        (
                            "request",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="ledger",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.system"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "ledger entry",
                        "verbose_name_plural": "ledger",
                        "ordering": ("request", "system__key", "category"),
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("request", "system", "category", "outcome"), name="ledger_once_per_outcome"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome__in", ("withheld", "kept")), _negated=True),
                                    models.Q(("ground", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="ledger_kept_with_ground",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Withholding",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("category", models.CharField(max_length=64, verbose_name="data category")),
                        ("ground", models.CharField(max_length=40, verbose_name="ground")),
                        ("reason_sealed", models.BinaryField(null=True)),
                        ("at", models.DateTimeField(verbose_name="when")),
                        ("lifted_at", models.DateTimeField(null=True, verbose_name="lifted")),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="withholdings",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="dsr.system",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "withholding",
                        "verbose_name_plural": "withholdings",
                        "ordering": ("at",),
                    },
                ),
                migrations.CreateModel(
                    name="WorksheetFile",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("dataset", models.CharField(blank=True, max_length=64, verbose_name="kind of data")),
                        ("name_sealed", models.BinaryField(null=True)),
                        ("media_type", models.CharField(max_length=80, verbose_name="type")),
                        ("size", models.BigIntegerField(verbose_name="size in bytes")),
                        ("vault_name", models.CharField(editable=False, max_length=160)),
                        ("at", models.DateTimeField(verbose_name="when")),
                        (
                            "step",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="files",
                                to="dsr.step",
                            ),
                        ),
                        (
                            "task",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="files",
                                to="dsr.task",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "worksheet file",
                        "verbose_name_plural": "worksheet files",
                        "ordering": ("at", "id"),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("step__isnull", False), ("task__isnull", True)),
                                    models.Q(("step__isnull", True), ("task__isnull", False)),
                                    _connector="OR",
                                ),
                                name="worksheet_file_of_one",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Attempt",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("number", models.PositiveSmallIntegerField()),
                        ("lease", models.UUIDField()),
                        ("started_at", models.DateTimeField(verbose_name="started")),
                        ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                        ("result", models.CharField(blank=True, max_length=16, verbose_name="result")),
                        ("code", models.CharField(blank=True, max_length=64, verbose_name="reason code")),
                        (
                            "step",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="tries", to="dsr.step"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "attempt",
                        "verbose_name_plural": "attempts",
                        "ordering": ("step", "number"),
                        "constraints": [models.UniqueConstraint(fields=("step", "number"), name="attempt_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Package",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("number", models.PositiveSmallIntegerField(default=1)),
                        ("vault_name", models.CharField(blank=True, editable=False, max_length=160)),
                        ("size", models.BigIntegerField(default=0, verbose_name="size in bytes")),
                        ("sha256", models.CharField(max_length=64, verbose_name="digest")),
                        ("manifest", models.JSONField(default=dict, verbose_name="manifest")),
                        ("built_at", models.DateTimeField(verbose_name="built")),
                        ("expires_at", models.DateTimeField(null=True, verbose_name="download ends")),
                        ("destroyed_at", models.DateTimeField(null=True, verbose_name="file destroyed")),
                        ("downloads", models.PositiveSmallIntegerField(default=0, verbose_name="downloads")),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="packages",
                                to="dsr.subjectrequest",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "package",
                        "verbose_name_plural": "packages",
                        "ordering": ("request", "number"),
                        "constraints": [models.UniqueConstraint(fields=("request", "number"), name="package_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Pace",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("right", models.CharField(max_length=40, verbose_name="right")),
                        (
                            "stage",
                            models.CharField(
                                choices=[
                                    ("searching", "searching"),
                                    ("reviewing", "reviewing"),
                                    ("approving", "approving"),
                                    ("building", "building"),
                                ],
                                max_length=12,
                                verbose_name="stage",
                            ),
                        ),
                        ("seconds", models.PositiveIntegerField(verbose_name="seconds")),
                        ("n", models.PositiveIntegerField(verbose_name="requests measured")),
                        ("measured_at", models.DateTimeField(verbose_name="measured")),
                    ],
                    options={
                        "verbose_name": "pace",
                        "verbose_name_plural": "paces",
                        "constraints": [models.UniqueConstraint(fields=("right", "stage"), name="pace_once_per_stage")],
                    },
                ),
                migrations.CreateModel(
                    name="RuleBook",
                    fields=[
                        (
                            "version",
                            models.CharField(
                                editable=False, max_length=64, primary_key=True, serialize=False, verbose_name="version"
                            ),
                        ),
                        ("form", models.PositiveSmallIntegerField(editable=False, verbose_name="form")),
                        ("documents", models.BinaryField(verbose_name="documents")),
                        (
                            "made_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                verbose_name="first used",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "rule book",
                        "verbose_name_plural": "rule books",
                        "ordering": ("made_at",),
                    },
                ),
                migrations.CreateModel(
                    name="Alert",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("channel", models.CharField(max_length=16, verbose_name="channel")),
                        ("fingerprint", models.CharField(blank=True, editable=False, max_length=96)),
                        ("at", models.DateTimeField(verbose_name="sent")),
                        (
                            "answer",
                            models.CharField(
                                blank=True,
                                choices=[("was_me", "this was me"), ("stop", "stop it")],
                                max_length=8,
                                verbose_name="answer",
                            ),
                        ),
                        ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                        (
                            "submission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="dsr.submission"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "alert",
                        "verbose_name_plural": "alerts",
                        "ordering": ("at", "id"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("fingerprint", ""), _negated=True),
                                fields=["fingerprint", "at"],
                                name="alert_by_channel",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("fingerprint", ""), _negated=True),
                                fields=("submission", "fingerprint"),
                                name="alert_once_per_channel",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("answer", ""), ("answered_at__isnull", True)),
                                    models.Q(models.Q(("answer", ""), _negated=True), ("answered_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="alert_answered_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Signal",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("code", models.CharField(max_length=40, verbose_name="signal")),
                        ("at", models.DateTimeField(verbose_name="seen")),
                        ("data", models.JSONField(default=dict, verbose_name="particulars")),
                        ("cleared_at", models.DateTimeField(null=True, verbose_name="cleared")),
                        (
                            "cleared_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "submission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="signals", to="dsr.submission"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "signal",
                        "verbose_name_plural": "signals",
                        "ordering": ("at", "id"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("cleared_at__isnull", True)),
                                fields=["submission"],
                                name="signal_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("submission", "code"), name="signal_once_per_code")
                        ],
                    },
                ),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="items",
                                to="dsr.subjectrequest",
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kept",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.system"
                            ),
                        ),
                        (
                            "hold",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kept",
                                to="dsr.legalhold",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "kept records",
                        "verbose_name_plural": "kept records",
                        "ordering": ("request", "system__key", "category"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=["check_at", "id"],
                                name="kept_waiting",
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
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dsr.system"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "restriction",
                        "verbose_name_plural": "restrictions",
                        "ordering": ("request", "system__key"),
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "system"), name="restriction_once_per_system"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("lifted_at__isnull", True), ("told_at__isnull", False), _connector="OR"
                                ),
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
                                choices=[
                                    ("proposed", "proposed"),
                                    ("published", "published"),
                                    ("rejected", "rejected"),
                                ],
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
                        "permissions": (
                            ("edit_retention", "Can propose and publish changes of the retention schedule"),
                        ),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tasks",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="dsr.system"
                            ),
                        ),
                        (
                            "known_as",
                            models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
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
                            models.Index(
                                condition=models.Q(("state", "stuck")), fields=["kind", "made_at"], name="task_stuck"
                            ),
                            models.Index(
                                condition=models.Q(("state", "waiting"), models.Q(("known_as", ""), _negated=True)),
                                fields=["known_as"],
                                name="task_known_as",
                            ),
                            models.Index(
                                condition=models.Q(("code", "reappeared"), ("kind", "recheck")),
                                fields=["system", "request"],
                                name="task_reappeared",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "system", "kind", "ordinal"), name="task_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["waiting", "with_owner", "done", "stuck", "called_off"])
                                ),
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
                migrations.CreateModel(
                    name="CpniAccount",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("digest", models.CharField(max_length=96, unique=True, verbose_name="account")),
                        ("lines", models.PositiveIntegerField(default=0)),
                        ("head", models.CharField(blank=True, max_length=64)),
                        ("invented", models.BooleanField(default=False, verbose_name="made up to test the pages")),
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
                        (
                            "notice_version",
                            models.CharField(blank=True, max_length=40, verbose_name="version of the notice"),
                        ),
                        ("evidence", models.CharField(blank=True, max_length=80, verbose_name="where the evidence is")),
                        ("entered_by", models.CharField(blank=True, max_length=40, verbose_name="entered by")),
                        ("prev_hash", models.CharField(blank=True, max_length=64)),
                        ("hash", models.CharField(max_length=64)),
                        (
                            "about",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="dsr.cpnientry",
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
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="dsr.cpniaccount",
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
                                    models.Q(
                                        models.Q(("kind", "notice_bounced"), _negated=True), ("about__isnull", True)
                                    ),
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
                migrations.CreateModel(
                    name="Webhook",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
                        ("kinds", models.JSONField(default=list, verbose_name="told of")),
                        ("url_sealed", models.BinaryField(null=True)),
                        ("secret_sealed", models.BinaryField(null=True)),
                        ("old_secret_sealed", models.BinaryField(null=True)),
                        ("old_secret_until", models.DateTimeField(null=True)),
                        ("active", models.BooleanField(default=True, verbose_name="on")),
                        ("made_at", models.DateTimeField(verbose_name="made")),
                        ("disabled_at", models.DateTimeField(null=True, verbose_name="off since")),
                        (
                            "disabled_because",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("owner", "switched off by its owner"),
                                    ("gone", "the receiver said that it is gone"),
                                    ("failing", "nothing got through for days"),
                                ],
                                max_length=8,
                                verbose_name="why it is off",
                            ),
                        ),
                        ("failing_since", models.DateTimeField(null=True, verbose_name="nothing got through since")),
                        ("version", models.PositiveIntegerField(default=1)),
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
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="owner",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "webhook",
                        "verbose_name_plural": "webhooks",
                        "ordering": ("id",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("active", True), ("disabled_at__isnull", True), ("disabled_because", "")),
                                    models.Q(
                                        ("active", False),
                                        ("disabled_at__isnull", False),
                                        ("disabled_because__in", ["owner", "gone", "failing"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="webhook_off_since_and_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("old_secret_sealed__isnull", True), ("old_secret_until__isnull", True)),
                                    models.Q(("old_secret_sealed__isnull", False), ("old_secret_until__isnull", False)),
                                    _connector="OR",
                                ),
                                name="webhook_old_secret_ends",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookDelivery",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("event", models.UUIDField()),
                        ("kind", models.CharField(max_length=24)),
                        ("body", models.TextField()),
                        ("made_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("claimed_until", models.DateTimeField(null=True)),
                        ("lease", models.UUIDField(null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("tried_at", models.DateTimeField(null=True)),
                        ("status", models.PositiveSmallIntegerField(null=True)),
                        ("code", models.CharField(blank=True, max_length=24)),
                        ("done_at", models.DateTimeField(null=True)),
                        ("given_up_at", models.DateTimeField(null=True)),
                        (
                            "webhook",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="dsr.webhook",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "webhook delivery",
                        "verbose_name_plural": "webhook deliveries",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at__isnull", True), ("given_up_at__isnull", True)),
                                fields=["due_at", "id"],
                                name="webhook_waiting",
                            ),
                            models.Index(fields=["webhook", "id"], name="webhook_deliveries"),
                            models.Index(fields=["made_at"], name="webhook_oldest"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("webhook", "event"), name="webhook_told_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("done_at__isnull", True), ("given_up_at__isnull", True), _connector="OR"
                                ),
                                name="webhook_done_or_given_up",
                            ),
                        ],
                    },
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
                                condition=models.Q(("who_sealed__isnull", False)),
                                fields=["effective_at"],
                                name="choice_known",
                            ),
                            models.Index(
                                condition=models.Q(("invented", True)), fields=["recorded_at"], name="choice_invented"
                            ),
                        ],
                        "constraints": [
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
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "purpose__in",
                                        ["marketing", "advertising", "sensitive", "disclosure", "consent", "objection"],
                                    )
                                ),
                                name="choice_purpose_known",
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
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="dsr.system",
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
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="dsr.choice",
                            ),
                        ),
                        ("written_at", models.DateTimeField(null=True, verbose_name="written")),
                    ],
                    options={
                        "verbose_name": "suppression",
                        "verbose_name_plural": "suppressions",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("digest", "purpose", "channel", "topic"), name="suppression_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "purpose__in",
                                        ["marketing", "advertising", "sensitive", "disclosure", "consent", "objection"],
                                    )
                                ),
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
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="dsr.system",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "window",
                        "verbose_name_plural": "windows",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at__isnull", True)),
                                fields=["due_at", "id"],
                                name="window_waiting",
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
                                condition=models.Q(("done_at__isnull", True)),
                                fields=["must_by", "id"],
                                name="window_open",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("choice", "system"), name="window_once_per_system")
                        ],
                    },
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
                        "indexes": [
                            models.Index(
                                condition=models.Q(("closed_at__isnull", True)),
                                fields=["opened_at"],
                                name="incident_open",
                            ),
                            models.Index(
                                condition=models.Q(("warn_at__isnull", False)), fields=["warn_at"], name="incident_warn"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["choice_late", "choice_failing", "heartbeat"])),
                                name="incident_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "mechanism__in",
                                        ["one_click", "preferences", "cpni_page", "cpni_api", "api", "system"],
                                    )
                                ),
                                name="incident_means_known",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at__isnull", True), ("system__isnull", False)),
                                fields=("kind", "system", "mechanism"),
                                name="incident_open_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at__isnull", True), ("system__isnull", True)),
                                fields=("kind", "mechanism"),
                                name="incident_open_once_anywhere",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("acknowledged_at__isnull", True), ("acknowledged_by__isnull", True)),
                                    models.Q(("acknowledged_at__isnull", False), ("acknowledged_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="incident_acknowledged_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reported_at__isnull", True), ("reported_by__isnull", True)),
                                    models.Q(("reported_at__isnull", False), ("reported_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="incident_reported_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                                    models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="incident_closed_by_somebody",
                            ),
                        ],
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
                        "constraints": [
                            models.CheckConstraint(
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
                            )
                        ],
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
                            models.Index(
                                condition=models.Q(("ended_at__isnull", True)), fields=["due_at"], name="probe_due"
                            ),
                            models.Index(fields=["path", "made_at"], name="probe_by_path"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("stage__in", ["sending", "looking", "ended"])),
                                name="probe_stage_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("result__in", ["", "taken", "not_answered", "not_taken"])),
                                name="probe_result_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("stage", "ended"),
                                        models.Q(("result", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("stage", "ended"), _negated=True),
                                        ("ended_at__isnull", True),
                                        ("result", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="probe_ended_with_result",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BrowserHeard",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("digest", models.CharField(max_length=96, unique=True, verbose_name="browser")),
                        ("at", models.DateTimeField(verbose_name="last heard")),
                    ],
                    options={
                        "verbose_name": "browser that was heard",
                        "verbose_name_plural": "browsers that were heard",
                        "indexes": [models.Index(fields=["at"], name="browser_heard_at")],
                    },
                ),
                migrations.CreateModel(
                    name="CpniLetter",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                                condition=models.Q(("forgotten_at__isnull", True)),
                                fields=["id"],
                                name="cpni_letter_known",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Argument",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("ground", models.CharField(max_length=40, verbose_name="ground")),
                        (
                            "proof_kind",
                            models.CharField(
                                choices=[
                                    ("document", "a document"),
                                    ("record", "a record in a system"),
                                    ("contract", "a contract"),
                                    ("order", "an order or a law"),
                                    ("advice", "advice of a lawyer"),
                                    ("published", "something published"),
                                    ("correspondence", "letters or messages"),
                                    ("other", "something else"),
                                ],
                                max_length=16,
                                verbose_name="kind of proof",
                            ),
                        ),
                        ("proof_on", models.DateField(verbose_name="of when the proof is")),
                        ("place_sealed", models.BinaryField(null=True)),
                        ("author_sealed", models.BinaryField(null=True)),
                        ("answers_sealed", models.BinaryField(null=True)),
                        ("at", models.DateTimeField(verbose_name="when")),
                        ("replaced_at", models.DateTimeField(null=True, verbose_name="replaced")),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="arguments",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "withholding",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="arguments",
                                to="dsr.withholding",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "argument",
                        "verbose_name_plural": "arguments",
                        "ordering": ("at",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("replaced_at__isnull", True), ("withholding__isnull", True)),
                                fields=("request",),
                                name="argument_once_per_refusal",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("replaced_at__isnull", True), ("withholding__isnull", False)),
                                fields=("withholding",),
                                name="argument_once_per_part",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Mark",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("parcel", models.CharField(blank=True, editable=False, max_length=160)),
                        (
                            "what",
                            models.CharField(
                                choices=[
                                    ("text", "a text, wherever it stands"),
                                    ("field", "a whole field"),
                                    ("file", "a file, which is left out"),
                                    ("pass", "a file, which goes as it is although no program can read it"),
                                ],
                                max_length=8,
                                verbose_name="what",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("name", "the name of somebody else"),
                                    ("address", "an address of somebody else"),
                                    ("number", "a number of somebody else"),
                                    ("words", "what somebody else said"),
                                    ("staff", "who of our staff it was"),
                                    ("secret", "a password or another secret"),
                                    ("trade_secret", "a trade secret"),
                                    ("file", "a document about somebody else"),
                                ],
                                max_length=16,
                                verbose_name="kind",
                            ),
                        ),
                        ("ground", models.CharField(max_length=40, verbose_name="ground")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "proposed by a program"),
                                    ("marked", "marked"),
                                    ("rejected", "not taken up"),
                                    ("lifted", "taken back"),
                                ],
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("dataset", models.CharField(blank=True, max_length=128, verbose_name="data set")),
                        ("field", models.CharField(blank=True, max_length=128, verbose_name="field")),
                        ("record", models.PositiveIntegerField(null=True, verbose_name="record")),
                        ("file", models.PositiveIntegerField(null=True, verbose_name="file")),
                        ("text_sealed", models.BinaryField(null=True)),
                        ("reason_sealed", models.BinaryField(null=True)),
                        ("at", models.DateTimeField(verbose_name="when")),
                        ("looked_at", models.DateTimeField(null=True, verbose_name="looked over")),
                        ("ended_at", models.DateTimeField(null=True, verbose_name="taken back or not taken up")),
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "looked_by",
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="marks",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "step",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="dsr.step",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "mark",
                        "verbose_name_plural": "marks",
                        "ordering": ("at", "id"),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("looked_by__isnull", True),
                                    models.Q(("looked_by", models.F("by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="mark_two_people",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("by__isnull", True), ("state", "proposed")),
                                    models.Q(("state", "proposed"), _negated=True),
                                    _connector="OR",
                                ),
                                name="mark_proposed_by_nobody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("by__isnull", False), ("reason_sealed__isnull", False), ("state", "marked")
                                    ),
                                    models.Q(("state", "marked"), _negated=True),
                                    _connector="OR",
                                ),
                                name="mark_by_somebody_with_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InboundMail",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("mail_fingerprint", models.CharField(editable=False, max_length=96, null=True, unique=True)),
                        ("sender_fingerprint", models.CharField(blank=True, editable=False, max_length=96)),
                        ("validity", models.BigIntegerField(editable=False)),
                        ("uid", models.BigIntegerField(editable=False)),
                        ("received_at", models.DateTimeField(editable=False, verbose_name="received")),
                        ("kept_at", models.DateTimeField(editable=False, verbose_name="kept")),
                        (
                            "moved_at",
                            models.DateTimeField(editable=False, null=True, verbose_name="moved aside in the mailbox"),
                        ),
                        ("size", models.BigIntegerField(editable=False, verbose_name="size in bytes")),
                        ("whole", models.BooleanField(default=True, editable=False, verbose_name="kept whole")),
                        ("vault_name", models.CharField(blank=True, editable=False, max_length=160)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("kept", "kept, not looked at yet"),
                                    ("waiting", "waits for somebody"),
                                    ("done", "dealt with"),
                                ],
                                default="kept",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("claimed_until", models.DateTimeField(editable=False, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                        ("read_at", models.DateTimeField(editable=False, null=True, verbose_name="read")),
                        (
                            "kind",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("request", "a request"),
                                    ("reply", "about a case of ours"),
                                    ("regulator", "from an authority"),
                                    ("law_enforcement", "from the police or a court"),
                                    ("legal_claim", "a legal claim"),
                                    ("applicant", "about a job"),
                                    ("sales", "advertising"),
                                    ("bounce", "a letter of ours that came back"),
                                    ("automatic", "written by a machine"),
                                    ("unclear", "not clear"),
                                    ("unreadable", "could not be read"),
                                ],
                                max_length=16,
                                verbose_name="what it seems to be",
                            ),
                        ),
                        ("rights", models.JSONField(default=list, verbose_name="rights proposed")),
                        ("flags", models.JSONField(default=list, verbose_name="warnings")),
                        ("rank", models.PositiveSmallIntegerField(default=5, verbose_name="what goes first")),
                        ("due_at", models.DateTimeField(verbose_name="to be looked at by")),
                        ("warned_at", models.DateTimeField(editable=False, null=True, verbose_name="warned")),
                        ("sender_sealed", models.BinaryField(null=True)),
                        ("subject_sealed", models.BinaryField(null=True)),
                        ("because_sealed", models.BinaryField(null=True)),
                        (
                            "end",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "nothing yet"),
                                    ("filed", "filed as a request"),
                                    ("tied", "added to a case"),
                                    ("not_ours", "nothing of ours"),
                                    ("forwarded", "handed to others"),
                                    ("returned", "noted at the letter that came back"),
                                ],
                                max_length=10,
                                verbose_name="what became of it",
                            ),
                        ),
                        (
                            "code",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "no more to say"),
                                    ("spam", "spam or advertising"),
                                    ("machine", "an automatic answer"),
                                    ("again", "the same as another letter"),
                                    ("other_company", "meant for another organisation"),
                                    ("no_request", "nothing is asked of us"),
                                    ("deceit", "an attempt to deceive"),
                                    ("applicants", "those who deal with applicants"),
                                    ("law", "those who deal with the police and courts"),
                                    ("legal", "the lawyers"),
                                    ("authorities", "those who answer authorities"),
                                    ("support", "customer support"),
                                ],
                                max_length=16,
                                verbose_name="why",
                            ),
                        ),
                        ("done_at", models.DateTimeField(editable=False, null=True, verbose_name="dealt with on")),
                        (
                            "rounds",
                            models.PositiveSmallIntegerField(
                                default=0, editable=False, verbose_name="how often it was opened again"
                            ),
                        ),
                        ("purge_at", models.DateTimeField(editable=False, null=True, verbose_name="destroyed on")),
                        ("purged_at", models.DateTimeField(editable=False, null=True, verbose_name="destroyed")),
                        (
                            "case",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mail",
                                to="dsr.submission",
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
                            "proposed_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "stays",
                            models.BooleanField(
                                db_default=False, default=False, editable=False, verbose_name="copied, and left marked"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "letter by mail",
                        "verbose_name_plural": "letters by mail",
                        "ordering": ("rank", "received_at", "id"),
                        "permissions": (
                            ("handle_mail", "Can deal with letters that came by mail, and enter requests"),
                        ),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["rank", "received_at", "id"],
                                name="mail_waiting",
                            ),
                            models.Index(
                                condition=models.Q(("state", "kept")), fields=["received_at"], name="mail_to_read"
                            ),
                            models.Index(
                                condition=models.Q(("state", "waiting"), ("warned_at__isnull", True)),
                                fields=["due_at"],
                                name="mail_to_warn",
                            ),
                            models.Index(
                                condition=models.Q(("state", "done")), fields=["-done_at", "id"], name="mail_done"
                            ),
                            models.Index(
                                condition=models.Q(("purged_at__isnull", True), ("state", "done")),
                                fields=["purge_at"],
                                name="mail_to_purge",
                            ),
                            models.Index(
                                condition=models.Q(("whole", False)), fields=["validity", "uid"], name="mail_left"
                            ),
                            models.Index(
                                condition=models.Q(("stays", True)), fields=["validity", "uid"], name="mail_stays"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["kept", "waiting", "done"])), name="mail_state_known"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("end__in", ["", "filed", "tied", "not_ours", "forwarded", "returned"])
                                ),
                                name="mail_end_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "code__in",
                                        [
                                            "",
                                            "spam",
                                            "machine",
                                            "again",
                                            "other_company",
                                            "no_request",
                                            "deceit",
                                            "applicants",
                                            "law",
                                            "legal",
                                            "authorities",
                                            "support",
                                        ],
                                    )
                                ),
                                name="mail_code_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("done_at__isnull", False),
                                        ("state", "done"),
                                        models.Q(("end", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "done"), _negated=True),
                                        ("done_at__isnull", True),
                                        ("done_by__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="mail_done_says_how_and_when",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MailboxState",
                    fields=[
                        (
                            "id",
                            models.PositiveSmallIntegerField(
                                default=1, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("claimed_until", models.DateTimeField(editable=False, null=True)),
                        ("reached_at", models.DateTimeField(null=True, verbose_name="last reached")),
                        ("failing_since", models.DateTimeField(null=True, verbose_name="not reached since")),
                        ("error", models.CharField(blank=True, max_length=40, verbose_name="error")),
                    ],
                    options={
                        "verbose_name": "mailbox",
                        "verbose_name_plural": "mailboxes",
                        "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="mailbox_is_one")],
                    },
                ),
                migrations.CreateModel(
                    name="MailEntry",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("at", models.DateTimeField(verbose_name="when")),
                        (
                            "move",
                            models.CharField(
                                choices=[
                                    ("kept", "Came in"),
                                    ("read", "Was taken apart"),
                                    ("opened", "Opened"),
                                    ("filed", "Filed as a request"),
                                    ("tied", "Added to a case"),
                                    ("proposed", "Proposed to be done with it"),
                                    ("sent_back", "Proposal sent back"),
                                    ("not_ours", "Found to be nothing of ours"),
                                    ("forwarded", "Handed to others"),
                                    ("returned", "Noted at the letter that came back"),
                                    ("reopened", "Opened again"),
                                    ("warned", "Colleagues were warned of the date"),
                                    ("emptied", "What came along was taken out of what is kept"),
                                    ("forgotten", "The letter was destroyed"),
                                ],
                                max_length=10,
                                verbose_name="what",
                            ),
                        ),
                        ("facts", models.JSONField(default=dict, verbose_name="particulars")),
                        ("by", models.CharField(blank=True, max_length=40, verbose_name="who")),
                        (
                            "mail",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="dsr.inboundmail",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "line about a letter",
                        "verbose_name_plural": "lines about letters",
                        "ordering": ("id",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "move__in",
                                        [
                                            "kept",
                                            "read",
                                            "opened",
                                            "filed",
                                            "tied",
                                            "proposed",
                                            "sent_back",
                                            "not_ours",
                                            "forwarded",
                                            "returned",
                                            "reopened",
                                            "warned",
                                            "emptied",
                                            "forgotten",
                                        ],
                                    )
                                ),
                                name="mail_move_known",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AgeFinding",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("under", models.PositiveSmallIntegerField(verbose_name="a child is under")),
                        ("law", models.CharField(blank=True, max_length=64, verbose_name="by")),
                        (
                            "found",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("child", "a child's account"),
                                    ("not_child", "no child's account"),
                                    ("unclear", "it cannot be said"),
                                    ("nobody", "there is no such account"),
                                ],
                                max_length=12,
                                verbose_name="finding",
                            ),
                        ),
                        ("signs", models.JSONField(default=list, verbose_name="signs")),
                        ("conflict", models.CharField(blank=True, max_length=32, verbose_name="conflict")),
                        ("guidance", models.JSONField(default=list, verbose_name="guidance followed")),
                        (
                            "tell_account",
                            models.BooleanField(default=True, verbose_name="the account's own address is written to"),
                        ),
                        ("looked_at", models.DateTimeField(verbose_name="looked for")),
                        ("found_at", models.DateTimeField(null=True, verbose_name="found")),
                        ("final_at", models.DateTimeField(null=True, verbose_name="final")),
                        ("reason_sealed", models.BinaryField(null=True)),
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
                            "found_by",
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
                            models.OneToOneField(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="age",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "shelter",
                            models.OneToOneField(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sheltered_by",
                                to="dsr.submission",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "finding on a child's account",
                        "verbose_name_plural": "findings on children's accounts",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("found__in", ["child", "not_child", "unclear", "nobody"]),
                                    ("found", ""),
                                    _connector="OR",
                                ),
                                name="age_finding_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("final_at__isnull", True), models.Q(("found", ""), _negated=True), _connector="OR"
                                ),
                                name="age_final_is_found",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("final_at__isnull", True),
                                    models.Q(("conflict", ""), ("found__in", ("child", "nobody"))),
                                    ("confirmed_by__isnull", False),
                                    _connector="OR",
                                ),
                                name="age_two_people",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("confirmed_by__isnull", True),
                                    models.Q(("confirmed_by", models.F("found_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="age_another_person",
                            ),
                        ],
                    },
                ),
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
                        (
                            "notice_version",
                            models.CharField(blank=True, max_length=80, verbose_name="text that told it"),
                        ),
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
                        (
                            "owner_email",
                            models.EmailField(blank=True, max_length=254, verbose_name="owner of the system"),
                        ),
                        ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                        ("by_hand", models.BooleanField(default=False, verbose_name="written down by staff")),
                        ("keep_until", models.DateTimeField(verbose_name="kept until")),
                        ("forgotten_at", models.DateTimeField(null=True, verbose_name="forgotten")),
                        ("digest", models.CharField(blank=True, max_length=96)),
                        (
                            "inputs_digest",
                            models.CharField(blank=True, max_length=96, verbose_name="digest of the inputs"),
                        ),
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
                        "indexes": [
                            models.Index(fields=["recorded_by", "-id"], name="decision_by_recorder"),
                            models.Index(
                                condition=models.Q(("forgotten_at__isnull", True)),
                                fields=["keep_until"],
                                name="decision_to_forget",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("system", "reference"), name="decision_once_per_system"),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["account_approval", "account_suspension", "other"])),
                                name="decision_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("legal_basis__in", ["contract", "law", "consent", "unnamed"])),
                                name="decision_basis_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("confirm_by__in", ["call", "worksheet"])),
                                name="decision_confirm_known",
                            ),
                        ],
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="people",
                                to="dsr.automateddecision",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "person of a decision",
                        "verbose_name_plural": "people of decisions",
                        "indexes": [models.Index(fields=["fingerprint"], name="decided_person_found")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("decision", "kind", "fingerprint"), name="decided_person_once"
                            )
                        ],
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
                        (
                            "active_seconds",
                            models.PositiveIntegerField(default=0, verbose_name="seconds of active review"),
                        ),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
                                to="dsr.automateddecision",
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
                                to="dsr.subjectrequest",
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
                        "indexes": [
                            models.Index(
                                condition=models.Q(("effect", "waiting")),
                                fields=["effect_due_at"],
                                name="review_effect_due",
                            ),
                            models.Index(fields=["reviewer", "concluded_at"], name="review_by_reviewer"),
                            models.Index(
                                condition=models.Q(("likeness", ""), _negated=True),
                                fields=["likeness"],
                                name="review_alike",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "number"), name="review_numbered_once"),
                            models.CheckConstraint(
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
                            models.CheckConstraint(
                                condition=models.Q(("effect__in", ["", "waiting", "stuck", "confirmed"])),
                                name="review_effect_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("effect", "confirmed"), _negated=True),
                                    ("effect_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="review_effect_dated",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("number__gte", 1)), name="review_numbered_from_one"
                            ),
                        ],
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
                        (
                            "systems",
                            models.JSONField(default=list, verbose_name="deciding systems that the team answers for"),
                        ),
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
                        ("document", models.UUIDField(null=True, verbose_name="document of the person")),
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
                        "constraints": [models.UniqueConstraint(fields=("review", "number"), name="review_point_once")],
                    },
                ),
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
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="dsr.package",
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
                                condition=models.Q(("state", "waiting")),
                                fields=["due_at", "id"],
                                name="transmission_waiting",
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
                migrations.CreateModel(
                    name="Weighing",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("use", models.CharField(max_length=64, verbose_name="use")),
                        ("basis", models.CharField(max_length=64, verbose_name="legal basis")),
                        (
                            "outcome",
                            models.CharField(
                                choices=[("stop", "it stops"), ("part", "a part of it stops"), ("go_on", "it goes on")],
                                max_length=8,
                                verbose_name="what becomes of it",
                            ),
                        ),
                        ("ground", models.CharField(blank=True, max_length=40, verbose_name="ground")),
                        (
                            "vulnerable",
                            models.BooleanField(
                                default=False, verbose_name="about a child or somebody who needs protection"
                            ),
                        ),
                        ("mark", models.CharField(blank=True, editable=False, max_length=96)),
                        ("content_sealed", models.BinaryField(null=True)),
                        ("at", models.DateTimeField(verbose_name="when")),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="weighings",
                                to="dsr.subjectrequest",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "weighing",
                        "verbose_name_plural": "weighings",
                        "ordering": ("request", "at"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("mark", ""), _negated=True), fields=["mark"], name="weighing_mark"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "use"), name="weighing_once_per_use"),
                            models.CheckConstraint(
                                condition=models.Q(("outcome__in", ["stop", "part", "go_on"])),
                                name="weighing_outcome_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("outcome", "stop"), models.Q(("ground", ""), _negated=True), _connector="OR"
                                ),
                                name="weighing_goes_on_with_ground",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Customer",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=200, unique=True, verbose_name="name")),
                        ("contact", models.EmailField(max_length=254, verbose_name="mail address for privacy matters")),
                        ("agreement", models.CharField(blank=True, max_length=200, verbose_name="agreement")),
                        (
                            "answers_within",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="What its agreement says. Left empty, the rule files say it.",
                                null=True,
                                verbose_name="answers within, in business days",
                            ),
                        ),
                        ("active", models.BooleanField(default=True, verbose_name="in use")),
                        ("since", models.DateTimeField(editable=False, verbose_name="entered")),
                    ],
                    options={
                        "verbose_name": "customer",
                        "verbose_name_plural": "customers",
                        "ordering": ("name",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("answers_within__gte", 1)), name="customer_answers_in_days"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Referral",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        (
                            "known",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "the person named nobody"),
                                    ("named", "the person named the customer"),
                                    ("proved", "the person proved the number or address that the customer holds"),
                                ],
                                max_length=8,
                                verbose_name="how it is known",
                            ),
                        ),
                        ("categories", models.JSONField(default=list, verbose_name="data categories")),
                        ("made_at", models.DateTimeField(verbose_name="directed")),
                        ("told_person_at", models.DateTimeField(verbose_name="person told")),
                        ("told_customer_at", models.DateTimeField(null=True, verbose_name="other side told")),
                        ("due_on", models.DateField(null=True, verbose_name="word due")),
                        ("confirmed_at", models.DateTimeField(null=True, verbose_name="word came")),
                        (
                            "customer",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="referrals",
                                to="dsr.customer",
                            ),
                        ),
                        (
                            "made_by",
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
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="referrals",
                                to="dsr.subjectrequest",
                            ),
                        ),
                        (
                            "agreed",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "the person did not agree, or need not"),
                                    ("filed", "the person said so when they filed"),
                                    ("said", "the person said so since"),
                                ],
                                db_default="",
                                default="",
                                max_length=8,
                                verbose_name="agreement to pass it on",
                            ),
                        ),
                        (
                            "door",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                editable=False,
                                max_length=40,
                                verbose_name="door",
                            ),
                        ),
                        (
                            "number",
                            models.CharField(
                                editable=False, max_length=16, null=True, unique=True, verbose_name="number"
                            ),
                        ),
                        ("remind_at", models.DateTimeField(editable=False, null=True, verbose_name="asked again at")),
                        (
                            "reminders",
                            models.PositiveSmallIntegerField(
                                db_default=0, default=0, editable=False, verbose_name="reminders"
                            ),
                        ),
                        (
                            "word",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "no word yet"),
                                    ("taken", "it has the matter in hand"),
                                    ("not_theirs", "it does not hold this either"),
                                ],
                                db_default="",
                                default="",
                                editable=False,
                                max_length=12,
                                verbose_name="word",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "person directed elsewhere",
                        "verbose_name_plural": "people directed elsewhere",
                        "ordering": ("-made_at", "-id"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("confirmed_at__isnull", True), ("due_on__isnull", False)),
                                fields=["due_on", "id"],
                                name="referral_waits",
                            ),
                            models.Index(
                                condition=models.Q(("confirmed_at__isnull", True), ("remind_at__isnull", False)),
                                fields=["remind_at", "id"],
                                name="referral_reminds",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("known__in", ["", "named", "proved"])), name="referral_known"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("due_on__isnull", True), ("told_customer_at__isnull", True)),
                                    models.Q(("due_on__isnull", False), ("told_customer_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="referral_told_and_due",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("customer__isnull", True), ("told_customer_at__isnull", False), _connector="OR"
                                ),
                                name="referral_customer_is_told",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("told_customer_at__isnull", True),
                                    models.Q(("customer__isnull", False), ("door", "")),
                                    models.Q(("customer__isnull", True), models.Q(("door", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="referral_told_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("confirmed_at__isnull", True), ("due_on__isnull", False), _connector="OR"
                                ),
                                name="referral_word_awaited",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("agreed__in", ["", "filed", "said"])), name="referral_agreed"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("word__in", ["", "taken", "not_theirs"])), name="referral_word"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("door", ""), _negated=True),
                                fields=("request", "door"),
                                name="referral_one_a_door",
                            ),
                        ],
                    },
                ),
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
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="dsr.subjectrequest",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "enquiry",
                        "verbose_name_plural": "enquiries",
                        "ordering": ("request", "number"),
                        "constraints": [models.UniqueConstraint(fields=("request", "number"), name="enquiry_once")],
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
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="dsr.subjectrequest",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "finding",
                        "verbose_name_plural": "findings",
                        "ordering": ("request", "number"),
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "number"), name="finding_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("verdict__in", ["justified", "partly", "not_justified", "not_established"])
                                ),
                                name="finding_verdict_known",
                            ),
                        ],
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
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="dsr.subjectrequest",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "promise",
                        "verbose_name_plural": "promises",
                        "ordering": ("request", "number"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at__isnull", True)), fields=["due_on"], name="remedy_open"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "number"), name="remedy_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="remedy_done_by_somebody",
                            ),
                        ],
                    },
                ),
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
                        (
                            "by",
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="dsr.subjectrequest",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "outside reference",
                        "verbose_name_plural": "outside references",
                        "ordering": ("request", "number"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_on__isnull", True)),
                                fields=["request", "due_on"],
                                name="outside_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "number"), name="outside_once"),
                            models.CheckConstraint(
                                condition=models.Q(("set_by__in", ["", "letter", "rule"])), name="outside_set_by_known"
                            ),
                            models.CheckConstraint(
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
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("due_on__isnull", True), ("set_by", "")),
                                    models.Q(("due_on__isnull", False), models.Q(("set_by", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="outside_day_set_by_somebody",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AuthorityCase",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("authority", models.CharField(max_length=200, verbose_name="authority")),
                        ("office", models.CharField(blank=True, max_length=200, verbose_name="office")),
                        (
                            "state",
                            django_fsm.FSMField(
                                default="received", max_length=12, protected=True, verbose_name="state"
                            ),
                        ),
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
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=["due_on", "id"],
                                name="case_open",
                            ),
                            models.Index(
                                condition=models.Q(("warn_at__isnull", False)), fields=["warn_at"], name="case_warn"
                            ),
                            models.Index(
                                condition=models.Q(("purge_at__isnull", False), ("purged_at__isnull", True)),
                                fields=["purge_at"],
                                name="case_purge",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["received", "prepared", "approved", "answered", "closed"])
                                ),
                                name="case_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        ("ended_on__isnull", False),
                                        (
                                            "outcome__in",
                                            ["no_breach", "settled", "warning", "order", "fine", "withdrawn"],
                                        ),
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
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("prepared_at__isnull", True), ("prepared_by__isnull", True)),
                                    models.Q(("prepared_at__isnull", False), ("prepared_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="case_prepared_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                                    models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="case_approved_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("approved_by__isnull", True),
                                    models.Q(("approved_by", models.F("prepared_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="case_two_people",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ("approved", "answered")), _negated=True),
                                    ("approved_by__isnull", False),
                                    _connector="OR",
                                ),
                                name="case_answer_was_approved",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "answered"), _negated=True),
                                    ("sent_on__isnull", False),
                                    _connector="OR",
                                ),
                                name="case_answered_on_a_day",
                            ),
                        ],
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="dsr.authoritycase",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "line of a case",
                        "verbose_name_plural": "lines of cases",
                        "ordering": ("case", "seq"),
                        "constraints": [models.UniqueConstraint(fields=("case", "seq"), name="case_entry_once")],
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="links",
                                to="dsr.authoritycase",
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="authority_links",
                                to="dsr.submission",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "link of a case",
                        "verbose_name_plural": "links of cases",
                        "ordering": ("at", "id"),
                        "constraints": [
                            models.UniqueConstraint(fields=("case", "submission"), name="case_links_a_filing_once")
                        ],
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="measures",
                                to="dsr.authoritycase",
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
                        "indexes": [
                            models.Index(
                                condition=models.Q(("warn_at__isnull", False)),
                                fields=["warn_at"],
                                name="case_measure_warn",
                            ),
                            models.Index(
                                condition=models.Q(("done_at__isnull", True), ("lifted_at__isnull", True)),
                                fields=["case"],
                                name="case_measure_open",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("case", "number"), name="case_measure_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="case_measure_done_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("done_at__isnull", True), ("lifted_at__isnull", True), _connector="OR"
                                ),
                                name="case_measure_ends_once",
                            ),
                        ],
                    },
                ),
            ]
        ),
        *(migrations.RunPython(each.protect, each.release) for each in _triggers),
    ]
