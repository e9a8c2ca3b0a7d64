"""What a rule may speak of: the columns its conditions read, and the facts about the holder of the claims.

Three stages, each seeing what the one before it made: *floors* (five-category classification) see the account; *clocks*
(limitation) see the classification too; *route* rules see both.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping
from typing import Literal, get_args

import polars as pl

from panhuo.kernel import codes as c
from panhuo.kernel.calendar import bucket
from panhuo.kernel.codes import Code, Codes
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.words import Words

Value = bool | int | float | dt.date | str
Stage = Literal["floor", "clock", "route"]
STAGES: tuple[Stage, ...] = get_args(Stage)

LENDER_KIND: Codes = (
    Code("large_state_bank", "国有大型商业银行", "large state bank"),
    Code("joint_stock_bank", "股份制商业银行", "joint-stock bank"),
    Code("city_bank", "城市商业银行", "city commercial bank"),
    Code("rural_bank", "农村中小银行", "rural bank"),
    Code("policy_bank", "开发性政策性银行", "policy bank"),
    Code("foreign_bank", "外资银行", "foreign bank"),
    Code("consumer_finance", "消费金融公司", "consumer-finance company"),
    Code("auto_finance", "汽车金融公司", "auto-finance company"),
    Code("trust", "信托公司", "trust company"),
    Code("leasing", "金融租赁公司", "financial-leasing company"),
    Code("small_loan", "小额贷款公司", "small-loan company"),
    Code("amc", "金融资产管理公司", "national asset management company"),
    Code("local_amc", "地方资产管理公司", "local asset management company"),
    Code("aic", "金融资产投资公司", "financial asset investment company"),
    Code("guarantee", "融资担保公司", "financing guarantee company"),
    Code("other", "其他", "other"),
)

FACTS: tuple[Field, ...] = (
    Field("lender_kind", "code", "债权人类型", "kind of holder", "Who holds the claims now", codes=LENDER_KIND),
    Field("lender_province", "text", "债权人注册地", "holder's province", "Short Chinese name of the province of registration"),
)
"""Facts that are the same for the whole portfolio; conditions read them as columns, null where not stated."""

LIMITATION_STATE: Codes = (
    Code("open", "时效内", "open"),
    Code("expired", "已届满", "expired"),
    Code("unknown", "无法判断", "unknown"),
)

CLASSIFICATION: tuple[Field, ...] = (
    Field("five_class_floor", "code", "五级分类下限", "class floor", "Lowest class the rules allow", codes=c.FIVE_CLASS, tape=False),
    Field("five_class_effective", "code", "五级分类（从严）", "class in effect", "Reported or floor, the worse", codes=c.FIVE_CLASS, tape=False),
)
LIMITATION: tuple[Field, ...] = (
    Field("limitation_expires_on", "date", "时效届满日", "limitation ends on", "Last day of the period, so far as known", tape=False),
    Field("limitation_state", "code", "时效状态", "limitation state", codes=LIMITATION_STATE, tape=False),
)
_AS_OF = Field("as_of", "date", "基准日", "cut-off date", "The date of judgement", tape=False)

_FLOOR = (*ACCOUNT.fields, _AS_OF, *FACTS)
_CLOCK = (*_FLOOR, *CLASSIFICATION, LIMITATION[0])
COLUMNS: dict[Stage, dict[str, Field]] = {
    "floor": {f.name: f for f in _FLOOR},
    "clock": {f.name: f for f in _CLOCK},
    "route": {f.name: f for f in (*_CLOCK, LIMITATION[1])},
}
"""What a condition of each stage may read, by name. A clock reads ``limitation_expires_on`` as the clocks before it left it."""

CLASSES: tuple[str, ...] = tuple(code.code for code in c.FIVE_CLASS)
"""Best first, so that the place is the severity."""


def schema(stage: Stage) -> dict[str, pl.DataType]:
    return {name: field.dtype for name, field in COLUMNS[stage].items()}


def check_facts(facts: Mapping[str, Value | None]) -> dict[str, Value | None]:
    """Every fact by name, null where not given. Raises ConfigurationInvalid for an unknown fact or code."""
    known = {f.name: f for f in FACTS}
    for name, value in facts.items():
        fault = value_fault(known, name, value)
        if fault is not None:
            raise ConfigurationInvalid(
                "FACT_UNKNOWN",
                fault,
                where=f"facts.{name}",
                remedy=Words("可用的事实与取值见 docs/compliance.md", "docs/compliance.md lists the facts and their values"),
            )
    return {name: facts.get(name) for name in known}


def value_fault(fields: Mapping[str, Field], name: str, value: Value | None) -> Words | None:
    """Why ``value`` cannot stand in the field ``name``, or None."""
    field = fields.get(name)
    if field is None:
        near = difflib.get_close_matches(name, list(fields), n=1)
        return Words(
            f"没有字段 {name}" + (f"，是否指 {near[0]}？" if near else ""), f"no field {name}" + (f"; did you mean {near[0]}?" if near else "")
        )
    if value is None:
        if field.nullable:
            return None
        return Words(f"{name} 不可为空", f"{name} may not be null")
    if field.kind in ("code", "bucket"):
        allowed = list(field.dtype.categories) if isinstance(field.dtype, pl.Enum) else []
        if value not in allowed:
            return Words(f"{name} 的取值 {value!r} 不在 {allowed} 之中", f"{name} cannot be {value!r}; it is one of {allowed}")
        return None
    wanted: tuple[type, ...] = {
        "money": (int,),
        "integer": (int,),
        "rate": (int, float),
        "number": (int, float),
        "flag": (bool,),
        "date": (dt.date,),
    }.get(field.kind, (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and field.kind != "flag"):
        return Words(f"{name} 的取值 {value!r} 类型不对，应为 {field.kind}", f"{name} cannot be {value!r}: it is a {field.kind}")
    return None


_PLAIN: dict[str, Value] = {
    "debtor_kind": "person",
    "product": "consumer_loan",
    "currency": "CNY",
    "principal_fen": 1_000_000,
    "interest_fen": 0,
    "penalty_fen": 0,
    "fees_fen": 0,
    "overdue_days": 120,
    "written_off": False,
    "phone_valid": True,
    "has_employer": False,
    "has_address": False,
    "contact_count": 0,
    "guarantor_count": 0,
    "source_file": "case",
}


def plain_accounts(given: list[Mapping[str, Value | None]]) -> pl.DataFrame:
    """Accounts in the canonical schema from the few fields each case names; all that may be null and is not named is null.

    The rest is one plain account: a person's consumer loan of 10,000 yuan, 120 days overdue, no guarantor.
    """
    rows = []
    for number, fields in enumerate(given):
        row: dict[str, Value | None] = {**_PLAIN, "account_id": f"case-{number}", "source_row": number + 1, **fields}
        row.setdefault("balance_fen", _sum(row, ("principal_fen", "interest_fen", "penalty_fen", "fees_fen")))
        rows.append(row)
    types = {f.name: f.dtype for f in ACCOUNT.fields if f.name != "bucket"}
    frame = pl.DataFrame({name: pl.Series(name, [row.get(name) for row in rows], dtype=dtype) for name, dtype in types.items()})
    return ACCOUNT.conform(frame.with_columns(bucket(pl.col("overdue_days")).alias("bucket")))


def _sum(row: Mapping[str, Value | None], parts: tuple[str, ...]) -> int:
    return sum(part for part in (row[name] for name in parts) if isinstance(part, int))
