"""Debtor identity as its users meet it: who is joined, who is not, what a person gets to see, and what never happens."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_people import people

from panhuo.engines.intake.identity import IdentityPolicy, link_debtors, settle
from panhuo.kernel.documents import check
from panhuo.kernel.errors import ConfigurationInvalid, InputUnusable
from panhuo.kernel.findings import FINDING

VALUES = ("name", "id_no", "birth_date", "phone", "address", "employer")


def tape(*rows: dict[str, object]) -> pl.DataFrame:
    blank: dict[str, object] = {"name": None, "id_no": None, "birth_date": None, "phone": None, "address": None, "employer": None}
    return pl.DataFrame(
        [{"account_id": f"A{k}", "debtor_kind": "person"} | blank | row for k, row in enumerate(rows)],
        schema_overrides={"birth_date": pl.Date} | dict.fromkeys(("name", "id_no", "phone", "address", "employer"), pl.String),
    )


def clusters(members: pl.DataFrame) -> list[list[str]]:
    return sorted(sorted(group) for group in members.group_by("debtor_id").agg("account_id")["account_id"].to_list())


ID_1, ID_2 = "110101199001010010", "110101198505050029"
ZHANG = {"name": "欧阳靖宇", "phone": "13812345678", "address": "广东省深圳市南山区科技路88号阳光花园3栋1201室", "employer": "深圳市蓝湖科技有限公司"}


def test_one_number_is_one_debtor_whatever_the_rest_says(policy: IdentityPolicy) -> None:
    frame = tape(ZHANG | {"id_no": ID_1}, {"id_no": ID_1}, {"id_no": ID_1, "phone": "13900000000"}, ZHANG | {"id_no": ID_2})
    outcome = link_debtors(frame, policy=policy, seed=1)
    assert clusters(outcome.data.members) == [["A0", "A1", "A2"], ["A3"]]
    assert outcome.data.members["method"].to_list() == ["exact_id", "exact_id", "exact_id", "alone"]
    assert outcome.data.members["match_weight"].null_count() == 4


def test_a_record_without_a_number_joins_the_one_it_resembles(policy: IdentityPolicy) -> None:
    written_otherwise = ZHANG | {"name": "歐陽靖宇", "address": "深圳市南山区科技路88号 阳光花园三号楼1201"}
    stranger = {"name": "王芳", "phone": "13700001111", "address": "河南省周口市沈丘县人民路5号"}
    frame = tape(ZHANG | {"id_no": ID_1}, written_otherwise, stranger, stranger | {"name": "李军", "phone": "13700002222"})
    identity = link_debtors(frame, policy=policy, seed=1).data
    assert clusters(identity.members) == [["A0", "A1"], ["A2"], ["A3"]]
    row = identity.members.row(1, named=True)
    assert row["method"] == "linked"
    assert row["match_probability"] >= policy.accept_probability
    edge = identity.edges.filter(pl.col("status") == "joined").row(0, named=True)
    assert (edge["account_id_l"], edge["account_id_r"]) == ("A0", "A1")
    assert "name:exact" in edge["agreed"]
    assert "phone:exact" in edge["agreed"]


def test_a_record_that_fits_two_numbers_equally_is_left_to_a_person(policy: IdentityPolicy) -> None:
    frame = tape(ZHANG | {"id_no": ID_1}, ZHANG | {"id_no": ID_2}, ZHANG)
    identity = link_debtors(frame, policy=policy, seed=1).data
    assert clusters(identity.members) == [["A0"], ["A1"], ["A2"]]
    chances = [identity.edges["probability"].max()] if identity.edges.height else [0.0]
    assert max(chances) < policy.accept_probability


def test_two_numbers_never_meet_through_a_chain(policy: IdentityPolicy) -> None:
    """A (number 1) - x - y - B (number 2): x is A's by phone and card, y is B's; x and y share all else."""
    shared = {"name": "欧阳靖宇", "address": ZHANG["address"], "employer": ZHANG["employer"]}
    frame = tape(
        shared | {"id_no": ID_1, "phone": "13811112222"},
        shared | {"phone": "13811112222"},
        shared | {"phone": "13833334444"},
        shared | {"id_no": ID_2, "phone": "13833334444"},
    )
    members = link_debtors(frame, policy=policy, seed=1).data.members
    debtor = dict(members.select("account_id", "debtor_id").iter_rows())
    assert debtor["A0"] != debtor["A3"]


def test_records_that_contradict_each_other_are_not_brought_together_by_a_third(policy: IdentityPolicy) -> None:
    """The middle record has one's phone and the other's e-mail; the outer two differ in everything but the surname."""
    frame = tape(
        {
            "name": "王靖宇",
            "birth_date": dt.date(1970, 3, 4),
            "phone": "13811112222",
            "address": "广东省深圳市南山区科技路88号3栋1201室",
            "employer": "深圳市蓝湖科技有限公司",
        },
        {"name": "王靖宇", "phone": "13811112222", "email": "fang@example.cn"},
        {
            "name": "王芳芳",
            "birth_date": dt.date(1995, 11, 27),
            "phone": "13833334444",
            "email": "fang@example.cn",
            "address": "河南省周口市沈丘县人民路5号",
            "employer": "沈丘县大地商贸",
        },
    ).with_columns(phone2=pl.Series([None, "13833334444", None], dtype=pl.String))
    outcome = link_debtors(frame, policy=policy, seed=1)
    assert set(outcome.data.edges["status"]) == {"joined", "refused", "apart"}
    assert len(clusters(outcome.data.members)) == 2
    assert outcome.data.review["reason"].to_list() == ["refused"]
    assert outcome.findings["code"].to_list() == ["IDENTITY_LINK_REFUSED"]


def test_relatives_at_one_address_with_one_phone_are_not_joined(policy: IdentityPolicy) -> None:
    home = {"phone": "13812345678", "address": "浙江省杭州市余杭区解放路296号金色家园19栋3单元1502室"}
    frame = tape(home | {"name": "张峰刚", "id_no": ID_1}, home | {"name": "张峰军"}, home | {"name": "张建"}, home | {"name": "李秀兰"})
    identity = link_debtors(frame, policy=policy, seed=1).data
    assert len(clusters(identity.members)) == 4
    assert set(identity.review["reason"]) <= {"relative", "uncertain"}
    assert identity.review.height > 0


def test_one_number_with_two_names_is_kept_together_and_questioned(policy: IdentityPolicy) -> None:
    frame = tape({"id_no": ID_1, "name": "张伟"}, {"id_no": ID_1, "name": "李秀兰"}, {"id_no": ID_2, "name": "张伟"}, {"id_no": ID_2, "name": "章玮"})
    outcome = link_debtors(frame, policy=policy, seed=1)
    assert clusters(outcome.data.members) == [["A0", "A1"], ["A2", "A3"]]
    assert outcome.data.review.select("account_id_l", "account_id_r", "reason").rows() == [("A0", "A1", "name_conflict")]
    assert outcome.findings["code"].to_list() == ["IDENTITY_NAME_CONFLICT"]
    assert outcome.findings.schema == FINDING


def test_what_is_equal_is_told_where_only_the_number_was_compared(policy: IdentityPolicy) -> None:
    """Masked values look alike whether they are equal or not."""
    home = "浙江省杭州市余杭区解放路296号19栋3单元1502室"
    one = {"id_no": ID_1, "name": "张伟", "phone": "13812345678", "address": home, "employer": "余杭区第一中学"}
    other = one | {"name": "李秀兰", "phone": "13812349678", "employer": None}
    (asked,) = link_debtors(tape(one, other), policy=policy, seed=1).data.review.iter_rows(named=True)
    assert asked["reason"] == "name_conflict"
    assert asked["phone_l"] != "13812345678"
    assert asked["agreed"].split(";") == ["id_no:exact", "address:exact"]
    assert asked["differed"] == "name:other"


def test_firms_go_by_code_or_full_name(policy: IdentityPolicy) -> None:
    def firm(name: str, code: str | None = None, address: str | None = None) -> dict[str, object]:
        return {"debtor_kind": "firm", "name": name, "id_no": code, "address": address}

    frame = tape(
        firm("深圳市蓝湖科技有限公司", "91440300MA5EEEEE1X", "广东省深圳市南山区科技路1号"),
        firm("深圳蓝湖科技有限责任公司"),
        firm("深圳市蓝湖贸易有限公司"),
        firm("深圳市蓝湖科技有限公司", None, "上海市浦东新区张江路2号"),
        firm("小卖部"),
        firm("小卖部"),
        firm("北京远山商贸有限公司", "91110000MA00000001"),
        firm("北京远山商贸有限公司", "91110000MA00000002"),
        firm("北京远山商贸有限公司"),
    )
    identity = link_debtors(frame, policy=policy, seed=1).data
    assert [group for group in clusters(identity.members) if len(group) > 1] == [["A0", "A1"]]
    reasons = {frozenset(row[:2]): row[2] for row in identity.review.select("account_id_l", "account_id_r", "reason").iter_rows()}
    assert reasons == {frozenset({"A0", "A3"}): "elsewhere", frozenset({"A4", "A5"}): "short_name", frozenset({"A6", "A8"}): "ambiguous"}


def test_a_person_and_a_firm_are_never_one(policy: IdentityPolicy) -> None:
    frame = tape(ZHANG, ZHANG | {"debtor_kind": "firm"}, {"id_no": "X1"}, {"id_no": "X1", "debtor_kind": "firm"})
    assert len(clusters(link_debtors(frame, policy=policy, seed=1).data.members)) == 4


def test_a_number_that_half_the_tape_shares_links_nobody(policy: IdentityPolicy) -> None:
    """An agent's phone on 400 applications: commoner than the cap, so it is passed over, and the report says so."""
    frame = people(700, seed=3, missing_id=1.0).with_columns(
        pl.when(pl.int_range(pl.len()) < 400).then(pl.lit("17000000000")).otherwise("phone").alias("phone")
    )
    identity = link_debtors(frame.drop("truth"), policy=policy, seed=1).data
    together = identity.members.join(frame.select("account_id", "truth"), on="account_id").group_by("debtor_id").agg(pl.col("truth").n_unique())
    assert (together["truth"] > 1).sum() <= 2
    passed = {rule["rule"]: rule["passed_over"] for rule in identity.report["blocking"]}
    assert passed["phone"] == 1


def test_without_gaps_splink_is_not_even_loaded(root: Path) -> None:
    code = """
import sys, polars as pl
from pathlib import Path
from panhuo.engines.intake.identity import IdentityPolicy, link_debtors
from panhuo.kernel.documents import check, read
policy = check(read(Path("src/panhuo/rulebooks/house/policy.yaml"))["identity"], IdentityPolicy, where="")
frame = pl.DataFrame({"account_id": ["a", "b", "c"], "id_no": ["1", "1", "2"], "name": ["张伟", "张伟", "李军"]})
assert link_debtors(frame, policy=policy, seed=1).data.report["debtors"] == 2
assert "splink" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)


@pytest.mark.parametrize("rows", [0, 1])
def test_almost_empty_tapes(rows: int, policy: IdentityPolicy) -> None:
    frame = tape(*([ZHANG] * rows)) if rows else tape(ZHANG).clear()
    identity = link_debtors(frame, policy=policy, seed=1).data
    assert identity.members.height == rows
    assert identity.edges.height == identity.review.height == 0
    assert identity.report["debtors"] == rows


def test_columns_may_be_absent_or_empty(policy: IdentityPolicy) -> None:
    frame = pl.DataFrame({"account_id": ["b", "a"], "name": [None, None]})
    assert link_debtors(frame, policy=policy, seed=1).data.members["account_id"].to_list() == ["a", "b"]


@pytest.mark.parametrize("accounts", [["a", "a"], ["a", None]])
def test_a_frame_without_proper_accounts_is_a_fault_of_the_caller(accounts: list[str | None], policy: IdentityPolicy) -> None:
    with pytest.raises(ValueError, match="account_id"):
        link_debtors(pl.DataFrame({"account_id": accounts}), policy=policy, seed=1)


def test_debtor_numbers_tell_nothing_and_last(policy: IdentityPolicy) -> None:
    frame = people(150, seed=4, missing_id=0.3).drop("truth")
    first = link_debtors(frame, policy=policy, seed=1).data.members
    renumbered = frame.with_columns(id_no=pl.col("id_no").str.reverse())  # other numbers, same groups
    second = link_debtors(renumbered.with_columns(id_no=pl.when(pl.col("id_no").is_not_null()).then("id_no")), policy=policy, seed=1).data.members
    same = first.join(second, on="account_id").filter(pl.col("method") == "exact_id")
    assert same.height
    assert (same["debtor_id"] == same["debtor_id_right"]).all()
    assert first["debtor_id"].str.contains("^D[0-9A-F]{20}$").all()


def test_nothing_shown_for_review_gives_a_person_away(policy: IdentityPolicy) -> None:
    frame = people(600, seed=5, missing_id=0.4)
    review = link_debtors(frame.drop("truth"), policy=policy, seed=1).data.review
    assert review.height > 5
    text = review.write_csv()
    for column in ("id_no", "phone"):
        assert not [value for value in frame[column].drop_nulls().unique() if value in text]
    for column in ("name", "address", "birth_date"):
        shown = set(review[f"{column}_l"].drop_nulls()) | set(review[f"{column}_r"].drop_nulls())
        assert not shown & set(frame[column].cast(pl.String).drop_nulls())


def test_a_weight_is_the_sum_of_its_parts(policy: IdentityPolicy) -> None:
    """Each joined pair's weight, worked out again by hand from the parameters in the report and the pair's own levels."""
    from math import log2

    frame = people(400, seed=6, missing_id=1.0, with_birth=1.0).with_columns(
        phone=pl.lit(None, dtype=pl.String), phone2=pl.lit(None, dtype=pl.String)
    )
    frame = frame.with_columns(address=pl.lit(None, dtype=pl.String), employer=pl.lit(None, dtype=pl.String))
    identity = link_debtors(frame.drop("truth"), policy=policy, seed=1).data
    ratio = {(p["comparison"], p["level"]): log2(p["m"] / p["u"]) for p in identity.report["parameters"]}
    prior = log2(identity.report["match_rate"] / (1 - identity.report["match_rate"]))
    checked = 0
    for edge in identity.edges.iter_rows(named=True):
        levels = dict(part.split(":") for part in (edge["agreed"] + ";" + edge["differed"]).split(";") if part)
        if levels["name"] not in ("near", "alike"):  # no adjustment for how common the name is
            continue
        assert edge["weight"] == pytest.approx(prior + sum(ratio[pair] for pair in levels.items()), abs=1e-4)
        checked += 1
    assert checked > 3


def test_decisions_are_taken_in_and_undone(policy: IdentityPolicy) -> None:
    frame = people(400, seed=7, missing_id=0.4).drop("truth")
    identity = link_debtors(frame, policy=policy, seed=1).data
    joined = identity.edges.filter(pl.col("status") == "joined").row(0, named=True)
    asked = identity.review.filter(pl.col("reason") != "name_conflict").row(0, named=True)
    nothing = settle(identity, pl.DataFrame(schema={"account_id_l": pl.String, "account_id_r": pl.String, "same": pl.Boolean}), policy=policy)
    assert nothing.members.equals(identity.members)
    assert nothing.edges.equals(identity.edges)
    decisions = pl.DataFrame(
        {
            "account_id_l": [joined["account_id_r"], asked["account_id_l"]],  # either order is understood
            "account_id_r": [joined["account_id_l"], asked["account_id_r"]],
            "same": [False, True],
        }
    )
    settled = settle(identity, decisions, policy=policy)
    debtor = dict(settled.members.select("account_id", "debtor_id").iter_rows())
    assert debtor[joined["account_id_l"]] != debtor[joined["account_id_r"]]
    assert debtor[asked["account_id_l"]] == debtor[asked["account_id_r"]]
    assert settled.review.filter((pl.col("account_id_l") == asked["account_id_l"]) & (pl.col("account_id_r") == asked["account_id_r"])).height == 0


def test_a_decision_cannot_join_two_numbers(policy: IdentityPolicy) -> None:
    identity = link_debtors(tape({"id_no": ID_1}, {"id_no": ID_2}, ZHANG), policy=policy, seed=1).data
    wish = pl.DataFrame({"account_id_l": ["A0", "A0", "A1"], "account_id_r": ["A1", "A2", "A2"], "same": [True, True, True]})
    settled = settle(identity, wish, policy=policy)
    debtor = dict(settled.members.select("account_id", "debtor_id").iter_rows())
    assert debtor["A0"] != debtor["A1"]
    assert debtor["A2"] in (debtor["A0"], debtor["A1"])
    with pytest.raises(ValueError, match="unknown accounts"):
        settle(identity, wish.with_columns(account_id_r=pl.lit("nobody")), policy=policy)


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: IdentityPolicy) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    link_debtors(people(300, seed=8).drop("truth"), policy=policy, seed=1)
    assert list(tmp_path.rglob("*")) == []


def test_too_little_memory_is_said_plainly(policy: IdentityPolicy) -> None:
    tight = policy.model_copy(update={"memory_mb": 12})
    with pytest.raises(InputUnusable) as caught:
        link_debtors(people(3000, seed=8, missing_id=1.0).drop("truth"), policy=tight, seed=1)
    assert caught.value.code == "IDENTITY_MEMORY"
    assert "memory_mb" in caught.value.describe("zh")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"accept_probability": 0.4}, "accept_probability"),
        ({"review_probability": 0.99}, "review_probability"),
        ({"corroboration": [{"names": ["nearly"], "by": {}}]}, "corroboration"),
        ({"acept": 1}, "unknown key"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(change: dict[str, object], says: str, section: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationInvalid, match=says):
        check(section | change, IdentityPolicy, where="test")


def test_levels_must_be_all_there_and_sum_to_one(section: dict[str, Any]) -> None:
    comparisons = dict(section["comparisons"])
    without = comparisons["card"] | {"levels": {k: v for k, v in comparisons["card"]["levels"].items() if k != "other"}}
    with pytest.raises(ConfigurationInvalid, match="levels of card"):
        check(section | {"comparisons": comparisons | {"card": without}}, IdentityPolicy, where="test")
    levels = comparisons["customer"]["levels"] | {"other": {"m": 0.9, "u": 0.9}}
    with pytest.raises(ConfigurationInvalid, match="sum to 1"):
        check(section | {"comparisons": comparisons | {"customer": {"levels": levels}}}, IdentityPolicy, where="test")


ODD = st.sampled_from(
    ["张伟", "张玮", "王芳芳", "王芳", "John Smith", "Smith John", "张**", "", "  ", "🙂🙂", "a" * 300, "'; drop table cards; --", None]
)
row = st.fixed_dictionaries(
    {
        "debtor_kind": st.sampled_from(["person", "person", "person", "firm", None]),
        "name": ODD,
        "id_no": st.sampled_from([ID_1, ID_2, "X3", None, None, None]),
        "birth_date": st.sampled_from([dt.date(1990, 1, 1), dt.date(1990, 1, 10), None]),
        "phone": st.sampled_from(["13812345678", "13812345679", "00000000000", "abc", None]),
        "phone2": st.sampled_from(["13812345678", None]),
        "email": st.sampled_from(["a@b.cn", "A@b.cn ", "x", None]),
        "address": st.sampled_from(["深圳市南山区科技路88号", "深圳科技路88号", "?", "6 tullaroop street 4011 wa", None]),
        "employer": st.sampled_from(["深圳市蓝湖科技有限公司", "无", None]),
        "bank_card": st.sampled_from(["6222020000000000001", None]),
        "debtor_no": st.sampled_from(["C1", "C2", None]),
    }
)


@pytest.mark.slow
@settings(max_examples=20)
@given(rows=st.lists(row, min_size=2, max_size=14), turn=st.randoms(use_true_random=False))
def test_what_holds_for_any_tape(rows: list[dict[str, object]], turn: Any, policy: IdentityPolicy) -> None:
    frame = pl.DataFrame(
        [{"account_id": f"A{k:02d}"} | r for k, r in enumerate(rows)], schema_overrides={"birth_date": pl.Date}, infer_schema_length=None
    )
    identity = link_debtors(frame, policy=policy, seed=1).data
    members = identity.members.join(frame.select("account_id", "id_no", pl.col("debtor_kind") == "firm"), on="account_id")
    assert sorted(members["account_id"]) == sorted(frame["account_id"])  # everyone once
    numbered = members.filter(pl.col("id_no").is_not_null())
    kind = pl.col("debtor_kind").fill_null(False)
    assert numbered.group_by("debtor_id").agg(pl.struct("id_no", kind).n_unique().alias("k"))["k"].max() in (None, 1)
    assert numbered.group_by("id_no", kind).agg(pl.col("debtor_id").n_unique())["debtor_id"].max() in (None, 1)
    linked = identity.members["method"] == "linked"
    assert (identity.members["match_weight"].is_not_null() == linked).all()
    assert (identity.members.filter(linked)["match_probability"] >= policy.accept_probability).all()
    json.dumps(identity.report)  # plain data, fit for a file
    shuffled = list(range(frame.height))
    turn.shuffle(shuffled)
    again = link_debtors(frame[shuffled], policy=policy, seed=1).data
    assert again.members.equals(identity.members)
    assert again.edges.equals(identity.edges)
    assert again.review.equals(identity.review)
    assert again.report == identity.report
