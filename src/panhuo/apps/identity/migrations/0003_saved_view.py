"""Saved views, and their fence."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from panhuo.apps.identity.fences import fence


class Migration(migrations.Migration):
    dependencies = (("identity", "0002_fences"),)
    operations = (
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.organisation")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="views", to=settings.AUTH_USER_MODEL)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("user", "page", "name"), name="view_name")]},
        ),
        migrations.RunSQL(fence("identity_savedview"), migrations.RunSQL.noop),
    )
