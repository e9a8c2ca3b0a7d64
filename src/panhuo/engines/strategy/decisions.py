"""Decisions with reasons: what the plan does with each account, and why, in words a manager understands.

Everything is said from four comparisons, made for all accounts of a partition at once:

- *adjusted value* w_ij = v_ij - sum_k p_k a_kij: net value less the price of the limits used. The plan gives every account (but for the
  few at the last units of a limit) its best w.
- *runner-up*: the best w among the other eligible routes; *margin*: the chosen route's w less the runner-up's. It is the sum by which the
  forecasts would have to be wrong for the choice to be wrong, prices given.
- *held back*: an eligible route with a higher v than the chosen one. Its *deciding limit* is the one whose price counts most against
  it: the largest p_k (a_k,better - a_k,chosen); or the one that is shut to the account: 0, or less than it alone needs. Such a route is
  compared with nothing else: no price would open it.
- *barred*: routes closed to the account that would bring more than the chosen one, the best few, each with the first rule that closes it.

The comparisons stand in :mod:`.weighing`, the sentences in :mod:`.phrases`. No step loops over accounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from panhuo.engines.strategy import phrases as p
from panhuo.engines.strategy.allocation import Allocation
from panhuo.engines.strategy.arrays import Flags, Floats, Ints
from panhuo.engines.strategy.frames import DECISION
from panhuo.engines.strategy.limits import Limit
from panhuo.engines.strategy.policy import StrategyPolicy
from panhuo.engines.strategy.sentences import LANGS, prices_of, say_why, unit_of
from panhuo.engines.strategy.weighing import weigh, whole_fen
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.findings import Outcome, no_findings
from panhuo.kernel.money import HALF_FEN
from panhuo.kernel.routes import ROUTE_NAMES, ROUTES
from panhuo.kernel.tables import filled
from panhuo.kernel.words import Lang, Words


def decide(
    account_ids: pl.Series,
    allocation: Allocation,
    net_value: Floats,
    eligible: Flags,
    barring: Mapping[str, pl.Series],
    limits: Sequence[Limit],
    *,
    rule_words: Mapping[str, Words],
    policy: StrategyPolicy,
    worked: Flags | None = None,
    currency: str = "CNY",
) -> Outcome[pl.DataFrame]:
    """One row an account of a partition, with the columns of :data:`frames.DECISION`, in the order given.

    account_ids (n,). allocation and limits as seen by these n accounts (``Allocation.rows``, ``Limit.rows``). net_value (n, 12) fen and
    eligible (n, 12), in the order of ROUTES. barring: by route, the ids of the rules that bar each account from it, comma-joined, "" or null where
    none does. rule_words: what a rule says; a rule that is not there is named by its id. worked (n,): false for an account that needs
    no route at all (not overdue, nothing owed). currency: what the sentences call the amounts. Raises UsageInvalid where the shapes do not agree.
    """
    n, r = account_ids.len(), len(ROUTES)
    worked = np.ones(n, dtype=np.bool_) if worked is None else worked
    _check(n, r, allocation, net_value, eligible, barring, worked)
    eligible = eligible & (worked | (allocation.choice >= 0))[:, None]
    facts = weigh(allocation, net_value, eligible, limits, worked)
    frame = pl.DataFrame(
        {
            "account_id": account_ids.cast(pl.String),
            "route": _named(facts.chosen, ROUTE_NAMES).cast(DECISION["route"].dtype),
            "runner_up": _named(facts.runner, ROUTE_NAMES).cast(DECISION["runner_up"].dtype),
            "net_value_fen": whole_fen(np.where(facts.chosen >= 0, facts.net, 0.0)),
            "margin_fen": pl.Series(whole_fen(facts.margin)).set(pl.Series(facts.runner < 0), None),
            "limit": _named(facts.limit, [limit.name for limit in limits]),
        }
    )
    pieces = _Pieces(barring, rule_words, eligible)
    named = pieces.best(net_value, np.where((facts.chosen >= 0) | (facts.best >= 0), 0.0, -np.inf), policy.bars_named.value)
    reasons = say_why(facts, limits, [pieces.text(named, lang) for lang in LANGS], currency)
    frame = frame.with_columns(reasons[0].alias("reason"), reasons[1].alias("reason_en"))
    return Outcome(DECISION.conform(frame.select(DECISION.names)), no_findings())


def explain(allocation: Allocation, limits: Sequence[Limit], *, currency: str = "CNY") -> pl.DataFrame:
    """What each limit costs: name, title, title_en, used, at_most, price_fen (of one unit of usage), words, words_en. One row a limit."""
    rows = []
    for limit, used, price in zip(limits, allocation.used, allocation.prices, strict=True):
        zh, en = (_worth(limit, float(used), float(price), lang, currency) for lang in LANGS)
        rows.append((limit.name, limit.called.zh, limit.called.en, float(used), float(limit.at_most), float(price), zh, en))
    text, number = pl.String(), pl.Float64()
    schema = {"name": text, "title": text, "title_en": text, "used": number, "at_most": number, "price_fen": number, "words": text, "words_en": text}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _worth(limit: Limit, used: float, price: float, lang: Lang, currency: str) -> str:
    """What more of a limit would bring, in words; of one that is shut, that it is."""
    shut = p.CLOSED if limit.at_most == used == 0.0 else p.TOO_TIGHT if used == 0.0 < price else None
    if price * limit.unit_size >= HALF_FEN:
        more = p.MORE_OF_IT.to(lang).format(unit=unit_of(limit, lang, currency), price=prices_of([limit], np.array([price]), lang, currency)[0])
        return shut.to(lang) + p.THEN.to(lang).format(first=more) if shut else more
    if shut:
        return shut.to(lang)
    return (p.NO_USE if used < limit.at_most * (1.0 - 1e-6) else p.USED_BUT_FREE).to(lang)


class _Pieces:
    """The phrases "route x is barred: rule y": few distinct ones, shared by all accounts."""

    def __init__(self, barring: Mapping[str, pl.Series], rule_words: Mapping[str, Words], eligible: Flags) -> None:
        self.texts: dict[Lang, list[str]] = {"zh": [""], "en": [""]}
        self.piece: Ints = np.zeros(eligible.shape, dtype=np.int64)
        for j, route in enumerate(ROUTES):
            if route.name not in barring or eligible[:, j].all():
                continue
            rules = filled(barring[route.name].cast(pl.String), "")
            distinct = rules.unique(maintain_order=True) if rules.len() > 1 else rules
            start = len(self.texts["zh"])
            every = pl.Series(np.arange(start, start + distinct.len()))
            codes = (rules.replace_strict(distinct, every, return_dtype=pl.Int64) if distinct.len() > 1 else every).to_numpy()
            for ids in distinct:
                for lang in LANGS:
                    self.texts[lang].append(_barred(route.words, ids, rule_words, lang) if ids else "")
            closed = ~eligible[:, j] & (rules != "").to_numpy()
            self.piece[:, j] = np.where(closed, codes, 0)

    def best(self, net_value: Floats, above: Floats, most: int) -> list[Ints]:
        """For each account the pieces of its best barred routes worth more than ``above`` (n,), best first, at most ``most``; 0 for none."""
        value = np.where((self.piece > 0) & np.isfinite(net_value), net_value, -np.inf)
        value = np.where(value > above[:, None] + HALF_FEN, value, -np.inf)
        every = np.arange(value.shape[0])
        out = []
        for _ in range(min(most, value.shape[1])):
            at = value.argmax(axis=1) if value.size else np.zeros(0, dtype=np.int64)
            out.append(np.where(np.isfinite(value[every, at]), self.piece[every, at], 0))
            value[every, at] = -np.inf
        return out

    def text(self, pieces: list[Ints], lang: Lang) -> pl.Series:
        texts = pl.Series("text", self.texts[lang])
        if not pieces:
            return pl.Series("bars", [""] * self.piece.shape[0], dtype=pl.String)
        columns = [texts[piece].alias(str(at)) for at, piece in enumerate(pieces)]
        return pl.DataFrame(columns).select(pl.concat_str(pl.all()).alias("bars"))["bars"]


def _barred(route: Words, ids: str, rule_words: Mapping[str, Words], lang: Lang) -> str:
    rules = ids.split(",")
    first = p.lang_of(rule_words.get(rules[0], Words(rules[0], rules[0])), lang)
    words = p.BARRED if len(rules) == 1 else p.BARRED_BY_MORE
    return words.to(lang).format(route=route.to(lang), rule=first, count=len(rules), others=len(rules) - 1)


def _named(positions: Ints, names: Sequence[str]) -> pl.Series:
    """The names at positions (n,); null at -1."""
    if not names:
        return pl.Series([None] * positions.size, dtype=pl.String)
    return pl.Series(names, dtype=pl.String).gather(pl.Series(positions).set(pl.Series(positions < 0), None))


def _check(n: int, r: int, allocation: Allocation, net_value: Floats, eligible: Flags, barring: Mapping[str, pl.Series], worked: Flags) -> None:
    wanted: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "allocation.choice": (allocation.choice.shape, (n,)),
        "net_value": (net_value.shape, (n, r)),
        "eligible": (eligible.shape, (n, r)),
        "worked": (worked.shape, (n,)),
        **{f"barring[{route}]": ((series.len(),), (n,)) for route, series in barring.items()},
    }
    for name, (is_, should) in wanted.items():
        if is_ != should:
            raise UsageInvalid(
                "DECIDE_SHAPE",
                Words(f"形状为 {is_}，须为 {should}", f"has shape {is_}, must be {should}"),
                where=f"decide: {name}",
                remedy=Words("传入同一分区的数据", "pass the data of one and the same partition"),
            )
