import uuid

import django.db.models.deletion
from django.db import migrations, models

import verification.proofs


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_identity"),
        ("verification", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Agency",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                (
                    "domain",
                    models.CharField(
                        help_text="It writes from addresses of this domain.",
                        max_length=253,
                        unique=True,
                        verbose_name="mail domain",
                    ),
                ),
                (
                    "trusted_level",
                    models.PositiveSmallIntegerField(
                        default=verification.proofs.Level["NOTHING"],
                        help_text="0: known, and each case is checked here. 1 to 3: what it says it checked counts up to this level.",
                        verbose_name="trusted to identity level",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="in use")),
                ("since", models.DateTimeField(editable=False, verbose_name="known since")),
            ],
            options={
                "verbose_name": "agency",
                "verbose_name_plural": "agencies",
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("trusted_level__lte", verification.proofs.Level["STRONG"])),
                        name="agency_level_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("about", models.UUIDField(editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("identity", "to see who is asking"),
                            ("mandate", "to see that somebody may ask for another"),
                            ("declaration", "a signed declaration"),
                        ],
                        editable=False,
                        max_length=16,
                        verbose_name="asked for",
                    ),
                ),
                ("vault_name", models.CharField(blank=True, editable=False, max_length=160)),
                ("media_type", models.CharField(blank=True, editable=False, max_length=40, verbose_name="type")),
                ("size", models.BigIntegerField(editable=False, null=True, verbose_name="size in bytes")),
                ("received_at", models.DateTimeField(editable=False, verbose_name="received")),
                ("destroy_at", models.DateTimeField(editable=False, verbose_name="destroyed on")),
                ("destroyed_at", models.DateTimeField(editable=False, null=True, verbose_name="destroyed")),
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
                "verbose_name": "evidence",
                "verbose_name_plural": "evidence",
            },
        ),
        migrations.CreateModel(
            name="Mandate",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("about", models.UUIDField(editable=False, unique=True)),
                ("kind", models.CharField(editable=False, max_length=32, verbose_name="kind")),
                ("scope", models.JSONField(default=list, editable=False, verbose_name="for which rights")),
                ("agent_name_sealed", models.BinaryField(null=True)),
                ("agent_email_sealed", models.BinaryField(null=True)),
                ("agent_fingerprint", models.CharField(blank=True, editable=False, max_length=96)),
                ("principal_name_sealed", models.BinaryField(null=True)),
                ("principal_email_sealed", models.BinaryField(null=True)),
                (
                    "may_receive",
                    models.BooleanField(default=False, editable=False, verbose_name="may receive the answer"),
                ),
                (
                    "child_age",
                    models.PositiveSmallIntegerField(editable=False, null=True, verbose_name="age of the child"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("claimed", "to be shown"),
                            ("shown", "to be checked"),
                            ("checked", "checked"),
                            ("refused", "not accepted"),
                            ("revoked", "withdrawn"),
                        ],
                        default="claimed",
                        editable=False,
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("checks", models.JSONField(default=list, editable=False, verbose_name="what the checker found")),
                ("expires_on", models.DateField(editable=False, null=True, verbose_name="ends on")),
                ("made_at", models.DateTimeField(editable=False, verbose_name="made")),
                (
                    "agent_confirmed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="agent's address confirmed"),
                ),
                (
                    "principal_confirmed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="confirmed by the person"),
                ),
                ("checked_at", models.DateTimeField(editable=False, null=True, verbose_name="checked")),
                ("checked_by", models.CharField(blank=True, editable=False, max_length=64, verbose_name="checked by")),
                ("revoked_at", models.DateTimeField(editable=False, null=True, verbose_name="withdrawn")),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mandates",
                        to="verification.agency",
                        verbose_name="agency",
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
            ],
            options={
                "verbose_name": "mandate",
                "verbose_name_plural": "mandates",
            },
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("by", models.CharField(editable=False, max_length=64, verbose_name="opened by")),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("check", "to check it"),
                            ("second_look", "to look at it a second time, as another asked"),
                            ("complaint", "to answer a complaint about the check"),
                        ],
                        editable=False,
                        max_length=16,
                        verbose_name="why",
                    ),
                ),
                ("at", models.DateTimeField(editable=False, verbose_name="when")),
                (
                    "evidence",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="openings",
                        to="verification.evidence",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening of evidence",
                "verbose_name_plural": "openings of evidence",
            },
        ),
        migrations.CreateModel(
            name="Check",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("about", models.UUIDField(editable=False)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("mail_link", "link in a mail"),
                            ("mail_code", "code in a mail"),
                            ("sms_code", "code in a text message"),
                            ("login", "signing in anew"),
                            ("login_mfa", "signing in anew with a second factor"),
                            ("facts", "facts from recent dealings"),
                            ("facts_declared", "facts from recent dealings and a signed declaration"),
                            ("document", "a document that was looked at"),
                            ("call_back", "a call to the number on file"),
                            ("asserted_login", "signed in, as the help desk saw"),
                            ("power_of_attorney", "a power of attorney that was checked"),
                            ("agency", "an agency that is trusted with it"),
                        ],
                        editable=False,
                        max_length=32,
                        verbose_name="method",
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        default=verification.proofs.Level["NOTHING"], editable=False, verbose_name="identity level"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("passed", "passed"),
                            ("failed", "failed"),
                            ("ended", "ended without a result"),
                        ],
                        default="open",
                        editable=False,
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ("workings_sealed", models.BinaryField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="tries")),
                ("verifier", models.CharField(blank=True, editable=False, max_length=64, verbose_name="verified by")),
                ("started_at", models.DateTimeField(editable=False, verbose_name="started")),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="ends")),
                ("ended_at", models.DateTimeField(editable=False, null=True, verbose_name="ended")),
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
                "verbose_name": "identity check",
                "verbose_name_plural": "identity checks",
                "indexes": [
                    models.Index(fields=["about", "started_at"], name="check_about"),
                    models.Index(condition=models.Q(("state", "open")), fields=["expires_at"], name="check_open"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "passed", "failed", "ended"])),
                        name="check_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "method__in",
                                [
                                    "mail_link",
                                    "mail_code",
                                    "sms_code",
                                    "login",
                                    "login_mfa",
                                    "facts",
                                    "facts_declared",
                                    "document",
                                    "call_back",
                                    "asserted_login",
                                    "power_of_attorney",
                                    "agency",
                                ],
                            )
                        ),
                        name="check_method_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state", "open")),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("ended_at__isnull", False),
                                ("token_hash__isnull", True),
                                ("workings_sealed__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="check_ended_is_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("level", verification.proofs.Level["NOTHING"]), ("state", "passed"), _connector="OR"
                        ),
                        name="check_level_by_passing",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["about", "received_at"], name="evidence_about"),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("destroyed_at__isnull", True)), fields=["destroy_at"], name="evidence_to_destroy"
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["identity", "mandate", "declaration"])),
                name="evidence_purpose_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("destroyed_at__isnull", True), models.Q(("vault_name", ""), _negated=True)),
                    models.Q(
                        ("destroyed_at__isnull", False), ("media_type", ""), ("size__isnull", True), ("vault_name", "")
                    ),
                    _connector="OR",
                ),
                name="evidence_destroyed_is_empty",
            ),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(
                condition=models.Q(("agent_fingerprint", ""), _negated=True),
                fields=["agent_fingerprint", "made_at"],
                name="mandate_by_agent",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["claimed", "shown", "checked", "refused", "revoked"])),
                name="mandate_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("checked_at__isnull", True), ("checked_by", "")),
                    models.Q(("checked_at__isnull", False), models.Q(("checked_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="mandate_checked_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="opening",
            constraint=models.CheckConstraint(
                condition=models.Q(("why__in", ["check", "second_look", "complaint"])), name="opening_why_known"
            ),
        ),
        migrations.RemoveConstraint(
            model_name="challenge",
            name="challenge_confirmed_by_method",
        ),
        migrations.AlterField(
            model_name="challenge",
            name="channel",
            field=models.CharField(
                choices=[("email", "mail address"), ("sms", "telephone number")],
                default="email",
                editable=False,
                max_length=16,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="challenge",
            name="method",
            field=models.CharField(
                blank=True,
                choices=[
                    ("mail_link", "link in a mail"),
                    ("mail_code", "code in a mail"),
                    ("sms_code", "code in a text message"),
                    ("login", "signing in anew"),
                    ("login_mfa", "signing in anew with a second factor"),
                    ("facts", "facts from recent dealings"),
                    ("facts_declared", "facts from recent dealings and a signed declaration"),
                    ("document", "a document that was looked at"),
                    ("call_back", "a call to the number on file"),
                    ("asserted_login", "signed in, as the help desk saw"),
                    ("power_of_attorney", "a power of attorney that was checked"),
                    ("agency", "an agency that is trusted with it"),
                ],
                editable=False,
                max_length=32,
                verbose_name="confirmed by",
            ),
        ),
        migrations.AddConstraint(
            model_name="challenge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at__isnull", True), ("method", "")),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        (
                            "method__in",
                            [
                                "mail_link",
                                "mail_code",
                                "sms_code",
                                "login",
                                "login_mfa",
                                "facts",
                                "facts_declared",
                                "document",
                                "call_back",
                                "asserted_login",
                                "power_of_attorney",
                                "agency",
                            ],
                        ),
                    ),
                    _connector="OR",
                ),
                name="challenge_confirmed_by_method",
            ),
        ),
    ]
