"""Words for the rights in which somebody judges, and for what comes of them."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """More rights and outcomes; what older processes write fits both."""

    dependencies = [
        ("dsr", "0017_choice_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="subjectrequest",
            name="request_outcome_known",
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
                    ("objection", "Object to the use of your data"),
                    ("consent_withdrawal", "Take back a consent"),
                    ("automated_decision_review", "Have a decision by a machine reviewed by a human"),
                    ("complaint", "Complain"),
                    ("bcr_complaint", "Complain about data sent out of Europe"),
                    ("child_account", "Report a child's account"),
                    ("appeal", "Have what we decided looked at again"),
                ],
                max_length=40,
                verbose_name="right",
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
                            "nothing_held",
                            "overturned",
                            "partly_fulfilled",
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
