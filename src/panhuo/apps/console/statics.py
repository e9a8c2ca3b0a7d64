"""Static files under names that hold a hash of what is in them: kept by browsers for a year, and never stale."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatics(CompressedManifestStaticFilesStorage):
    """As whitenoise keeps them, and the names in our modules' ``import`` lines too: one module under two names would run twice."""

    support_js_module_import_aggregation = True
