"""What an objection was weighed to, use by use."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table of its own; nothing that is there changes."""

    dependencies = [
        ("auth", "__first__"),
        ("dsr", "0022_transmission"),
    ]

    operations = [
        migrations.CreateModel(
            name="Weighing",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("use", models.CharField(max_length=64, verbose_name="use")),
                ("basis", models.CharField(max_length=64, verbose_name="legal basis")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("stop", "it stops"), ("part", "a part of it stops"), ("go_on", "it goes on")],
                        max_length=8,
                        verbose_name="what becomes of it",
                    ),
                ),
                ("ground", models.CharField(blank=True, max_length=40, verbose_name="ground")),
                (
                    "vulnerable",
                    models.BooleanField(default=False, verbose_name="about a child or somebody who needs protection"),
                ),
                ("mark", models.CharField(blank=True, editable=False, max_length=96)),
                ("content_sealed", models.BinaryField(null=True)),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="weighings", to="dsr.subjectrequest"
                    ),
                ),
            ],
            options={
                "verbose_name": "weighing",
                "verbose_name_plural": "weighings",
                "ordering": ("request", "at"),
                "indexes": [
                    models.Index(condition=models.Q(("mark", ""), _negated=True), fields=["mark"], name="weighing_mark")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("request", "use"), name="weighing_once_per_use"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["stop", "part", "go_on"])), name="weighing_outcome_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome", "stop"), models.Q(("ground", ""), _negated=True), _connector="OR"
                        ),
                        name="weighing_goes_on_with_ground",
                    ),
                ],
            },
        ),
    ]
