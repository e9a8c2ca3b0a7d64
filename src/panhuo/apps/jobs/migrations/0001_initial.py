"""Jobs as their organisation sees them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32)),
                ("subject", models.CharField(max_length=64)),
                ("arguments", models.JSONField(default=dict)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("attempt", models.IntegerField(default=0)),
                ("share", models.FloatField(null=True)),
                ("stage_zh", models.CharField(blank=True, max_length=120)),
                ("stage_en", models.CharField(blank=True, max_length=120)),
                ("result", models.JSONField(null=True)),
                ("error", models.JSONField(null=True)),
                ("requested_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("beat_at", models.DateTimeField(null=True)),
                ("cancel_asked", models.BooleanField(default=False)),
                ("trace_id", models.CharField(blank=True, max_length=32)),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.organisation")),
                ("requested_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.user")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "-id"], name="jobs_job_organis_2f4a61_idx"),
                    models.Index(condition=models.Q(("state", "running")), fields=["state", "beat_at"], name="job_running"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "running", "done", "failed", "cancelled"])), name="job_state"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "running"])), fields=("subject", "kind"), name="job_one_live"
                    ),
                ],
            },
        ),
    ]
