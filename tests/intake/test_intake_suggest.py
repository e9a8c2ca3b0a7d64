"""Suggested layouts: valid files whatever the headings, right where it can be checked, and honest about doubt."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.intake import bind, load_layout, open_tape
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import normal_heading
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.suggest_names import all_known_headings, plain, synonyms
from panhuo.engines.intake.suggest_values import evidence, profile
from panhuo.engines.intake.suggestion import SURE, SURE_OF_MONEY, Suggestion
from panhuo.engines.intake.synthesis import HEADINGS, synthesise
from panhuo.kernel.frames import TAPE, TAPE_REQUIRED
from panhuo.kernel.randomness import stream


def saved(suggestion: Suggestion, folder: Path) -> Layout:
    path = folder / "suggested.yaml"
    path.write_text(suggestion.to_yaml(), encoding="utf-8")
    return load_layout(path)


@pytest.fixture(scope="module")
def sample() -> pl.DataFrame:
    return synthesise(600, seed=3, as_of=dt.date(2024, 6, 30)).chunk(0).tape


def test_every_synonym_names_a_field_and_no_synonym_names_two() -> None:
    owners: dict[str, set[str]] = {}
    for field, names in synonyms().items():
        assert field in TAPE
        for name in names:
            owners.setdefault(normal_heading(name), set()).add(field)
    assert {name: fields for name, fields in owners.items() if len(fields) > 1} == {"chargeoffdate": {"overdue_since", "written_off_on"}}
    assert {normal_heading(field.zh) for field in TAPE.values()} <= all_known_headings()


def test_own_names_are_found_without_values() -> None:
    for names in ([f.zh for f in TAPE.values()], list(TAPE)):
        guesses = suggest_layout(names).guesses
        assert [g.field for g in guesses] == list(TAPE)
        assert all(g.confidence >= 0.9 for g in guesses)


def test_headings_renamed_to_synonyms_that_are_held_out(sample: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each column renamed to a Chinese synonym which is then taken out of the vocabulary: names alike and values must do it."""
    known, draw = synonyms(), stream(7, "held out")
    right = sure = sure_right = total = 0
    for _ in range(4):
        picked = {f: str(draw.choice([n for n in known[f] if not n.isascii() and n != TAPE[f].zh])) for f in HEADINGS}
        held = {plain(name) for name in picked.values()}
        left = {f: tuple(n for n in names if plain(n) not in held) for f, names in known.items()}
        monkeypatch.setattr("panhuo.engines.intake.suggest_names.synonyms", lambda left=left: left)
        names = {heading: picked[f] for f, heading in HEADINGS.items()}
        if len(set(names.values())) < len(names):
            continue
        for guess, field in zip(suggest_layout(list(picked.values()), sample.rename(names)).guesses, HEADINGS, strict=True):
            total += 1
            right += guess.field == field
            sure += guess.confidence >= SURE
            sure_right += guess.confidence >= SURE and guess.field == field
    assert total >= 80
    assert right / total > 0.8
    assert sure_right / sure > 0.93


@pytest.mark.parametrize(
    ("name", "part", "least"), [("lendingclub", "lendingclub_samples/lc_2000_random.csv.gz", 11), ("sba", "sba_7a/SBAnational_first22427.csv.gz", 5)]
)
def test_real_tapes_against_the_layouts_written_by_hand(name: str, part: str, least: int, real_data: Path, tmp_path: Path) -> None:
    tape = open_tape(real_data / part)
    suggestion = suggest_layout(tape.headings, next(tape.batches(2000)))
    assert name in dict(suggestion.fits)
    by_hand = {h: f for f, h in bind(load_layout(name), tape.headings).fields.items() if not f.startswith("_")}
    found = {g.heading: g.field for g in suggestion.guesses}
    assert sum(found[h] == f for h, f in by_hand.items()) >= least
    assert not [g for g in suggestion.sure if g.heading in by_hand and by_hand[g.heading] != g.field]
    saved(suggestion, tmp_path)


def test_values_decide_where_names_do_not(sample: pl.DataFrame) -> None:
    frame = sample.select(
        pl.col("证件号码").alias("字段甲"),
        pl.col("手机号码").alias("字段乙"),
        pl.col("五级分类").alias("字段丙"),
        pl.col("未偿本金").alias("证件号码"),
    )
    found = {g.heading: g for g in suggest_layout(frame.columns, frame).guesses}
    assert found["字段甲"].field == "id_no"
    assert found["字段乙"].field == "phone"
    assert found["字段丙"].field == "five_class"
    assert all(found[h].confidence < SURE for h in ("字段甲", "字段乙"))  # values alone are never certain
    assert found["证件号码"].field != "id_no"


def test_whose_column_it_is_comes_first() -> None:
    found = {g.heading: g.field for g in suggest_layout(["担保人手机", "联系人1电话", "借款人手机", "紧急联系人姓名", "保证人身份证号码"]).guesses}
    assert found == {
        "担保人手机": "guarantor_phone",
        "联系人1电话": "contact_phone",
        "借款人手机": "phone",
        "紧急联系人姓名": "contact_name",
        "保证人身份证号码": "guarantor_id_no",
    }


def test_units_and_date_order_are_guessed_and_doubted() -> None:
    frame = pl.DataFrame(
        {
            "借据号": [f"A{i}" for i in range(40)],
            "本金余额": [f"{i + 1}.{i:04d}" for i in range(40)],
            "利息余额": [f"0.{i + 1:02}" for i in range(40)],
            "年利率": [f"0.{i + 10}" for i in range(40)],
            "放款日": [f"{i % 12 + 1}/{i % 28 + 1}/2020" for i in range(40)],
            "到期日": [f"{i % 12 + 1}/{i % 9 + 1}/2023" for i in range(40)],
            "最后还款日期": [f"{i % 28 + 1}/{i % 12 + 1}/2022" for i in range(40)],
        }
    )
    found = {g.field: g for g in suggest_layout(frame.columns, frame).guesses}
    assert (found["principal_fen"].unit, found["interest_fen"].unit, found["annual_rate"].unit) == ("wan", "wan", "fraction")
    assert all(found[f].doubts for f in ("principal_fen", "interest_fen", "maturity_date"))
    assert (found["origination_date"].dates, found["origination_date"].doubts) == (("us",), ())
    assert found["last_payment_on"].dates == ("eu",)


def test_codes_outside_the_list_are_shown_for_mapping() -> None:
    frame = pl.DataFrame({"借据号": list("abcdef"), "五级分类": ["次级", "可疑", "损失", "坏账一类", "次级", "次级"]})
    guess = suggest_layout(frame.columns, frame).guesses[1]
    assert guess.field == "five_class"
    assert "坏账一类" in guess.doubts[0].zh


def test_a_suggestion_reads_its_own_tape(sample: pl.DataFrame, tmp_path: Path) -> None:
    layout = saved(suggest_layout(sample.columns, sample), tmp_path)
    assert {f: c.from_[0] for f, c in layout.by_field.items()} == HEADINGS


@given(
    headings=st.lists(st.text(min_size=1, max_size=20).filter(lambda t: bool(t.strip()) and t.isprintable()), min_size=1, max_size=12, unique=True)
)
@settings(max_examples=60)
def test_a_suggestion_is_a_valid_layout_whatever_the_headings(headings: list[str], tmp_path: Path) -> None:
    layout = saved(suggest_layout(headings), tmp_path)
    assert set(TAPE_REQUIRED) <= set(layout.by_field)


@pytest.mark.parametrize("nasty", ["a: b", "# no", "- x", "{y}", "'q", '"', "null", "3.10", "yes", "换\n行", "x # y", "&a", "*b", "%c", "@d", "\\"])
def test_nasty_headings_come_back_as_they_are(nasty: str, tmp_path: Path) -> None:
    headings = ["借据号", f"未偿本金({nasty})", nasty]
    layout = saved(suggest_layout(headings), tmp_path)
    assert bind(layout, headings).fields["principal_fen"] == headings[1]


def test_evidence_knows_kinds_apart(sample: pl.DataFrame) -> None:
    """Of every column of the synthetic tape: the true field is never contradicted, a wrong kind mostly is."""
    for field, heading in HEADINGS.items():
        assert evidence(TAPE[field], profile(sample[heading]))[0] >= 0, field
    names = profile(sample["姓名"])
    assert all(evidence(TAPE[f], names)[0] < 0 for f in ("principal_fen", "overdue_since", "annual_rate", "overdue_days", "five_class"))


def bank_sheet() -> pl.DataFrame:
    """A bank's list with a counter, a total row, and no account number."""
    rows = [[str(i + 1), f"某某有限公司{i}", f"{10_000 + 37 * i}.00", f"{900 + 3 * i}.10", "2026-01-01"] for i in range(40)]
    rows.append(["合计", "", "440000.00", "38340.00", ""])
    return pl.DataFrame(rows, schema=["序号", "借款人名称", "贷款本金余额", "表内外欠息", "逾期日期"], orient="row")


@pytest.mark.parametrize("heading", ["序号", "编号", "流水号", "id"])
def test_a_counter_is_no_account_number(heading: str, tmp_path: Path) -> None:
    frame = bank_sheet().rename({"序号": heading})
    suggestion = suggest_layout(frame.columns, frame)
    assert not [g for g in suggestion.guesses if g.field in ("account_id", "contract_no")]
    assert suggestion.lacking == ["account_id"]
    text = suggestion.to_yaml()
    assert "加一列每笔唯一且不变的编号" in text
    assert "add a column with a lasting number" in text
    saved(suggestion, tmp_path)


def test_a_counter_that_begins_anew_or_is_named_one_is_one_too() -> None:
    twice = pl.DataFrame({"编号": [*map(str, range(1, 21)), *map(str, range(1, 21))], "未偿本金": ["5.00"] * 40})
    assert not [g for g in suggest_layout(twice.columns, twice).guesses if g.field == "account_id"]
    assert [g.field for g in suggest_layout(["序号", "未偿本金"]).guesses] == [None, "principal_fen"]


def test_money_under_a_longer_name_of_the_same_is_proposed_not_left_in_a_comment(tmp_path: Path) -> None:
    frame = bank_sheet().rename({"表内外欠息": "截至目前表内外欠息余额"})
    suggestion = suggest_layout(frame.columns, frame)
    (guess,) = [g for g in suggestion.guesses if g.heading == "截至目前表内外欠息余额"]
    assert guess.field == "interest_fen"
    assert guess.confidence >= SURE_OF_MONEY
    assert saved(suggestion, tmp_path).by_field["interest_fen"].from_[0] == "截至目前表内外欠息余额"


AMOUNTS = ["1000.00", "2000.10", "1910.05", "1000", "0.00", "100.5", "999.99", "12345678.90"]


@given(
    st.lists(st.sampled_from(AMOUNTS), min_size=1, max_size=2),
    st.integers(3, 40),
    st.sampled_from(["未偿本金", "本金余额", "principal_fen", "未偿利息", "罚息"]),
)
@settings(max_examples=60)
def test_a_heading_that_is_a_name_is_taken_whatever_amounts_stand_below(amounts: list[str], rows: int, heading: str) -> None:
    column = (amounts * rows)[:rows]
    frame = pl.DataFrame({"借据号": [f"J{i:04}" for i in range(rows)], heading: column})
    guess = suggest_layout(frame.columns, frame).guesses[1]
    expected = {field for field, names in synonyms().items() if heading in names}
    assert {guess.field} == expected
    assert guess.confidence >= SURE


@pytest.mark.parametrize("cells", [["13000000001"] * 5, ["某某"] * 5, ["2024-01"] * 5])
def test_what_contradicts_the_name_of_an_amount_is_said_beside_it(cells: list[str]) -> None:
    frame = pl.DataFrame({"借据号": [f"J{i}" for i in range(5)], "未偿本金": cells})
    guess = suggest_layout(frame.columns, frame).guesses[1]
    assert guess.field == "principal_fen"
    assert guess.confidence <= 0.97
    assert "内容不符" in guess.reason.zh or cells[0].isdigit()


def test_a_telephone_in_a_column_of_codes_is_not_repeated() -> None:
    frame = pl.DataFrame(
        {"借据号": [f"J{i}" for i in range(20)], "未偿本金": ["100"] * 20, "产品类型": ["信用卡13912345679", "某种卡 110105198001011239"] * 10}
    )
    told = suggest_layout(frame.columns, frame).to_yaml()
    assert "信用卡***" in told
    assert "13912345679" not in told
    assert "110105198001011239" not in told
