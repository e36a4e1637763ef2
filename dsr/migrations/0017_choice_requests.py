"""Rights that are choices: which choice, or line about an account's CPNI, a request made."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns that may be empty, an index on those that are not, and words for the rights."""

    dependencies = [
        ("dsr", "0019_written"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="subjectrequest",
            name="choice",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requests",
                to="dsr.choice",
            ),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="cpni_entry",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dsr.cpnientry",
            ),
        ),
        migrations.AlterField(
            model_name="subjectrequest",
            name="right",
            field=models.CharField(
                choices=[
                    ("be_informed", "Be informed"),
                    ("access", "Get a copy of your data"),
                    ("portability", "Take your data elsewhere"),
                    ("correction", "Correct your data"),
                    ("deletion", "Delete your data"),
                    ("restriction", "Restrict the use of your data"),
                    ("marketing_opt_out", "Stop marketing"),
                    ("targeted_advertising_opt_out", "Stop targeted advertising, sale and sharing"),
                    ("sensitive_data_limit", "Limit the use of sensitive data"),
                    ("cpni_opt_out", "Stop marketing by how a service is used"),
                    ("third_party_disclosure_opt_out", "Stop disclosure to others"),
                ],
                max_length=40,
                verbose_name="right",
            ),
        ),
        migrations.AddIndex(
            model_name="subjectrequest",
            index=models.Index(
                condition=models.Q(("choice__isnull", False)), fields=["choice"], name="request_by_choice"
            ),
        ),
    ]
