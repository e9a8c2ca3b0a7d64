"""A layout: how one lender's tape becomes Panhuo's canonical fields, as data.

A layout is a YAML file. Each canonical field (``kernel.frames.TAPE``) has at most one provider: a source *column*, a
*constant*, or a *derived* SQL expression over typed canonical and working columns. Working columns start with ``_``; they
exist only to derive from and never reach the canonical frames. All slips a person can make in such a file (unknown field,
unknown key, two providers, a cycle, a bad expression, a unit that does not fit) are found here, before any row is read.

Where things are: this module holds the models and ``load_layout``; :mod:`.mapping` matches a layout to a file's headings.
"""

from __future__ import annotations

import codecs
import datetime as dt
import difflib
import functools
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import polars as pl
import pydantic
from pydantic_core import InitErrorDetails, ValidationError

from panhuo.engines.intake.money_words import CURRENCIES
from panhuo.kernel import documents
from panhuo.kernel.documents import Document, Traced, refuse
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.expressions import Cells, compile_cells
from panhuo.kernel.fields import Field, Kind
from panhuo.kernel.frames import TAPE, TAPE_REQUIRED
from panhuo.kernel.words import Words

DateForm = Literal["auto", "iso", "slashed", "compact", "chinese", "excel", "month_year", "year_month", "us", "eu"]
"""How dates are written. iso 2024-03-05 (a time of day may follow); slashed 2024/3/5 or 2024.3.5; compact 20240305;
chinese 2024年3月5日; excel the serial number 45356; month_year Apr-2015 (its first day); year_month 2024-03 or 2024年3月
(its first day); us 2/28/1997; eu 28/2/1997. ``auto`` tries iso, slashed, compact, chinese, excel, month_year and
year_month, which cannot be confused; us and eu can, so they must be named."""
DATE_FORMS: Final = get_args(DateForm)

Unit = Literal[
    "yuan",
    "wan",
    "fen",
    "qian",
    "yi",
    "million",
    "percent",
    "fraction",
    "auto",
    "permille",
    "days",
    "weeks",
    "months",
    "years",
    "periods",
    "m2",
    "mu",
]
MONEY_UNITS: Final[Mapping[str, int]] = {"fen": 1, "yuan": 100, "qian": 100_000, "wan": 1_000_000, "million": 100_000_000, "yi": 10_000_000_000}
"""Fen in one unit. ``yuan`` is the major unit of whatever currency the tape is in (dollars, euros), ``fen`` its hundredth."""
RATE_UNITS: Final = ("auto", "percent", "fraction", "permille")
"""``auto``: a % sign, or a size of 1 or more, means percent; else a fraction. A % sign in the cell wins over any unit."""
PERIODS: Final = "periods"
OVERDUE: Final = "overdue_days"
TIME_UNITS: Final = ("days", "weeks", "months", "years", PERIODS)
"""``periods``: of ``overdue_days`` alone, instalments missed (逾期期数): k of them is the stage Mk."""
AREA_UNITS: Final = ("m2", "mu")

_UNITS_OF: Final[Mapping[str, tuple[str, ...]]] = {"money": tuple(MONEY_UNITS), "rate": RATE_UNITS, "integer": TIME_UNITS, "number": AREA_UNITS}
_WORKING_KINDS: Final = ("text", "money", "rate", "number", "integer", "date", "flag")


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str | int | float) and not isinstance(value, bool) else value


def _as_text(value: object) -> object:
    """A YAML scalar as it would stand in a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) else value


Texts = Annotated[tuple[Annotated[str, pydantic.BeforeValidator(_as_text)], ...], pydantic.BeforeValidator(_one_or_many)]
CellText = Annotated[str, pydantic.BeforeValidator(_as_text)]


class Title(Document):
    """A layout's name for people."""

    zh: str
    en: str


class Column(Document):
    """One source column.

    from_ (YAML ``from``): the heading, or several alternatives, best first; see :func:`.mapping.normal_heading` for how
    they match. to: a canonical field, or ``_name`` for a working column, which needs ``kind``. unit: of the cells; default
    ``yuan`` for money (a unit in the heading's brackets counts), ``auto`` for rates, the field's own unit otherwise. dates:
    the forms to try, in order. codes: source spelling -> canonical code, beside the spellings of ``kernel.codes``.
    default: stands for an empty cell, and for the column where the tape lacks it. own_number: the lender's own numbers, though they look like a
    telephone, a card or an identity number (account_id and contract_no only): kept as they stand (:mod:`.strays`).
    """

    from_: Texts = pydantic.Field(alias="from", min_length=1)
    to: str
    kind: Literal["text", "money", "rate", "number", "integer", "date", "flag"] | None = None
    unit: Unit | None = None
    dates: Annotated[tuple[DateForm, ...], pydantic.BeforeValidator(_one_or_many)] = ("auto",)
    codes: dict[CellText, str] = pydantic.Field(default_factory=dict)
    default: CellText | None = None
    own_number: bool = False
    note: str = ""

    @pydantic.field_validator("from_")
    @classmethod
    def _headings(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(heading.strip() for heading in value):
            raise refuse("表头不能为空", "a heading must not be empty")
        return value

    @pydantic.field_validator("to")
    @classmethod
    def _target(cls, value: str) -> str:
        if not value.startswith("_"):
            _canonical(value)
        return value

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Column:
        working = self.to.startswith("_")
        if working and self.kind is None:
            raise _at(("kind",), f"中间列 {self.to} 须写明 kind", f"working column {self.to} needs a kind: {', '.join(_WORKING_KINDS)}")
        if not working and self.kind is not None and self.kind != TAPE[self.to].kind:
            raise _at(("kind",), f"{self.to} 的类型固定为 {TAPE[self.to].kind}", f"the kind of {self.to} is fixed: {TAPE[self.to].kind}")
        kind = self.resolved_kind
        if self.unit is not None and self.unit not in _UNITS_OF.get(kind, ()):
            allowed = ", ".join(_UNITS_OF.get(kind, ())) or "-"
            raise _at(
                ("unit",), f"单位 {self.unit} 不适用于类型 {kind}（可用：{allowed}）", f"unit {self.unit} does not fit {kind} (allowed: {allowed})"
            )
        if self.unit == PERIODS and self.to != OVERDUE:
            raise _at(("unit",), f"单位 {PERIODS}（期）只适用于 {OVERDUE}", f"the unit {PERIODS} is only for {OVERDUE}")
        if "dates" in self.model_fields_set and kind != "date":
            raise _at(("dates",), f"{self.to} 不是日期", f"{self.to} is not a date")
        if not self.dates:
            raise _at(("dates",), "至少一种日期写法", "at least one date form is needed")
        if self.codes and kind not in ("code", "flag"):
            raise _at(("codes",), f"{self.to} 不是代码或标志", f"{self.to} is neither a code nor a flag")
        if self.own_number and self.to not in ("account_id", "contract_no"):
            raise _at(("own_number",), "只适用于借据号与合同编号", "only for account_id and contract_no")
        for source, code in self.codes.items():
            _known_code(kind, self.field, code, ("codes", source))
        if self.default is not None and kind == "code":
            _known_code(kind, self.field, self.codes.get(self.default, self.default), ("default",))
        return self

    @property
    def field(self) -> Field | None:
        """The canonical field, None for a working column."""
        return TAPE.get(self.to)

    @property
    def resolved_kind(self) -> Kind:
        return TAPE[self.to].kind if self.to in TAPE else self.kind or "text"

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type of the typed column."""
        return TAPE[self.to].dtype if self.to in TAPE else Field("_", self.resolved_kind, "", "").dtype


class Layout(Traced):
    """A whole layout. See the module's head; ``docs/intake-reading.md`` has a worked example.

    as_of: the cut-off date of the tapes this layout is for, where they share one. constants: canonical field -> value, as it
    would stand in a cell (money in yuan). derived: canonical field or ``_working`` -> SQL; ``:as_of`` is the cut-off date.
    required: fields (canonical or working) without whose heading the tape does not fit, beside ``TAPE_REQUIRED``.
    ignore: headings known and deliberately left unread. sheet, header_row (1-based, not counting blank rows), encoding (a Python codec),
    delimiter: where the file should not be asked. title_unit: ``ignore`` where the unit that title rows state (单位：万元) is wrong.
    currency: the ISO code of all amounts, where rows are silent; a row whose currency column names another is rejected. (A constant does without that
    column.) source: where the list of fields comes from.
    """

    name: str
    title: Title
    version: CellText = "1"
    source: str = ""
    as_of: dt.date | None = None
    sheet: str | None = None
    header_row: int | None = pydantic.Field(default=None, ge=1)
    encoding: str | None = None
    delimiter: str | None = pydantic.Field(default=None, min_length=1, max_length=5)
    title_unit: Literal["read", "ignore"] = "read"
    currency: str | None = None
    columns: tuple[Column, ...] = pydantic.Field(min_length=1)
    constants: dict[str, CellText] = pydantic.Field(default_factory=dict)
    derived: dict[str, str] = pydantic.Field(default_factory=dict)
    required: tuple[str, ...] = ()
    ignore: Texts = ()

    @pydantic.field_validator("encoding")
    @classmethod
    def _codec(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError:
                raise refuse(f"未知的编码 {value}", f"there is no encoding called {value}") from None
        return value

    @pydantic.field_validator("delimiter")
    @classmethod
    def _between(cls, value: str | None) -> str | None:
        if value is not None and re.search(r'[\w"\r\n.]', value):
            raise refuse(
                f"分隔符 {value!r} 不能含字母、数字、小数点、引号或换行",
                f"a delimiter has no letter, figure, point, quotation mark or line end, as {value!r} has",
            )
        return value

    @pydantic.field_validator("currency")
    @classmethod
    def _iso(cls, value: str | None) -> str | None:
        code = value and CURRENCIES.get(value.strip().casefold(), value.strip().upper())
        if code is not None and not re.fullmatch("[A-Z]{3}", code):
            raise refuse(f"未知的币种 {value}，请写 ISO 代码，如 USD", f"there is no currency {value}; write its ISO code, such as USD")
        return code

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> Layout:
        given: dict[str, str] = {}
        if self.currency is not None and "currency" in self.constants:
            raise _at(("currency",), "币种写了两处：currency 与 constants", "the currency has two providers: currency and constants")
        for i, column in enumerate(self.columns):
            _once(given, column.to, ("columns", i, "to"), f"columns[{i}]")
        for name, value in self.constants.items():
            _canonical(name, ("constants", name))
            _once(given, name, ("constants", name), "constants")
            _known_code(TAPE[name].kind, TAPE[name], value, ("constants", name))
        for name in self.derived:
            if not name.startswith("_"):
                _canonical(name, ("derived", name))
            _once(given, name, ("derived", name), "derived")
        for i, name in enumerate(self.required):
            if name not in given:
                raise _at(("required", i), f"必需字段{_named(name)}没有来源", f"required field {name} has no column, constant or expression")
        for name in TAPE_REQUIRED:
            if name not in given:
                raise _at(("columns",), f"必需字段{_named(name)}没有来源", f"required field {name} has no column, constant or expression")
        derivations(self, dt.date(2000, 1, 1))
        return self

    def changed(self, **values: Any) -> Layout:
        """A copy with other values, which are not checked again."""
        plan = self.model_copy(update=values)
        plan.__dict__.pop("by_field", None)  # cached of the old columns
        return plan

    @functools.cached_property
    def by_field(self) -> dict[str, Column]:
        """The column that provides each field, canonical and working."""
        return {column.to: column for column in self.columns}

    @property
    def provided(self) -> list[str]:
        """Every name the layout can give: columns, constants and derived, in that order."""
        return [*self.by_field, *self.constants, *self.derived]


def derivations(layout: Layout, as_of: dt.date) -> list[tuple[str, Cells]]:
    """``layout.derived`` compiled, ordered so that each comes after what it uses. Apply one ``with_columns`` an item.

    Expressions see the typed columns of ``layout.by_field`` and ``layout.constants`` (absent ones as nulls of their dtype) and
    earlier derivations. A canonical result still has to be cast to its field's dtype (money: rounded half up). Raises a
    located validation error for a cycle, bad grammar, an unknown name or a result that cannot become its field.
    """
    schema: dict[str, pl.DataType] = {column.to: column.dtype for column in layout.columns}
    schema |= {name: TAPE[name].dtype for name in layout.constants}
    done: list[tuple[str, Cells]] = []
    for name in _in_order(layout.derived):
        place = ("derived", name)
        try:
            cells = compile_cells(layout.derived[name], schema, where=f"derived.{name}", params={"as_of": as_of})
        except ConfigurationInvalid as error:
            raise _at(place, error.cause.zh, error.cause.en) from error
        result = pl.DataFrame(schema=schema).select(cells.value.alias(name)).schema[name]
        if name in TAPE:
            if not _becomes(result, TAPE[name]):
                raise _at(place, f"{name} 应为 {TAPE[name].kind}，表达式给出 {result}", f"{name} is {TAPE[name].kind}, the expression gives {result}")
            result = TAPE[name].dtype
        schema[name] = result
        done.append((name, cells))
    return done


def load_layout(name_or_path: str | Path) -> Layout:
    """A shipped layout by name, or one from a YAML file.

    Raises ConfigurationInvalid: unknown name (with the nearest), unreadable file, or any fault in it, with file, line and key.
    """
    text = str(name_or_path)
    names = shipped_layouts()
    if text in names:
        return _shipped(text)
    path = Path(text)
    if path.suffix.lower() in (".yaml", ".yml") or path.exists():
        return documents.load(path, Layout)
    near = difflib.get_close_matches(text, names, n=1)
    raise ConfigurationInvalid(
        "LAYOUT_UNKNOWN",
        Words("没有这个版式" + (f"，是否指 {near[0]}？" if near else ""), "no such layout" + (f"; did you mean {near[0]}?" if near else "")),
        where=text,
        remedy=Words(f"可用：{'、'.join(names)}，或给出 .yaml 文件", f"use one of {', '.join(names)}, or the path of a .yaml file"),
    )


@functools.cache
def _shipped(name: str) -> Layout:
    """Read and checked once: an upload is held against every one of them."""
    with resources.as_file(resources.files(__package__) / "layouts" / f"{name}.yaml") as path:
        return documents.load(path, Layout)


def shipped_layouts() -> list[str]:
    """Names of the layouts that come with Panhuo."""
    folder = resources.files(__package__) / "layouts"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")) if folder.is_dir() else []


def _canonical(name: str, place: tuple[str | int, ...] = ()) -> None:
    if name in TAPE:
        return
    near = difflib.get_close_matches(name, list(TAPE), n=1, cutoff=0.5)
    zh, en = (f"，是否指 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
    raise _at(place, f"没有名为 {name} 的字段{zh}", f"there is no field {name}{en}")


def _named(field: str) -> str:
    return f"“{TAPE[field].zh}”（{field}）" if field in TAPE else f" {field} "


def _known_code(kind: str, field: Field | None, code: str, place: tuple[str | int, ...]) -> None:
    allowed = ["true", "false"] if kind == "flag" else [c.code for c in field.codes] if kind == "code" and field else None
    if allowed is not None and code not in allowed:
        near = difflib.get_close_matches(code, allowed, n=1)
        en = f"did you mean {near[0]}?" if near else f"use one of {', '.join(allowed)}"
        raise _at(place, f"未知代码 {code}（可用：{'、'.join(allowed)}）", f"unknown code {code}; {en}")


def _once(given: dict[str, str], name: str, place: tuple[str | int, ...], by: str) -> None:
    if name in given:
        raise _at(place, f"{name} 有两个来源：{given[name]} 与 {by}", f"{name} has two providers: {given[name]} and {by}")
    given[name] = by


def _in_order(derived: Mapping[str, str]) -> list[str]:
    """Names of ``derived``, each after those it uses."""
    uses = {name: columns_of(sql) & set(derived) for name, sql in derived.items()}
    order: list[str] = []
    while uses:
        ready = [name for name, needs in uses.items() if needs <= set(order)]
        if not ready:
            cycle = _cycle(uses)
            shown = " -> ".join(cycle)
            raise _at(("derived", cycle[0]), f"派生字段成环：{shown}", f"derived fields form a cycle: {shown}")
        order += ready
        uses = {name: needs for name, needs in uses.items() if name not in ready}
    return order


def _cycle(uses: Mapping[str, set[str]]) -> list[str]:
    path = [next(iter(uses))]
    while True:
        following = next(name for name in uses[path[-1]] if name in uses)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def columns_of(sql: str) -> set[str]:
    """The column names an expression uses; empty where it does not parse."""
    import sqlglot
    from sqlglot import exp

    try:
        return {column.name for column in sqlglot.parse_one(sql, dialect="postgres").find_all(exp.Column)}
    except sqlglot.errors.SqlglotError:
        return set()  # compile_sql reports it, with the place


def _becomes(result: pl.DataType, field: Field) -> bool:
    if result == pl.Null or result == field.dtype:
        return True
    if field.kind in ("money", "rate", "number", "integer"):
        return result.is_numeric()
    if field.kind == "date":
        return isinstance(result, pl.Datetime)
    return result == pl.String and field.kind != "flag"


def _at(place: tuple[str | int, ...], zh: str, en: str) -> ValueError:
    """A bilingual fault at a key below the model being validated, so that the file's line is found."""
    if not place:
        return refuse(zh, en)
    return ValidationError.from_exception_data("Layout", [InitErrorDetails(type="value_error", loc=place, input=None, ctx={"error": refuse(zh, en)})])


__all__ = ["DATE_FORMS", "MONEY_UNITS", "Column", "Layout", "Title", "columns_of", "derivations", "load_layout", "shipped_layouts"]
