"""A layout changed by choosing fields for headings: what is chosen is what is read, and the rest stays as it was."""

from __future__ import annotations

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from panhuo.apps.intake.layouts import FileSeen, Look, shipped_text
from panhuo.apps.intake.remapping import Choice, choices_of, layout_check, remap, units_for
from panhuo.engines.intake import bind, load_layout, shipped_layouts
from panhuo.engines.intake.suggestion import Suggestion
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.frames import TAPE

FIELDS = sorted(TAPE)


def look_of(*tables: tuple[str, ...]) -> Look:
    """A look into files of these headings; several: their headings differ."""
    files = tuple(FileSeen(f"{n}.csv", "text", table) for n, table in enumerate(tables))
    headings = tuple(dict.fromkeys(heading for table in tables for heading in table))
    return Look(headings, (), Suggestion(()), "", "", (), files, (), None, tuple(pl.DataFrame() for _ in tables), len(tables) > 1)


PANHUO = shipped_text("panhuo")
HEADINGS = tuple(column.from_[0] for column in load_layout("panhuo").columns)[:30]


@pytest.mark.parametrize("name", shipped_layouts())
def test_choosing_what_is_already_chosen_changes_not_a_letter(name: str) -> None:
    text = shipped_text(name)
    layout = load_layout(name)
    look = look_of(tuple(dict.fromkeys(column.from_[0] for column in layout.columns)))
    chosen = choices_of(layout, look)
    assert remap(text, chosen, look, name=name).text == text
    assert {choice.to for choice in chosen.values()} >= set(bind(layout, look.headings).fields) - {
        c.to for c in layout.columns if c.from_[0] not in chosen
    }


@given(st.dictionaries(st.sampled_from(HEADINGS[2:]), st.sampled_from(["", *FIELDS]), max_size=6))
def test_what_is_chosen_is_what_the_layout_then_reads(wanted: dict[str, str]) -> None:
    look = look_of(HEADINGS)
    before = choices_of(load_layout("panhuo"), look)
    choices = before | {heading: Choice(field) for heading, field in wanted.items() if field not in ("account_id", "principal_fen")}
    given = [choice.to for choice in choices.values() if choice.to]
    if before["未偿本金"] != choices["未偿本金"]:
        choices["未偿本金"] = before["未偿本金"]
        given = [choice.to for choice in choices.values() if choice.to]
    made = remap(PANHUO, choices, look, name="panhuo")
    after = choices_of(layout_check(made.text, name="x"), look)
    if len(given) == len(set(given)):
        assert not made.faults
        assert after == choices
        fields = bind(layout_check(made.text, name="x"), HEADINGS).fields
        assert fields == {choice.to: heading for heading, choice in choices.items() if choice.to}
    else:
        assert made.faults
        assert all(choices[heading].to in [c.to for h, c in choices.items() if h != heading] for heading in made.faults)


def test_codes_defaults_and_formulas_stay() -> None:
    text = """
name: x
title: {zh: 甲, en: x}
columns:
  - {from: 借据号, to: account_id}
  - {from: 本金, to: principal_fen, unit: wan}
  - {from: 形态, to: five_class, codes: {坏账: loss}, default: loss}
  - {from: 状态, to: _state, kind: text}
derived: {written_off: "_state = '核销'"}
constants: {lender: 某银行}
"""
    look = look_of(("借据号", "本金", "形态", "五级", "状态", "机构"))
    chosen = choices_of(layout_check(text, name="x"), look)
    made = layout_check(
        remap(text, chosen | {"形态": Choice(), "五级": Choice("five_class"), "机构": Choice("lender")}, look, name="x").text, name="x"
    )
    column = made.by_field["five_class"]
    assert column.from_[0] == "五级"
    assert (column.codes, column.default) == ({"坏账": "loss"}, "loss")
    assert made.derived == {"written_off": "_state = '核销'"}
    assert made.constants == {}  # the column speaks now
    assert made.by_field["principal_fen"].unit == "wan"
    assert choices_of(made, look)["状态"] == Choice("_state")


def test_files_with_other_headings_share_a_field() -> None:
    text = "name: x\ntitle: {zh: 甲, en: x}\ncolumns:\n  - {from: 借据号, to: account_id}\n  - {from: 本金, to: principal_fen}\n"
    look = look_of(("借据号", "本金"), ("编号", "余额"))
    chosen = choices_of(layout_check(text, name="x"), look) | {"编号": Choice("account_id"), "余额": Choice("principal_fen", "wan")}
    made = remap(text, chosen, look, name="x")
    assert not made.faults
    layout = layout_check(made.text, name="x")
    for table in (("借据号", "本金"), ("编号", "余额")):
        assert bind(layout, table).fields == {"account_id": table[0], "principal_fen": table[1]}


@pytest.mark.parametrize("field", ["account_id", "principal_fen"])
def test_a_required_field_that_was_cleared_may_be_chosen_again(field: str) -> None:
    """Whoever moves a field to another column clears the first one first: in between, the text is no layout."""
    text = "name: x\ntitle: {zh: 甲, en: x}\ncolumns:\n  - {from: 借据号, to: account_id}\n  - {from: 本金, to: principal_fen, unit: wan}\n  - {from: 姓名, to: name}\n"
    look = look_of(("借据号", "本金", "姓名", "合同号", "本金余额"))
    chosen = choices_of(layout_check(text, name="x"), look)
    old = next(heading for heading, choice in chosen.items() if choice.to == field)
    cleared = remap(text, chosen | {old: Choice()}, look, name="x").text
    with pytest.raises(ConfigurationInvalid, match=field):
        layout_check(cleared, name="x")
    again = remap(cleared, chosen, look, name="x")
    assert not again.faults
    assert choices_of(layout_check(again.text, name="x"), look) == chosen
    elsewhere = chosen | {old: Choice(), "合同号" if field == "account_id" else "本金余额": chosen[old]}
    moved = layout_check(remap(cleared, elsewhere, look, name="x").text, name="x")
    assert choices_of(moved, look) == elsewhere
    assert all("\ue000" not in heading for column in moved.columns for heading in column.from_)
    other = remap(cleared, chosen | {old: Choice(), "姓名": Choice()}, look, name="x").text  # and other choices are kept meanwhile
    assert "name" not in [column["to"] for column in yaml.safe_load(other)["columns"]]


def test_a_text_that_is_no_layout_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        remap("name: x\nwrong: 1\n", {}, look_of(("借据号",)), name="mine")
    assert refused.value.where.startswith("mine.yaml:2")


def test_a_unit_is_asked_only_where_the_heading_does_not_state_it() -> None:
    assert "wan" in units_for("本金", "principal_fen")
    assert units_for("本金（万元）", "principal_fen") == ()
    assert units_for("姓名", "name") == ()
    assert "percent" in units_for("利率", "annual_rate")
    assert "years" in units_for("期限", "term_months")
