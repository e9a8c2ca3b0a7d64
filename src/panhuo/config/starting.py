"""Django made ready for a command: the settings read, the applications loaded. Faults of the settings are PanhuoErrors and shown as such."""

from __future__ import annotations

import os

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words


def ready() -> None:
    """Load the web application. Raises ConfigurationInvalid where it is not installed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panhuo.config.settings")
    try:
        import django
    except ImportError as error:
        raise ConfigurationInvalid(
            "WEB_MISSING",
            Words("没有安装网页应用的依赖", "what the web application needs is not installed"),
            where="panhuo[web]",
            remedy=Words("pip install 'panhuo[web]'，或在检出目录运行 make setup", "pip install 'panhuo[web]', or make setup in a checkout"),
        ) from error
    django.setup()


def prepare(*, quiet: bool = True) -> None:
    """Keys, tables and static files as this release needs them; safe to repeat, fast when nothing is to do."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from panhuo.apps.privacy.keys import keys_create, load_keys

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    fresh = not executor.loader.applied_migrations
    if fresh or not _has_people(connection):
        keys_create(settings.PANHUO_VAULT_KEYS)  # only where nothing is sealed yet: a lost key file must not be papered over
    load_keys(settings.PANHUO_VAULT_KEYS)
    if waiting:
        call_command("migrate", interactive=False, verbosity=0 if quiet else 1)
    call_command("collectstatic", interactive=False, verbosity=0)


def _has_people(connection: object) -> bool:
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("select to_regclass('privacy_person')")
        if cursor.fetchone()[0] is None:
            return False
        cursor.execute("select exists (select from privacy_person)")
        return bool(cursor.fetchone()[0])
