"""Accounts as lists and one by one: filtered, sorted, a page at a time by key."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import connection

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.filters import Condition
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.portfolio import columns_of, where
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.words import Words

SORTS = ("balance_fen", "principal_fen", "overdue_days")
"""What a list may be sorted by: columns that every account has a value of. Those laid beside the tapes' own may be more."""

LISTED = (
    "tape_id", "position", "account_id", "debtor_id", "name_shown", "id_no_shown", "phone_shown", "product", "bucket", "overdue_days", "five_class", "province",
    "balance_fen", "principal_fen", "interest_fen", "penalty_fen", "fees_fen", "guarantee_kind", "litigation_state", "contactability", "written_off",
    "origination_date", "maturity_date", "overdue_since", "debtor_kind", "lender", "currency",
)  # fmt: skip
_WHOLE = ("tape_id", "position", "name_shown", "id_no_shown", "phone_shown", *ACCOUNT.names)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """``rows`` by column name; ``newer`` and ``older`` are cursors, None at either end."""

    rows: list[dict[str, Any]]
    newer: str | None
    older: str | None


def accounts_page(
    scope: Scope, tapes: Sequence[Tape], filters: Sequence[Condition], *, sort: str = "-balance_fen", cursor: str | None = None, size: int = PAGE,
    positions: Sequence[tuple[int, int]] | None = None, frame: pl.LazyFrame | None = None, sorts: Sequence[str] = SORTS,
) -> Page:  # fmt: skip
    """A page of the accounts of ``tapes``, found in the columns file and fetched by key: whatever the filters and the order, a million rows take the same
    few hundredths of a second. positions: only these (tape, position), as a search found them. frame: the tapes' columns with others beside them, if
    ``filters`` or ``sorts`` speak of those. Raises UsageInvalid for a broken cursor or sort."""
    scope.need("account.view")
    column, down = _order(sort, sorts)
    back, key = _opened(cursor)
    found = _found(tapes, filters, positions, frame).select("tape_id", pl.col("position").cast(pl.Int64), pl.col(column).cast(pl.Int64))
    order = [column, "tape_id", "position"]
    largest_first = down != back
    if key is not None:
        found = found.filter(_beyond(order, key, below=largest_first))
    top = found.top_k(size + 1, by=order, reverse=not largest_first).sort(order, descending=down).collect()
    more = top.height > size
    if more:
        top = top.tail(size) if back else top.head(size)
    rows = _fetched(scope, top)
    marks = [(row[column], row["tape_id"], row["position"]) for row in top.iter_rows(named=True)]
    newer = _cursor("b", marks[0]) if marks and (more if back else key is not None) else None
    older = _cursor("f", marks[-1]) if marks and (back or more) else None
    return Page(rows, newer, older)


def accounts_all(
    scope: Scope, tapes: Sequence[Tape], filters: Sequence[Condition], *, sort: str = "-balance_fen", positions: Sequence[tuple[int, int]] | None = None,
    frame: pl.LazyFrame | None = None, sorts: Sequence[str] = SORTS, part: int = 2_000,
) -> Iterator[list[dict[str, Any]]]:  # fmt: skip
    """Every account that :func:`accounts_page` would turn up, in its order, some thousand at a time."""
    scope.need("account.view")
    column, down = _order(sort, sorts)
    order = [column, "tape_id", "position"]
    found = _found(tapes, filters, positions, frame).select("tape_id", pl.col("position").cast(pl.Int64), pl.col(column).cast(pl.Int64))
    for some in found.sort(order, descending=down).collect().iter_slices(part):
        yield _fetched(scope, some)


def found_in(positions: Sequence[tuple[int, int]]) -> pl.Expr:
    """The condition that an account is one of these (tape, position)."""
    by_tape: dict[int, list[int]] = {}
    for tape, position in positions:
        by_tape.setdefault(tape, []).append(position)
    parts = [(pl.col("tape_id") == tape) & pl.col("position").cast(pl.Int64).is_in(places) for tape, places in by_tape.items()]
    return pl.any_horizontal(parts) if parts else pl.lit(False)


def _found(
    tapes: Sequence[Tape], filters: Sequence[Condition], positions: Sequence[tuple[int, int]] | None, frame: pl.LazyFrame | None
) -> pl.LazyFrame:
    found = where(columns_of(tapes) if frame is None else frame, filters)
    return found if positions is None else found.filter(found_in(positions))


def _order(sort: str, sorts: Sequence[str]) -> tuple[str, bool]:
    """The column, and whether the largest come first."""
    column = sort.removeprefix("-")
    if column not in sorts:
        raise UsageInvalid(
            "SORT_WRONG", Words("不能按此排序", "cannot be sorted by this"), where=sort[:40], remedy=Words("点列标题排序", "use the column heads")
        )
    return column, sort.startswith("-")


def _beyond(order: Sequence[str], key: Sequence[int], *, below: bool) -> pl.Expr:
    """Rows after the key in the order: compared as one value, place by place."""
    out = pl.lit(False)
    for name, value in zip(reversed(order), reversed(key), strict=True):
        column = pl.col(name)
        out = ((column < value) if below else (column > value)) | ((column == value) & out)
    return out


def _fetched(scope: Scope, places: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of the table at these places, in their order."""
    tapes, positions = places["tape_id"].to_list(), places["position"].to_list()
    if not tapes:
        return []
    sql = (  # names of columns are ours
        f"select {', '.join('a.' + name for name in LISTED)} from unnest(%s::bigint[], %s::integer[]) with ordinality as k(tape, place, number)"
        " join intake_account a on a.tape_id = k.tape and a.position = k.place and a.tape_id = any(%s) where a.organisation_id = %s order by k.number"
    )
    with connection.cursor() as session:
        session.execute(sql, [tapes, positions, sorted(set(tapes)), scope.organisation_id])
        return [dict(zip(LISTED, row, strict=True)) for row in session.fetchall()]


def account_row(scope: Scope, *, tape_id: int, position: int) -> dict[str, Any] | None:
    """Every column of one account, or None where the organisation has no such account."""
    scope.need("account.view")
    return row_of(tape_id=tape_id, position=position, organisation_id=scope.organisation_id)


def row_of(*, tape_id: int, position: int, organisation_id: int) -> dict[str, Any] | None:
    """:func:`account_row` for a caller that has asked the scope."""
    return next(iter(_rows("tape_id = %s and position = %s", [tape_id, position], organisation_id)), None)


def accounts_of_debtor(scope: Scope, *, tape_id: int, debtor_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """All accounts of one debtor on a tape, largest first. A debtor's number is made of the accounts on that tape: on another it need not be his."""
    scope.need("account.view")
    return _rows(
        "tape_id = %s and debtor_id = %s", [tape_id, debtor_id], scope.organisation_id, f"order by balance_fen desc, position limit {int(limit)}"
    )


def account_versions(scope: Scope, *, tapes: Sequence[Tape], account_id: str) -> list[dict[str, Any]]:
    """The account of that number on each of the tapes that has it."""
    scope.need("account.view")
    return _rows("tape_id = any(%s) and account_id = %s", [[tape.pk for tape in tapes], account_id], scope.organisation_id)


def _rows(condition: str, key: list[Any], organisation_id: int, tail: str = "") -> list[dict[str, Any]]:
    with connection.cursor() as session:
        session.execute(f"select {', '.join(_WHOLE)} from intake_account where {condition} and organisation_id = %s {tail}", [*key, organisation_id])
        return [dict(zip(_WHOLE, row, strict=True)) for row in session.fetchall()]


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


def _cursor(way: str, mark: tuple[int, int, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps([way, *mark]).encode()).decode().rstrip("=")


def _opened(cursor: str | None) -> tuple[bool, list[int] | None]:
    if not cursor:
        return False, None
    try:
        way, value, tape, position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if way not in ("f", "b") or not all(type(part) is int and abs(part) < 2**62 for part in (value, tape, position)):
            raise ValueError
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageInvalid(
            "CURSOR_WRONG",
            Words("翻页位置不对", "the place in the list is wrong"),
            where="cursor",
            remedy=Words("从第一页看起", "begin at the first page"),
        ) from error
    return way == "b", [value, tape, position]
