"""Nothing of a run that may travel tells who a debtor is, whatever is wrong with the rows."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from made_runs import AS_OF, Ran, ran

from panhuo.engines.intake.synthesis import synthesise, write_sample
from panhuo.engines.intake.synthesis.tables import faults

PERSONAL = ("姓名", "担保人姓名", "证件号码", "手机号码", "居住地址")


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, set[str]]:
    """A run over a tape in which most rows are spoiled in every way there is; and what identifies its people, faultless and spoiled."""
    folder = tmp_path_factory.mktemp("spoiled")
    write_sample(synthesise(2_500, seed=3, as_of=AS_OF, dirty=0.8), folder / "t.csv")
    listed = pl.read_parquet(folder / "t.truth-faults.parquet")
    assert set(listed["fault"]) == set(faults())
    clean = pl.concat([chunk.tape for chunk in synthesise(2_500, seed=3, as_of=AS_OF, dirty=0.8)])
    secrets = {value for heading in PERSONAL for value in clean[heading].drop_nulls()}
    mine = listed.filter(pl.col("column").is_in(PERSONAL))
    secrets |= {value for column in ("original", "dirty") for value in mine[column].drop_nulls()}
    secrets = {bare for value in secrets if len(set(bare := value.replace("\0", "").strip())) >= 2 and "*" not in bare}
    return ran([folder / "t.csv"], folder / "out", as_of=AS_OF), secrets


@pytest.mark.parametrize("name", ["rejects.csv", "findings.csv", "report.html"])
def test_no_name_number_or_address_of_a_debtor_is_shown(spoiled: tuple[Ran, set[str]], name: str) -> None:
    run, secrets = spoiled
    text = (Path(run.out) / name).read_text(encoding="utf-8-sig")
    assert len(secrets) > 5_000
    found = pl.Series([text]).str.extract_many(sorted(secrets)).explode().drop_nulls().unique().to_list()
    assert found == []


def test_no_house_number_is_shown(spoiled: tuple[Ran, set[str]]) -> None:
    run, _ = spoiled
    values = pl.Series([line["value"] for name in ("rejects", "findings") for line in run.csv(name)])
    assert values.filter(values.str.contains("[0-9](?:号|幢|栋|室|单元)")).to_list() == []
