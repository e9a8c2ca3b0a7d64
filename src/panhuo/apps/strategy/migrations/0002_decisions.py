"""The decisions' table, a partition a plan; the fences of the department."""

from django.db import migrations

from panhuo.apps.identity.fences import fence

_DECISIONS = """
create table strategy_decision (
  plan_id bigint not null,
  tape_id bigint not null,
  position integer not null,
  organisation_id bigint not null,
  place integer not null,
  route text,
  cash_fen bigint not null,
  cost_fen bigint not null,
  net_value_fen bigint not null,
  recovery_fen bigint not null,
  primary key (plan_id, tape_id, position)
) partition by list (plan_id);
create index strategy_decision_route on strategy_decision (plan_id, route, net_value_fen desc, tape_id, position);
"""


class Migration(migrations.Migration):
    dependencies = (("strategy", "0001_initial"), ("identity", "0002_fences"))
    operations = (migrations.RunSQL(_DECISIONS + fence("strategy_plan") + fence("strategy_decision", verbs="select"), migrations.RunSQL.noop),)
