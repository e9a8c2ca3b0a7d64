"""Jobs are seen by their own organisation alone."""

from django.db import migrations

from panhuo.apps.identity.fences import fence


class Migration(migrations.Migration):
    dependencies = (("jobs", "0001_initial"), ("identity", "0002_fences"))
    operations = (migrations.RunSQL(fence("jobs_job", verbs="select, insert, update"), migrations.RunSQL.noop),)
