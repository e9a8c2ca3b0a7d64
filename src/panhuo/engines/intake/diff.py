"""Two versions of a tape compared: which accounts came, went and changed, field by field, and the bridge between the balances.

The bridge adds up to the fen: old balance - removed + added + change of principal + interest + penalty + fees of the accounts in both
= new balance. What was rejected in either version is not part of it and is stated beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from panhuo.engines.intake.clean_result import Reconciliation
from panhuo.engines.intake.passing import LATER, by_time
from panhuo.engines.intake.rules import BALANCE_PARTS
from panhuo.engines.intake.shown import shown
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import ACCOUNT, DEBTOR
from panhuo.kernel.words import Words

NOT_COMPARED: Final = ("account_id", "debtor_id", "source_file", "source_row")
EXAMPLES: Final = 3
_FOLLOWS: Final = {"phone_valid": "phone", "has_employer": "employer", "has_address": "address"}
"""What is false, and not missing, where there is nothing to say it of."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the tape, whole: its accepted accounts and their debtors (same order), cut-off and reconciliation.
    notices: what there is to know about its reading."""

    accounts: pl.DataFrame
    debtors: pl.DataFrame
    as_of: dt.date
    reconciliation: Reconciliation
    notices: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One changed cell; a person's data masked, in the account number too."""

    account_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field over the accounts in both versions. by_time: of these accounts, those where the change follows from the cut-off's move alone
    (:mod:`.passing`); examples are of the others where there are any. before, after: sums in fen over the changed accounts, for money only."""

    field: Field
    accounts: int
    by_time: int
    filled: int
    emptied: int
    before_fen: int | None
    after_fen: int | None
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class TapeDiff:
    """The comparison. ``bridge``: (name, fen) lines from ``old`` to ``new``; the first plus all between equals the last.
    absent: fields that only the other version has at all, of the old and of the new; no account changed by that.
    by_time: accounts in both in which nothing changed but what follows from the cut-off's move; neither ``changed`` nor ``unchanged``."""

    as_of: tuple[dt.date, dt.date]
    accounts: tuple[int, int]
    balances: tuple[int, int]
    rejected: tuple[Reconciliation, Reconciliation]
    added: int
    removed: int
    changed: int
    by_time: int
    unchanged: int
    bridge: tuple[tuple[str, int], ...]
    fields: tuple[FieldChange, ...]
    added_examples: tuple[str, ...]
    removed_examples: tuple[str, ...]
    absent: tuple[tuple[Field, ...], tuple[Field, ...]] = ((), ())
    notices: tuple[tuple[Words, ...], tuple[Words, ...]] = ((), ())

    @property
    def same(self) -> bool:
        """Whether the two versions have the same accepted accounts with the same data."""
        return not (self.added or self.removed or self.changed or self.by_time or any(self.absent))


def compare(old: Version, new: Version, *, examples: int = EXAMPLES) -> TapeDiff:
    """Compare by account number. Both versions are held in memory."""
    before, after = _wide(old), _wide(new)
    empty = [{name for name in frame.columns if frame[name].null_count() == frame.height} for frame in (before, after)]
    one_sided = empty[0] ^ empty[1] if before.height and after.height else set()
    names = [name for name in before.columns if name not in NOT_COMPARED and _FOLLOWS.get(name, name) not in one_sided]
    both = before.join(after, on="account_id", how="inner", suffix=LATER, maintain_order="left")
    gone = before.join(after.select("account_id"), on="account_id", how="anti", maintain_order="left")
    come = after.join(before.select("account_id"), on="account_id", how="anti", maintain_order="left")
    differ = both.select(pl.col(name).ne_missing(pl.col(f"{name}{LATER}")).alias(name) for name in names)
    passed = {name: expr for name, expr in by_time((new.as_of - old.as_of).days).items() if name in names}
    happened = both.select(differ[name] & ~expr for name, expr in passed.items())
    counts = differ.sum().row(0, named=True) if both.height else dict.fromkeys(names, 0)
    fields = _described()
    changes = [_change(both, differ[name], happened.get_column(name, default=None), fields[name], examples) for name in names if counts[name]]
    touched = _rows(differ)
    changed = _rows(differ.with_columns(happened.get_columns()))
    moves = [(part, _sum(both[f"{part}{LATER}"]) - _sum(both[part])) for part in BALANCE_PARTS]
    balances = (_sum(before["balance_fen"]), _sum(after["balance_fen"]))
    bridge = (
        ("old", balances[0]),
        ("removed", -_sum(gone["balance_fen"])),
        ("added", _sum(come["balance_fen"])),
        *moves,
        ("new", balances[1]),
    )
    return TapeDiff(
        (old.as_of, new.as_of),
        (before.height, after.height),
        balances,
        (old.reconciliation, new.reconciliation),
        come.height,
        gone.height,
        changed,
        touched - changed,
        both.height - touched,
        bridge,
        tuple(sorted(changes, key=lambda change: (change.accounts == change.by_time, -(change.accounts - change.by_time), -change.accounts))),
        tuple(_numbers(come.head(examples))),
        tuple(_numbers(gone.head(examples))),
        absent=tuple(tuple(fields[name] for name in before.columns if name in one_sided & side) for side in empty),  # type: ignore[arg-type]
        notices=(old.notices, new.notices),
    )


def as_figures(diff: TapeDiff) -> dict[str, Any]:
    """The comparison as plain data, for JSON."""
    return {
        "same": diff.same,
        "as_of": [day.isoformat() for day in diff.as_of],
        "accounts": {"old": diff.accounts[0], "new": diff.accounts[1]},
        "balance_fen": {"old": diff.balances[0], "new": diff.balances[1]},
        "rows_rejected": {"old": diff.rejected[0].rows_rejected, "new": diff.rejected[1].rows_rejected},
        "balance_rejected_fen": {"old": diff.rejected[0].balance_rejected_fen, "new": diff.rejected[1].balance_rejected_fen},
        "added": diff.added,
        "removed": diff.removed,
        "changed": diff.changed,
        "changed_by_time_only": diff.by_time,
        "unchanged": diff.unchanged,
        "added_examples": list(diff.added_examples),
        "removed_examples": list(diff.removed_examples),
        "absent": {which: [field.name for field in fields] for which, fields in zip(("old", "new"), diff.absent, strict=True)},
        "notices": {which: [{"zh": w.zh, "en": w.en} for w in words] for which, words in zip(("old", "new"), diff.notices, strict=True)},
        "bridge": [{"line": name, "fen": fen} for name, fen in diff.bridge],
        "fields": [
            {
                "field": change.field.name,
                "accounts": change.accounts,
                "by_time": change.by_time,
                "filled": change.filled,
                "emptied": change.emptied,
                **({"before_fen": change.before_fen, "after_fen": change.after_fen} if change.before_fen is not None else {}),
                "examples": [{"account_id": e.account_id, "before": e.before, "after": e.after} for e in change.examples],
            }
            for change in diff.fields
        ],
    }


def _numbers(accounts: pl.DataFrame) -> pl.Series:
    """Account numbers as they may be shown."""
    return accounts.select(shown(pl.col("account_id"), ACCOUNT["account_id"])).to_series()


def _wide(version: Version) -> pl.DataFrame:
    debtors = version.debtors.select(name for name in DEBTOR.names if name not in ("account_id", "debtor_id"))
    return pl.concat([version.accounts, debtors], how="horizontal")


def _described() -> Mapping[str, Field]:
    return {field.name: field for field in (*DEBTOR.fields, *ACCOUNT.fields)}


def _rows(hits: pl.DataFrame) -> int:
    """How many rows have a hit in any column."""
    return int(hits.select(pl.any_horizontal(pl.all()).sum()).item()) if hits.height else 0


def _change(both: pl.DataFrame, hit: pl.Series, happened: pl.Series | None, field: Field, examples: int) -> FieldChange:
    """happened: which of the ``hit`` rows changed otherwise than by time; None: all."""
    rows = both.filter(hit).select(
        shown(pl.col("account_id"), ACCOUNT["account_id"]), pl.col(field.name).alias("before"), pl.col(f"{field.name}{LATER}").alias("after")
    )
    money = field.kind == "money"
    real = None if happened is None else happened.filter(hit)
    told = (rows if real is None or not real.any() else rows.filter(real)).head(examples).with_columns(pl.col("before", "after").cast(pl.String))
    if field.personal or field.kind in ("text", "identifier"):
        told = told.with_columns(shown(pl.col("before"), field), shown(pl.col("after"), field))
    return FieldChange(
        field,
        rows.height,
        0 if real is None else rows.height - int(real.sum()),
        int((rows["before"].is_null() & rows["after"].is_not_null()).sum()),
        int((rows["before"].is_not_null() & rows["after"].is_null()).sum()),
        _sum(rows["before"]) if money else None,
        _sum(rows["after"]) if money else None,
        tuple(Example(*row) for row in told.iter_rows()),
    )


def _sum(fen: pl.Series) -> int:
    return int(fen.cast(pl.Int128).sum() or 0)
