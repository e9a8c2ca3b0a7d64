"""``panhuo models`` as it is used: train, predict, evaluate, compare, card; every fault said in one paragraph."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from panhuo.cli.main import cli
from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.randomness import stream


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def panhuo(*words: str, cwd: Path) -> Done:
    """The command in this process, as :func:`panhuo.cli.main.main` ends it; a process of its own is started by :func:`test_it_is_a_command_of_its_own` alone."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main(["models", *words] if words[0] not in ("sample", "run") else list(words), standalone_mode=False)
        status = 0
    except PanhuoError as error:
        err.write(error.describe("en"))
        status = error.exit_status
    finally:
        os.chdir(before)
    return Done(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages with made prices that fall with the root of the days overdue."""
    path = tmp_path_factory.mktemp("models")
    draw = stream(6, "packages")
    for name, rows in (("history.csv", 120), ("later.csv", 60)):
        days = draw.uniform(100, 3000, rows).round()
        upb = np.exp(draw.uniform(2, 7, rows)).round(2)
        ratio = np.exp(-1.3 - 0.065 * np.sqrt(days) + 0.15 * draw.normal(size=rows))
        pl.DataFrame(
            {
                "seller": ["某消费金融"] * rows,
                "product": ["个人消费贷款"] * rows,
                "upb_total_mn": upb,
                "wavg_overdue_days": days,
                "start_price_mn": upb * ratio,
            }
        ).write_csv(path / name)
    assert panhuo("train", "package-price", "--data", "history.csv", "-o", "m.panhuo", cwd=path).returncode == 0
    return path


def test_it_is_a_command_of_its_own(folder: Path) -> None:
    words = [sys.executable, "-m", "panhuo.cli.main", "models", "predict", "history.csv", "--data", "later.csv", "-o", "x.parquet"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, "MODEL_UNUSABLE" in done.stderr, "Traceback" in done.stderr) == (3, True, False)


def test_specifications_are_listed(folder: Path) -> None:
    found = json.loads(panhuo("specs", "--json", cwd=folder).stdout)
    assert {one["name"] for one in found} >= {
        "lendingclub-recovery", "sba-loss", "mortgage-lgd", "panel-rollrate", "panel-early-warning", "court-auction-hammer", "housing-price", "lot-start-ratio",
        "package-price",
    }  # fmt: skip
    assert all(one["columns"] and one["target"] for one in found)


def test_prices_of_packages_not_seen(folder: Path) -> None:
    assert panhuo("predict", "m.panhuo", "--data", "later.csv", "-o", "p.parquet", cwd=folder).returncode == 0
    found = pl.read_parquet(folder / "p.parquet")
    assert found.columns == ["row", "prediction", "lower", "upper"]
    told = json.loads(panhuo("evaluate", "m.panhuo", "--data", "later.csv", "--json", cwd=folder).stdout)
    later = pl.read_csv(folder / "later.csv")
    price = (later["start_price_mn"] / later["upb_total_mn"]).to_numpy()
    assert told["n"] == found.height == 60
    assert np.median(np.abs(found["prediction"].to_numpy() / price - 1)) < 0.2
    assert told["metrics"]["mae"] == pytest.approx(np.abs(found["prediction"].to_numpy() - price).mean())
    assert told["metrics"]["spearman"] > 0.9
    assert told["against"]["mean"]["verdict"] == "better"


def test_reasons_add_up_to_the_answer(folder: Path) -> None:
    assert panhuo("predict", "m.panhuo", "--data", "later.csv", "-o", "r.parquet", "--reasons", "6", cwd=folder).returncode == 0
    found = pl.read_parquet(folder / "r.parquet")
    added = found.select(pl.sum_horizontal(f"moved_{k}" for k in range(1, 7))).to_series()
    assert (found["start"] + added).to_numpy() == pytest.approx(found["prediction"].to_numpy(), rel=1e-9)
    assert (found["reason_1"] == "overdue").mean() > 0.8


def test_a_package_without_a_price_is_valued_where_it_says_which_price(folder: Path) -> None:
    (folder / "asked.csv").write_text(
        "upb_total_mn,wavg_overdue_days,product,price_kind\n100,400,个人消费贷款,start\n100,2500,个人消费贷款,start\n100,2500,个人消费贷款,\n"
    )
    done = panhuo("predict", "m.panhuo", "--data", "asked.csv", "-o", "asked.parquet", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = pl.read_parquet(folder / "asked.parquet")
    assert found["row"].to_list() == [1, 2]
    assert found["prediction"][0] > 3 * found["prediction"][1]
    assert (found["lower"] < found["prediction"]).all()


def test_the_card_and_the_comparison(folder: Path) -> None:
    card = panhuo("card", "m.panhuo", cwd=folder).stdout
    assert "package-price" in card
    assert "overdue" in card
    data = json.loads(panhuo("card", "m.panhuo", "--json", cwd=folder).stdout)
    assert data["features"][0]["name"] == "overdue"
    assert panhuo("train", "package-price", "--data", "later.csv", "-o", "other.panhuo", "--seed", "3", cwd=folder).returncode == 0
    compared = json.loads(panhuo("compare", "m.panhuo", "other.panhuo", "--data", "later.csv", "--json", cwd=folder).stdout)
    assert compared["n"] == 60
    assert set(compared["metrics"]) == {"m.panhuo", "other.panhuo"}
    assert compared["against"]["other.panhuo"]["verdict"] in ("better", "tied", "worse")


def test_the_price_of_a_package(folder: Path) -> None:
    for words in (("sample", "-n", "60", "-o", "tape.csv"), ("run", "tape.csv", "-o", "out", "--as-of", "2026-10-31")):
        assert panhuo(*words, cwd=folder).returncode == 0
    found = json.loads(panhuo("package", "out", "--by", "product", "--json", cwd=folder).stdout)
    accounts = pl.read_parquet(folder / "out" / "accounts.parquet")
    assert found["accounts"] == accounts.height
    assert found["face_fen"] == accounts["balance_fen"].clip(0).sum()
    assert sum(one["price_fen"] for one in found["segments"]) == pytest.approx(found["price_fen"], abs=10)
    dearer = json.loads(panhuo("package", "out", "--required-return", "0.4", "--json", cwd=folder).stdout)
    assert 0 < dearer["price_fen"] < found["price_fen"] < found["recovery_fen"]
    assert "90" in panhuo("package", "out", cwd=folder).stdout
    for words, code in (
        (("package", "nowhere"), "RESULT_UNUSABLE"),
        (("package", "out", "--by", "nothing"), "RESULT_COLUMN"),
        (("package", "out", "--servicing", "2"), "BUYER_WRONG"),
    ):
        done = panhuo(*words, cwd=folder)
        assert (done.returncode, code in done.stderr) == (3, True)


def test_roll_rates_of_a_panel(folder: Path) -> None:
    rows = ["id,month,status", *(f"B{who},{month},{'C' if month > who else '0'}" for who in range(1, 5) for month in range(1, 6))]
    (folder / "panel.csv").write_text("\n".join(rows) + "\n")
    words = ("rollrates", "--data", "panel.csv", "--entity", "id", "--month", "month", "--status", "status", "--ladder", "C,0", "--absorbing", "C")
    done = panhuo(*words, "-o", "rates.csv", "--json", cwd=folder)
    found = json.loads(done.stdout)
    assert found["matrix"] == [[1.0, 0.0], [pytest.approx(4 / 10), pytest.approx(6 / 10)]]  # 0 stands 1+2+3+4 times, and leaves four times
    assert found["ends"] == [[1.0], [pytest.approx(1.0)]]
    assert pl.read_csv(folder / "rates.csv")["count"].to_list() == [4, 6]
    assert "LADDER" not in done.stderr
    assert "ROLL_RATES_UNUSABLE" in panhuo(*words[:-3], "C", cwd=folder).stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("train", "no-such", "--data", "history.csv", "-o", "x"), "SPECIFICATION_UNKNOWN"),
        (("train", "package-price", "--data", "none.csv", "-o", "x"), "MODEL_DATA_UNUSABLE"),
        (("train", "sba-loss", "--data", "history.csv", "-o", "x"), "MODEL_DATA_UNUSABLE"),
        (("predict", "history.csv", "--data", "later.csv", "-o", "x.parquet"), "MODEL_UNUSABLE"),
        (("card", "none.panhuo"), "MODEL_UNUSABLE"),
        (("compare", "m.panhuo", "m.panhuo", "--data", "later.csv"), "MODELS_TO_COMPARE"),
        (("compare", "m.panhuo", "--data", "later.csv"), "MODELS_TO_COMPARE"),
    ],
)
def test_faults_are_said_and_leave_nothing(folder: Path, words: tuple[str, ...], code: str) -> None:
    done = panhuo(*words, cwd=folder)
    assert done.returncode in (2, 3)
    assert code in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(folder.glob("*x")) + list(folder.glob("x.*")) + list(folder.glob(".*partial"))
