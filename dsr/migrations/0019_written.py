"""When a row of what stands was written, so that whoever reads on from an id misses none that settles late."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A column that older processes leave empty; no constraint that a deleted choice would look up in all rows."""

    dependencies = [
        ("dsr", "0018_cpni_notices"),
        ("notifications", "0003_identity"),
    ]

    operations = [
        migrations.AddField(
            model_name="suppression",
            name="written_at",
            field=models.DateTimeField(null=True, verbose_name="written"),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="choice",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="dsr.choice",
            ),
        ),
        migrations.AddIndex(
            model_name="choice",
            index=models.Index(condition=models.Q(("invented", True)), fields=["recorded_at"], name="choice_invented"),
        ),
    ]
