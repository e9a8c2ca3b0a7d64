"""The synthetic tape as a whole: the same bytes for the same arguments, any size, written whole or not at all."""

from __future__ import annotations

import datetime as dt
import errno
import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from panhuo.cli.sample import command
from panhuo.engines.intake.synthesis import COLUMNS, HEADINGS, draws, synthesise, tapes, write_sample
from panhuo.engines.intake.synthesis.dirt import FAULTS
from panhuo.engines.intake.synthesis.tapes import Chunk, Synthetic
from panhuo.engines.intake.synthesis.truth import TRUTH
from panhuo.engines.intake.synthesis.writing import EXCEL_ROWS
from panhuo.kernel.errors import OutputUnwritable, PanhuoError, UsageInvalid
from panhuo.kernel.frames import TAPE, TAPE_REQUIRED

AS_OF = dt.date(2026, 10, 31)


def whole(rows: int, *, seed: int = 5, dirty: float = 0.1, as_of: dt.date = AS_OF) -> Chunk:
    chunks = list(synthesise(rows, seed=seed, as_of=as_of, dirty=dirty))
    return Chunk(*(pl.concat([getattr(c, part) for c in chunks]) for part in ("tape", "truth", "faults")))


def test_it_has_forty_columns_of_text_under_the_canonical_headings() -> None:
    tape = whole(50).tape
    assert len(COLUMNS) == len(set(COLUMNS)) == 40
    assert tape.columns == [TAPE[name].zh for name in COLUMNS]
    assert set(tape.schema.values()) == {pl.String()}
    assert set(TAPE_REQUIRED) <= set(COLUMNS)


@pytest.mark.parametrize("rows", [0, 1, 10])
def test_small_tapes(rows: int) -> None:
    chunks = list(synthesise(rows, seed=5, as_of=AS_OF, dirty=1.0))
    assert sum(c.tape.height for c in chunks) == sum(c.truth.height for c in chunks) == rows
    for chunk in chunks:
        assert dict(chunk.truth.schema) == TRUTH
        assert dict(chunk.faults.schema) == FAULTS


def test_same_seed_same_tape_other_seed_other_tape() -> None:
    one, two, three = whole(3000), whole(3000), whole(3000, seed=6)
    for part in ("tape", "truth", "faults"):
        assert getattr(one, part).equals(getattr(two, part))
    for name in ("姓名", "证件号码", "手机号码", "未偿本金", "逾期天数", "可联状态"):
        assert (one.tape[name].eq_missing(three.tape[name])).mean() < 0.7, name


def test_a_longer_tape_begins_with_the_shorter_one() -> None:
    short, long = whole(777, dirty=0.4), whole(2500, dirty=0.4)
    assert long.tape.head(777).equals(short.tape)
    assert long.truth.head(777).equals(short.truth)
    assert long.faults.filter(pl.col("row") <= 777).equals(short.faults)


def test_chunks_stand_alone_and_share_no_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (draws, tapes):
        monkeypatch.setattr(module, "CHUNK_ROWS", 600)
    sample = synthesise(1500, seed=5, as_of=AS_OF, dirty=0.0)
    chunks = list(sample)
    assert [c.tape.height for c in chunks] == [600, 600, 300]
    assert sample.chunk(2).tape.equals(chunks[2].tape)
    tape, truth = pl.concat([c.tape for c in chunks]), pl.concat([c.truth for c in chunks])
    assert truth["row"].to_list() == list(range(1, 1501))
    assert tape["借据号"].n_unique() == 1500
    assert truth["account_id"].equals(tape["借据号"], check_names=False)
    owners = tape.with_columns(truth["debtor"]).drop_nulls("证件号码").group_by("证件号码").agg(pl.col("debtor").n_unique())
    assert owners["debtor"].max() == 1
    assert chunks[0].tape["姓名"].to_list() != chunks[1].tape["姓名"].to_list()


def test_the_cut_off_moves_the_dates_and_nothing_else_about_the_people() -> None:
    one, two = whole(400, dirty=0.0), whole(400, dirty=0.0, as_of=dt.date(2025, 3, 31))
    assert one.tape["逾期天数"].equals(two.tape["逾期天数"])
    assert one.tape["未偿本金"].equals(two.tape["未偿本金"])
    assert one.tape["逾期起始日"].drop_nulls().max() < "2026-10-31"
    assert two.tape["逾期起始日"].drop_nulls().max() < "2025-03-31"


@pytest.mark.parametrize(
    ("rows", "dirty", "as_of", "where"),
    [
        (-1, 0.1, AS_OF, "-n"),
        (10**9, 0.1, AS_OF, "-n"),
        (5, -0.01, AS_OF, "--dirty"),
        (5, 1.5, AS_OF, "--dirty"),
        (5, float("nan"), AS_OF, "--dirty"),
        (5, 0.1, dt.date(1990, 1, 1), "--as-of"),
        (5, 0.1, dt.date(2150, 1, 1), "--as-of"),
    ],
)
def test_bad_arguments_are_refused_in_both_languages(rows: int, dirty: float, as_of: dt.date, where: str) -> None:
    with pytest.raises(UsageInvalid) as caught:
        synthesise(rows, seed=1, as_of=as_of, dirty=dirty)
    assert caught.value.where == where
    assert caught.value.describe("zh") != caught.value.describe("en")


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.xlsx"])
def test_every_form_holds_the_same_cells(tmp_path: Path, name: str) -> None:
    sample = synthesise(300, seed=9, as_of=AS_OF, dirty=0.5, null_bytes=not name.endswith("xlsx"))
    written = write_sample(sample, tmp_path / name)
    chunk = next(iter(sample))
    path = tmp_path / name
    if name.endswith("xlsx"):
        back = pl.read_excel(path, infer_schema_length=0)
    elif name.endswith("parquet"):
        back = pl.read_parquet(path)
    else:
        back = pl.read_csv(path, infer_schema=False)
    assert back.equals(chunk.tape)
    assert pl.read_parquet(tmp_path / "t.truth.parquet").equals(chunk.truth)
    assert pl.read_parquet(tmp_path / "t.truth-faults.parquet").equals(chunk.faults)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "t.truth.parquet", "t.truth-faults.parquet"])
    assert written.rows == 300
    assert written.faulty_rows == chunk.faults["row"].n_unique()
    assert sum(written.faults.values()) == chunk.faults.height


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.xlsx"])
def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    sample = synthesise(200, seed=9, as_of=AS_OF, null_bytes=False)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_sample(sample, tmp_path / folder / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8-sig", b"\xef\xbb\xbf"), ("gb18030", b""), ("utf-16", b"\xff\xfe")])
def test_encodings(tmp_path: Path, encoding: str, mark: bytes) -> None:
    sample = synthesise(700, seed=9, as_of=AS_OF)
    write_sample(sample, tmp_path / "a.csv", encoding=encoding)
    write_sample(sample, tmp_path / "b.csv")
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(mark)
    assert raw.count(b"\xef\xbb\xbf") <= 1
    assert raw.decode(encoding) == (tmp_path / "b.csv").read_text(encoding="utf-8")


def test_an_empty_tape_has_its_headings_in_every_form(tmp_path: Path) -> None:
    sample = synthesise(0, seed=1, as_of=AS_OF)
    write_sample(sample, tmp_path / "e.csv")
    write_sample(sample, tmp_path / "f.parquet")
    assert (tmp_path / "e.csv").read_text(encoding="utf-8") == ",".join(HEADINGS.values()) + "\n"
    assert pl.read_parquet(tmp_path / "f.parquet").columns == list(HEADINGS.values())
    assert pl.read_parquet(tmp_path / "e.truth.parquet").columns == list(TRUTH)


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    made = Synthetic.chunk

    def fails(self: Synthetic, number: int) -> Chunk:
        if number == 1:
            raise failure
        return made(self, number)

    for module in (draws, tapes):
        monkeypatch.setattr(module, "CHUNK_ROWS", 100)
    (tmp_path / "t.csv").write_text("an older tape")
    monkeypatch.setattr(Synthetic, "chunk", fails)
    with pytest.raises((OutputUnwritable, KeyboardInterrupt)):
        write_sample(synthesise(250, seed=1, as_of=AS_OF), tmp_path / "t.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]
    assert (tmp_path / "t.csv").read_text() == "an older tape"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    for bad in (tmp_path / "missing" / "t.csv", tmp_path / "file" / "t.parquet", tmp_path / "folder.csv"):
        with pytest.raises(OutputUnwritable) as caught:
            write_sample(synthesise(5, seed=1, as_of=AS_OF), bad)
        assert str(bad) in caught.value.describe("zh")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.csv"]


def test_forms_that_cannot_be(tmp_path: Path) -> None:
    sample = synthesise(5, seed=1, as_of=AS_OF, null_bytes=False)
    many = synthesise(EXCEL_ROWS + 1, seed=1, as_of=AS_OF, null_bytes=False)
    for one, name, encoding in (
        (sample, "t.json", "utf-8"),
        (sample, "csv", "utf-8"),
        (sample, "t.xlsx", "gb18030"),
        (sample, "t.csv", "latin-1"),
        (many, "t.xlsx", "utf-8"),
    ):
        with pytest.raises(UsageInvalid):
            write_sample(one, tmp_path / name, encoding=encoding)
    assert not list(tmp_path.iterdir())


def test_the_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["-n", "120", "-o", str(tmp_path / "t.csv.gz"), "--seed", "3", "--dirty", "0.2", "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    truth = pl.read_parquet(tmp_path / "t.truth.parquet")
    faults = pl.read_parquet(tmp_path / "t.truth-faults.parquet")
    assert figures["rows"] == truth.height == 120
    assert figures["as_of"] == "2026-10-31"
    assert figures["faulty_rows"] == faults["row"].n_unique()
    assert figures["faults"] == dict(sorted(faults["fault"].value_counts().iter_rows()))
    copies = faults.filter(pl.col("fault") == "row_repeated")["row"].to_list()
    assert figures["balance_fen"] == truth.filter(~pl.col("row").is_in(copies))["balance_fen"].sum()
    assert gzip.decompress((tmp_path / "t.csv.gz").read_bytes()).decode().startswith("借据号,")
    assert "120" in CliRunner().invoke(command, ["-n", "120", "-o", str(tmp_path / "u.xlsx")]).output


def test_the_command_refuses(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["-n", "3", "--dirty", "2", "-o", str(tmp_path / "t.csv")])
    assert isinstance(result.exception, PanhuoError)
    assert result.exception.exit_status == 2
    for arguments in (["-n", "-3"], ["-n", "0"], []):
        assert CliRunner().invoke(command, [*arguments, "-o", str(tmp_path / "t.csv")]).exit_code == 2
    assert not list(tmp_path.iterdir())
