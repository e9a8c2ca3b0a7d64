"""Namesakes: a name, however rare it looks on a small tape, joins nobody by itself."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from panhuo.engines.intake.identity import IdentityPolicy, link_debtors
from panhuo.kernel.documents import check
from panhuo.kernel.errors import ConfigurationInvalid

UNLIKE = [a + b for a in "赵钱孙周吴郑冯褚卫蒋沈韩" for b in ("国栋", "四海", "多多", "晓燕", "永强")]


def tape(names: list[str], phones: list[str | None] | None = None, ids: list[str | None] | None = None) -> pl.DataFrame:
    blank = [None] * len(names)
    text = {"name": names, "phone": phones or blank, "id_no": ids or blank}
    numbers = [f"A{k:02d}" for k in range(len(names))]
    return pl.DataFrame({"account_id": numbers, "debtor_kind": ["person"] * len(names)} | text, schema_overrides=dict.fromkeys(text, pl.String))


@pytest.mark.parametrize("rows", [2, 3, 6, 12, 30])
def test_two_of_one_name_and_nothing_else_are_left_to_a_person(rows: int, policy: IdentityPolicy) -> None:
    identity = link_debtors(tape(["王伟", "王伟", *UNLIKE[: rows - 2]]), policy=policy, seed=1).data
    assert identity.report["debtors"] == rows
    assert identity.review.select("account_id_l", "account_id_r", "reason").rows() == [("A00", "A01", "name_only")]
    assert identity.review["reason_zh"].str.contains("同名").all()


def test_one_with_a_number_and_one_with_nothing_are_left_to_a_person(policy: IdentityPolicy) -> None:
    frame = tape(
        ["王伟", "王伟", "王芳", "王芳", "赵四海", "钱多多"],
        [None, None, "16312345678", "16387654321"] + 2 * [None],
        ["320500198504121032"] + 5 * [None],
    )
    identity = link_debtors(frame, policy=policy, seed=1).data
    assert identity.report["debtors"] == 6
    assert sorted(identity.review.select("account_id_l", "account_id_r").rows()) == [("A00", "A01"), ("A02", "A03")]


def test_thirty_of_one_name_are_thirty_and_no_flood_of_questions(policy: IdentityPolicy) -> None:
    identity = link_debtors(tape(["张三"] * 30 + UNLIKE[:10]), policy=policy, seed=1).data
    assert identity.report["debtors"] == 40
    assert identity.review.height == 0  # a name that most of the tape bears says nothing


@pytest.mark.parametrize("tail", ["1", "9"])
def test_one_name_with_another_phone_is_another_person(tail: str, policy: IdentityPolicy) -> None:
    """Numbers issued in a row, or quite different: not one number with a slip in it until something else agrees too."""
    phones = [f"163{k * int(tail) * 11111111:08d}" if tail == "9" else f"1630000000{k}" for k in range(4)]
    identity = link_debtors(tape(["欧阳震天"] * 4, [p[:11] for p in phones]), policy=policy, seed=1).data
    assert identity.report["debtors"] == 4
    assert identity.review.height == 6


@pytest.mark.parametrize(
    ("more", "joined"),
    [
        ({"phone": ("16312345678", "16312345678")}, True),
        ({"employer": ("苏州蓝湖电子有限公司", "苏州蓝湖电子有限公司")}, True),
        ({"address": ("江苏省苏州市吴中区东吴路8号3栋1201室", "苏州市吴中区东吴路8号3栋1201")}, True),
        ({"address": ("江苏省苏州市吴中区东吴路8号3栋1201室", "江苏省苏州市吴中区苏蠡路77号")}, False),  # half of it the same: the district
        ({"address": ("江苏省苏州市吴中区东吴路8号", "江苏省苏州市吴中区东吴路96号")}, False),
    ],
)
def test_the_name_needs_something_beside_it(more: dict[str, tuple[str, str]], joined: bool, policy: IdentityPolicy) -> None:
    frame = tape(["王伟", "王伟", "赵四海", "钱多多"])
    frame = frame.with_columns(pl.Series(column, [*pair, None, None], dtype=pl.String) for column, pair in more.items())
    identity = link_debtors(frame, policy=policy, seed=1).data
    assert (identity.report["debtors"] == 3) is joined
    assert joined or identity.review["reason"].to_list() == ["name_only"]


number = st.integers(0, 10**8 - 1).map(lambda k: f"163{k:08d}")


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate])  # each example is a whole linkage: shrinking would take minutes
@given(data=st.data())
def test_persons_who_share_only_a_name_are_never_joined(data: st.DataObject, policy: IdentityPolicy) -> None:
    rows = data.draw(st.integers(2, 60))
    bearers = data.draw(st.lists(st.sampled_from(["王伟", "张三", "欧阳震天", "李秀兰", "WANG WEI", "John Smith"]), min_size=2, max_size=rows))
    names = [*bearers, *UNLIKE[: rows - len(bearers)]]
    phones: list[str | None] = [None] * rows
    if data.draw(st.booleans()):
        some = data.draw(st.lists(number, min_size=rows, max_size=rows, unique=True))
        phones = [p if data.draw(st.booleans()) else None for p in some]
    ids = [f"32050019{50 + k:02d}0101{k:04d}" if data.draw(st.integers(0, 3)) == 0 else None for k in range(rows)]
    identity = link_debtors(tape(names, phones, list(ids)), policy=policy, seed=1).data
    assert identity.report["debtors"] == rows
    assert identity.members["method"].unique().to_list() == ["alone"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"names": ["exact"], "by": {"phone": ["exact"]}}, "every level of the name"),
        ({"names": ["exact", "alike"], "script": "chinese", "by": {"phone": ["exact"]}}, "every level of the name"),
        ({"names": ["exact", "alike"], "by": {"name": ["exact"]}}, "beyond the name"),
        ({"names": ["exact", "alike"], "by": {"phone": ["other"]}}, "no difference"),
    ],
)
def test_a_policy_cannot_let_a_name_join_by_itself(entry: dict[str, object], says: str, section: dict[str, Any]) -> None:
    kept = [e for e in section["corroboration"] if "exact" not in e["names"]]
    with pytest.raises(ConfigurationInvalid, match=says):
        check(section | {"corroboration": [*kept, entry]}, IdentityPolicy, where="test")
