"""The list of accounts as a table and as a workbook: one set of columns for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from panhuo.apps.console.names import field_words, value_words
from panhuo.apps.console.tables import Column, Kind
from panhuo.apps.intake.exporting import Heading
from panhuo.apps.intake.portfolio import SUMS
from panhuo.apps.strategy.decided import AMOUNTS
from panhuo.apps.strategy.decided import SORTS as PLAN_SORTS
from panhuo.kernel.words import Lang, Words

TAPE_SORTS = ("balance_fen", "principal_fen", "overdue_days")
SORTS = (*TAPE_SORTS, *PLAN_SORTS)
_WORDS = {
    "name_shown": Words("姓名", "Name"),
    "id_no_shown": Words("证件号码", "Identity number"),
    "phone_shown": Words("手机号码", "Mobile phone"),
    "balance_fen": Words("余额", "Balance"),
    "tape": Words("清单", "Tape"),
}
_MEANINGS = {
    "recovery_fen": Words("自营催收常规力度下的预计回收，未折现", "Expected under ordinary in-house work, undiscounted"),
    "cash_fen": Words("所选处置方式的预计回收，未折现，扣费用前", "Expected on the route chosen, undiscounted, before costs"),
    "cost_fen": Words("所选处置方式的费用，未折现", "Costs of the route chosen, undiscounted"),
    "net_value_fen": Words("所选处置方式的回收折现后减费用", "Discounted cash of the route chosen, less its costs"),
}
_CODED = (
    "product",
    "five_class",
    "province",
    "guarantee_kind",
    "litigation_state",
    "contactability",
    "written_off",
    "debtor_kind",
    "route",
    "before",
)
_KINDS: dict[str, Kind] = {
    "account_id": "code", "debtor_id": "code", "overdue_days": "count", "origination_date": "date", "maturity_date": "date", "overdue_since": "date",
    **dict.fromkeys(SUMS, "yuan"), **dict.fromkeys(AMOUNTS, "yuan"),
}  # fmt: skip
_KEYS = (
    "account_id", "name_shown", "product", "bucket", "overdue_days", "balance_fen", "before", "route", "recovery_fen", "cash_fen", "net_value_fen", "five_class", "province",
    "principal_fen", "interest_fen", "penalty_fen", "fees_fen", "cost_fen", "low_fen", "high_fen", "id_no_shown", "phone_shown", "guarantee_kind",
    "litigation_state", "contactability", "written_off", "debtor_kind", "origination_date", "maturity_date", "overdue_since", "lender", "debtor_id", "currency", "tape",
)  # fmt: skip
_AT_FIRST = 11
OF_PLAN = ("route", *AMOUNTS)
_SHORT = {"account_id": "text", "code": "text", "yuan": "money", "count": "count", "date": "date"}


def keys_of(*, plan: bool, moved: bool = False) -> tuple[str, ...]:
    """Columns there are: a plan's only where there is one, and the route in another only where accounts that move are asked for."""
    return tuple(key for key in _KEYS if (plan or key not in OF_PLAN) and (moved or key != "before"))


def columns_of(*, plan: bool, tapes: Mapping[int, str], moved: bool = False) -> tuple[Column, ...]:
    """The table's columns. tapes: what each is called."""

    def column(key: str) -> Column:
        value: Callable[[Any], Any] | None = None
        if key in _CODED:
            value = lambda row: value_words(key, row[key])  # noqa: E731 - of this key
        elif key == "tape":
            value = lambda row: tapes[row["tape_id"]]  # noqa: E731
        hidden = _KEYS.index(key) >= _AT_FIRST
        return Column(key, words_of(key), _KINDS.get(key, "text"), sort=key in SORTS, meaning=_MEANINGS.get(key), hidden=hidden, value=value)

    return tuple(column(key) for key in keys_of(plan=plan, moved=moved))


def headings_of(*, plan: bool, lang: Lang, moved: bool = False) -> list[Heading]:
    """The workbook's columns: all of them."""
    return [Heading(key, _heading(key, lang), _SHORT.get(_KINDS.get(key, ""), "text")) for key in keys_of(plan=plan, moved=moved)]  # type: ignore[arg-type]


def words_of(key: str) -> Words:
    return _WORDS.get(key) or field_words(key)


def rows_with(
    rows: Sequence[dict[str, Any]],
    decisions: Mapping[tuple[int, int], Mapping[str, Any]],
    before: Mapping[tuple[int, int], Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """The accounts with what the plan says of each; before: what another plan does."""
    out = [{**row, **decisions.get((row["tape_id"], row["position"]), {})} for row in rows]
    if before is not None:
        for row in out:
            row["before"] = before[row["tape_id"], row["position"]]["route"]
    return out


def row_said(row: Mapping[str, Any], *, tapes: Mapping[int, str], lang: Lang) -> dict[str, Any]:
    """A row as the workbook has it: codes in words."""
    out = {**row, "tape": tapes[row["tape_id"]]}
    for key in _CODED:
        if key in row:
            out[key] = "" if row[key] is None and key not in ("route", "before") else value_words(key, row[key]).to(lang)
    return out


def _heading(key: str, lang: Lang) -> str:
    words = words_of(key).to(lang)
    return f"{words}（元）" if _KINDS.get(key) == "yuan" and lang == "zh" else f"{words} (CNY)" if _KINDS.get(key) == "yuan" else words
