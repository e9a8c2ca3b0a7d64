"""Layout files: every slip is found before a row is read, with file, line and key, in both languages."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest
import yaml

from panhuo.engines.intake import bind, load_layout, shipped_layouts
from panhuo.engines.intake.layout import DATE_FORMS, MONEY_UNITS, derivations
from panhuo.engines.intake.mapping import heading_unit, normal_heading
from panhuo.kernel.errors import ConfigurationInvalid, InputUnusable
from panhuo.kernel.frames import TAPE

GOOD = """\
name: house
title: {zh: 本行, en: house}
columns:
  - {from: 借据号, to: account_id}
  - {from: [余额, 本金余额], to: _p, kind: money, unit: wan}
  - {from: 五级, to: five_class, codes: {1: pass, 坏账: loss}}
  - {from: 放款日, to: origination_date, dates: us}
  - {from: 核销, to: written_off, default: 否, codes: {否: "false"}}
constants: {currency: USD, written_off_on: 2020-01-31}
derived:
  principal_fen: _half * 2
  _half: _p / 2
  overdue_since: CASE WHEN five_class = 'pass' THEN NULL ELSE :as_of - INTERVAL '30 days' END
required: [five_class]
ignore: 备注
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "house.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_a_good_layout_says_what_it_says(file: Path) -> None:
    layout = load_layout(file)
    assert layout.by_field["five_class"].codes == {"1": "pass", "坏账": "loss"}
    assert layout.by_field["origination_date"].dates == ("us",)
    assert layout.constants == {"currency": "USD", "written_off_on": "2020-01-31"}
    assert layout.ignore == ("备注",)
    assert set(layout.provided) == {"account_id", "_p", "five_class", "origination_date", "written_off", "currency", "written_off_on",
                                    "principal_fen", "_half", "overdue_since"}  # fmt: skip


def test_derived_fields_are_worked_out_in_order_with_the_cut_off(file: Path) -> None:
    layout = load_layout(file)
    steps = derivations(layout, dt.date(2024, 6, 30))
    assert [name for name, _ in steps].index("_half") < [name for name, _ in steps].index("principal_fen")
    frame = pl.DataFrame(
        {"_p": [100, 250], "five_class": ["pass", "loss"]}, schema={"_p": pl.Int64(), "five_class": TAPE["five_class"].dtype}
    ).with_columns(account_id=pl.lit("x"), origination_date=pl.lit(None, pl.Date()), written_off=pl.lit(value=False))
    for name, cells in steps:
        frame = frame.with_columns(cells.value.alias(name))
    assert frame["principal_fen"].cast(pl.Int64).to_list() == [100, 250]
    assert frame["overdue_since"].to_list() == [None, dt.date(2024, 5, 31)]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "says"),
    [
        ("to: account_id", "to: acount_id", 4, "columns.0.to", "account_id"),
        ("from: 借据号", "frm: 借据号", 4, "columns.0", "from"),
        ("from: 借据号", "from: ' '", 4, "columns.0.from", "heading"),
        ("from: 借据号", "from: []", 4, "columns.0.from", ""),
        ("title: {zh: 本行, en: house}", "title: {zh: 本行, en: house}\nnmae: x", 3, "nmae", "name"),
        ("_p, kind: money", "_p", 5, "columns.1.kind", "_p"),
        ("unit: wan", "unit: percent", 5, "columns.1.unit", "percent"),
        ("unit: wan", "unit: dollars", 5, "columns.1.unit", ""),
        ("kind: money, unit: wan", "kind: code", 5, "columns.1.kind", ""),
        ("1: pass", "1: passs", 6, "columns.2.codes.1", "pass"),
        ("to: five_class, codes", "to: five_class, kind: text, codes", 6, "columns.2.kind", "code"),
        ("dates: us", "dates: american", 7, "columns.3.dates", ""),
        ("dates: us", "dates: []", 7, "columns.3.dates", "form"),
        ("to: origination_date", "to: branch", 7, "columns.3.dates", "branch"),
        ("to: origination_date", "to: account_id", 7, "columns.3", ""),
        ("dates: us", "codes: {1: pass}", 7, "columns.3.codes", ""),
        ("{from: 放款日, to: origination_date, dates: us}", "{from: 别名, to: account_id}", 7, "columns.3.to", "two providers"),
        ("currency: USD", "curency: USD", 9, "constants.curency", "currency"),
        ("currency: USD", "product: shoes", 9, "constants.product", "shoes"),
        ("currency: USD", "account_id: x", 9, "constants.account_id", "two providers"),
        ("principal_fen: _half * 2", "principal_fne: _half * 2", 11, "derived.principal_fne", "principal_fen"),
        ("principal_fen: _half * 2", "principal_fen: account_id", 11, "derived.principal_fen", "money"),
        ("principal_fen: _half * 2", "principal_fen: origination_date", 11, "derived.principal_fen", "money"),
        ("_half: _p / 2", "_half: principal_fen", 11, "derived.principal_fen", "cycle"),
        ("_half: _p / 2", "_half: _half + 1", 12, "derived._half", "cycle"),
        ("_half: _p / 2", "_half: _pp / 2", 12, "derived._half", "_p"),
        ("_half: _p / 2", "_half: _p / ", 12, "derived._half", "expression"),
        ("_half: _p / 2", "_half: 'SELECT 1'", 12, "derived._half", "query"),
        ("_half: _p / 2", "_half: sleep(_p)", 12, "derived._half", ""),
        ("INTERVAL '30 days'", ":later", 13, "derived.overdue_since", "later"),
        ("required: [five_class]", "required: [five_clas]", 14, "required.0", "five_clas"),
        ("  principal_fen: _half * 2\n", "", 3, "columns", "principal_fen"),
        ("ignore: 备注", "encoding: klingon", 15, "encoding", "klingon"),
        ("ignore: 备注", "delimiter: '||||||'", 15, "delimiter", ""),
        ("ignore: 备注", "delimiter: '\"'", 15, "delimiter", "quotation"),
        ("ignore: 备注", "delimiter: '|0|'", 15, "delimiter", "figure"),
        ("ignore: 备注", "header_row: 0", 15, "header_row", ""),
        ("ignore: 备注", "name: again", 15, "", "duplicate key"),
        ("ignore: 备注", "ignore: [", 16, "", "YAML"),
    ],
)
def test_a_slip_is_named_with_file_line_and_key(file: Path, old: str, new: str, line: int, key: str, says: str) -> None:
    assert old in GOOD
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationInvalid) as caught:
        load_layout(file)
    error = caught.value
    assert error.where.startswith(f"{file}:{line}") or (key == "columns" and f"{file}:" in error.where), error.where
    assert key in error.where
    assert says.lower() in (error.cause.en + error.remedy.en).lower()
    assert re.search(r"[一-鿿]", error.cause.zh)
    assert re.search(r"[一-鿿]", error.remedy.zh)


def test_unreadable_and_unknown_layouts(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="lendingclub") as caught:
        load_layout("lendinclub")
    assert caught.value.code == "LAYOUT_UNKNOWN"
    with pytest.raises(ConfigurationInvalid, match="CONFIG_UNREADABLE"):
        load_layout(tmp_path / "none.yaml")
    (tmp_path / "t.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationInvalid, match="CONFIG_NOT_UTF8"):
        load_layout(tmp_path / "t.yaml")
    (tmp_path / "t.yaml").write_text("- a list")
    with pytest.raises(ConfigurationInvalid, match="CONFIG_SHAPE"):
        load_layout(tmp_path / "t.yaml")


class TestBinding:
    def test_headings_match_whatever_their_width_case_and_spaces(self, file: Path) -> None:
        binding = bind(load_layout(file), ["借 据　号", "本金余额", "五级", "备 注", "乱七八糟"])
        assert binding.fields == {"account_id": "借 据　号", "_p": "本金余额", "five_class": "五级"}
        assert binding.units == {"_p": "wan"}
        assert binding.missing == ("origination_date", "written_off")
        assert (binding.ignored, binding.unmapped) == (("备 注",), ("乱七八糟",))

    @pytest.mark.parametrize(
        ("heading", "form", "unit"),
        [
            ("未偿本金（万元）", "未偿本金", "wan"),
            ("未偿本金\n(单位:元)", "未偿本金", "yuan"),
            ("Loan_Amount ($)", "loanamount", None),
            ("执行年利率(%)", "执行年利率", "percent"),
            ("年利率％", "年利率%", "percent"),
            ("期限【月】", "期限", "months"),
            ("面积（㎡）", "面积", "m2"),
            ("担保人（姓名）", "担保人(姓名)", None),
            ("ＬＯＡＮ　ＩＤ", "loanid", None),
            ("principal_fen", "principalfen", "fen"),
            ("(元)", "(元)", "yuan"),
            ("余额/万元", "余额", "wan"),
        ],
    )
    def test_normal_form_and_unit(self, heading: str, form: str, unit: str | None) -> None:
        assert (normal_heading(heading), heading_unit(heading)) == (form, unit)

    def test_earlier_alternatives_win_and_exact_beats_alike(self, file: Path) -> None:
        layout = load_layout(file)
        assert bind(layout, ["借据号", "本金余额", "余额", "五级"]).fields["_p"] == "余额"
        assert bind(layout, ["借据号", "余 额", "余额", "五级"]).fields["_p"] == "余额"
        with pytest.raises(InputUnusable, match="LAYOUT_AMBIGUOUS"):
            bind(layout, ["借据号", "余 额", "余额 ", "五级"])

    def test_one_heading_is_not_two_parts_of_the_balance(self, tmp_path: Path) -> None:
        path = tmp_path / "twofold.yaml"
        columns = "".join(
            f"  - {{from: {source}, to: {to}}}\n" for source, to in (("号", "account_id"), ("欠", "principal_fen"), ("欠", "interest_fen"))
        )
        path.write_text(f"name: twofold\ntitle: {{zh: 试, en: trial}}\nversion: 1\ncolumns:\n{columns}", encoding="utf-8")
        with pytest.raises(InputUnusable, match="LAYOUT_TWOFOLD"):
            bind(load_layout(path), ["号", "欠"])

    def test_a_unit_in_the_heading_fills_or_contradicts(self, file: Path) -> None:
        with pytest.raises(InputUnusable, match="LAYOUT_UNIT_CONFLICT"):
            bind(load_layout(file), ["借据号", "余额（元）", "五级"])
        panhuo = load_layout("panhuo")
        units = bind(panhuo, ["借据号", "未偿本金（万元）", "未偿利息", "执行年利率（%）", "贷款期限（年）", "抵押物面积"]).units
        assert units == {"principal_fen": "wan", "interest_fen": "yuan", "annual_rate": "percent", "term_months": "years"}
        assert bind(panhuo, ["account_id", "principal_fen"]).units == {"principal_fen": "fen"}

    def test_a_missing_required_field_is_named_with_the_nearest_headings(self, file: Path) -> None:
        with pytest.raises(InputUnusable) as caught:
            bind(load_layout(file), ["借据号", "本金余领", "五级"], where="a.csv")
        assert caught.value.code == "LAYOUT_MISSING_REQUIRED"
        assert caught.value.where == "a.csv"
        assert "principal_fen" in caught.value.cause.en
        assert "本金余领" in caught.value.cause.zh
        assert "layout suggest" in caught.value.remedy.en
        with pytest.raises(InputUnusable, match="five_class"):
            bind(load_layout(file), ["借据号", "余额"])

    def test_a_default_stands_for_a_required_column(self) -> None:
        layout = load_layout("panhuo")
        columns = tuple(c.model_copy(update={"default": "0"}) if c.to == "principal_fen" else c for c in layout.columns)
        assert "principal_fen" in bind(layout.changed(columns=columns), ["借据号"]).missing


class TestShipped:
    def test_the_five_are_there(self) -> None:
        assert shipped_layouts() == ["eba", "lendingclub", "panhuo", "sba", "yindeng"]

    @pytest.mark.parametrize("name", ["eba", "lendingclub", "panhuo", "sba", "yindeng"])
    def test_each_loads_is_titled_sourced_and_documented(self, name: str) -> None:
        layout = load_layout(name)
        assert layout.name == name
        assert layout.title.zh
        assert layout.title.en
        assert layout.source
        path = Path(__file__).resolve().parents[2] / "src/panhuo/engines/intake/layouts" / f"{name}.yaml"
        assert path.read_text(encoding="utf-8").startswith("#")

    def test_panhuo_is_the_canonical_schema(self) -> None:
        layout = load_layout("panhuo")
        assert {c.to: c.from_[0] for c in layout.columns} == {f.name: f.zh for f in TAPE.values()}
        binding = bind(layout, [f.zh for f in TAPE.values()])
        assert set(binding.fields) == set(TAPE)
        assert not binding.unmapped

    def test_yindeng_reads_masked_borrowers_and_asks_for_what_is_announced(self) -> None:
        layout = load_layout("yindeng")
        assert not {c.to for c in layout.columns} & {"name", "id_no", "phone", "address"}
        assert {"overdue_days", "five_class", "litigation_state", "guarantee_kind"} <= set(layout.required)

    def test_eba_understands_codes_field_names_and_names(self, real_data: Path) -> None:
        import csv

        layout = load_layout("eba")
        with (real_data / "eba_npl_template_fields" / "eba_npl_fields.csv").open(encoding="utf-8") as file:
            listed = [row for row in csv.DictReader(file) if row["eba_code_2023_2083"]]
        names = {normal_heading(row["field"]) for row in listed}
        codes = {row["eba_code_2023_2083"] for row in listed}
        for column in layout.columns:
            numbered = [h for h in column.from_ if re.fullmatch(r"\d\.\d\d", h)]
            assert set(numbered) <= codes | {"2.02", "1.11"}, column.to
            if set(numbered) & codes:
                assert any(normal_heading(h) in names for h in column.from_), column.to
        loan = [row for row in listed if row["table"] == "Loan"]
        by_code = bind(layout, sorted({row["eba_code_2023_2083"] for row in loan}))
        by_name = bind(layout, [row["field"] for row in loan])
        by_title = bind(layout, [row["field"].replace("_", " ").title() for row in loan])
        assert set(by_code.fields) == set(by_name.fields) == set(by_title.fields)
        assert {"principal_fen", "interest_fen", "fees_fen", "_legal_balance", "origination_date", "_days"} <= set(by_name.fields)


def test_docstring_lists_are_the_types() -> None:
    assert "auto" in DATE_FORMS
    assert MONEY_UNITS["wan"] == 10_000 * MONEY_UNITS["yuan"] == 1_000_000 * MONEY_UNITS["fen"]
    assert MONEY_UNITS["yi"] == 10_000 * MONEY_UNITS["wan"]
    assert yaml.safe_load(GOOD)["name"] == "house"
