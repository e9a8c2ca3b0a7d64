"""The second fence: the web role and which rows it may see."""

from django.db import migrations

from panhuo.apps.identity.fences import CREATE_ROLE, fence, open_to_web

_OWN = "id = nullif(current_setting('panhuo.user', true), '')::bigint"
_AT_THE_DOOR = "lower(username) = nullif(current_setting('panhuo.signing_in', true), '')"
_AT_THE_SSO = "subject <> '' and subject = nullif(current_setting('panhuo.signing_in', true), '')"
_BY_DIGEST = "digest = nullif(current_setting('panhuo.signing_in', true), '')"

_ORGANISATION = """
alter table identity_organisation enable row level security;
grant select on identity_organisation to panhuo_web;
create policy identity_organisation_seen on identity_organisation for select to panhuo_web using (
  id = nullif(current_setting('panhuo.organisation', true), '')::bigint
  or id in (select organisation_id from identity_user)
);
"""

_ONLY_ADDED = """
create function identity_deed_stays() returns trigger language plpgsql as $$
begin raise exception 'the record of deeds is only added to'; end $$;
create trigger identity_deed_stays before update or delete or truncate on identity_deed execute function identity_deed_stays();
"""

_FENCES = (
    CREATE_ROLE,
    fence("identity_user", also=f"{_OWN} or {_AT_THE_DOOR} or {_AT_THE_SSO}"),
    _ORGANISATION,
    fence("identity_team"),
    fence("identity_membership"),
    fence("identity_delegation"),
    fence("identity_approval", verbs="select, insert, update"),
    fence("identity_signin", verbs="select, insert, update"),
    fence("identity_apitoken", verbs="select, insert, update", also=_BY_DIGEST),
    fence("identity_deed", verbs="select, insert"),
    open_to_web("identity_attempt", verbs="select, insert, delete"),
    open_to_web("django_session", verbs="select, insert, update, delete"),
    _ONLY_ADDED,
)


class Migration(migrations.Migration):
    dependencies = (("identity", "0001_initial"), ("sessions", "0001_initial"))
    operations = (migrations.RunSQL("\n".join(_FENCES), migrations.RunSQL.noop),)
