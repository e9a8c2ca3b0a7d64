"""Tapes and matches."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0002_fences"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("pk", models.CompositePrimaryKey("tape", "position", blank=True, editable=False, primary_key=True, serialize=False)),
                ("position", models.IntegerField()),
                ("account_id", models.TextField()),
                ("debtor_id", models.TextField(null=True)),
                ("name_shown", models.TextField(null=True)),
                ("id_no_shown", models.TextField(null=True)),
                ("phone_shown", models.TextField(null=True)),
                ("product", models.TextField()),
                ("bucket", models.TextField()),
                ("five_class", models.TextField(null=True)),
                ("province", models.TextField(null=True)),
                ("balance_fen", models.BigIntegerField()),
                ("overdue_days", models.BigIntegerField()),
            ],
            options={
                "db_table": "intake_account",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Tape",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series", models.CharField(max_length=80)),
                ("version", models.IntegerField(default=0)),
                ("current", models.BooleanField(default=False)),
                ("state", models.CharField(default="uploaded", max_length=10)),
                ("files", models.JSONField(default=list)),
                ("sheet", models.CharField(blank=True, max_length=80)),
                ("layout_name", models.CharField(blank=True, max_length=80)),
                ("layout", models.TextField(blank=True)),
                ("as_of", models.DateField(null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("rows", models.IntegerField(default=0)),
                ("balance_fen", models.BigIntegerField(default=0)),
                ("figures", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("imported_at", models.DateTimeField(null=True)),
                ("created_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.organisation")),
            ],
        ),
        migrations.CreateModel(
            name="Match",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("left", models.TextField()),
                ("right", models.TextField()),
                ("weight", models.FloatField(null=True)),
                ("probability", models.FloatField(null=True)),
                ("reason", models.CharField(max_length=24)),
                ("shown", models.JSONField()),
                ("decision", models.CharField(blank=True, max_length=10)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.organisation")),
                ("tape", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="matches", to="intake.tape")),
            ],
        ),
        migrations.AddIndex(
            model_name="tape",
            index=models.Index(fields=["organisation", "-id"], name="intake_tape_organis_ade872_idx"),
        ),
        migrations.AddConstraint(
            model_name="tape",
            constraint=models.UniqueConstraint(condition=models.Q(("state", "imported")), fields=("organisation", "digest"), name="tape_once"),
        ),
        migrations.AddConstraint(
            model_name="tape",
            constraint=models.UniqueConstraint(
                condition=models.Q(("version__gt", 0)), fields=("organisation", "series", "version"), name="tape_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="tape",
            constraint=models.UniqueConstraint(condition=models.Q(("current", True)), fields=("organisation", "series"), name="tape_current"),
        ),
        migrations.AddConstraint(
            model_name="tape",
            constraint=models.CheckConstraint(condition=models.Q(("state__in", ["uploaded", "importing", "imported", "failed"])), name="tape_state"),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(fields=["tape", "decision", "-weight"], name="intake_matc_tape_id_6d65a5_idx"),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(fields=("tape", "left", "right"), name="match_once"),
        ),
    ]
