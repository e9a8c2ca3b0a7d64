"""Data files for a model: read as text, typed by the specification's columns, and every row accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from panhuo.engines.valuation.learning.panel import with_months
from panhuo.engines.valuation.learning.specification import Column, ColumnKind, Specification
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.expressions import compile_sql
from panhuo.kernel.words import Words

_BLANK = ("", "NA", "N/A", "nan", "NaN", "null", "None", "-")
_NOISE = r"[\s,$¥￥%€]"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a specification's population. number: 1-based, over the files in the order given. outcome: null where the row has none. unread: cells of
    number and date columns that stand and could not be read, by column."""

    number: pl.Series
    columns: pl.DataFrame
    features: pl.DataFrame
    outcome: pl.Series
    time: pl.Series | None
    rows_in: int
    unread: dict[str, int]

    @property
    def known(self) -> Rows:
        """The rows whose outcome is known."""
        return self.filter(self.outcome.is_not_null())

    def filter(self, keep: pl.Series) -> Rows:
        time = self.time.filter(keep) if self.time is not None else None
        return Rows(
            self.number.filter(keep),
            self.columns.filter(keep),
            self.features.filter(keep),
            self.outcome.filter(keep),
            time,
            self.rows_in,
            self.unread,
        )

    def __len__(self) -> int:
        return len(self.number)


def read_rows(paths: Sequence[Path], specification: Specification) -> Rows:
    """Read CSV (also gzipped) and Parquet files as one. Raises InputUnusable for a file that cannot be read, a column that is absent and no row of the
    population; ConfigurationInvalid for an expression that fails."""
    frames = [_typed(_raw(path), specification, path) for path in paths]
    unread: dict[str, int] = {}
    for _, told in frames:
        for name, count in told.items():
            unread[name] = unread.get(name, 0) + count
    return rows_of(pl.concat([frame for frame, _ in frames]), specification, unread=unread, where=", ".join(str(path) for path in paths))


def read_columns(paths: Sequence[Path], kinds: Mapping[str, ColumnKind]) -> pl.DataFrame:
    """These columns of the files as one, typed. Raises InputUnusable for a file that cannot be read or lacks one."""
    frames = []
    for path in paths:
        raw = _raw(path)
        if lacking := [name for name in kinds if name not in raw.columns]:
            raise _unusable(
                path,
                f"缺少列 {'、'.join(lacking)}",
                f"lacks the column(s) {', '.join(lacking)}",
                f"现有：{'、'.join(raw.columns[:20])}",
                f"there are: {', '.join(raw.columns[:20])}",
            )
        frames.append(raw.select(_cast(raw[name], Column(kind=kind)).alias(name) for name, kind in kinds.items()))
    return pl.concat(frames)


def rows_of(columns: pl.DataFrame, specification: Specification, *, unread: dict[str, int] | None = None, where: str = "data") -> Rows:
    """Typed columns to rows."""
    schema = specification.typed()
    frame = with_months(columns.with_row_index("__row", 1), specification)
    wanted = compile_sql(specification.population, schema, where=specification.place("population"), boolean=True)
    frame = frame.with_columns(wanted.fill_null(value=False).alias("__wanted")).filter("__wanted").drop("__wanted")
    if not frame.height:
        raise InputUnusable(
            "MODEL_NO_ROWS",
            Words(
                f"{columns.height:,} 行中没有规格 {specification.name} 的对象",
                f"none of the {columns.height:,} rows are of {specification.name}'s population",
            ),
            where=where,
            remedy=Words(f"对象的条件是 {specification.population}", f"the population is: {specification.population}"),
        )
    target = compile_sql(specification.target.sql, specification.typed(outcome=True), where=specification.place("target", "sql"))
    outcome = _outcome(frame, target, specification)
    time = None
    if specification.time is not None:
        days = compile_sql(specification.time, schema, where=specification.place("time")).cast(pl.Float64)
        time = frame.select(days).to_series().alias("time")
    return Rows(frame["__row"].cast(pl.Int64), frame.drop("__row"), _features(frame, specification), outcome, time, columns.height, unread or {})


def _outcome(frame: pl.DataFrame, target: pl.Expr, specification: Specification) -> pl.Series:
    """Of a ladder of classes: the number of its step."""
    if specification.target.classes:
        steps = {name: float(at) for at, name in enumerate(specification.target.classes)}
        named = frame.select(target.cast(pl.String).alias("outcome"))["outcome"]
        return named.replace_strict(steps, default=None, return_dtype=pl.Float64)
    outcome = frame.select(target.cast(pl.Float64)).to_series().alias("outcome")
    outcome = outcome.set(outcome.is_nan() | outcome.is_infinite(), None).clip(specification.target.low, specification.target.high)
    return outcome.set(outcome <= 0, None) if specification.scale == "log" else outcome


def fingerprint_of(rows: Rows) -> str:
    """SHA-256 of the features and outcomes, row by row."""
    digest = hashlib.sha256()
    for text in rows.features.with_columns(rows.outcome).write_csv(batch_size=10_000).splitlines():
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _features(frame: pl.DataFrame, specification: Specification) -> pl.DataFrame:
    schema = dict(specification.typed())
    done = frame.select(schema.keys())
    for at, feature in enumerate(specification.features):
        made = compile_sql(feature.sql, schema, where=specification.place("features", at, "sql"))
        kind = pl.String() if feature.kind == "category" else pl.Float64()
        value = made.cast(kind)
        if feature.kind == "number":
            value = pl.when(value.is_finite()).then(value)
        done = done.with_columns(value.alias(feature.name))
        schema[feature.name] = kind
    return done.select(feature.name for feature in specification.features)


def _raw(path: Path) -> pl.DataFrame:
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False, null_values=list(_BLANK), truncate_ragged_lines=False, encoding="utf8")
    except FileNotFoundError as error:
        raise _unusable(path, "找不到文件", "there is no such file", "检查路径", "check the path") from error
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise _unusable(
            path,
            f"无法读取（{reason[:120]}）",
            f"cannot be read ({reason[:120]})",
            "应为 UTF-8 的 CSV（可 gzip）或 Parquet",
            "give UTF-8 CSV (gzip allowed) or Parquet",
        ) from error


def _typed(raw: pl.DataFrame, specification: Specification, path: Path) -> tuple[pl.DataFrame, dict[str, int]]:
    there = {name: next((one for one in (name, *column.also) if one in raw.columns), None) for name, column in specification.columns.items()}
    lacking = [name for name, column in specification.columns.items() if there[name] is None and not column.optional]
    if lacking:
        raise _unusable(
            path,
            f"缺少列 {'、'.join(lacking[:8])}",
            f"lacks the column(s) {', '.join(lacking[:8])}",
            f"规格 {specification.name} 需要：{'、'.join(specification.columns)}",
            f"{specification.name} needs: {', '.join(specification.columns)}",
        )
    out, unread = {}, {}
    for name, column in specification.columns.items():
        heading = there[name]
        given = raw[heading] if heading is not None else pl.Series(name, [None] * raw.height, dtype=pl.String)
        typed = _cast(given, column)
        out[name] = typed
        lost = int((given.is_not_null() & typed.is_null()).sum())
        if lost:
            unread[name] = lost
    return pl.DataFrame(out), unread


def _cast(given: pl.Series, column: Column) -> pl.Series:
    if column.kind == "text":
        return given.cast(pl.String).str.strip_chars()
    if column.kind == "number":
        if given.dtype.is_numeric() or given.dtype == pl.Boolean:
            return given.cast(pl.Float64)
        return given.cast(pl.String).str.replace_all(_NOISE, "").cast(pl.Float64, strict=False)
    if given.dtype.is_temporal():
        return _days(given.cast(pl.Date))
    text = given.cast(pl.String).str.strip_chars().to_frame("text")
    return _days(text.select(pl.coalesce(_date(form) for form in column.dates)).to_series())


def _date(form: str) -> pl.Expr:
    """A form without a day (Apr-2015) is of the month's first."""
    whole = "%d" in form
    return (pl.col("text") if whole else pl.col("text") + " 01").str.to_date(form if whole else f"{form} %d", strict=False)


def _days(dates: pl.Series) -> pl.Series:
    return dates.to_physical().cast(pl.Float64)


def _unusable(path: Path, zh: str, en: str, remedy_zh: str, remedy_en: str) -> InputUnusable:
    return InputUnusable("MODEL_DATA_UNUSABLE", Words(zh, en), where=str(path), remedy=Words(remedy_zh, remedy_en))
