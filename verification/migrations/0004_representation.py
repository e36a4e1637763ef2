"""Documents that a person sends for the review of a decision: one more thing that evidence may be for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0003_correction"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="evidence", name="evidence_purpose_known"),
        migrations.AlterField(
            model_name="evidence",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("identity", "to see who is asking"),
                    ("mandate", "to see that somebody may ask for another"),
                    ("declaration", "a signed declaration"),
                    ("correction", "to show what is right"),
                    ("representation", "for the review of a decision"),
                ],
                editable=False,
                max_length=16,
                verbose_name="asked for",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("purpose__in", ["identity", "mandate", "declaration", "correction", "representation"])
                ),
                name="evidence_purpose_known",
            ),
        ),
    ]
