"""Nothing of a run that may travel tells who a debtor is, whatever is wrong with the rows."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from made_runs import AS_OF, Ran, ran

from panhuo.cli.main import cli
from panhuo.engines.intake.identifiers import RESIDENT_CHECK, RESIDENT_WEIGHTS
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


def numbered(first: str) -> str:
    """An identity number with its check character. 110100 is a city's own code, which no person's number carries."""
    return first + RESIDENT_CHECK[sum(int(digit) * int(weight) for digit, weight in zip(first, RESIDENT_WEIGHTS, strict=True)) % 11]


OLD, YOUNG = numbered("11010019491231002"), numbered("11010020030307003")
STRAYS = {
    OLD: [OLD, OLD[6:14]],
    YOUNG: [YOUNG, YOUNG[6:14]],
    f"{OLD[:6]} {OLD[6:14]} {OLD[14:]}": [OLD[6:14]],
    f"{OLD}01": [OLD],
    "17912345678": ["17912345678", "12345678"],
    "+86-179 1234 5678": ["1234 5678", "12345678"],
    "17912345678.0": ["17912345678"],
    "6222021234567890123": ["6222021234567890123", "4567890"],
    "4111 1111 1111 1111": ["1111 1111"],
    "欧阳震天": ["震天"],
    "诸葛明远 ": ["明远"],
    "王晓敏": ["晓敏"],
    "欧阳震天17912345678": ["震天", "12345678"],
    "17912345678 震天": ["震天", "12345678"],
    f"{OLD},欧阳震天": [OLD, OLD[6:14], "震天"],
    "幸福大道八十八号院三单元": ["八十八号", "三单元"],
    "幸福大道88号院3单元": ["88号", "3单元"],
}
"""What may stray into any cell -> what must not be seen of it."""


@pytest.fixture(scope="module")
def strayed(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run over a tape in which each of ``STRAYS`` stands once in each column of some row of its own."""
    folder = tmp_path_factory.mktemp("strayed")
    tape = pl.concat([chunk.tape for chunk in synthesise(900, seed=5, as_of=AS_OF, dirty=0.0)]).select(pl.all().cast(pl.String))
    cells = [(heading, stray) for heading in tape.columns for stray in STRAYS]
    assert len(cells) <= tape.height
    rows = tape.to_dicts()
    for row, (heading, stray) in zip(rows, cells, strict=False):
        row[heading] = stray
    pl.DataFrame(rows, schema=tape.schema).write_csv(folder / "t.csv")
    return ran([folder / "t.csv"], folder / "out", as_of=AS_OF)


def texts(path: Path) -> list[str]:
    if path.suffix != ".parquet":
        return [path.read_text(encoding="utf-8-sig")]
    frame = pl.read_parquet(path)
    words = [name for name, kind in frame.schema.items() if kind in (pl.String, pl.Categorical, pl.Enum)]
    return [text for name in words for text in frame[name].cast(pl.String).drop_nulls().unique()]


@pytest.mark.parametrize("stray", STRAYS)
def test_whatever_strays_into_whatever_column_is_in_no_file_that_travels(strayed: Ran, stray: str) -> None:
    files = [path for path in Path(strayed.out).iterdir() if path.is_file()]
    assert {"rejects.csv", "findings.csv", "report.html", "summary.json", "accounts.parquet", "decisions.parquet"} <= {path.name for path in files}
    found = {(path.name, secret) for path in files for text in texts(path) for secret in STRAYS[stray] if secret in text}
    assert found == set()


def test_the_key_stays_a_key_and_the_private_folder_knows_the_number(strayed: Ran) -> None:
    accounts, decisions = strayed.table("accounts"), strayed.table("decisions")
    assert accounts["account_id"].n_unique() == accounts.height
    assert set(accounts["account_id"]) == set(decisions["account_id"]) == set(strayed.table("assessments")["account_id"])
    known = pl.read_parquet(strayed.out / "private" / "account_numbers.parquet")
    assert {OLD, YOUNG, "17912345678", "欧阳震天", "6222021234567890123"} <= set(known["number"])
    assert set(known["account_id"]) == set(accounts["account_id"].filter(accounts["account_id"].str.starts_with("ROW-")))
    places = accounts.join(known, on="account_id").select("source_row", "account_id").rows()
    assert all(token.startswith(f"ROW-{row}-") for row, token in places)
    assert set(pl.read_parquet(strayed.out / "private" / "debtors.parquet")["account_id"]) == set(accounts["account_id"])
    told = [line["code"] for line in strayed.csv("findings") if line["column"] == "借据号"]
    assert told.count("PERSONAL_ACCOUNT_ID") == known.height


def test_other_account_numbers_stand_as_they_are(strayed: Ran) -> None:
    (chunk,) = synthesise(900, seed=5, as_of=AS_OF, dirty=0.0)
    kept = set(strayed.table("accounts")["account_id"])
    accepted = strayed.table("accounts").filter(~pl.col("account_id").str.starts_with("ROW-")).height
    assert len(set(chunk.tape["借据号"]) & kept) == accepted


def test_repeated_personal_numbers_are_found_in_one_batch_and_across(tmp_path: Path) -> None:
    (chunk,) = synthesise(1_200, seed=6, as_of=AS_OF, dirty=0.0)
    rows = chunk.tape.select(pl.all().cast(pl.String)).to_dicts()
    for at in (3, 9, 1_150):
        rows[at]["借据号"] = OLD
    pl.DataFrame(rows).write_csv(tmp_path / "t.csv")
    once, twice = (ran([tmp_path / "t.csv"], tmp_path / name, as_of=AS_OF, batch_rows=size) for name, size in (("a", 250_000), ("b", 1_000)))
    for run in (once, twice):
        assert [line["code"][:9] for line in run.csv("rejects")] == ["DUPLICATE"] * 2
    assert once.table("accounts")["account_id"].to_list() == twice.table("accounts")["account_id"].to_list()


def test_two_versions_are_compared_by_the_lenders_number_and_show_no_one(tmp_path: Path) -> None:
    (chunk,) = synthesise(60, seed=6, as_of=AS_OF, dirty=0.0)
    tape = chunk.tape.select(pl.all().cast(pl.String)).with_columns(借据号=pl.Series([numbered(f"110100199003070{n:02}") for n in range(60)]))
    tape.write_csv(tmp_path / "old.csv")
    changed = tape.with_columns(贷款机构=pl.when(pl.int_range(pl.len()) == 5).then(pl.lit("某某银行新支行")).otherwise("贷款机构"))
    pl.concat([changed[1:].reverse(), tape[:1].with_columns(借据号=pl.lit(OLD))]).write_csv(tmp_path / "new.csv")
    said = CliRunner().invoke(cli, ["tape", "diff", str(tmp_path / "old.csv"), str(tmp_path / "new.csv"), "--json", "--as-of", "2026-10-31"])
    figures = json.loads(said.output)
    assert (figures["added"], figures["removed"], figures["changed"], figures["unchanged"]) == (1, 1, 1, 58)
    assert "19900307" not in said.output
    assert OLD not in said.output
