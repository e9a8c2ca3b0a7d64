"""Decisions against a naive twin that looks at one account at a time with plain Python."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import polars as pl
import pytest

from panhuo.engines.strategy import DECISION, Allocation, Limit, StrategyPolicy, allocate, decide, explain
from panhuo.engines.strategy import phrases as p
from panhuo.kernel.documents import check
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.randomness import stream
from panhuo.kernel.routes import ROUTE_NAMES, ROUTES
from panhuo.kernel.words import Lang, Words

RULES = {
    "T-1": Words("未达不良（五级分类须为次级以下）。", "not a bad loan yet: the class must be substandard or worse."),
    "W-2": Words("核销条件未满足", "write-off criteria are not met"),
    "A-3": Words("合同没有仲裁条款", "the contract has no arbitration clause"),
}
STEPS = {"zh": (("1e8", "亿元"), ("1e4", "万元"), ("1", "元")), "en": (("1e9", "bn"), ("1e6", "m"), ("1e3", "k"), ("1", ""))}


def policy(bars_named: int = 3) -> StrategyPolicy:
    data = {"gap": {"value": 0.001, "source": "house"}, "bars_named": {"value": bars_named, "source": "house"}, "limits": {}}
    return check(data, StrategyPolicy, where="test")


def amount(fen: float, lang: Lang) -> str:
    yuan = Decimal(abs(whole(fen))) / 100
    for size, word in STEPS[lang]:
        scaled = yuan / Decimal(size)
        if scaled >= 1 or size == "1":
            digits = 2 if scaled < 100 or size == "1" else 1 if scaled < 1000 else 0
            text = f"{scaled.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP):,}{word}"
            return text if lang == "zh" else f"CNY {text}"
    raise AssertionError


def whole(fen: float) -> int:
    return int(abs(fen) + 0.5) * (1 if fen >= 0 else -1)


class Case:
    """A portfolio of 12 routes with rules, limits and a plan; a sixth of the accounts have no route, some need none."""

    def __init__(self, seed: int, n: int = 400, *, forced: bool = False, shut: bool = False) -> None:
        g = stream(seed, "decisions")
        self.ids = [f"借据{i}" for i in range(n)]
        self.value = np.where(g.random((n, 12)) < 0.1, 500.0, g.lognormal(9, 3, (n, 12)) * g.choice([1, 1, 1, -1], (n, 12)))
        self.eligible = g.random((n, 12)) < g.choice([0.0, 0.2, 0.8], (n, 1))
        self.worked = g.random(n) < 0.95
        if forced:  # every account must have a route, whatever it costs
            self.worked[:] = True
            self.eligible[:, 11] = True
        self.bars = {}
        for j, name in enumerate(ROUTE_NAMES[:11]):  # nothing is said of the last
            ids = g.choice(["T-1", "W-2,T-1", "A-3,W-2,T-1", "X-9", ""], n)
            self.bars[name] = pl.Series(np.where(self.eligible[:, j], "", ids)).replace("", None)
        minutes = g.lognormal(3, 1, (n, 12))
        self.limits = [
            Limit(
                "court", 1.0, 8.0, routes=np.isin(ROUTE_NAMES, ["litigation"]), title=Words("法院立案量", "court filings"), unit=Words("件", "case")
            ),
            Limit("minutes", minutes * (np.arange(12) < 8), float(minutes.min(axis=1).sum() * (12.0 if forced else 0.5))),
            Limit(
                "fees",
                np.abs(self.value) * 0.1,
                float(np.abs(self.value).sum() * (0.01 if forced else 0.001)),
                routes=np.arange(12) < 8,
                title=Words("费用", "fees"),
                unit=Words("万元", "10k"),
                unit_size=1e6,
            ),
            Limit("open", 1.0, 1e9),
        ]
        if shut:  # a court that takes nobody, and money for nobody's large claim
            self.limits[0] = replace(self.limits[0], at_most=0.0)
            self.limits.append(
                Limit("claims", np.abs(self.value) * (np.arange(12) == 4), float(np.median(np.abs(self.value))), title=Words("单户", "size"))
            )
        self.plan = allocate(self.value, self.limits, eligible=self.eligible & self.worked[:, None], must_assign=forced)
        assert self.plan.feasible

    def decide(self, bars_named: int = 3) -> pl.DataFrame:
        return decide(
            pl.Series(self.ids),
            self.plan,
            self.value,
            self.eligible,
            self.bars,
            self.limits,
            rule_words=RULES,
            policy=policy(bars_named),
            worked=self.worked,
        ).data


def twin(case: Case, i: int, bars_named: int = 3) -> dict[str, object]:
    """What decide must say of account i."""
    value = case.value[i]
    needed = case.worked[i] or case.plan.choice[i] >= 0
    open_ = [j for j in range(12) if needed and case.eligible[i, j]]
    use = [np.broadcast_to(x.usage, case.value.shape)[i] * (1.0 if x.routes is None else x.routes) for x in case.limits]
    adjusted = {j: value[j] - sum(price * u[j] for price, u in zip(case.plan.prices, use, strict=True)) for j in open_}
    at = int(case.plan.choice[i])
    alone = {j: [k for k, u in enumerate(use) if j != at and u[j] > case.limits[k].at_most * (1 + 1e-9)] for j in open_}
    others = [j for j in open_ if j != at and not alone[j]]
    runner = max(others, key=lambda j: adjusted[j]) if others else None
    best = max(open_, key=lambda j: value[j]) if open_ else None
    mine, mine_adjusted = (value[at], adjusted[at]) if at >= 0 else (0.0, 0.0)
    margin = None if runner is None else mine_adjusted - adjusted[runner]
    limit = None
    if best is not None and value[best] - mine >= 0.5:
        shut = alone[best]
        against = [price * (u[best] - (u[at] if at >= 0 else 0.0)) for price, u in zip(case.plan.prices, use, strict=True)]
        if shut:
            limit = shut[0]
        elif max(against) > 0:
            limit = int(np.argmax(against))
    bars = []
    floor = 0.0 if at >= 0 or best is not None else -np.inf
    closed = sorted((j for j in range(12) if j not in open_ and value[j] > floor + 0.5), key=lambda j: -value[j])
    for j in closed:
        rules = case.bars.get(ROUTE_NAMES[j])
        if rules is not None and rules[i]:
            bars.append((j, rules[i].split(",")))
    out: dict[str, object] = {
        "account_id": case.ids[i],
        "route": ROUTE_NAMES[at] if at >= 0 else None,
        "runner_up": None if runner is None else ROUTE_NAMES[runner],
        "net_value_fen": whole(mine),
        "margin_fen": None if margin is None else whole(margin),
        "limit": None if limit is None else case.limits[limit].name,
    }
    for lang, column in (("zh", "reason"), ("en", "reason_en")):
        out[column] = sentence(
            case,
            i,
            lang,
            at=at,
            runner=runner,
            best=best,
            margin=margin,
            limit=limit,
            bars=bars[:bars_named],
            shut=bool(limit is not None and best is not None and alone[best]),
        )
    return out


def sentence(
    case: Case,
    i: int,
    lang: Lang,
    *,
    at: int,
    runner: int | None,
    best: int | None,
    margin: float | None,
    limit: int | None,
    bars: list[tuple[int, list[str]]],
    shut: bool,
) -> str:
    def name(j: int) -> str:
        return ROUTES[j].words.to(lang)

    def say(words: Words, **places: str) -> str:
        return words.to(lang).format(**places)

    value = case.value[i]
    pressed = {}
    if limit is not None:
        one = case.limits[limit]
        unit = one.unit or Words("单位", "unit")
        pressed = {"limit": one.called.to(lang), "unit": unit.to(lang), "price": amount(case.plan.prices[limit] * one.unit_size, lang)}
    if at < 0 and not case.worked[i]:
        return say(p.NOTHING_TO_DO) + p.END.to(lang)
    if at >= 0:
        places = {"route": name(at), "Route": name(at)[0].upper() + name(at)[1:], "net": amount(value[at], lang)}
        text = say(p.CHOSEN if value[at] >= 0 else p.CHOSEN_AT_A_LOSS, **places)
        if runner is None:
            text += say(p.ONLY_ONE)
        else:
            assert margin is not None
            priced = abs(margin - (value[at] - value[runner])) >= 0.5
            ahead = p.AHEAD_AT_PRICES if priced else p.AHEAD
            text += say(ahead if margin >= 0.5 else p.BEHIND if margin <= -0.5 else p.EVEN, runner=name(runner), margin=amount(margin, lang))
        assert best is not None
        if value[best] - value[at] >= 0.5:
            none = limit is not None and case.limits[limit].at_most == 0
            held = (p.HELD_SHUT if none else p.TOO_LARGE) if shut else p.HELD_BACK if limit is not None else p.USED_UP
            text += say(held, better=name(best), more=amount(value[best] - value[at], lang), **pressed)
    elif best is None:
        text = say(p.NO_ROUTE)
    elif value[best] < 0.5:
        text = say(p.NOT_WORTH_IT, best=name(best), net=amount(value[best], lang))
    else:
        none = limit is not None and case.limits[limit].at_most == 0
        without = (p.SHUT_OUT if none else p.NONE_LARGE_ENOUGH) if shut else p.TOO_DEAR if limit is not None else p.NONE_LEFT
        text = say(without, best=name(best), net=amount(value[best], lang), **pressed)
    for j, rules in bars:
        first = RULES.get(rules[0], Words(rules[0], rules[0])).to(lang).rstrip("。. ")
        words = p.BARRED if len(rules) == 1 else p.BARRED_BY_MORE
        text += say(words, route=name(j), rule=first, count=str(len(rules)), others=str(len(rules) - 1))
    return text + p.END.to(lang)


CASES = [(0, False, False), (1, False, False), (2, False, False), (3, True, False), (4, False, True), (5, True, True)]


@pytest.mark.parametrize(("seed", "forced", "shut"), CASES)
def test_every_row_as_the_naive_twin_says(seed: int, forced: bool, shut: bool) -> None:
    case = Case(seed, forced=forced, shut=shut)
    frame = case.decide()
    assert frame.schema == pl.Schema(DECISION.schema)
    for i, row in enumerate(frame.iter_rows(named=True)):
        assert row == twin(case, i)


def test_all_kinds_of_sentence_occur_in_these_tests() -> None:
    """Or the twin proves less than it seems to."""
    text = "".join("".join(Case(seed, forced=forced, shut=shut).decide()["reason"]) for seed, forced, shut in CASES)
    for words in (
        p.CHOSEN, p.CHOSEN_AT_A_LOSS, p.ONLY_ONE, p.AHEAD, p.AHEAD_AT_PRICES, p.EVEN, p.HELD_BACK, p.NOTHING_TO_DO, p.NO_ROUTE, p.NOT_WORTH_IT, p.TOO_DEAR, p.BARRED, p.BARRED_BY_MORE,
        p.HELD_SHUT, p.TOO_LARGE, p.SHUT_OUT, p.NONE_LARGE_ENOUGH
    ):  # fmt: skip
        fixed = max((part for part in words.zh.replace("}", "{").split("{")[::2]), key=len)
        assert fixed in text, words.zh


@pytest.mark.parametrize("named", [0, 1, 12])
def test_as_many_barred_routes_as_the_policy_wants(named: int) -> None:
    case = Case(7, 60)
    for i, row in enumerate(case.decide(named).iter_rows(named=True)):
        assert row == twin(case, i, named)


def test_partitions_say_the_same_as_the_whole() -> None:
    case = Case(8, 150)
    parts = []
    for a, b in ((0, 1), (1, 70), (70, 150)):
        limits = [limit.rows(a, b, 150) for limit in case.limits]
        bars = {route: series[a:b] for route, series in case.bars.items()}
        out = decide(
            pl.Series(case.ids[a:b]),
            case.plan.rows(a, b),
            case.value[a:b],
            case.eligible[a:b],
            bars,
            limits,
            rule_words=RULES,
            policy=policy(),
            worked=case.worked[a:b],
        )
        parts.append(out.data)
        assert out.findings.is_empty()
    assert pl.concat(parts).equals(case.decide())


def test_rounding_is_admitted() -> None:
    """The plan may give an account less than its best when the last units of a limit run out: the sentence says so."""
    value = np.full((1, 12), -np.inf)
    value[0, :2] = [100.0, 900.0]
    eligible = np.isfinite(value)
    limits = [Limit("a", 1.0, 1.0, routes=np.arange(12) == 1)]
    plan = replace(allocate(value, limits, eligible=eligible), choice=np.zeros(1, dtype=np.int16), prices=np.zeros(1))
    row = decide(pl.Series(["x"]), plan, value, eligible, {}, limits, rule_words={}, policy=policy()).data.row(0, named=True)
    assert row["margin_fen"] == -800
    assert row["limit"] is None
    assert "限额尾数所致" in row["reason"]
    assert "所需限额余量容不下本户" in row["reason"]
    idle = replace(plan, choice=np.full(1, -1, dtype=np.int16))
    assert "所需限额余量容不下本户" in decide(pl.Series(["x"]), idle, value, eligible, {}, limits, rule_words={}, policy=policy()).data["reason"][0]


@pytest.mark.parametrize("at_most", [0.0, 0.4])
def test_a_limit_that_takes_nobody_is_named_and_nothing_is_laid_to_its_last_units(at_most: float) -> None:
    value = np.full((2, 12), -np.inf)
    value[:, :2] = [[10_000.0, 90_000.0], [-500.0, 70_000.0]]
    eligible = np.isfinite(value)
    limits = [Limit("a", 1.0, at_most, routes=np.arange(12) == 1, title=Words("法院立案量", "court filings"), unit=Words("件", "case"))]
    plan = allocate(value, limits, eligible=eligible, must_assign=False)
    frame = decide(pl.Series(["x", "y"]), plan, value, eligible, {}, limits, rule_words={}, policy=policy()).data
    said = ("已关闭", "closed: the limit is 0") if at_most == 0 else ("一户所需就超过", "needs more of 'court filings' than there is of it")
    for row in frame.iter_rows(named=True):
        assert row["limit"] == "a"
        assert (row["margin_fen"] or 0) >= 0
        assert "限额尾数" not in row["reason"]
        assert "容不下" not in row["reason"]
        assert said[0] in row["reason"]
        assert said[1] in row["reason_en"]
    assert frame["route"].to_list() == [ROUTE_NAMES[0], None]
    words = explain(plan, limits)
    assert plan.prices[0] == 80_000.0
    shut = (
        ("已关闭：上限为0", "closed: the limit is 0")
        if at_most == 0
        else ("上限不足一户所需，没有账户用得上", "too little for any one account: nobody can use it")
    )
    assert words["words"][0] == f"{shut[0]}；再多1件，约可多回收800.00元"
    assert words["words_en"][0] == f"{shut[1]}; each further case would bring about CNY 800.00"


def test_no_accounts_no_limits() -> None:
    empty = np.zeros((0, 12))
    plan = allocate(empty, [])
    frame = decide(pl.Series([], dtype=pl.String), plan, empty, empty.astype(bool), {}, [], rule_words={}, policy=policy()).data
    assert frame.height == 0
    assert frame.schema == pl.Schema(DECISION.schema)
    one = np.arange(12, dtype=float)[None, :] * 100
    frame = decide(pl.Series(["a"]), allocate(one, []), one, np.ones((1, 12), dtype=bool), {}, [], rule_words={}, policy=policy()).data
    assert frame["reason"][0] == "选择核销：预计净回收11.00元，比次优的不良资产证券化多1.00元。"
    assert frame["reason_en"][0] == "Write-off: expected net recovery CNY 11.00, CNY 1.00 more than the runner-up, securitisation."


def test_shapes_that_do_not_agree_are_refused() -> None:
    case = Case(9, 20)
    with pytest.raises(UsageInvalid, match="allocation"):
        decide(pl.Series(case.ids[:10]), case.plan, case.value[:10], case.eligible[:10], {}, [], rule_words={}, policy=policy())
    with pytest.raises(UsageInvalid, match="barring"):
        decide(pl.Series(case.ids), case.plan, case.value, case.eligible, {"agency": pl.Series(["a"])}, [], rule_words={}, policy=policy())


def test_a_foreign_tape_has_no_yuan_in_any_sentence() -> None:
    """Amounts, prices and units of limits alike: the same sentences but for the name of the currency."""
    case = Case(3)
    case.limits[2] = replace(case.limits[2], unit=Words("万元", "ten thousand yuan"))
    limit_words = explain(case.plan, case.limits, currency="EUR")
    frame = decide(
        pl.Series(case.ids), case.plan, case.value, case.eligible, case.bars, case.limits, rule_words=RULES, policy=policy(), worked=case.worked, currency="EUR"
    ).data  # fmt: skip
    home = case.decide()
    for name, yuan, euro in (("reason", "元", " EUR"), ("reason_en", "CNY", "EUR")):
        assert frame[name].to_list() == [text.replace(yuan, euro).replace("yuan", euro) for text in home[name]]
    said = "".join([*frame["reason"], *frame["reason_en"], *limit_words["words"], *limit_words["words_en"]])
    assert "万 EUR" in said
    assert "one more ten thousand EUR" in said
    assert not any(yuan in said for yuan in ("元", "CNY", "yuan"))


def test_explain_says_what_more_of_each_limit_brings() -> None:
    limits = [
        Limit("court", 1.0, 10.0, title=Words("法院立案量", "court filings"), unit=Words("件", "case")),
        Limit("budget", 1.0, 1e6, unit=Words("万元", "ten thousand yuan"), unit_size=1e6),
        Limit("idle", 1.0, 10.0),
        Limit("full", 1.0, 10.0),
    ]
    plan = Allocation(
        np.zeros(0, np.int16),
        0.0,
        0.0,
        0.0,
        np.array([85_600.0, 0.25, 0.0, 0.0]),
        np.array([10.0, 1e6, 3.0, 10.0]),
        True,
        True,
        (),
        np.zeros(0, np.int64),
        Words("", ""),
    )
    table = explain(plan, limits)
    assert table["words"].to_list() == [
        "再多1件，约可多回收856.00元",
        "再多1万元，约可多回收2,500.00元",
        "未用满，放宽无益",
        "已用满，放宽也不增加回收",
    ]
    assert table["words_en"][0] == "each further case would bring about CNY 856.00"
    assert table.select("name", "used", "at_most", "price_fen").row(0) == ("court", 10.0, 10.0, 85_600.0)
    assert explain(allocate(np.zeros((1, 2)), []), []).height == 0
