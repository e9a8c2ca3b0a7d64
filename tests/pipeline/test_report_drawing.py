"""The report's charts are drawn the same wherever they are drawn, whatever fonts the host has."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.pipeline.report.charts import room, ticks

DRAWN = """
from panhuo.pipeline.report import charts
rows = [("个人住房按揭贷款", 2.5e11, 4e10), ("对公贷款", 9e10, 1e10), ("其余 14 个", 3e9, 2e9)]
names = {"in_house": "自营催收", "agency": "委外催收", "securitisation": "不良资产证券化"}
for lang, labels in (("zh", ("余额", "预计回收")), ("en", ("balance", "expected recovery"))):
    for horizontal in (False, True):
        print(charts.money_by_key(rows, lang, currency="CNY", labels=labels, horizontal=horizontal))
cash = [(month, route, 1e9 / month) for month in range(1, 37) for route in names]
print(charts.cash_by_month(cash, "zh", names, currency="CNY", month_title="基准日后第几个月"))
mix = [("M1", "agency", 5.0), ("M12+", "in_house", 2.0), ("M3", "securitisation", 1.0)]
print(charts.route_mix(mix, names, charts.COLOURS, share_title="占余额", order=("M0", "M1", "M2", "M3", "M12+")))
"""


def drawn(fonts: Path) -> str:
    whole = os.environ | {"FONTCONFIG_FILE": str(fonts)}
    return subprocess.run([sys.executable, "-c", DRAWN], env=whole, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="which fonts there are is said by fontconfig's file")
def test_a_host_without_fonts_draws_the_same_charts(tmp_path: Path) -> None:
    none, some = tmp_path / "none.conf", tmp_path / "some.conf"
    head = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
    (tmp_path / "fonts").mkdir()
    none.write_text(f"{head}<dir>{tmp_path / 'fonts'}</dir></fontconfig>", encoding="utf-8")
    some.write_text(f"{head}<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir></fontconfig>", encoding="utf-8")
    without = drawn(none)
    assert "个人住房按揭贷款" in without
    assert without == drawn(some)


@given(st.floats(min_value=1e-3, max_value=1e12))
def test_ticks_are_round_even_and_reach_the_largest_figure(largest: float) -> None:
    at = ticks(largest)
    steps = [b - a for a, b in itertools.pairwise(at)]
    assert at[0] == 0
    assert at[-2] < largest <= at[-1] * (1 + 1e-8)
    assert 4 <= len(at) <= 9
    assert max(steps) - min(steps) <= 1e-9 * at[-1]
    assert f"{steps[0]:e}"[0] in "125" or f"{steps[0]:.3e}"[0] in "125"


@pytest.mark.parametrize("nothing", [0.0, -1.0, float("nan")])
def test_an_axis_of_nothing_still_has_two_ticks(nothing: float) -> None:
    assert ticks(nothing) == [0.0, 1.0]


@given(st.text("贷款ＡM12+ a9", max_size=20), st.text("贷款M1 x", max_size=20))
def test_the_room_of_a_text_is_that_of_its_signs_and_a_chinese_one_is_the_widest(one: str, other: str) -> None:
    assert room(one + other) == pytest.approx(room(one) + room(other))
    assert room("贷") * len(one) >= room(one)
