"""Letters that came by mail, what happened to each, and how it stands with the mailbox."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "__first__"),
        ("dsr", "0021_redaction"),
        ("notifications", "0003_identity"),
    ]

    operations = [
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
            ],
            options={
                "verbose_name": "letter by mail",
                "verbose_name_plural": "letters by mail",
                "ordering": ("rank", "received_at", "id"),
                "permissions": (("handle_mail", "Can deal with letters that came by mail, and enter requests"),),
            },
        ),
        migrations.CreateModel(
            name="MailboxState",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
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
                            ("read", "Was read"),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="dsr.inboundmail"
                    ),
                ),
            ],
            options={
                "verbose_name": "line about a letter",
                "verbose_name_plural": "lines about letters",
                "ordering": ("id",),
            },
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["rank", "received_at", "id"], name="mail_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(condition=models.Q(("state", "kept")), fields=["received_at"], name="mail_to_read"),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(
                condition=models.Q(("state", "waiting"), ("warned_at__isnull", True)),
                fields=["due_at"],
                name="mail_to_warn",
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(condition=models.Q(("state", "done")), fields=["-done_at", "id"], name="mail_done"),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(
                condition=models.Q(("purged_at__isnull", True), ("state", "done")),
                fields=["purge_at"],
                name="mail_to_purge",
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(condition=models.Q(("whole", False)), fields=["validity", "uid"], name="mail_left"),
        ),
        migrations.AddConstraint(
            model_name="inboundmail",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["kept", "waiting", "done"])), name="mail_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="inboundmail",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__in", ["", "filed", "tied", "not_ours", "forwarded", "returned"])),
                name="mail_end_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="inboundmail",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="inboundmail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", False), ("state", "done"), models.Q(("end", ""), _negated=True)),
                    models.Q(
                        models.Q(("state", "done"), _negated=True), ("done_at__isnull", True), ("done_by__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="mail_done_says_how_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "move__in",
                        [
                            "kept",
                            "read",
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
            ),
        ),
    ]
