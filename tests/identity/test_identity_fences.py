"""Which rows an organisation may see: the first fence, and the second when the first is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from panhuo.apps.identity.models import ApiToken, Deed, Organisation, Team, User
from panhuo.apps.identity.scope import fenced, narrow, scope_of, unfenced

pytestmark = pytest.mark.django_db


def test_a_query_that_forgets_the_scope_sees_only_its_own_organisation(organisation: Any, other: Any, seat: Callable[..., Any]) -> None:
    for of in (organisation, other):
        seat(of=of)
        Team.objects.create(organisation=of, name="一组")
    assert Team.objects.count() == 2
    with fenced(organisation.pk):
        assert [team.organisation_id for team in Team.objects.all()] == [organisation.pk]
        assert [user.organisation_id for user in User.objects.all()] == [organisation.pk]
        assert list(Organisation.objects.values_list("pk", flat=True)) == [organisation.pk]


def test_without_an_organisation_there_are_no_rows(organisation: Any, seat: Callable[..., Any]) -> None:
    seat()
    Team.objects.create(organisation=organisation, name="一组")
    with fenced(None):
        assert not Team.objects.exists()
        assert not User.objects.exists()


def test_rows_of_another_organisation_can_be_neither_written_nor_moved(organisation: Any, other: Any) -> None:
    team = Team.objects.create(organisation=organisation, name="一组")
    theirs = Team.objects.create(organisation=other, name="二组")
    with fenced(organisation.pk):
        for act in (
            lambda: Team.objects.create(organisation=other, name="三组"),
            lambda: Team.objects.filter(pk=team.pk).update(organisation=other),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()
        assert Team.objects.filter(pk=theirs.pk).update(name="改") == 0
        assert Team.objects.filter(pk=theirs.pk).delete()[0] == 0


def test_the_fence_is_around_every_table_that_has_an_organisation() -> None:
    """A new table without row-level security, or that the web role may use without a policy, fails here."""
    tables = {m._meta.db_table for m in apps.get_models(include_auto_created=True) if any(f.name == "organisation" for f in m._meta.get_fields())}
    tables.discard("identity_organisation")
    with connection.cursor() as cursor:
        cursor.execute("select relname, relrowsecurity from pg_class where relname = any(%s)", [list(tables)])
        secured = dict(cursor.fetchall())
        cursor.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p')"
            " and has_table_privilege('panhuo_web', c.oid, 'select') and not c.relrowsecurity"
        )
        open_tables = {row[0] for row in cursor.fetchall()}
    assert set(secured) >= tables
    assert all(secured.values()), {name for name, on in secured.items() if not on}
    assert open_tables == {"identity_attempt", "django_session"}


def test_the_web_role_owns_nothing_and_cannot_get_round_the_fence() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolbypassrls, rolcreaterole, rolcanlogin from pg_roles where rolname = 'panhuo_web'")
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute("select count(*) from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = 'panhuo_web'")
        assert cursor.fetchone() == (0,)


def test_at_the_door_one_name_is_seen_and_no_other(seat: Callable[..., Any]) -> None:
    seat(username="anna")
    seat(username="bert")
    with fenced(None, signing_in="anna"):
        assert [u.username for u in User.objects.all()] == ["anna"]
        narrow(None)
        assert not User.objects.exists()


def test_a_token_is_found_by_its_digest_alone(organisation: Any, seat: Callable[..., Any]) -> None:
    from django.utils import timezone

    now = timezone.now()
    ApiToken.objects.create(
        organisation=organisation, user=seat(), name="x", digest="d" * 64, start="phk_", abilities=[], created_at=now, expires_at=now
    )
    with fenced(None, signing_in="d" * 64):
        assert ApiToken.objects.count() == 1
    with fenced(None, signing_in="e" * 64):
        assert ApiToken.objects.count() == 0


def test_the_fence_stands_again_after_a_block_without_it(organisation: Any, other: Any) -> None:
    with fenced(organisation.pk):
        with unfenced():
            assert Organisation.objects.count() == 2
        assert Organisation.objects.count() == 1
        with pytest.raises(ZeroDivisionError), unfenced():
            raise ZeroDivisionError
        assert Organisation.objects.count() == 1
    assert Organisation.objects.count() == 2


def test_the_record_of_deeds_is_only_added_to(organisation: Any, seat: Callable[..., Any]) -> None:
    from panhuo.apps.identity.deeds import deed_add

    scope = scope_of(seat())
    with fenced(organisation.pk):
        deed_add(scope, "test", "thing:1")
    for act in (lambda: Deed.objects.update(verb="other"), lambda: Deed.objects.all().delete()):
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            act()
    assert Deed.objects.get().verb == "test"
