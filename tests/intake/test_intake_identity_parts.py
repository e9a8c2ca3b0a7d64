"""The parts of debtor identity against slow twins: clusters, blocking, rivals, spelling, levels."""

from __future__ import annotations

import datetime as dt
from itertools import combinations
from math import log2
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from identity_people import people

from panhuo.engines.intake.identity import standardise as s
from panhuo.engines.intake.identity.blocking import RULES, block
from panhuo.engines.intake.identity.clustering import partition
from panhuo.engines.intake.identity.comparisons import BY_NAME, COMPARISONS
from panhuo.engines.intake.identity.model import Model, blend, expectation_maximisation, prior_model
from panhuo.engines.intake.identity.persons import _weigh_rivals
from panhuo.engines.intake.identity.policy import IdentityPolicy
from panhuo.engines.intake.identity.records import add_frequencies, gather, make_cards
from panhuo.engines.intake.identity.scoring import _levels_of, _tell_apart, _weights, open_scorer

# --- clusters -------------------------------------------------------------------------------------------------------------------


def slow_partition(numbers: list[int], links: list[tuple[int, int, float]], apart: list[tuple[int, int]]) -> tuple[list[int], list[bool]]:
    """Sets of rows, merged link by link from the strongest; a merge that is not allowed is refused."""
    groups = [{k} for k in range(len(numbers))]

    def of(x: int) -> set[int]:
        return next(g for g in groups if x in g)

    def merge(x: int, y: int) -> None:
        a, b = of(x), of(y)
        if a is not b:
            groups.remove(b)
            a |= b

    for x, y in combinations(range(len(numbers)), 2):
        if numbers[x] >= 0 and numbers[x] == numbers[y]:
            merge(x, y)
    refused = [False] * len(links)
    first = {n: numbers.index(n) for n in numbers if n >= 0}
    node = [first.get(n, k) for k, n in enumerate(numbers)]

    def rank(k: int) -> tuple[float, int, int]:
        x, y, w = links[k]
        return (-w, min(node[x], node[y]), max(node[x], node[y]))

    for k in sorted(range(len(links)), key=rank):
        x, y, _ = links[k]
        both = of(x) | of(y)
        if of(x) is of(y):
            continue
        many = len({numbers[z] for z in both if numbers[z] >= 0}) > 1
        quarrel = any((p in of(x) and q in of(y)) or (q in of(x) and p in of(y)) for p, q in apart)
        if many or quarrel:
            refused[k] = True
        else:
            merge(x, y)
    return [min(of(k)) for k in range(len(numbers))], refused


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int, float]], list[tuple[int, int]]]:
    n = draw(st.integers(2, 14))
    numbers = draw(st.lists(st.sampled_from([-1, -1, -1, 0, 1, 2]), min_size=n, max_size=n))
    pairs = list(combinations(range(n), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=25, unique=True))
    weights = draw(st.lists(st.sampled_from([5.0, 6.0, 7.5, 9.0]), min_size=len(chosen), max_size=len(chosen)))
    same = {(x, y) for x, y in pairs if numbers[x] >= 0 and numbers[x] == numbers[y]}
    links = [(x, y, w) for (x, y), w in zip(chosen, weights, strict=True) if (x, y) not in same]
    # one link between two debtors, as identity makes them: by node, the best only
    best: dict[tuple[int, int], tuple[int, int, float]] = {}
    first = {c: numbers.index(c) for c in numbers if c >= 0}
    for x, y, w in links:
        a, b = sorted((first.get(numbers[x], x), first.get(numbers[y], y)))
        if (a, b) not in best or best[a, b][2] < w:
            best[a, b] = (x, y, w)
    apart = [p for p in draw(st.lists(st.sampled_from(pairs), max_size=6, unique=True)) if p not in same]
    return numbers, list(best.values()), apart


@given(network=networks())
def test_clusters_are_the_slow_ones(network: tuple[list[int], list[tuple[int, int, float]], list[tuple[int, int]]]) -> None:
    numbers, links, apart = network
    anchor = np.array([numbers.index(n) if n >= 0 else -1 for n in numbers], dtype=np.int64)
    columns = [np.array([link[k] for link in links], dtype=np.float64 if k == 2 else np.int64) for k in range(3)]
    ends = [np.array([p[k] for p in apart], dtype=np.int64) for k in range(2)]
    made = partition(anchor, columns[0], columns[1], columns[2], ends[0], ends[1])
    label, refused = slow_partition(numbers, links, apart)
    assert made.label.tolist() == label
    assert made.refused.tolist() == refused


# --- blocking -------------------------------------------------------------------------------------------------------------------


def key_values(card: dict[str, Any], column: str) -> set[str]:
    """All values of a key column, as a reader of the rule would take them."""
    phone, birth = str(card["phone"] or ""), card["birth"]
    if column == "phones":
        found = [card["phone"], card["phone2"], card["landline"]]
    elif column == "words":
        found = [card["surname"], card["given"]] if card["han"] else (card["name"] or "").split(" ")
    elif column.startswith("birth_"):
        found = [birth and {"birth_year": birth[:4], "birth_month": birth[:6], "birth_day": birth[4:]}[column]]
    elif column.startswith("phone_"):
        found = [{"phone_head": phone[:7], "phone_tail": phone[7:]}[column] if len(phone) == 11 else None]
    else:
        found = [card[column]]
    return {value for value in found if value}


def test_blocking_finds_exactly_the_pairs_that_share_a_key(policy: IdentityPolicy) -> None:
    chinese = people(70, seed=1, missing_id=0.5).drop("truth")
    latin = pl.DataFrame({"name": ["John Smith", "Smith", "Jon Smith", "Ann Lee"], "birth_date": [dt.date(1990, 1, 2)] * 4}).with_columns(
        account_id=pl.format("L{}", pl.int_range(4)), email=pl.lit("a@b.cn")
    )
    cards = make_cards(gather(pl.concat([chinese, latin], how="diagonal")), policy=policy).table
    rows = cards.to_dicts()
    expected = {
        (min(a["n"], b["n"]), max(a["n"], b["n"]))
        for rule in RULES
        for a, b in combinations(rows, 2)
        if (a["bare"] or b["bare"]) and all(key_values(a, c) & key_values(b, c) for c in rule.columns)
    }
    found = block(cards, max_pairs=10_000_000, max_block_pairs=1_000_000).pairs
    assert set(found.iter_rows()) == expected
    assert found.height == len(expected)


def test_blocking_keeps_to_its_limits_and_says_what_it_passed_over(policy: IdentityPolicy) -> None:
    table = make_cards(gather(people(1500, seed=2, missing_id=0.6).drop("truth")), policy=policy).table
    free = block(table, max_pairs=50_000_000, max_block_pairs=1_000_000)
    tight = block(table, max_pairs=4_000, max_block_pairs=200)
    assert tight.pairs.height <= 4_000 < free.pairs.height
    assert set(tight.pairs.iter_rows()) <= set(free.pairs.iter_rows())
    asked = tight.report["pairs"] + tight.report["pairs_passed_over"]
    assert (asked >= free.report["pairs"]).all()  # nothing vanishes unsaid
    assert tight.report["passed_over"].sum() > 0


# --- rivals ---------------------------------------------------------------------------------------------------------------------


@given(weights=st.lists(st.floats(-40, 60), min_size=1, max_size=6))
def test_rivals_share_the_odds(weights: list[float]) -> None:
    """P(i) = o_i / (1 + sum of all o), worked out in exact fractions of powers of two."""
    n = len(weights)
    pairs = pl.DataFrame(
        {"l": [99] * n, "r": list(range(n)), "weight": weights, "al": [None] * n, "ar": list(range(n))},
        schema_overrides={"al": pl.Int64, "l": pl.UInt32, "r": pl.UInt32},
    )
    adjusted = dict(_weigh_rivals(pairs).select("r", "weight").iter_rows())
    for i, weight in enumerate(weights):
        others = sum(2.0**w for k, w in enumerate(weights) if k != i)
        assert adjusted[i] == pytest.approx(weight - log2(1.0 + others), abs=1e-6)


# --- the model ------------------------------------------------------------------------------------------------------------------


def test_observed_and_prior_are_blended_by_count() -> None:
    prior = np.array([0.5, 0.5])
    assert blend(np.array([0.0, 0.0]), prior, prior_count=10).tolist() == [0.5, 0.5]
    assert blend(np.array([10.0, 0.0]), prior, prior_count=10).tolist() == [0.75, 0.25]
    assert blend(np.array([1e9, 0.0]), prior, prior_count=10, share=0.8).tolist() == pytest.approx([0.9, 0.1])


def test_learning_recovers_the_truth_it_was_made_from(policy: IdentityPolicy) -> None:
    """Pairs drawn from known m, u and match rate: expectation-maximisation must find m and the rate again."""
    rng = np.random.default_rng(0)
    used = tuple(BY_NAME[name] for name in ("name", "birth", "phone"))
    u = {c.name: prior_model(policy, used=used).u[c.name] for c in used}
    m = {
        "name": np.array([0.7, 0.1, 0.1, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01]),
        "birth": np.array([0.8, 0.05, 0.05, 0.05, 0.03, 0.02]),
        "phone": np.array([0.5, 0.1, 0.05, 0.35]),
    }
    pairs, matches = 400_000, 4_000
    true = np.zeros(pairs, dtype=bool)
    true[:matches] = True
    levels = {
        c.name: np.where(true, rng.choice(len(c.levels), pairs, p=m[c.name]), rng.choice(len(c.levels), pairs, p=u[c.name] / u[c.name].sum())).astype(
            np.int8
        )
        for c in used
    }
    loose = policy.model_copy(update={"prior_matches": 1.0, "prior_rate_matches": 0.01, "tape_share": 1.0})
    prior = prior_model(policy, used=used, match=1e-4)
    model, expected = expectation_maximisation(
        Model(used, prior.m, u, 1e-4), prior, levels, np.zeros(pairs), np.ones(pairs, dtype=bool), pairs=pairs, learn_m=True, policy=loose
    )
    assert expected == pytest.approx(matches, rel=0.03)
    assert model.match == pytest.approx(matches / pairs, rel=0.03)
    for name, shares in m.items():
        assert np.abs(model.m[name] - shares).max() < 0.02


def test_levels_are_read_back_from_weights_even_when_two_weigh_the_same(policy: IdentityPolicy) -> None:
    used = (BY_NAME["birth"],)
    equal = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    model = _tell_apart(Model(used, {"birth": equal}, {"birth": equal}, 0.5))  # all weigh nothing, like silence
    weights = _weights(model, used[0])
    assert len(set(weights.tolist())) == 7
    assert np.abs(weights).max() < 1e-6
    assert _levels_of(weights, weights).tolist() == [0, 1, 2, 3, 4, 5, -1]


def test_common_values_weigh_less_and_rare_ones_no_more_than_the_unseen() -> None:
    everyone = pl.DataFrame({"name": ["张伟"] * 500 + [f"名{k}" for k in range(1500)] + [f"二{k // 2}" for k in range(1000)]}).with_row_index("n")
    columns = {c: pl.lit(None, dtype=pl.String) for c in ("surname", "phone", "address", "employer", "email", "card")}
    everyone = everyone.with_columns(**columns)
    prior = dict.fromkeys(("name", *columns), 1e-4)
    frame, chance = add_frequencies(everyone, everyone, extra=200.0, prior=prior, least=dict.fromkeys(prior, 1e-9))
    tf = dict(frame.select("name", "tf_name").iter_rows())
    assert tf["张伟"] == pytest.approx((498 + 0.02) / 3200)
    unseen = 2 * 500 / (3000 * 1500)  # Chao: 500 names met twice, 1,500 once, of 3,000
    assert tf["名7"] == tf["二7"] == pytest.approx(unseen)
    agreeing = 500 * 499 / 2 + 500
    assert chance["name"] == pytest.approx((agreeing + 20_000 * 1e-4) / (3000 * 2999 / 2 + 20_000))


# --- spelling -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("张 伟", "张伟"), ("張偉（已故）", "张伟"), ("王芳女士", "王芳"), ("阿卜杜拉·买买提", "阿卜杜拉买买提"), ("张**", None), ("李某某", None), ("张XX", None), ("无", None),
        ("王", None), ("　", None), ("John  Smith", "JOHN SMITH"), ("O'Brien, Mary", "MARY OBRIEN"), ("Fox", "FOX"),
    ],
)  # fmt: skip
def test_names(written: str, read_as: str | None) -> None:
    assert s.person_name(pl.Series([written, "李四"])).to_list() == [read_as, "李四"]


def test_every_variant_sounds_like_what_it_is_folded_to() -> None:
    from pypinyin import Style, pinyin

    def sounds(character: str) -> set[str]:
        return set(pinyin(character, style=Style.NORMAL, heteronym=True)[0])

    assert not [(old, new) for old, new in s.VARIANTS.items() if not sounds(old) & sounds(new)]
    assert not set(s.VARIANTS.values()) & set(s.VARIANTS)  # folding once is enough


def test_surnames_and_sounds() -> None:
    names = pl.Series(["欧阳靖宇", "欧阳", "张伟", "MARY ANN SMITH", None])
    assert s.surname(names).to_list() == ["欧阳", "欧", "张", "SMITH", None]
    assert s.given(names).to_list() == ["靖宇", "阳", "伟", "MARY ANN", None]
    spelt = s.pinyin(pl.Series(["张伟", "章玮", "ZHANG WEI", "臧伟", None]))
    assert spelt.to_list() == ["ZHANGWEI", "ZHANGWEI", "ZHANGWEI", "ZANGWEI", None]
    assert s.sound(spelt).unique().drop_nulls().to_list() == ["ZANWEI"]


@pytest.mark.parametrize(
    ("written", "read_as", "door", "district", "city"),
    [
        ("广东省深圳市南山区科技路88号 阳光花园三号楼1201", "广东省深圳市南山区科技路88号阳光花园3栋1201", "科技路88", "南山", "深圳"),
        ("内蒙古自治区呼和浩特市赛罕区大学东街２３５号", "内蒙古自治区呼和浩特市赛罕区大学东街235号", "学东街235", "赛罕", "浩特"),
        ("6 Tullaroop Street, Willaroo 4011 WA", "6 TULLAROOP STREET WILLAROO 4011 WA", "6 TULLAROOP", "4011", None),
        ("?", None, None, None, None),
    ],
)
def test_addresses(written: str, read_as: str | None, door: str | None, district: str | None, city: str | None) -> None:
    place = s.address(pl.Series([written]))
    assert place.to_list() == [read_as]
    assert [s.door(place)[0], s.district(place)[0], s.city(place)[0]] == [door, district, city]


@given(places=st.lists(st.one_of(st.none(), st.text(alphabet="三五〇二号楼座单元室路-－ 12A,", max_size=12)), max_size=8))
@example(places=["三--2路", "-三路2", "三路2-", "三路-2-1室"])
def test_looking_before_mending_changes_no_address(places: list[str | None]) -> None:
    given_ = pl.Series(places, dtype=pl.String)
    text = s._address(given_)  # everything mended, and every numeral looked for everywhere
    for zh, digit in s._DIGITS_OF_NUMERALS.items():
        for unit in s._NUMBERED:
            text = text.str.replace_all(zh + unit, digit + unit, literal=True)
    for old, new in (("号楼", "栋"), ("幢", "栋"), ("座", "栋"), ("房间", "室")):
        text = text.str.replace_all(old, new, literal=True)
    assert s.address(given_).to_list() == [place if place is not None and len(place) >= 2 else None for place in text]
    assert given_.to_list() == places


def test_the_birth_date_is_the_tapes_else_the_identity_numbers() -> None:
    dates = pl.Series([dt.date(1980, 1, 2), None, None, None, dt.date(1990, 3, 4)])
    numbers = pl.Series(["11010119900101001X", "11010119900101001X", "91350100M000100Y43", None, None])
    assert s.birth(dates, numbers).to_list() == ["19800102", "19900101", None, None, "19900304"]


def test_employers_firms_and_phones() -> None:
    assert s.employer(pl.Series(["腾讯科技（深圳）有限公司", "深圳市腾讯科技有限责任公司", "自由职业", "Acme Widgets Co., Ltd.", "The Acme Widgets Company"])).to_list() == [
        "腾讯科技", "腾讯科技", None, "ACME WIDGETS", "ACME WIDGETS",
    ]  # fmt: skip
    firms = s.firm_name(pl.Series(["深圳市蓝湖科技有限责任公司", "深圳蓝湖科技有限公司", "深圳蓝湖（集团）有限公司"]))
    assert firms.n_unique() == 2
    assert s.phone(pl.Series(["+86 138-0013-8000", "００８６１３８００１３８０００", "11111111111", "12345", None])).to_list() == [
        "13800138000",
        "13800138000",
        None,
        None,
        None,
    ]


@given(text=st.lists(st.one_of(st.none(), st.text(alphabet="路街号0123456789ABc 张伟", max_size=30)), max_size=6))
def test_the_bitmap_of_character_pairs(text: list[str | None]) -> None:
    bits = s.character_pairs(pl.Series(text, dtype=pl.String))
    for value, bitmap in zip(text, bits.to_list(), strict=True):
        if value is None:
            assert bitmap is None
            continue
        bare = value.replace(" ", "")
        pairs = {bare[k : k + 2] for k in range(len(bare) - 1)}
        ones = sum(byte.bit_count() for byte in bitmap)
        assert ones <= len(pairs)
        assert (ones == 0) == (not pairs)


def level_of(comparison: str, left: dict[str, object], right: dict[str, object], policy: IdentityPolicy) -> str:
    """Which level two people fall in, asked of Splink."""
    frame = pl.DataFrame([{"account_id": "a"} | left, {"account_id": "b"} | right], infer_schema_length=None)
    table = make_cards(gather(frame), policy=policy).table
    listed = pl.concat_list("phone", "phone2").list.drop_nulls()
    table = table.with_columns(phones=pl.when(pl.col("phone").is_not_null() | pl.col("phone2").is_not_null()).then(listed))
    nodes = table.with_columns(
        numbers=s.numbers(table["address"]), address_pairs=s.character_pairs(table["address"]), employer_pairs=s.character_pairs(table["employer"])
    )
    columns = dict.fromkeys(("name", "surname", "phone", "address", "employer", "email", "card"), 1e-4)
    nodes, _ = add_frequencies(nodes, table, extra=200.0, prior=columns, least=columns)
    with open_scorer(nodes, policy=policy, seed=1) as scorer:
        pair = pl.DataFrame({"l": [0], "r": [1]}, schema={"l": pl.UInt32, "r": pl.UInt32})
        level = scorer.compare(pair, prior_model(policy, used=scorer.used))[comparison][0]
    return "silent" if level < 0 else BY_NAME[comparison].codes[level]


@pytest.mark.parametrize(
    ("comparison", "left", "right", "level"),
    [
        ("name", {"name": "张伟"}, {"name": "張偉"}, "exact"),
        ("name", {"name": "张伟国"}, {"name": "张玮国"}, "alike"),
        ("name", {"name": "John Smith"}, {"name": "SMITH JOHN"}, "alike"),
        ("name", {"name": "张建国"}, {"name": "张建军"}, "near"),
        ("name", {"name": "张建国"}, {"name": "张国建"}, "near"),
        ("name", {"name": "程华"}, {"name": "陈华"}, "near"),
        ("name", {"name": "阿卜杜拉买买提"}, {"name": "阿不都拉买买提"}, "near"),
        ("name", {"name": "Jon Smith"}, {"name": "John Smith"}, "near"),
        ("name", {"name": "Smith"}, {"name": "John Smith"}, "part"),
        ("name", {"name": "张伟"}, {"name": "王伟"}, "given"),
        ("name", {"name": "张伟"}, {"name": "张建军"}, "surname_zh"),
        ("name", {"name": "Ada Smith"}, {"name": "Zebedee Smith"}, "surname"),
        ("name", {"name": "张伟"}, {"name": "李芳"}, "other"),
        ("phone", {"phone": "13812345678"}, {"phone": "13812345678"}, "exact"),
        ("phone", {"phone": "13812345678"}, {"phone": "13900000000", "phone2": "138-1234-5678"}, "cross"),
        ("phone", {"phone": "13812345678"}, {"phone": "13812345687"}, "one_digit"),
        ("phone", {"phone": "13812345678"}, {"phone": "13812345699"}, "other"),
        ("address", {"address": "广东省深圳市南山区科技路88号阳光花园3栋1201室"}, {"address": "深圳市南山区科技路88号阳光花园三号楼1201"}, "door"),
        ("address", {"address": "河南省沈丘县李家村"}, {"address": "河南省沈丘县李家屯村"}, "similar"),
        ("address", {"address": "深圳市南山区科技路88号"}, {"address": "广东省深圳市南山区白石洲新村5栋"}, "district"),
        ("address", {"address": "广东省深圳市南山区科技路88号"}, {"address": "四川省成都市锦江区红星路5号"}, "other"),
        ("employer", {"employer": "深圳市蓝湖科技有限公司"}, {"employer": "蓝湖科技（深圳）有限公司"}, "exact"),
        ("employer", {"employer": "蓝湖科技有限公司"}, {"employer": "蓝湖科技发展有限公司"}, "similar"),
        ("email", {"email": "A.B@x.cn"}, {"email": "a.b@x.cn"}, "exact"),
        ("card", {"bank_card": "6222 0200 0000 0001"}, {"bank_card": "6222020000000010"}, "one_digit"),
    ],
)  # fmt: skip
def test_levels(comparison: str, left: dict[str, object], right: dict[str, object], level: str, policy: IdentityPolicy) -> None:
    assert level_of(comparison, left, right, policy) == level


def test_the_database_neither_spills_nor_fetches(policy: IdentityPolicy) -> None:
    table = make_cards(gather(pl.DataFrame({"account_id": ["a"], "name": ["张伟"]})), policy=policy).table
    columns = dict.fromkeys(("name", "surname", "phone", "address", "employer", "email", "card"), 1e-4)
    nodes, _ = add_frequencies(
        table.with_columns(numbers=None, address_pairs=None, employer_pairs=None, phones=None), table, extra=200.0, prior=columns, least=columns
    )
    with open_scorer(nodes, policy=policy, seed=1) as scorer:
        wanted = ("temp_directory", "autoload_known_extensions", "autoinstall_known_extensions", "enable_external_access")
        found = {name: str(scorer._connection.execute(f"select current_setting('{name}')").fetchall()[0][0]) for name in wanted}
    assert found == {
        "temp_directory": "",
        "autoload_known_extensions": "False",
        "autoinstall_known_extensions": "False",
        "enable_external_access": "False",
    }


def test_every_comparison_ends_in_a_level_for_the_rest() -> None:
    for c in COMPARISONS:
        assert c.levels[-1].sql == "ELSE"
        assert len(set(c.codes)) == len(c.codes)
