"""Random accounts that stand on the edges of the rules: small sets of telling values, and nulls everywhere one may be."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from panhuo.engines.compliance.vocabulary import plain_accounts
from panhuo.kernel.codes import Codes
from panhuo.kernel.frames import ACCOUNT

AS_OF = dt.date(2026, 6, 30)
_DAYS = [-3, 0, 1, 2, 89, 90, 91, 180, 189, 190, 269, 270, 271, 359, 360, 361, 364, 365, 366, 1500]
_FEN = [0, 1, 4_999_999, 5_000_000, 5_000_001, 9_999_999, 10_000_000, 10_000_001, 50_000_000]
_OWED = [0, 0, 0, 1, 5_000_000, 10_000_000, 10_000_001]
_COUNTS = [0, 1, 5, 6, 7]


def made_accounts(n: int, seed: int) -> pl.DataFrame:
    """n accounts of the canonical schema."""
    rng = np.random.default_rng(seed)
    days = [AS_OF + dt.timedelta(days=int(d)) for d in (-1, 0, 1, -365 * 2, -365 * 3, -1095, -1096, -1097, -4000, -7305, -7306, -9000, 400)]
    days += [dt.date(2024, 2, 29), dt.date(2023, 6, 30), dt.date(2023, 7, 1), dt.date(2024, 6, 30), dt.date(2024, 7, 1)]

    def pick(values: list[object]) -> object:
        return values[int(rng.integers(len(values)))]

    def codes(of: Codes) -> list[object]:
        return [c.code for c in of]

    rows = []
    for _ in range(n):
        row: dict[str, object] = {}
        for field in ACCOUNT.fields:
            if field.name in ("account_id", "source_file", "source_row", "bucket", "balance_fen", "currency"):
                continue
            if field.nullable and rng.random() < 0.3:
                row[field.name] = None
            elif field.kind == "code":
                row[field.name] = pick(codes(field.codes))
            elif field.kind == "flag":
                row[field.name] = bool(rng.random() < 0.25)
            elif field.kind == "date":
                row[field.name] = pick(list(days))
            elif field.kind == "money":
                row[field.name] = pick(list(_OWED if field.name in ("principal_fen", "interest_fen", "penalty_fen", "fees_fen") else _FEN))
            elif field.kind == "integer":
                row[field.name] = pick(list(_DAYS if field.name == "overdue_days" else _COUNTS))
        rows.append(row)
    return plain_accounts(rows)  # type: ignore[arg-type]
