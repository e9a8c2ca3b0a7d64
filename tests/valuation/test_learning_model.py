"""A model from end to end: coverage on rows not seen, the same bytes again, tampering noticed, bad data told."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from learning_data import frame, history, specification, written

from panhuo.engines.valuation.learning import evaluate, fit, load, load_specification, read_rows, save, shipped
from panhuo.engines.valuation.learning.artefact import to_bytes
from panhuo.engines.valuation.learning.intervals import spread_of
from panhuo.kernel.errors import ConfigurationInvalid, InputUnusable, PanhuoError
from panhuo.kernel.randomness import stream


@pytest.fixture(scope="module")
def model() -> Any:
    return fit(history(1200), specification=specification(), seed=2)


def test_nine_in_ten_outcomes_not_seen_are_in_the_band(model: Any) -> None:
    later = history(3000, seed=9)
    found = model.answer(later)
    inside = (later.outcome >= found["lower"] - 1e-9) & (later.outcome <= found["upper"] + 1e-9)
    assert 0.87 <= inside.mean() <= 0.93
    assert (found["lower"] <= found["prediction"]).all()
    assert (found["prediction"] <= found["upper"]).all()
    assert found["prediction"].is_between(0, 1).all()


def test_it_beats_the_mean_and_ties_the_best_baseline_where_there_is_something_to_know(model: Any) -> None:
    found = evaluate(model, history(2000, seed=11))
    assert found["n"] == 2000
    assert found["metrics"]["rmse"] < 0.9 * found["baselines"]["mean"]["rmse"]
    assert found["metrics"]["rmse"] <= 1.02 * min(one["rmse"] for one in found["baselines"].values())
    assert found["metrics"].keys() == found["baselines"]["lightgbm"].keys() == found["intervals"]["model"].keys()
    assert 0.9 <= found["metrics"]["calibration_slope"] <= 1.1
    for name, (low, high) in found["intervals"]["model"].items():
        assert low <= found["metrics"][name] <= high


def test_the_same_rows_and_seed_give_the_same_bytes(model: Any, tmp_path: Path) -> None:
    again = fit(history(1200), specification=specification(), seed=2)
    assert to_bytes(again) == to_bytes(model)
    assert to_bytes(fit(history(1200), specification=specification(), seed=3)) != to_bytes(model)
    save(model, tmp_path / "m.panhuo")
    later = history(50, seed=4)
    assert load(tmp_path / "m.panhuo").answer(later).equals(model.answer(later))


@pytest.mark.parametrize("part", ["model.json", "specification.json", "manifest.json"])
def test_a_changed_file_is_refused(model: Any, tmp_path: Path, part: str) -> None:
    path = tmp_path / "m.panhuo"
    save(model, path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = parts[part].replace(b"invented", b"inverted", 1) if b"invented" in parts[part] else parts[part].replace(b"1", b"2", 1)
    if part == "manifest.json":
        parts[part] = json.dumps(json.loads(parts[part]) | {"format": 99}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(InputUnusable) as refused:
        load(path)
    assert refused.value.code == "MODEL_UNUSABLE"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"\x80\x04\x95pickle"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(InputUnusable):
        load(tmp_path / "m")


def test_rows_are_numbered_in_the_file_and_only_the_population_is_answered(model: Any, tmp_path: Path) -> None:
    spec = specification(population="x > 0")
    data = frame(40)
    rows = read_rows([written(tmp_path / "a.csv", data), written(tmp_path / "b.csv", data)], spec)
    assert rows.rows_in == 80
    expected = [k + 1 for k, x in enumerate([*data["x"], *data["x"]]) if x > 0]
    assert rows.number.to_list() == expected


def test_cells_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('x,z,town,y\n1,abc,T1,0.5\n,2,T1,\n"1,234",3,,1\n')
    rows = read_rows([tmp_path / "a.csv"], specification())
    assert rows.unread == {"z": 1}
    assert rows.columns["x"].to_list() == [1.0, None, 1234.0]
    assert len(rows.known) == 2


@pytest.mark.parametrize(
    ("text", "code"), [("x,z,y\n1,2,3\n", "MODEL_DATA_UNUSABLE"), ("", "MODEL_DATA_UNUSABLE"), ("x,z,town,y\n1,1,T,0.5\n", "MODEL_TOO_FEW")]
)
def test_data_that_teach_nothing_are_told(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(PanhuoError) as refused:
        fit(read_rows([tmp_path / "a.csv"], specification()), specification=specification())
    assert refused.value.code == code


@pytest.mark.parametrize("sql", ["AVG(x)", "x > (SELECT 1)", "LAG(x) OVER (ORDER BY x)", "CURRENT_DATE", "nothing", "x +"])
def test_a_feature_sees_its_own_row_only(tmp_path: Path, sql: str) -> None:
    """No sum over others, no window, no clock: what the row does not say of itself cannot leak in."""
    spec = specification(features=[{"name": "f", "sql": sql}], segment=[])
    with pytest.raises(ConfigurationInvalid):
        read_rows([written(tmp_path / "a.csv", frame(40))], spec)


@pytest.mark.parametrize(
    "changes",
    [
        {"features": [{"name": "a", "sql": "x"}, {"name": "a", "sql": "z"}]},
        {"features": [{"name": "x", "sql": "x"}]},
        {"features": [{"name": "a", "sql": "town", "kind": "category", "within": "b"}]},
        {"segment": ["fx"]},
        {"target": {"sql": "y"}},
        {"scale": "log"},
    ],
)
def test_a_specification_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        specification(**changes)


def test_bands_of_bunched_outcomes_take_in_the_bunch() -> None:
    draw = stream(8, "bunch")
    answers = draw.random(2000)
    outcomes = np.where(draw.random(2000) < 0.5, 0.0, draw.random(2000))
    band = spread_of(answers, outcomes, level=0.9, low=0.0, high=1.0)
    lower, upper = band.band(answers)
    assert 0.88 <= ((outcomes >= lower - 1e-9) & (outcomes <= upper + 1e-9)).mean() <= 0.95


def test_every_shipped_specification_stands() -> None:
    for name in shipped():
        found = load_specification(name)
        assert found.name == name
        outcome = set(re.findall(r"\w+", found.target.sql))
        later = found.typed(outcome=True).keys() - found.typed().keys()
        optional = {column for column, one in found.columns.items() if one.optional}
        assert (optional | later) & outcome, "the outcome is not known of rows to be predicted"
        assert not later & set(re.findall(r"\w+", " ".join(feature.sql for feature in found.features)))
    with pytest.raises(InputUnusable):
        load_specification("nothing")


def test_the_command_trains_answers_and_compares(tmp_path: Path, in_process: Callable[..., Any]) -> None:
    (tmp_path / "s.yaml").write_text(json.dumps(specification().model_dump(mode="json", exclude_none=True)))
    written(tmp_path / "old.csv", frame(300))
    written(tmp_path / "new.csv", frame(60, seed=8).drop("y"))
    written(tmp_path / "later.csv", frame(200, seed=8))
    assert in_process("models", "train", "s.yaml", "--data", "old.csv", "-o", "m.panhuo", at=tmp_path).returncode == 0
    assert in_process("models", "predict", "m.panhuo", "--data", "new.csv", "-o", "out.parquet", at=tmp_path).returncode == 0
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found.columns == ["row", "prediction", "lower", "upper"]
    assert found["row"].to_list() == list(range(1, 61))
    told = json.loads(in_process("models", "evaluate", "m.panhuo", "--data", "later.csv", "--json", at=tmp_path).stdout)
    assert {"n", "metrics", "baselines", "intervals"} <= told.keys()
    assert in_process("models", "evaluate", "m.panhuo", "--data", "new.csv", at=tmp_path).returncode == 3  # no outcome
    assert in_process("models", "predict", "old.csv", "--data", "new.csv", "-o", "x.parquet", at=tmp_path).returncode == 3
    assert in_process("models", "predict", "m.panhuo", "--data", "new.csv", "-o", "new.csv", at=tmp_path).returncode == 2
    listed = json.loads(in_process("models", "specs", "--json", at=tmp_path).stdout)
    assert {one["name"] for one in listed} == set(shipped())
