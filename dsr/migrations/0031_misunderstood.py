"""A request that was read into a message by mistake ends as that, on the word of two people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more outcome and one more proposal; older processes write neither."""

    dependencies = [("dsr", "0033b_mailbox")]

    operations = [
        migrations.RemoveConstraint(model_name="subjectrequest", name="request_outcome_known"),
        migrations.AlterField(
            model_name="subjectrequest",
            name="proposal",
            field=models.CharField(
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
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
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
        ),
    ]
