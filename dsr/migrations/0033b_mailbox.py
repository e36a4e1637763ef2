"""Requests made in person; who opened a letter; and letters that the mail server can only mark."""

from django.db import migrations, models

MOVES = [
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
]


class Migration(migrations.Migration):
    """More words, and one column that the database fills: what older processes write stays as it is."""

    dependencies = [
        ("dsr", "0032_reviews_after_appeals"),
    ]

    operations = [
        migrations.AlterField(
            model_name="submission",
            name="channel",
            field=models.CharField(
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
        migrations.RemoveConstraint(model_name="mailentry", name="mail_move_known"),
        migrations.AlterField(
            model_name="mailentry",
            name="move",
            field=models.CharField(choices=MOVES, max_length=10, verbose_name="what"),
        ),
        migrations.AddConstraint(
            model_name="mailentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("move__in", [move for move, _label in MOVES])), name="mail_move_known"
            ),
        ),
        migrations.AddField(
            model_name="inboundmail",
            name="stays",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name="copied, and left marked"
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(condition=models.Q(("stays", True)), fields=["validity", "uid"], name="mail_stays"),
        ),
    ]
