"""Wrong usage in Chinese holds no English but the user's own words and the names of options."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from test_cli_refusals import WRONG_USAGE

from panhuo.cli.usage import in_chinese

Panhuo = Callable[..., "subprocess.CompletedProcess[str]"]
MORE = {
    "misspelt option": (("run", "good.csv", "--ouut", "x"), "是否指 --layout、--out？"),
    "misspelt command": (("layout", "suggst"), "是否指 suggest？"),
    "option without its value": (("run", "good.csv", "-o"), "后面要有值"),
    "flag with a value": (("layout", "list", "--json=3"), "不带值"),
    "an argument too many": (("layout", "list", "good.csv"), "多余的参数：good.csv"),
    "missing argument": (("layout", "check", "panhuo"), "缺少参数 'TAPE'"),
    "missing option": (("run", "good.csv"), "缺少选项 '-o' / '--out'"),
    "no integer": (("run", "good.csv", "-o", "out", "--seed", "x"), "'x' 不是整数"),
    "out of range": (("tape", "diff", "a", "b", "--examples", "500"), "500 不在范围 0<=x<=100 之内"),
    "no choice": (("run", "good.csv", "-o", "out", "--engine", "cloud"), "可选之列：'local'、'ray'"),
    "date of another form": (("layout", "check", "panhuo", "good.csv", "--as-of", "2026/1/1"), "应写成 2026-10-31"),
}


def english(text: str) -> list[str]:
    """English words that are nobody's name."""
    text = re.sub(r"^(用法：|运行 ).*$", "", text, flags=re.M)
    text = re.sub(r"'[^']*'|(?<!\w)--?[\w-]+|good\.csv|suggest\b|\[[A-Z_]+\]|\w*\.(?:csv|gz|png|xlsx|parquet)", "", text)
    return re.findall(r"[A-Za-z]{2,}", text)


@pytest.mark.parametrize("name", [*WRONG_USAGE, *MORE])
def test_wrong_usage_is_said_in_chinese_only(name: str, within: Panhuo, folder: Path) -> None:
    arguments, said = MORE[name] if name in MORE else WRONG_USAGE[name]
    done = within(*arguments, lang="zh")
    assert done.returncode == 2
    assert said in done.stderr
    assert "错误：" in done.stderr or "处理办法：" in done.stderr
    assert english(done.stderr) == []
    assert "原文" not in done.stderr


@pytest.mark.parametrize(
    ("param", "value", "said"),
    [
        (click.Path(exists=True), "nowhere", "路径 'nowhere' 不存在"),
        (click.Path(exists=True, dir_okay=False), "nowhere", "文件 'nowhere' 不存在"),
        (click.Path(exists=True, dir_okay=False), ".", "文件 '.' 是目录，应为文件"),
        (click.Path(exists=True, file_okay=False), "nowhere", "目录 'nowhere' 不存在"),
        (click.BOOL, "x", "'x' 应为"),
        (click.FLOAT, "x", "'x' 不是数字"),
        (click.FloatRange(0, 1), "2", "2.0 不在范围 0<=x<=1 之内"),
        (click.IntRange(min=1), "0", "0 不在范围 x>=1 之内"),
        (click.UUID, "x", "'x' 不是UUID"),
        (click.Choice(["only"]), "x", "'only'"),
        (click.DateTime(["%Y-%m-%d", "%Y/%m/%d"]), "x", "应写成 2026-10-31 或 2026/10/31"),
    ],
)
def test_every_type_of_value_has_its_words(param: click.ParamType, value: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Types no command uses today will be used tomorrow."""
    monkeypatch.chdir(tmp_path)
    command = click.Command("c", params=[click.Option(["--it"], type=param)])
    with pytest.raises(click.UsageError) as raised:
        command.main(["--it", value], standalone_mode=False)
    assert said in in_chinese(raised.value)
    assert "原文" not in in_chinese(raised.value)


def test_a_sentence_that_is_not_known_is_labelled() -> None:
    assert in_chinese(click.UsageError("Something new happened.")) == "错误：用法不对（原文：Something new happened.）。"
    assert in_chinese(click.UsageError("目录不对")) == "错误：目录不对。"
