"""The vault's table, a partition an import; its sequence of tokens; its fence."""

from django.db import migrations

from panhuo.apps.identity.fences import fence

_VAULT = """
create sequence privacy_token as bigint;
grant usage on sequence privacy_token to panhuo_web;
create table privacy_person (
  batch bigint not null,
  token bigint not null,
  organisation_id bigint not null,
  about smallint not null,
  key_version smallint not null,
  sealed bytea not null,
  name_index bigint,
  id_no_index bigint,
  phone_index bigint,
  bank_card_index bigint,
  primary key (batch, token)
) partition by list (batch);
create index privacy_person_name on privacy_person (name_index) where name_index is not null;
create index privacy_person_id_no on privacy_person (id_no_index) where id_no_index is not null;
create index privacy_person_phone on privacy_person (phone_index) where phone_index is not null;
create index privacy_person_bank_card on privacy_person (bank_card_index) where bank_card_index is not null;
"""


class Migration(migrations.Migration):
    dependencies = (("privacy", "0001_initial"), ("identity", "0002_fences"))
    operations = (migrations.RunSQL(_VAULT + fence("privacy_person", verbs="select"), migrations.RunSQL.noop),)
