"""SQL of the second fence, for migrations: the web role, and row-level security on every table with an ``organisation_id``."""

from __future__ import annotations

from panhuo.apps.identity.scope import WEB_ROLE

_MINE = "organisation_id = nullif(current_setting('panhuo.organisation', true), '')::bigint"

CREATE_ROLE = f"""
do $$ begin
  if not exists (select from pg_roles where rolname = '{WEB_ROLE}') then create role {WEB_ROLE} nologin noinherit; end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin execute format('grant {WEB_ROLE} to %I', current_user); end $$;
grant usage on schema public to {WEB_ROLE};
"""


def fence(table: str, *, verbs: str = "select, insert, update, delete", also: str = "") -> str:
    """Let the web role do ``verbs`` with the organisation's own rows of ``table``. ``also``: a further condition under which a row may be read."""
    seen = f"({_MINE})" + (f" or ({also})" if also else "")
    return f"""
    alter table {table} enable row level security;
    grant {verbs} on {table} to {WEB_ROLE};
    create policy {table}_seen on {table} for select to {WEB_ROLE} using ({seen});
    create policy {table}_made on {table} for insert to {WEB_ROLE} with check ({_MINE});
    create policy {table}_changed on {table} for update to {WEB_ROLE} using ({_MINE}) with check ({_MINE});
    create policy {table}_removed on {table} for delete to {WEB_ROLE} using ({_MINE});
    """ + _sequence(table)


def open_to_web(table: str, *, verbs: str) -> str:
    """A table that belongs to no organisation."""
    return f"grant {verbs} on {table} to {WEB_ROLE};" + _sequence(table)


def _sequence(table: str) -> str:
    return f"""
    do $$ declare name text; begin
      if exists (select from information_schema.columns where table_name = '{table}' and column_name = 'id') then
        name := pg_get_serial_sequence('{table}', 'id');
        if name is not null then execute 'grant usage, select on sequence ' || name || ' to {WEB_ROLE}'; end if;
      end if;
    end $$;
    """
