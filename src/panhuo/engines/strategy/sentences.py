"""Why each account goes where it goes, in words: the phrases of :mod:`.phrases` put together for all accounts of a partition at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from panhuo.engines.strategy import phrases as p
from panhuo.engines.strategy.amounts import short
from panhuo.engines.strategy.arrays import Floats, Ints
from panhuo.engines.strategy.limits import Limit
from panhuo.engines.strategy.weighing import Facts, whole_fen
from panhuo.kernel.money import HALF_FEN, in_currency
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Lang, Words

LANGS: tuple[Lang, Lang] = ("zh", "en")
NO_UNIT = Words("单位", "unit")


def say_why(facts: Facts, limits: Sequence[Limit], bars: Sequence[pl.Series], currency: str = "CNY") -> list[pl.Series]:
    """The sentences in each of ``LANGS``; ``bars``: what is said of barred routes, in each.

    Whatever a sentence says besides its amounts is one of a few thousand combinations of phrase, routes and limit: each is worded once,
    cut where its amounts stand, and handed to all accounts that share it.
    """
    told = _told(facts)
    routes, others = len(ROUTES) + 1, len(limits) + 1
    code = told
    for at, size in ((facts.chosen, routes), (facts.runner, routes), (facts.best, routes), (facts.limit, others)):
        code = code * size + at + 1
    distinct, first = np.unique(code, return_index=True)
    which = pl.Series(np.searchsorted(distinct, code))
    out = []
    for lang, bar in zip(LANGS, bars, strict=True):
        prices = prices_of(limits, facts.prices, lang, currency)
        words = [_worded(facts, limits, prices, int(row), int(told[row]), lang, currency) for row in first]
        columns: dict[str, pl.Series] = {}
        for place in range(_AMOUNTS + 1):
            columns[f"text{place}"] = pl.Series([w[place] for w in words], dtype=pl.String)[which]
        for place, amount in enumerate((facts.net, facts.margin, facts.more)):
            said = pl.Series([w[place + 1 + _AMOUNTS] == _SAID for w in words], dtype=pl.Boolean)[which]
            columns[f"amount{place}"] = short(whole_fen(amount), lang, currency).zip_with(said, pl.Series([""]))
        order = [name for place in range(_AMOUNTS) for name in (f"text{place}", f"amount{place}")]
        frame = pl.DataFrame({**columns, "bars": bar})
        silent = pl.Series(~(facts.worked | (facts.chosen >= 0)))
        rest = pl.when(silent).then(pl.lit("")).otherwise(pl.col("bars"))
        whole = pl.concat_str([*map(pl.col, order), pl.col(f"text{_AMOUNTS}"), rest, pl.lit(p.END.to(lang))])
        out.append(frame.select(whole.alias("reason"))["reason"])
    return out


_AMOUNTS = 3
_CUT, _SAID = "\0", "said"
_HEADS = (p.CHOSEN, p.CHOSEN_AT_A_LOSS)
_AGAINST = (p.ONLY_ONE, p.AHEAD_AT_PRICES, p.AHEAD, p.BEHIND, p.EVEN)
_HELD = (None, p.HELD_BACK, p.USED_UP, p.HELD_SHUT, p.TOO_LARGE)
_WITHOUT = (p.NOTHING_TO_DO, p.NO_ROUTE, p.NOT_WORTH_IT, p.TOO_DEAR, p.NONE_LEFT, p.SHUT_OUT, p.NONE_LARGE_ENOUGH)


def _told(facts: Facts) -> Ints:
    """Which phrases each account's sentence is made of: head, against and held of a chosen route, else one phrase, as one number."""
    limited, ahead = facts.limit >= 0, facts.margin >= HALF_FEN
    head = (facts.net < 0.0).astype(np.int64)
    against = np.select([facts.runner < 0, ahead & facts.priced, ahead, facts.margin <= -HALF_FEN], [0, 1, 2, 3], 4)
    held = np.where(facts.more < HALF_FEN, 0, np.where(facts.shut > 0, facts.shut + 2, np.where(limited, 1, 2)))
    with_route = (head * len(_AGAINST) + against) * len(_HELD) + held
    without = np.select([~facts.worked, facts.best < 0, facts.net < HALF_FEN, facts.shut == 1, facts.shut == 2, limited], [0, 1, 2, 5, 6, 3], 4)
    told: Ints = np.where(facts.chosen >= 0, with_route + len(_WITHOUT), without).astype(np.int64)
    return told


def _worded(facts: Facts, limits: Sequence[Limit], prices: Sequence[str], row: int, told: int, lang: Lang, currency: str) -> tuple[str, ...]:
    """The texts before, between and after net, margin and more, then ``_SAID`` or "" for each of these: whether it stands in the sentence."""

    def route(at: Ints) -> str:
        return ROUTES[at[row]].words.to(lang) if at[row] >= 0 else ""

    at = int(facts.limit[row])
    limit = limits[at] if at >= 0 else None
    places = {
        "route": route(facts.chosen),
        "Route": p.capital(route(facts.chosen)),
        "runner": route(facts.runner),
        "better": route(facts.best),
        "best": route(facts.best),
        "limit": limit.called.to(lang) if limit else "",
        "unit": unit_of(limit, lang, currency) if limit else "",
        "price": prices[at] if limit else "",
        "net": _CUT,
        "margin": _CUT,
        "more": _CUT,
    }

    def cut(words: Words | None) -> tuple[str, str, str]:
        before, said, after = (words.to(lang).format_map(places) if words else "").partition(_CUT)
        return before, after, _SAID if said else ""

    if told < len(_WITHOUT):
        before, after, said = cut(_WITHOUT[told])
        return before, after, "", "", said, "", ""
    told, held = divmod(told - len(_WITHOUT), len(_HELD))
    head, against = divmod(told, len(_AGAINST))
    one, two, three = cut(_HEADS[head]), cut(_AGAINST[against]), cut(_HELD[held])
    return one[0], one[1] + two[0], two[1] + three[0], three[1], one[2], two[2], three[2]


def prices_of(limits: Sequence[Limit], prices: Floats, lang: Lang, currency: str) -> list[str]:
    """What one more unit of each limit is worth, in words."""
    return list(short(whole_fen(prices * np.array([limit.unit_size for limit in limits])), lang, currency)) if limits else []


def unit_of(limit: Limit, lang: Lang, currency: str) -> str:
    """What one of a limit is called; money in the tape's own currency (万 USD)."""
    return in_currency((limit.unit or NO_UNIT).to(lang), currency)
