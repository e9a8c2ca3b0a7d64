"""A person's decision that two accounts are one debtor's changes their debtor number, and nothing else of an account. An upload that is given up goes
with whatever belongs to it."""

from django.db import migrations

_GRANT = "grant update (debtor_id) on intake_account to panhuo_web; grant delete on intake_match to panhuo_web;"


class Migration(migrations.Migration):
    dependencies = (("intake", "0002_accounts"),)
    operations = (migrations.RunSQL(_GRANT, migrations.RunSQL.noop),)
