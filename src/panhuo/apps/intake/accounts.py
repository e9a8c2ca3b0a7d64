"""Accounts as lists and one by one, from the table: filtered, sorted, a page at a time by key."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.filters import Filter
from panhuo.apps.intake.models import Tape
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.words import Words

SORTS = {
    "-balance_fen": ("balance_fen", "desc"),
    "balance_fen": ("balance_fen", "asc"),
    "-overdue_days": ("overdue_days", "desc"),
    "overdue_days": ("overdue_days", "asc"),
}
LISTED = (
    "tape_id", "position", "account_id", "debtor_id", "name_shown", "id_no_shown", "phone_shown", "product", "bucket", "overdue_days", "five_class", "province",
    "balance_fen", "principal_fen", "interest_fen", "penalty_fen", "fees_fen", "guarantee_kind", "litigation_state", "contactability", "written_off",
    "origination_date", "debtor_kind", "currency",
)  # fmt: skip
PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """``rows`` by column name; ``newer`` and ``older`` are cursors, None at either end."""

    rows: list[dict[str, Any]]
    newer: str | None
    older: str | None


def accounts_page(
    scope: Scope, tapes: Sequence[Tape], filters: Sequence[Filter], *, sort: str = "-balance_fen", cursor: str | None = None, size: int = PAGE,
    positions: Sequence[tuple[int, int]] | None = None,
) -> Page:  # fmt: skip
    """A page of the accounts of ``tapes``. positions: only these (tape, position), as a search found them. Raises UsageInvalid for a broken cursor or sort."""
    scope.need("account.view")
    if sort not in SORTS:
        raise UsageInvalid(
            "SORT_WRONG", Words("不能按此排序", "cannot be sorted by this"), where=sort[:40], remedy=Words("点列标题排序", "use the column heads")
        )
    column, way = SORTS[sort]
    back, key = _opened(cursor, column)
    order = ("asc" if way == "desc" else "desc") if back else way
    where, parameters = ["organisation_id = %s", "tape_id = any(%s)"], [scope.organisation_id, [tape.pk for tape in tapes]]
    for chosen in filters:
        text, more = chosen.sql()
        where.append(text)
        parameters += more
    if positions is not None:
        where.append("(tape_id, position) in (select * from unnest(%s::bigint[], %s::integer[]))")
        parameters += [[tape for tape, _ in positions], [position for _, position in positions]]
    if key is not None:
        sign = ">" if order == "asc" else "<"
        where.append(f"({column}, tape_id, position) {sign} (%s, %s, %s)")
        parameters += key
    sql = f"select {', '.join(LISTED)} from intake_account where {' and '.join(where)} order by {column} {order}, tape_id {order}, position {order} limit %s"
    with connection.cursor() as session:
        session.execute(sql, [*parameters, size + 1])
        rows = [dict(zip(LISTED, row, strict=True)) for row in session.fetchall()]
    more = len(rows) > size
    rows = rows[:size][::-1] if back else rows[:size]
    first = _cursor("b", rows[0], column) if rows and (more if back else key is not None) else None
    last = _cursor("f", rows[-1], column) if rows and (True if back else more) else None
    return Page(rows, first, last)


def account_row(scope: Scope, *, tape_id: int, position: int) -> dict[str, Any] | None:
    """Every column of one account, or None where the organisation has no such account."""
    return _one(scope, "position = %s", [tape_id, position])


def account_by_id(scope: Scope, *, tape_id: int, account_id: str) -> dict[str, Any] | None:
    """The account of that number on a tape."""
    return _one(scope, "account_id = %s", [tape_id, account_id])


def _one(scope: Scope, condition: str, key: list[Any]) -> dict[str, Any] | None:
    scope.need("account.view")
    columns = ("tape_id", "position", "name_shown", "id_no_shown", "phone_shown", *ACCOUNT.names)
    with connection.cursor() as session:
        session.execute(
            f"select {', '.join(columns)} from intake_account where tape_id = %s and {condition} and organisation_id = %s",
            [*key, scope.organisation_id],
        )
        row = session.fetchone()
    return None if row is None else dict(zip(columns, row, strict=True))


def accounts_find(scope: Scope, tapes: Sequence[Tape], account_id: str, *, limit: int = 20) -> list[tuple[int, int]]:
    """(tape, position) of the accounts whose number begins with the text."""
    scope.need("account.view")
    with connection.cursor() as session:
        session.execute(
            "select tape_id, position from intake_account where organisation_id = %s and tape_id = any(%s) and account_id >= %s and account_id < %s"
            " order by tape_id, account_id limit %s",
            [scope.organisation_id, [tape.pk for tape in tapes], account_id, account_id + "\U0010ffff", limit],
        )
        return [(tape, position) for tape, position in session.fetchall()]


def _cursor(way: str, row: dict[str, Any], column: str) -> str:
    key = json.dumps([way, row[column], row["tape_id"], row["position"]]).encode()
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def _opened(cursor: str | None, column: str) -> tuple[bool, list[int] | None]:
    if not cursor:
        return False, None
    try:
        way, value, tape, position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if way not in ("f", "b") or not all(type(part) is int and abs(part) < 2**62 for part in (value, tape, position)) or position >= 2**31:
            raise ValueError
    except (ValueError, TypeError) as error:
        raise UsageInvalid(
            "CURSOR_WRONG",
            Words("翻页位置不对", "the place in the list is wrong"),
            where="cursor",
            remedy=Words("从第一页看起", "begin at the first page"),
        ) from error
    return way == "b", [value, tape, position]
