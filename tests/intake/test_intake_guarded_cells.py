"""``="00123"``: a CSV's way to keep Excel from rounding long numbers. The text in it is what is meant."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.intake import open_tape

CELL = st.text(alphabet="ab01=\"', 张", max_size=6).filter(lambda text: text.strip() == text)


def read(path: Path, text: str, encoding: str = "utf-8") -> pl.DataFrame:
    path.write_bytes(text.encode(encoding))
    return pl.concat(open_tape(path).batches())


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_the_text_inside_is_read(tmp_path: Path, encoding: str) -> None:
    text = '借据号,姓名,证件号码,未偿本金\n="JJ001",张三,="320500199003070718",="10"\nJJ002,李四,"=""110101199003070010""",20\n'
    out = read(tmp_path / "t.csv", text, encoding)
    assert out.select("借据号", "证件号码", "未偿本金").rows() == [("JJ001", "320500199003070718", "10"), ("JJ002", "110101199003070010", "20")]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELL, CELL, st.booleans()), min_size=1, max_size=6))
def test_whatever_stands_in_it_and_beside_it(rows: list[tuple[str, str, bool]], tmp_path_factory: pytest.TempPathFactory) -> None:
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(["借据号", "姓名", "未偿本金"])
    wanted = []
    for number, (inside, beside, guarded) in enumerate(rows):
        if beside.startswith('="'):
            beside = "x" + beside
        writer.writerow([f"A{number}", '="' + inside.replace('"', '""') + '"' if guarded else inside.lstrip("="), beside])
        wanted.append((f"A{number}", (inside if guarded else inside.lstrip("=")) or None, beside or None))
    out = read(tmp_path_factory.mktemp("guarded") / "t.csv", sheet.getvalue())
    assert [tuple(cell or None for cell in row) for row in out.select("借据号", "姓名", "未偿本金").rows()] == wanted
