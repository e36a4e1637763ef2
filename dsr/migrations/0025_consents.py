"""Choices about consents, and about uses that have to stop after an objection was weighed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two more words that both checks let pass; older processes never write them."""

    dependencies = [
        ("dsr", "0020_inbound_mail"),
        ("notifications", "0003_identity"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="choice",
            name="choice_purpose_known",
        ),
        migrations.RemoveConstraint(
            model_name="suppression",
            name="suppression_purpose_known",
        ),
        migrations.AddConstraint(
            model_name="choice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("purpose__in", ["marketing", "advertising", "sensitive", "disclosure", "consent", "objection"])
                ),
                name="choice_purpose_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("purpose__in", ["marketing", "advertising", "sensitive", "disclosure", "consent", "objection"])
                ),
                name="suppression_purpose_known",
            ),
        ),
    ]
