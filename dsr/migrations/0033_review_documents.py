"""Which document of the person a reviewer opened."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column that may be empty: what older processes write stays as it is."""

    dependencies = [
        ("dsr", "0027_complaints"),
    ]

    operations = [
        migrations.AddField(
            model_name="reviewmaterial",
            name="document",
            field=models.UUIDField(null=True, verbose_name="document of the person"),
        ),
    ]
