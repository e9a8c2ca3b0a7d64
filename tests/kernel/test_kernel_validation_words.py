"""What is wrong in a layout or policy, in Chinese without the libraries' English."""

from __future__ import annotations

import datetime as dt
import enum
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import pytest

from panhuo.kernel import documents
from panhuo.kernel.documents import Document
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.validation_words import of_fault, of_yaml


class Colour(enum.Enum):
    red = "red"
    blue = "blue"


class Inner(Document):
    share: float = 0.5


class Sample(Document):
    whole: int = 1
    real: float = 1.0
    flag: bool = True
    text: str = ""
    day: dt.date = dt.date(2026, 1, 1)
    above: Annotated[float, pydantic.Field(gt=0)] = 1
    least: Annotated[int, pydantic.Field(ge=2)] = 2
    below: Annotated[float, pydantic.Field(lt=9)] = 1
    most: Annotated[float, pydantic.Field(le=9)] = 1
    tens: Annotated[int, pydantic.Field(multiple_of=10)] = 10
    word: Annotated[str, pydantic.Field(min_length=2, max_length=4)] = "abc"
    form: Annotated[str, pydantic.Field(pattern="^a+$")] = "a"
    few: Annotated[tuple[int, ...], pydantic.Field(min_length=1, max_length=2)] = (1,)
    listed: list[int] = pydantic.Field(default_factory=list)
    mapped: dict[str, int] = pydantic.Field(default_factory=dict)
    inner: Inner = Inner()
    choice: Literal["one", "two", "three"] = "one"
    colour: Colour = Colour.red
    finite: Annotated[float, pydantic.Field(allow_inf_nan=False)] = 1


FAULTS: list[tuple[str, Any, str]] = [
    ("whole", "abc", "应为整数，现为 'abc'"),
    ("whole", 1.5, "应为整数，现为 1.5"),
    ("whole", [1], "应为整数，现为 列表"),
    ("real", "x", "应为数字，现为 'x'"),
    ("real", None, "应为数字，现为 空"),
    ("flag", "maybe", "应为 true 或 false，现为 'maybe'"),
    ("flag", [], "应为 true 或 false，现为 列表"),
    ("text", 3, "应为文本，现为 3"),
    ("text", True, "应为文本，现为 true"),
    ("day", "2026-13-01", "应为日期，如 2026-10-31，现为 '2026-13-01'"),
    ("day", [], "应为日期"),
    ("above", 0, "应大于 0.0，现为 0"),
    ("least", 1, "应不小于 2，现为 1"),
    ("below", 9, "应小于 9.0"),
    ("most", 10, "应不大于 9.0"),
    ("tens", 15, "应为 10 的倍数"),
    ("word", "a", "至少要 2 个字符"),
    ("word", "abcde", "至多 4 个字符"),
    ("form", "b", "应符合 ^a+$"),
    ("few", [], "至少要 1 项，现有 0 项"),
    ("few", [1, 2, 3], "至多 2 项，现有 3 项"),
    ("listed", "x", "应为列表"),
    ("mapped", "x", "应写成键与值"),
    ("inner", "x", "应写成键与值"),
    ("inner", {"share": "x"}, "应为数字"),
    ("choice", "four", "应为 'one'、'two'、'three' 之一，现为 'four'"),
    ("colour", "green", "应为 'red'、'blue' 之一"),
    ("finite", float("inf"), "应为有限的数字"),
]


@pytest.mark.parametrize(("key", "value", "zh"), FAULTS)
def test_common_faults_have_words_of_their_own(key: str, value: object, zh: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        documents.check({key: value}, Sample, where="f.yaml")
    said = refused.value.cause
    assert zh in said.zh
    assert "原文" not in said.zh
    assert re.findall(r"[A-Za-z]{3,}", re.sub(r"'[^']*'|true|false|现为.*", "", said.zh)) == []
    assert not re.search(r"[\u4e00-\u9fff]", said.en)
    assert refused.value.code == "CONFIG_VALUE"


def test_a_fault_of_another_kind_is_labelled() -> None:
    words = of_fault({"type": "something_new", "msg": "Input is strange", "input": 1})
    assert words.zh == "值不合法（校验器原文：Input is strange）"
    assert words.en == "value not valid: Input is strange"


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("a: 1\na: 2\n", "键重复：'a'"),
        ("a: b: c\n", "冒号多余或缩进不对"),
        ("a: [1,\n", "没有闭合"),
        ("a: [1, 2\nb: 3\n", "没有闭合"),
        ("a: {b: 1\n", "没有闭合"),
        ("a: 1\n  b: 2\n", "缩进"),
        ("a:\n  - 1\n b: 2\n", "缩进或结构不对"),
        ("a: 1\nb\n", "缺少冒号"),
        ("a:\n\t- 1\n", "制表符"),
        ('a: "x\n', "没有闭合"),
        ("a: *x\n", "未定义的锚点"),
        ("a: !!python/object/apply:os.system ['x']\n", "不允许的标签"),
        ("? [1]\n: 2\n", "不能作为键"),
        ("a: 1\n---\nb: 2\n", "应只有一个文档"),
        ("a: @x\n", "开头的字符"),
    ],
)
def test_slips_of_yaml_in_chinese(text: str, zh: str, tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationInvalid) as refused:
        documents.read(path)
    assert zh in refused.value.cause.zh
    assert "原文" not in refused.value.cause.zh


def test_an_unknown_slip_is_labelled() -> None:
    assert of_yaml("something new").zh == "解析器原文：something new"
