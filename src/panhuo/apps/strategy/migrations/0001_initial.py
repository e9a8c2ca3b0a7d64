"""Plans."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0002_fences"),
    ]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("pk", models.CompositePrimaryKey("plan", "tape_id", "position", blank=True, editable=False, primary_key=True, serialize=False)),
                ("tape_id", models.BigIntegerField()),
                ("position", models.IntegerField()),
                ("place", models.IntegerField()),
                ("route", models.TextField(null=True)),
                ("cash_fen", models.BigIntegerField()),
                ("cost_fen", models.BigIntegerField()),
                ("net_value_fen", models.BigIntegerField()),
                ("recovery_fen", models.BigIntegerField()),
            ],
            options={
                "db_table": "strategy_decision",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("state", models.CharField(default="making", max_length=10)),
                ("tapes", models.JSONField()),
                ("policy_name", models.CharField(max_length=80)),
                ("policy", models.TextField()),
                ("policy_version", models.CharField(blank=True, max_length=64)),
                ("limits", models.JSONField(default=dict)),
                ("figures", models.JSONField(default=dict)),
                ("as_of", models.DateField(null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("basis", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="variants", to="strategy.plan")),
                ("created_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.organisation")),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "-id"], name="strategy_pl_organis_3fa4cf_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["making", "draft", "submitted", "reviewed", "approved", "refused", "replaced", "failed"])),
                        name="plan_state",
                    )
                ],
            },
        ),
    ]
