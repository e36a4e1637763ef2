"""When browsers last said by themselves that they refuse, so that nobody is asked again too soon."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A new table."""

    dependencies = [("dsr", "0014_incidents")]

    operations = [
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
    ]
