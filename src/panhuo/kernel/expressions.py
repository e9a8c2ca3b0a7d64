"""SQL expressions over a known schema, as Polars expressions: the language of rule conditions and derived fields.

``compile_sql`` parses with sqlglot (strict grammar, so that a slip is refused instead of guessed at), allows one expression
and nothing else (no query, no table function), binds ``:name`` parameters as literals and checks columns and result type on
an empty frame. The result runs on one row or ten million alike.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping
from functools import lru_cache

import polars as pl

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words

Value = str | int | float | bool | dt.date


def compile_sql(
    sql: str, schema: Mapping[str, pl.DataType], *, where: str, params: Mapping[str, Value] | None = None, boolean: bool = False
) -> pl.Expr:
    """The expression ``sql`` over columns of ``schema``.

    where: file and key, for the error. params: values of ``:name`` placeholders. boolean: the result must be true/false.
    Raises ConfigurationInvalid for bad grammar, an unknown column, parameter or function, and a wrong type.
    """
    return _compile(sql, tuple(schema.items()), where, tuple((params or {}).items()), boolean)


@lru_cache(maxsize=4096)  # a run asks for the same expressions in every batch
def _compile(sql: str, columns: tuple[tuple[str, pl.DataType], ...], where: str, params: tuple[tuple[str, Value], ...], boolean: bool) -> pl.Expr:
    import sqlglot
    from sqlglot import exp

    schema = dict(columns)
    try:
        tree = sqlglot.parse_one(sql, dialect="postgres")
    except sqlglot.errors.SqlglotError as error:
        reason = str(error).splitlines()[0]
        raise _bad(where, f"表达式语法错误：{sql!r}（{reason}）", f"not a valid SQL expression: {sql!r} ({reason})") from error
    if not isinstance(tree, exp.Expression) or isinstance(tree, exp.Alias) or tree.find(exp.Query, exp.DDL, exp.DML, exp.Command):
        raise _bad(where, f"只允许单个表达式，不允许查询：{sql!r}", f"one expression is allowed, not a query: {sql!r}")
    if tree.find(exp.AggFunc, exp.Window):
        raise _bad(where, f"须逐行计算，不能用汇总或窗口函数：{sql!r}", f"must be worked out row by row, no totals and no windows: {sql!r}")
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
    try:
        expression = pl.sql_expr(text)
        # planned, not just run on no rows: a type error must show here and not on the first real tape
        result = pl.DataFrame(schema=schema).select(expression.alias("result")).schema["result"]
    except (pl.exceptions.PolarsError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise _bad(where, f"表达式无法求值：{sql!r}（{reason}）", f"cannot be evaluated: {sql!r} ({reason})") from error
    if boolean and result != pl.Boolean():
        raise _bad(where, f"条件须为真假值，现为 {result}：{sql!r}", f"a condition must be true or false, this is {result}: {sql!r}")
    return expression


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
