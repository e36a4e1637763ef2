"""Whoever else answers: other desks, brands and companies in the register, word that is asked for again."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import migrations, models


def ask_again(apps: Any, schema_editor: Any) -> None:
    """Have word asked for again that is awaited already, once its day is over."""
    referrals = apps.get_model("dsr", "Referral")
    waiting = referrals.objects.filter(confirmed_at=None, due_on__isnull=False, remind_at=None)
    for row in waiting.only("due_on").iterator():
        row.remind_at = datetime.combine(row.due_on + timedelta(days=1), time(), UTC)
        row.save(update_fields=["remind_at"])


class Migration(migrations.Migration):
    """Columns that are empty or have a default; rules for rows only become wider, so older processes go on."""

    dependencies = [
        ("dsr", "0031_misunderstood"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="referral",
            name="referral_customer_told",
        ),
        migrations.RemoveConstraint(
            model_name="referral",
            name="referral_confirmed_by_customer",
        ),
        migrations.AddField(
            model_name="referral",
            name="agreed",
            field=models.CharField(
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
        migrations.AddField(
            model_name="referral",
            name="door",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=40, verbose_name="door"
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="number",
            field=models.CharField(editable=False, max_length=16, null=True, unique=True, verbose_name="number"),
        ),
        migrations.AddField(
            model_name="referral",
            name="remind_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="asked again at"),
        ),
        migrations.AddField(
            model_name="referral",
            name="reminders",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, verbose_name="reminders"),
        ),
        migrations.AddField(
            model_name="referral",
            name="word",
            field=models.CharField(
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
        migrations.AddField(
            model_name="submission",
            name="door",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=40,
                verbose_name="who else it is about",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="may_pass_on",
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name="may be passed on"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="answers_within",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="What its agreement says. Left empty, the rule files say it.",
                null=True,
                verbose_name="answers within, in business days",
            ),
        ),
        migrations.AlterField(
            model_name="referral",
            name="confirmed_at",
            field=models.DateTimeField(null=True, verbose_name="word came"),
        ),
        migrations.AlterField(
            model_name="referral",
            name="due_on",
            field=models.DateField(null=True, verbose_name="word due"),
        ),
        migrations.AlterField(
            model_name="referral",
            name="told_customer_at",
            field=models.DateTimeField(null=True, verbose_name="other side told"),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("confirmed_at__isnull", True), ("remind_at__isnull", False)),
                fields=["remind_at", "id"],
                name="referral_reminds",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_on__isnull", True), ("told_customer_at__isnull", True)),
                    models.Q(("due_on__isnull", False), ("told_customer_at__isnull", False)),
                    _connector="OR",
                ),
                name="referral_told_and_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(("customer__isnull", True), ("told_customer_at__isnull", False), _connector="OR"),
                name="referral_customer_is_told",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("told_customer_at__isnull", True),
                    models.Q(("customer__isnull", False), ("door", "")),
                    models.Q(("customer__isnull", True), models.Q(("door", ""), _negated=True)),
                    _connector="OR",
                ),
                name="referral_told_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(("confirmed_at__isnull", True), ("due_on__isnull", False), _connector="OR"),
                name="referral_word_awaited",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(("agreed__in", ["", "filed", "said"])), name="referral_agreed"
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(("word__in", ["", "taken", "not_theirs"])), name="referral_word"
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.UniqueConstraint(
                condition=models.Q(("door", ""), _negated=True), fields=("request", "door"), name="referral_one_a_door"
            ),
        ),
        migrations.RunPython(ask_again, migrations.RunPython.noop, elidable=True),
    ]
