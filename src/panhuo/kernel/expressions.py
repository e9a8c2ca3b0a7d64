"""SQL expressions over a known schema, as Polars expressions: the language of rule conditions and derived fields.

``compile_sql`` parses with sqlglot (strict grammar, so that a slip is refused instead of guessed at), allows one expression
and nothing else (no query, no table function), binds ``:name`` parameters as literals and checks columns and result type on
an empty frame. The result runs on one row or ten million alike.

A cell that a cast cannot read (``CAST(x AS INT)``, ``DATE(x)``, ``STRPTIME``) gives null, as TRY_CAST does elsewhere: one bad cell
of a million is a fault of its row and not of the run. :func:`compile_cells` tells those rows from rows that are null because their
cells are. Whatever else fails on data (:func:`blaming`) is a fault of the expression, and named.
"""

from __future__ import annotations

import datetime as dt
import difflib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, reduce
from operator import or_
from typing import Any, Final, NamedTuple

import polars as pl

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words

Value = str | int | float | bool | dt.date

_FAILURES: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, OverflowError)
_FORMS: Final = {"Date": "%Y-%m-%d", "Datetime": "%Y-%m-%d %H:%M:%S", "Time": "%H:%M:%S"}
"""How a text is read as a date where no form is given: ISO. Polars would go by the first cell of the batch."""
_WHOLE: Final = 9.2e18  # a little less than 2^63: floats do not tell the last hundreds apart


class Cells(NamedTuple):
    """value: the expression. unread: where a cast met a cell it cannot read, a date fell outside the years 1 to 9999 or a product of whole numbers outside 64 bits; None where neither can be."""

    value: pl.Expr
    unread: pl.Expr | None


class Source(NamedTuple):
    """An expression as its author knows it. where: file, line where known, and key."""

    expression: pl.Expr
    where: str
    sql: str


def compile_sql(
    sql: str, schema: Mapping[str, pl.DataType], *, where: str, params: Mapping[str, Value] | None = None, boolean: bool = False
) -> pl.Expr:
    """The expression ``sql`` over columns of ``schema``.

    where: file and key, for the error. params: values of ``:name`` placeholders. boolean: the result must be true/false.
    Raises ConfigurationInvalid for bad grammar, an unknown column, parameter or function, and a wrong type.
    """
    return compile_cells(sql, schema, where=where, params=params, boolean=boolean).value


def compile_cells(
    sql: str, schema: Mapping[str, pl.DataType], *, where: str, params: Mapping[str, Value] | None = None, boolean: bool = False
) -> Cells:
    """As :func:`compile_sql`, with the rows in which a cell could not be read. A cast in a CASE branch not taken reads nothing."""
    return _compile(sql, tuple(schema.items()), where, tuple((params or {}).items()), boolean)


@contextmanager
def blaming(frame: pl.DataFrame | pl.LazyFrame, sources: Callable[[], Iterable[Source]]) -> Iterator[None]:
    """Around the evaluation of compiled expressions on ``frame``: a failure becomes ConfigurationInvalid naming the expression that fails.

    sources: asked only then; each is tried alone. What none of them explains is raised as it came.
    """
    try:
        yield
    except _FAILURES as error:
        for source in sources():
            try:
                frame.lazy().select(source.expression.alias("result")).collect()
            except _FAILURES as own:
                raise _unevaluable(source.where, source.sql, own) from error
        raise


def _unevaluable(where: str, sql: str, error: BaseException) -> ConfigurationInvalid:
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    return _bad(where, f"表达式无法求值：{sql!r}（{reason}）", f"cannot be evaluated: {sql!r} ({reason})")


@lru_cache(maxsize=4096)  # a run asks for the same expressions in every batch
def _compile(sql: str, columns: tuple[tuple[str, pl.DataType], ...], where: str, params: tuple[tuple[str, Value], ...], boolean: bool) -> Cells:
    import sqlglot
    from sqlglot import exp

    schema = dict(columns)
    try:
        tree = sqlglot.parse_one(sql, dialect="postgres")
    except sqlglot.errors.SqlglotError as error:
        reason, mark = str(error).splitlines()[0], "".join(found.get("highlight") or "" for found in getattr(error, "errors", [])[:1])
        raise _bad(
            where, f"表达式语法错误：{sql!r}{f'（“{mark}”附近）' if mark else ''}", f"not a valid SQL expression: {sql!r} ({reason})"
        ) from error
    if not isinstance(tree, exp.Expression) or isinstance(tree, exp.Alias) or tree.find(exp.Query, exp.DDL, exp.DML, exp.Command):
        raise _bad(where, f"只允许单个表达式，不允许查询：{sql!r}", f"one expression is allowed, not a query: {sql!r}")
    if tree.find(exp.AggFunc, exp.Window):
        raise _bad(where, f"须逐行计算，不能用汇总或窗口函数：{sql!r}", f"must be worked out row by row, no totals and no windows: {sql!r}")
    if tree.find(exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime):
        raise _bad(where, f"不能用运行当天的日期或时间：{sql!r}", f"must not ask what day or time it is: {sql!r}")
    for column in tree.find_all(exp.Column):
        if column.name not in schema:
            near = difflib.get_close_matches(column.name, list(schema), n=1)
            hint_zh, hint_en = (f"，是否指 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
            raise _bad(where, f"没有名为 {column.name} 的列{hint_zh}", f"there is no column {column.name}{hint_en}")
    bound = dict(params)

    def bind(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder):
            if node.name not in bound:
                raise _bad(where, f"参数 :{node.name} 未定义", f"parameter :{node.name} is not defined")
            return sqlglot.parse_one(_literal(bound[node.name]), dialect="postgres")
        return node

    text = tree.transform(bind).sql(dialect="postgres")
    empty = pl.DataFrame(schema=schema)
    try:
        written = pl.sql_expr(text)
        # planned, not just run on no rows: a type error must show here and not on the first real tape
        result = empty.select(written.alias("result")).schema["result"]
        cells = _tolerant(written, empty, result)
        # some casts are refused only where there is a value
        tried = _probe(columns).select(cells.value.alias("value"), (pl.lit(value=False) if cells.unread is None else cells.unread).alias("unread"))
        if not written.meta.root_names() and tried["unread"].any():
            raise ValueError("a constant date outside the years 1 to 9999")
    except _FAILURES as error:
        raise _unevaluable(where, sql, error) from error
    if boolean and result != pl.Boolean():
        raise _bad(where, f"条件须为真假值，现为 {result}：{sql!r}", f"a condition must be true or false, this is {result}: {sql!r}")
    return cells


@lru_cache(maxsize=64)
def _probe(columns: tuple[tuple[str, pl.DataType], ...]) -> pl.DataFrame:
    """A row of nulls and a row of values."""

    def two(dtype: pl.DataType) -> pl.Series:
        value: object = "0" if dtype == pl.String() else True if dtype == pl.Boolean() else 1 if dtype.is_numeric() else None
        if isinstance(dtype, pl.Enum):
            value = next(iter(dtype.categories), None)
        elif isinstance(dtype, pl.Date | pl.Datetime):
            return pl.Series([None, dt.date(2000, 1, 1)]).cast(dtype)
        return pl.Series([None, value], dtype=dtype)

    return pl.DataFrame({name: two(dtype) for name, dtype in columns})


def _tolerant(expression: pl.Expr, empty: pl.DataFrame, result: pl.DataType) -> Cells:
    """``expression`` with null for what a cast cannot read and for dates no calendar here has."""
    tree = json.loads(expression.meta.serialize(format="json"))
    faults = _faults(tree, empty)
    value = _expression(tree) if faults is not None else expression
    if isinstance(result, pl.Date | pl.Datetime) and not value.meta.is_column():
        inside = value.dt.year().is_between(dt.MINYEAR, dt.MAXYEAR)
        beyond = value.is_not_null() & ~inside
        return Cells(pl.when(inside).then(value), beyond if faults is None else faults | beyond)
    return Cells(value, faults)


def _faults(node: Any, empty: pl.DataFrame) -> pl.Expr | None:
    """Where a cast below ``node`` meets what it cannot read; None without any cast. Makes the casts in ``node`` lenient, in place.

    Polars has no way to say this of an expression, so it is said in the expression's serialised tree.
    """
    if isinstance(node, list):
        return _any(_faults(child, empty) for child in node)
    if not isinstance(node, dict) or "Literal" in node:
        return None
    if "Ternary" in node:
        branch = node["Ternary"]
        asked, then, otherwise = (_faults(branch[part], empty) for part in ("predicate", "truthy", "falsy"))
        taken = None
        if then is not None or otherwise is not None:
            no = pl.lit(value=False)
            taken = pl.when(_expression(branch["predicate"])).then(no if then is None else then).otherwise(no if otherwise is None else otherwise)
        return _any((asked, taken))
    below = _any(_faults(child, empty) for child in node.values())
    if "Cast" in node and "Literal" not in node["Cast"]["expr"]:
        cast = node["Cast"]
        given, to = cast["expr"], _type_name(cast["dtype"].get("Literal"))
        cast["options"] = "NonStrict"
        if to in _FORMS and empty.select(_expression(given).alias("given")).schema["given"] == pl.String():
            reading = {"format": _FORMS[to], "strict": False, "exact": True, "cache": True}
            to_date = {"StringExpr": {"Strptime": [{"Literal": cast["dtype"]["Literal"]}, reading]}}
            node.clear()
            node["Function"] = {"input": [given, {"Literal": {"Scalar": {"String": "null"}}}], "function": to_date}
        return _any((below, _expression(given).is_not_null() & _expression(node).is_null()))
    parsing = node["Function"]["function"] if "Function" in node else None
    kind = parsing.get("StringExpr") if isinstance(parsing, dict) else None
    if isinstance(kind, dict) and "Strptime" in kind:
        target, form = kind["Strptime"]
        form["strict"] = False
        form["format"] = form["format"] or _FORMS[_type_name(target["Literal"])]
        node["Function"]["input"][1] = {"Literal": {"Scalar": {"String": "null"}}}  # an hour that the clock passes twice, or never
        return _any((below, _expression(node["Function"]["input"][0]).is_not_null() & _expression(node).is_null()))
    product = _expression(node) if parsing == {"Sql": {"Binary": "Mul"}} else None
    if product is None or not empty.select(product.alias("product")).schema["product"].is_integer():
        return below
    left, right = (_expression(factor).cast(pl.Float64) for factor in node["Function"]["input"])
    beyond = (left * right).abs() >= _WHOLE  # Polars would give what is left of the product
    node.clear()
    node.update(json.loads(pl.when(~beyond).then(product).meta.serialize(format="json")))
    return _any((below, beyond))


def _any(conditions: Iterable[pl.Expr | None]) -> pl.Expr | None:
    met = [condition.fill_null(value=False) for condition in conditions if condition is not None]
    return reduce(or_, met) if met else None


def _type_name(dtype: Any) -> str:
    return next(iter(dtype)) if isinstance(dtype, dict) else str(dtype)


def _expression(tree: Any) -> pl.Expr:
    return pl.Expr.deserialize(io.StringIO(json.dumps(tree)), format="json")


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.date):
        return f"CAST('{value.isoformat()}' AS DATE)"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def _bad(where: str, zh: str, en: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        "EXPRESSION_INVALID",
        Words(zh, en),
        where=where,
        remedy=Words("更正该表达式；可用的列见 docs/schema.md", "correct the expression; docs/schema.md lists the columns"),
    )
