"""A model's specification as data: what is predicted, of whom, from what, and how; checked strictly, so that a slip is refused with its line.

Everything a model sees is a SQL expression over one row's own columns (:mod:`panhuo.kernel.expressions`): no totals, no windows, no clock. What was not
known at the time of prediction cannot leak in by a sum over others, only by naming a column of the outcome, and the card lists the columns named.
"""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from panhuo.kernel.documents import Document, Traced, load, refuse
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

ColumnKind = Literal["number", "text", "date"]
DTYPES = {"number": pl.Float64(), "text": pl.String(), "date": pl.Float64()}
"""Dates are days since 1 January 1970, so that they can be subtracted and divided like any number."""
MEMBERS = ("boosted", "linear", "fractional", "twostage", "segment")
CLASS_MEMBERS = ("boosted", "counts", "logistic", "segment")


class Title(Document):
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def words(self) -> Words:
        return Words(self.zh, self.en)


class Column(Document):
    """A column of the data. also: other headings under which it may stand, the first that is there counts. dates: the forms its dates have (strptime), tried in
    turn; expressions see them as days since 1 January 1970."""

    kind: ColumnKind = "number"
    also: tuple[str, ...] = ()
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    optional: bool = False


class Feature(Document):
    """What the model is told of a row. sql: over the columns, and over features above it. kind: category for names. monotone: 1 or -1 where more of it can only
    raise or lower the outcome. within: another category that this one is part of (a community of a district): where it is rare, that speaks for it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    sql: str = Field(min_length=1)
    kind: Literal["number", "category"] = "number"
    monotone: Literal[-1, 0, 1] = 0
    within: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> Feature:
        if self.kind == "category" and self.monotone:
            raise refuse(f"类别特征 {self.name} 不能有单调方向", f"the category {self.name} cannot be monotone")
        if self.within is not None and self.kind != "category":
            raise refuse(f"只有类别才能属于另一类别：{self.name}", f"only a category can be part of another: {self.name}")
        return self


class Target(Document):
    """sql: the outcome. low, high: it is clipped to these; answers and intervals keep within them too. classes: the names it can have, a ladder from best to
    worst, where it is a name and no number."""

    sql: str = Field(min_length=1)
    low: float | None = None
    high: float | None = None
    classes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Target:
        if len(set(self.classes)) < len(self.classes) or len(self.classes) == 1:
            raise refuse("classes 须有两个以上不同的名称", "classes must be two or more different names")
        if self.classes and (self.low is not None or self.high is not None):
            raise refuse("有 classes 的目标没有上下限", "a target of classes has no bounds")
        return self


class Panel(Document):
    """Rows are months of borrowers. entity, month: the columns that say whose and which (a whole number, rising by one a month). columns: those whose past a
    feature may know, as ``STATUS_b1`` (a month back) to ``_b<back>``, and whose future the outcome may, as ``STATUS_a1`` to ``_a<ahead>``. seen: the name of
    the number of months since the borrower's first record."""

    entity: str
    month: str
    columns: tuple[str, ...] = Field(min_length=1)
    back: int = Field(default=6, ge=1, le=36)
    ahead: int = Field(default=1, ge=1, le=12)
    seen: str = "MONTHS_SEEN"


class Boosting(Document):
    """leaves, rate, least (rows a leaf), seeds averaged; rounds are chosen by cross-fitting up to most."""

    leaves: int = Field(default=8, ge=2, le=256)
    rate: float = Field(default=0.04, gt=0.0, le=1.0)
    least: int = Field(default=20, ge=1)
    most: int = Field(default=800, ge=10, le=20_000)
    seeds: int = Field(default=3, ge=1, le=20)
    columns: float = Field(default=0.7, gt=0.0, le=1.0)
    rows: float = Field(default=0.8, gt=0.0, le=1.0)
    ridge: float = Field(default=5.0, ge=0.0)


class Specification(Traced):
    """population: who is predicted. scale: the models work on a function of the outcome (log for prices). members: the algorithms that are blended by how well
    each does on rows it has not seen. folds: of the cross-fitting; time: the date by which rows are known, for a split in time. segment: the features whose groups'
    means are the baseline. level: of the interval. least: rows with a known outcome that it takes to teach it. not_for: what the model must not be used for."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str = "1"
    title: Title
    source: str = Field(min_length=1)
    not_for: Title
    columns: dict[str, Column]
    panel: Panel | None = None
    population: str = "TRUE"
    target: Target
    scale: Literal["none", "log"] = "none"
    features: tuple[Feature, ...] = Field(min_length=1)
    segment: tuple[str, ...] = ()
    time: str | None = None
    members: tuple[Literal["boosted", "linear", "fractional", "twostage", "segment", "counts", "logistic"], ...] = ("boosted", "linear")
    boosting: Boosting = Boosting()
    folds: int = Field(default=5, ge=2, le=20)
    least: int = Field(default=30, ge=12)
    level: float = Field(default=0.9, gt=0.5, lt=1.0)
    shrink: float = Field(default=10.0, ge=0.0)

    @model_validator(mode="after")
    def _sound(self) -> Specification:
        names = [feature.name for feature in self.features]
        if len(set(names)) < len(names):
            raise refuse("特征重名", "two features have one name")
        if strange := [name for name in names if name in self.columns]:
            raise refuse(f"特征不能与列同名：{strange[0]}", f"a feature cannot have a column's name: {strange[0]}")
        known: set[str] = set()
        for feature in self.features:
            if feature.within is not None and feature.within not in known:
                raise refuse(f"within 须是排在前面的类别特征：{feature.within}", f"within must be a category above it: {feature.within}")
            if feature.kind == "category":
                known.add(feature.name)
        if strange := [name for name in self.segment if name not in known]:
            raise refuse(f"segment 须是类别特征：{strange[0]}", f"segment must name categories: {strange[0]}")
        if self.panel is not None:
            named = (self.panel.entity, self.panel.month, *self.panel.columns)
            if strange := [name for name in named if name not in self.columns]:
                raise refuse(f"panel 的列不在 columns 中：{strange[0]}", f"panel names no column of the data: {strange[0]}")
        allowed = CLASS_MEMBERS if self.target.classes else MEMBERS
        if strange := [name for name in self.members if name not in allowed]:
            raise refuse(f"该目标不能用算法 {strange[0]}", f"{strange[0]} is not for such a target: {', '.join(allowed)}")
        if self.target.classes and not known:
            raise refuse("以类别为目标的规格须有类别特征", "a target of classes needs a feature that is a category")
        bounded = self.target.low == 0.0 and self.target.high is not None
        if not bounded and {"fractional", "twostage"} & set(self.members):
            raise refuse("fractional、twostage 只用于以 0 为下限且有上限的目标", "fractional and twostage are for targets from 0 to a bound")
        if self.scale == "log" and self.target.low is not None and self.target.low <= 0:
            raise refuse("取对数的目标须大于 0", "a target on a log scale must be above 0")
        return self

    @property
    def blended(self) -> tuple[str, ...]:
        """The members, and the mean, to which the blend turns where none of them knows better; a lone ridge shrinks to it by itself."""
        return self.members if self.members == ("linear",) else (*self.members, "mean")

    def typed(self, *, outcome: bool = False) -> dict[str, pl.DataType]:
        """What expressions may name: the columns as they are typed, and a panel's past; for the outcome, its future too."""
        found = {name: DTYPES[column.kind] for name, column in self.columns.items()}
        if self.panel is not None:
            found |= {f"{name}_b{k}": found[name] for name in self.panel.columns for k in range(1, self.panel.back + 1)}
            found[self.panel.seen] = pl.Float64()
            if outcome:
                found |= {f"{name}_a{k}": found[name] for name in self.panel.columns for k in range(1, self.panel.ahead + 1)}
        return found


def shipped() -> tuple[str, ...]:
    """Names of the specifications that come with Panhuo."""
    folder = resources.files(__package__) / "specifications"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


@functools.lru_cache(maxsize=64)
def _load(path: Path) -> Specification:
    return load(path, Specification)


def load_specification(name: str) -> Specification:
    """A shipped specification by name, or one's own by path. Raises ConfigurationInvalid, InputUnusable for a name that is neither."""
    if name.endswith((".yaml", ".yml")):
        return load(Path(name), Specification)
    if name not in shipped():
        raise InputUnusable(
            "SPECIFICATION_UNKNOWN",
            Words(f"没有名为 {name} 的规格", f"there is no specification {name}"),
            where=name,
            remedy=Words(f"可用：{'、'.join(shipped())}；或给出 .yaml 文件", f"there are: {', '.join(shipped())}; or give a .yaml file"),
        )
    with resources.as_file(resources.files(__package__) / "specifications" / f"{name}.yaml") as path:
        return _load(path)
