"""The accounts' table: the canonical columns as of this migration, a partition a tape; and the fences of the department."""

from django.db import migrations

from panhuo.apps.identity.fences import fence

_ACCOUNTS = """
create table intake_account (
  tape_id bigint not null,
  position integer not null,
  organisation_id bigint not null,
  name_shown text,
  id_no_shown text,
  phone_shown text,
  account_id text not null,
  debtor_id text,
  lender text,
  branch text,
  contract_no text,
  debtor_kind text not null,
  product text not null,
  currency text not null,
  origination_date date,
  maturity_date date,
  term_months integer,
  repayment_method text,
  credit_limit_fen bigint,
  original_principal_fen bigint,
  annual_rate double precision,
  instalment_fen bigint,
  principal_fen bigint not null,
  interest_fen bigint not null,
  penalty_fen bigint not null,
  fees_fen bigint not null,
  balance_fen bigint not null,
  overdue_since date,
  overdue_days integer not null,
  bucket text not null,
  five_class text,
  last_payment_on date,
  last_payment_fen bigint,
  payments_12m integer,
  paid_12m_fen bigint,
  paid_total_fen bigint,
  guarantee_kind text,
  collateral_kind text,
  collateral_value_fen bigint,
  prior_claims_fen bigint,
  seizure_rank integer,
  litigation_state text,
  judgment_on date,
  arbitration_clause boolean,
  eservice_agreed boolean,
  written_off boolean not null,
  written_off_on date,
  exclusion text,
  income_right_restricted boolean,
  region_code text,
  province text,
  age integer,
  gender text,
  annual_income_fen bigint,
  contactability text,
  phone_valid boolean not null,
  has_employer boolean not null,
  has_address boolean not null,
  contact_count integer not null,
  guarantor_count integer not null,
  calls_90d integer,
  connected_90d integer,
  promises_12m integer,
  promises_kept_12m integer,
  complaints_12m integer,
  pursuits integer,
  last_demand_on date,
  agency_placements integer,
  with_agency boolean,
  disputed boolean,
  deceased boolean,
  bankrupt boolean,
  hardship boolean,
  repayment_pattern text,
  source_file text not null,
  source_row integer not null,
  primary key (tape_id, position)
) partition by list (tape_id);
create unique index intake_account_once on intake_account (tape_id, account_id);
create index intake_account_balance on intake_account (tape_id, balance_fen desc, position);
create index intake_account_overdue on intake_account (tape_id, overdue_days desc, position);
create index intake_account_debtor on intake_account (tape_id, debtor_id);
"""

_FENCES = fence("intake_tape") + fence("intake_match", verbs="select, update, delete") + fence("intake_account", verbs="select")


class Migration(migrations.Migration):
    dependencies = (("intake", "0001_initial"), ("identity", "0002_fences"))
    operations = (migrations.RunSQL(_ACCOUNTS + _FENCES, migrations.RunSQL.noop),)
