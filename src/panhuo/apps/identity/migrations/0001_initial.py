"""Organisations, users, sessions, approvals, deeds."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("username", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=64)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("operations_manager", "post-loan operations manager"),
                            ("collector", "collector"),
                            ("agency_manager", "agency manager"),
                            ("compliance_officer", "compliance and quality officer"),
                            ("lawyer", "lawyer, legal clerk, mediator"),
                            ("disposal_manager", "asset disposal manager"),
                            ("investor", "investor"),
                            ("debtor", "debtor"),
                            ("modeller", "risk modeller, analyst"),
                            ("auditor", "auditor, regulator"),
                        ],
                        max_length=24,
                    ),
                ),
                ("administrator", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("language", models.CharField(choices=[("zh", "中文"), ("en", "English")], default="zh", max_length=2)),
                ("theme", models.CharField(choices=[("system", "system"), ("light", "light"), ("dark", "dark")], default="system", max_length=8)),
                ("totp_sealed", models.BinaryField(null=True)),
                ("totp_last_step", models.BigIntegerField(default=0)),
                ("subject", models.CharField(blank=True, max_length=255)),
                ("must_change_password", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("who", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["who", "at"], name="identity_at_who_15fb24_idx")],
            },
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("lender", "lender"),
                            ("agency", "collection agency"),
                            ("law_firm", "law firm"),
                            ("investor", "investor"),
                            ("operator", "operator"),
                        ],
                        max_length=16,
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["lender", "agency", "law_firm", "investor", "operator"])), name="organisation_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("leads", models.BooleanField(default=False)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.organisation")),
            ],
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("start", models.CharField(max_length=12)),
                ("abilities", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("used_at", models.DateTimeField(null=True)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.organisation")),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="organisation",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="users", to="identity.organisation"),
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_digest", models.CharField(max_length=64, unique=True)),
                ("address", models.GenericIPAddressField(null=True)),
                ("agent", models.CharField(blank=True, max_length=200)),
                ("method", models.CharField(max_length=16)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.organisation")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="sign_ins", to="identity.user")),
            ],
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("specialities", models.JSONField(blank=True, default=list)),
                ("members", models.ManyToManyField(related_name="teams", through="identity.Membership", to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="teams", to="identity.organisation")),
            ],
        ),
        migrations.AddField(
            model_name="membership",
            name="team",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="identity.team"),
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ability", models.CharField(max_length=32)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("of", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="delegations_given", to="identity.user")),
                ("to", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="delegations_held", to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.organisation")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="delegation_period"),
                    models.CheckConstraint(condition=models.Q(("of", models.F("to")), _negated=True), name="delegation_two"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("verb", models.CharField(max_length=48)),
                ("subject", models.CharField(blank=True, max_length=64)),
                ("details", models.JSONField(default=dict)),
                ("trace_id", models.CharField(blank=True, max_length=32)),
                ("user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.organisation")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "-id"], name="identity_de_organis_a2cdc7_idx"),
                    models.Index(fields=["subject"], name="identity_de_subject_ef578d_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=64)),
                ("ability", models.CharField(max_length=32)),
                ("state", models.CharField(default="open", max_length=10)),
                ("digest", models.CharField(max_length=64)),
                ("requested_at", models.DateTimeField()),
                ("request_note", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision_note", models.TextField(blank=True)),
                ("decided_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.user")),
                ("in_stead_of", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.user")),
                ("requested_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.user")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.organisation")),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "state"], name="identity_ap_organis_17b00e_idx")],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("state", "open")), fields=("subject", "ability"), name="approval_one_open"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            ("state", "withdrawn"),
                            models.Q(("decided_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="approval_two_people",
                    ),
                    models.CheckConstraint(condition=models.Q(("state__in", ["open", "approved", "refused", "withdrawn"])), name="approval_state"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower("username"), name="user_username"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(condition=models.Q(("subject", ""), _negated=True), fields=("subject",), name="user_subject"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "operations_manager",
                            "collector",
                            "agency_manager",
                            "compliance_officer",
                            "lawyer",
                            "disposal_manager",
                            "investor",
                            "debtor",
                            "modeller",
                            "auditor",
                        ],
                    )
                ),
                name="user_role",
            ),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["user", "ended_at"], name="identity_si_user_id_5e7164_idx"),
        ),
        migrations.AddConstraint(
            model_name="team",
            constraint=models.UniqueConstraint(fields=("organisation", "name"), name="team_name"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("team", "user"), name="membership_once"),
        ),
    ]
