"""Ways of looking at a page, kept by a user for himself. No deed: nothing of the organisation's changes."""

from __future__ import annotations

from django.db import transaction

from panhuo.apps.identity.models import SavedView
from panhuo.apps.identity.scope import Scope
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

MOST = 30


def views_of(scope: Scope, page: str) -> list[SavedView]:
    """The user's own views of a page, by name."""
    return list(scope.rows(SavedView).filter(user_id=scope.user_id, page=page).order_by("name")[:MOST])


def view_save(scope: Scope, *, page: str, name: str, query: str) -> SavedView:
    """Keep a view; one of the same name is written over. query: checked and put in order by the page. Raises UsageInvalid."""
    shown = " ".join("".join(c for c in name if c.isprintable()).split())[:60]
    if not shown:
        raise UsageInvalid("VIEW_NAME", Words("视图没有名称", "the view has no name"), where="name", remedy=Words("填写名称", "give it a name"))
    with transaction.atomic():
        mine = scope.rows(SavedView).filter(user_id=scope.user_id, page=page)
        if mine.exclude(name=shown).count() >= MOST:
            cause = Words(f"已有 {MOST} 个视图", f"there are {MOST} views already")
            raise UsageInvalid("VIEW_MANY", cause, where=shown, remedy=Words("先删除一个", "remove one first"))
        kept, _ = SavedView.objects.update_or_create(
            user_id=scope.user_id, page=page, name=shown, defaults={"organisation_id": scope.organisation_id, "query": query[:2000]}
        )
    return kept


def view_remove(scope: Scope, *, view_id: int) -> str | None:
    """Forget one of the user's own views; the page it was of, None where there is no such view."""
    with transaction.atomic():
        mine = scope.rows(SavedView).filter(pk=view_id, user_id=scope.user_id).first()
        if mine is None:
            return None
        mine.delete()
    return mine.page
