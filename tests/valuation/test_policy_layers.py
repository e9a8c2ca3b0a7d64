"""The policy file: what ships, a lender's layers on top of it, and every way to get one wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from panhuo.kernel.documents import read
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.pipeline.policy import COMMON, DEFAULT_POLICY, Policy, load_policy, policy_version

DEFAULT = load_policy()


def layer(folder: Path, text: str, name: str = "lender.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def refused(file: Path) -> ConfigurationInvalid:
    with pytest.raises(ConfigurationInvalid) as error:
        load_policy(file)
    assert error.value.describe("zh") != error.value.describe("en")
    return error.value


def test_every_figure_of_the_shipped_policy_has_a_source():
    """Walk the file: each mapping that holds a bare figure has a source beside it or above it, down from the section's own."""

    def walk(node: Any, path: str, sourced: bool) -> list[str]:
        if isinstance(node, dict):
            here = sourced or "source" in node
            return [fault for key, child in node.items() for fault in walk(child, f"{path}.{key}", here)]
        if isinstance(node, list):
            return [fault for child in node for fault in walk(child, path, sourced)]
        return [path] if isinstance(node, int | float) and not isinstance(node, bool) and not sourced else []

    data = read(DEFAULT_POLICY)
    shape = {"horizon_months", "base_points", "points_to_double_odds", "multiplier_min", "multiplier_max"}  # of the method, not of the world
    sections = {key: data[key] for key in ("discount_rate", "staff_minute_fen", "scatter", "valuation", "routes")}
    assert [fault for fault in walk(sections, "", sourced=False) if fault.rsplit(".", 1)[-1] not in shape] == []


def test_shared_figures_reach_the_sections_that_declare_them():
    for section in (DEFAULT.valuation, DEFAULT.routes.in_house, DEFAULT.routes.agency, DEFAULT.routes.write_off):
        for key in COMMON:
            if key in type(section).model_fields:
                assert getattr(section, key) == getattr(DEFAULT, key)


def test_a_layer_changes_what_it_names_and_nothing_else(tmp_path):
    file = layer(
        tmp_path,
        """
extends: default
version: "bank-7"
staff_minute_fen: {value: 120}
valuation:
  lender_group: regional_bank
  scorecard:
    characteristics:
      age: null
      contactability:
        bins:
          - {code: lost, when: "contactability = 'lost'", points: -9, zh: 失联, en: lost}
          - {code: others, rest: true, points: 0, zh: 其他, en: others}
routes:
  agency:
    staff_minute_fen: {value: 200, source: our own study}
    commission: {values: {M12+: 0.31}}
""",
    )
    policy = load_policy(file)
    assert policy.version == "bank-7"
    assert policy.title == DEFAULT.title
    assert policy.staff_minute_fen.value == 120
    assert policy.staff_minute_fen.source == DEFAULT.staff_minute_fen.source
    assert policy.routes.in_house.staff_minute_fen.value == 120  # the shared figure, changed above
    assert policy.routes.agency.staff_minute_fen.value == 200  # its own
    assert policy.routes.agency.commission.values == {**DEFAULT.routes.agency.commission.values, "M12+": 0.31}
    assert "age" not in policy.valuation.scorecard.characteristics
    assert [b.code for b in policy.valuation.scorecard.characteristics["contactability"].bins] == ["lost", "others"]
    assert policy.valuation.group.en == "regional banks"
    assert policy.routes.write_off.odds_after == DEFAULT.routes.write_off.odds_after


def test_layers_on_layers(tmp_path):
    layer(tmp_path, "extends: default\nhorizon_months: 24\ndiscount_rate: {value: 0.1}\n", "group.yaml")
    file = layer(tmp_path, "extends: group.yaml\ndiscount_rate: {value: 0.12}\n")
    policy = load_policy(file)
    assert (policy.horizon_months, policy.valuation.horizon_months, policy.valuation.discount_rate.value) == (24, 24, 0.12)


def test_a_whole_file_needs_nothing_below_it(tmp_path):
    assert load_policy(layer(tmp_path, DEFAULT_POLICY.read_text(encoding="utf-8"))) == DEFAULT


def test_the_version_tells_figures_apart_and_nothing_else(tmp_path):
    assert policy_version(DEFAULT) == policy_version(load_policy())
    assert policy_version(DEFAULT).startswith(f"{DEFAULT.version}+")
    same = layer(tmp_path, "# a comment\nextends: default\nhorizon_months: 36\n", "same.yaml")
    other = layer(tmp_path, "extends: default\nhorizon_months: 35\n", "other.yaml")
    assert policy_version(load_policy(same)) == policy_version(DEFAULT) != policy_version(load_policy(other))


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("extends: default\nhorizon_month: 24\n", ":2: horizon_month", "did you mean horizon_months?"),
        ("extends: default\nroutes:\n  agency:\n    term_month: {value: 3}\n", ":4: routes.agency.term_month", "did you mean term_months?"),
        ("extends: default\nroutes:\n  agnecy: {}\n", ":3: routes.agnecy", "unknown key"),
        ("extends: default\nroutes:\n  agnecy: null\n", "routes.agnecy", "no such key below"),
        ("extends: default\nroutes:\n  agency: null\n", "routes.agency", "missing"),
        ("extends: default\nhorizon_months: many\n", ":2: horizon_months", "integer"),
        ("extends: default\nhorizon_months: 0\n", ":2: horizon_months", "greater"),
        ("extends: default\ndiscount_rate: 0.1\n", ":2: discount_rate", "not valid"),
        ("extends: default\ndiscount_rate: {value: -0.1}\n", ":2: discount_rate.value", "greater than or equal to 0"),
        ("extends: default\nscatter: {payer_floor: {value: 1.5}}\n", ":2: scatter.payer_floor.value", "less than or equal to 1"),
        ("extends: default\nscatter: {payer_floor: {value: 0}}\n", ":2: scatter", "at least 0.01"),
        ("extends: default\nscatter: {precision: {values: {M4: 0}}}\n", ":2: scatter.precision", "outside [0.1, 1000]"),
        (
            "extends: default\nvaluation:\n  lender_groups:\n    large_bank:\n      monthly: {values: {M2: -0.4}}\n",
            ":5: valuation.lender_groups.large_bank.monthly",
            "outside (0, 1)",
        ),
        (
            "extends: default\nvaluation:\n  lender_groups:\n    large_bank:\n      monthly: {values: {M2: 1}}\n",
            ":5: valuation.lender_groups.large_bank.monthly",
            "outside (0, 1)",
        ),
        ("extends: default\nvaluation: {lender_group: big_bank}\n", ":2: valuation", "one of large_bank, regional_bank"),
        ("extends: default\nvaluation: {model: oracle}\n", ":2: valuation.model", "'scorecard'"),
        ("extends: default\nroutes: {agency: {commission: {values: {M4: 15}}}}\n", ":2: routes.agency.commission", "outside [0, 1]"),
        ("extends: default\nroutes: {agency: {rounds: {value: 1.5}}}\n", ":2: routes.agency.rounds.value", "integer"),
        ("extends: default\nroutes: {agency: {odds: {values: {M4: -1}}}}\n", ":2: routes.agency.odds", "outside [0, 100]"),
        ("extends: default\nroutes: {in_house: {odds: {values: {Q1: 1}}}}\n", ":2: routes.in_house.odds.values", "Q1 is not a stage"),
        (
            "extends: default\nroutes: {write_off: {tax_shield_rate: {value: 25}}}\n",
            ":2: routes.write_off.tax_shield_rate.value",
            "less than or equal",
        ),
        ("extends: default\nroutes: {write_off: {evidence_fen: {values: {company: 3}}}}\n", ":2: routes.write_off.evidence_fen", "no code 'company'"),
        (
            "extends: default\nvaluation:\n  scorecard:\n    characteristics:\n      age: {value: agee}\n",
            ":5: valuation.scorecard.characteristics.age",
            "did you mean age?",
        ),
        (
            "extends: default\nvaluation:\n  scorecard:\n    characteristics:\n      age:\n        bins:\n"
            "          - {code: a, max: 40, points: 1, zh: a, en: a}\n          - {code: b, min: 30, points: 1, zh: b, en: b}\n",
            ":5: valuation.scorecard.characteristics.age",
            "overlap",
        ),
        ("extends: default\nversion: 7\n", ":2: version", "string"),
        ("extends: default\nversion: ''\n", ":2: version", "at least 1"),
        ("extends: default\neffective_from: soon\n", ":2: effective_from", "date"),
        ("extends: default\ntitle: a\ntitle: b\n", ":3", "duplicate key"),
        ("extends: [default]\n", "extends", "default or a file name"),
        ("extends: nowhere.yaml\n", "nowhere.yaml", "cannot be read"),
        ("extends: default\ntitle: [\n", "lender.yaml", "not well-formed"),
        ("- a\n- b\n", "lender.yaml", "must be a mapping"),
        ("", "lender.yaml", "must be a mapping"),
        ("extends: default\nvaluation: &v\n  lender_groups: *v\n", "lender.yaml", "anchor"),
        ("title: only a title\n", "lender.yaml", "required key is missing"),
    ],
)
def test_faults_name_file_line_and_key(tmp_path, text, place, word):
    error = refused(layer(tmp_path, text))
    assert place in error.where
    assert "lender.yaml" in error.where or "nowhere.yaml" in error.where
    assert word in error.describe("en")


def test_the_documented_layer_works_as_written(tmp_path, root):
    text = (root / "docs" / "policy.md").read_text(encoding="utf-8").split("```yaml\n", 1)[1].split("```", 1)[0]
    policy = load_policy(layer(tmp_path, text))
    assert policy.version == "bank-2027.1"
    assert "age" not in policy.valuation.scorecard.characteristics
    assert policy.routes.agency.commission.values["M12+"] == 0.31


def test_circles_are_refused(tmp_path):
    layer(tmp_path, "extends: b.yaml\n", "a.yaml")
    layer(tmp_path, "extends: c.yaml\n", "b.yaml")
    layer(tmp_path, "extends: a.yaml\n", "c.yaml")
    error = refused(tmp_path / "a.yaml")
    assert error.code == "CONFIG_EXTENDS_CYCLE"
    assert all(name in error.cause.en for name in ("a.yaml", "b.yaml", "c.yaml"))
    assert refused(layer(tmp_path, "extends: self.yaml\n", "self.yaml")).code == "CONFIG_EXTENDS_CYCLE"


def test_a_fault_is_reported_in_the_layer_that_brings_it_in(tmp_path):
    layer(tmp_path, "extends: default\n\nhorizon_months: -1\n", "group.yaml")
    error = refused(layer(tmp_path, "extends: group.yaml\nhorizon_months: 24\n"))
    assert "group.yaml:3: horizon_months" in error.where


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / "lender.yaml").write_bytes("title: 政策".encode("gb18030"))
    assert refused(tmp_path / "lender.yaml").code == "CONFIG_NOT_UTF8"


def test_the_shipped_file_names_no_key_the_model_lacks():
    assert set(read(DEFAULT_POLICY)) <= set(Policy.model_fields)
    assert yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))["version"] == DEFAULT.version


def test_the_lender_may_be_stated(tmp_path):
    assert DEFAULT.lender.facts == {"lender_kind": None, "lender_province": None}
    policy = load_policy(layer(tmp_path, "extends: default\nlender: {kind: city_bank, province: 浙江}\n"))
    assert policy.lender.facts == {"lender_kind": "city_bank", "lender_province": "浙江"}
    assert policy_version(policy) != policy_version(DEFAULT)
    error = refused(layer(tmp_path, "extends: default\nlender: {kind: bank}\n"))
    assert "lender" in error.where
    assert "city_bank" in error.describe("en")


@pytest.mark.parametrize("province", ["外蒙", "Zhejiang", "浙江省"])
def test_a_province_that_is_none_is_refused(tmp_path: Path, province: str) -> None:
    """Else every rule that asks for it takes the lender for one from elsewhere, in silence."""
    with pytest.raises(ConfigurationInvalid, match="浙江"):
        load_policy(layer(tmp_path, f"extends: default\nlender: {{province: {province}}}\n"))
