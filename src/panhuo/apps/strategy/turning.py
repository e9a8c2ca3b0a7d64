"""What would have to be otherwise for an account to take another route: told from its explanation, in numbers a person can weigh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from panhuo.kernel.money import HALF_FEN
from panhuo.kernel.words import Words
from panhuo.pipeline.explaining import Explained, Option, Use


@dataclass(frozen=True, slots=True)
class NextBest:
    """``option`` is next; it would win if it brought more than ``margin_fen`` more, or the chosen one that much less."""

    option: Option
    margin_fen: float


@dataclass(frozen=True, slots=True)
class PriceFalls:
    """``option`` brings ``more_fen`` more but takes a scarce limit: it would win once a unit of ``use`` were worth less than ``below_fen``.

    ``others``: further priced limits it takes, at their present prices. ``below_fen`` None: not by this price alone, only by all of them together.
    """

    option: Option
    use: Use
    below_fen: float | None
    more_fen: float
    others: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class PriceRises:
    """The chosen route takes ``use``; once a unit were worth more than ``above_fen``, ``option`` would win."""

    option: Option
    use: Use
    above_fen: float


@dataclass(frozen=True, slots=True)
class Unbarred:
    """``option`` would bring ``more_fen`` more if it were not barred: by each (rule, why, what the rule saw: field name and value)."""

    option: Option
    more_fen: float
    bars: tuple[tuple[str, Words, tuple[tuple[str, Any], ...]], ...]


@dataclass(frozen=True, slots=True)
class Shut:
    """``option`` would bring ``more_fen`` more, but a limit alone keeps the account from it: ``by``, of which there is ``by.amount``: 0, or less than it needs."""

    option: Option
    more_fen: float
    by: Use


@dataclass(frozen=True, slots=True)
class Crowded:
    """``option`` is ``more_fen`` ahead even after the prices of limits: what is left of them does not hold the account."""

    option: Option
    more_fen: float


@dataclass(frozen=True, slots=True)
class Turns:
    next_best: NextBest | None
    shut: tuple[Shut, ...]
    crowded: tuple[Crowded, ...]
    falls: tuple[PriceFalls, ...]
    rises: tuple[PriceRises, ...]
    unbarred: tuple[Unbarred, ...]


def turns_of(found: Explained, *, most: int = 3) -> Turns:
    """What would turn the choice. An account without a route is compared with nothing: what it brings is 0."""
    chosen = next((option for option in found.options if option.route == found.chosen), None)
    held = chosen.after_fen if chosen else 0.0
    others = [option for option in found.options if option is not chosen]
    open_ = sorted((option for option in others if option.eligible and not option.shut), key=lambda option: -option.after_fen)
    crowded = [option for option in open_ if option.after_fen - held >= HALF_FEN]
    able = [option for option in open_ if option.after_fen - held < HALF_FEN]
    plain = chosen.net_value_fen if chosen else 0
    shut = [Shut(o, float(o.net_value_fen - plain), o.shut[0]) for o in others if o.eligible and o.shut and o.net_value_fen > plain]
    barred = sorted((option for option in others if not option.eligible and option.after_fen > held), key=lambda option: -option.after_fen)
    falls = [fall for option in able if (fall := _falls(option, held, chosen)) is not None]
    rises = [rise for option in able for rise in _rises(chosen, option, held)] if chosen else []
    seen = {line.rule: line.values for line in found.rules}
    return Turns(
        NextBest(able[0], max(held - able[0].after_fen, 0.0)) if able and chosen else None,
        tuple(sorted(shut, key=lambda one: -one.more_fen)[:most]),
        tuple(Crowded(option, option.after_fen - held) for option in crowded[:most]),
        tuple(sorted(falls, key=lambda fall: -fall.more_fen)[:most]),
        tuple(_nearest(rises)),
        tuple(Unbarred(o, o.after_fen - held, tuple((rule, why, tuple(seen.get(rule, {}).items())) for rule, why in o.bars)) for o in barred[:most]),
    )


def _falls(option: Option, held: float, chosen: Option | None) -> PriceFalls | None:
    more = option.net_value_fen - (chosen.net_value_fen if chosen else 0)
    if not option.uses or option.net_value_fen <= held:
        return None
    use = max(option.uses, key=lambda one: one.fen)
    # the chosen route may take the same limit: then a fall of the price lightens both
    shared = sum(one.amount for one in chosen.uses if one.limit == use.limit) if chosen else 0.0
    amount = use.amount - shared
    below = use.price_fen - (held - option.after_fen) / amount if amount > 0 else None
    return PriceFalls(
        option, use, below if below is not None and below > 0 else None, float(more), tuple(one for one in option.uses if one is not use)
    )


def _rises(chosen: Option, option: Option, held: float) -> list[PriceRises]:
    out = []
    for use in chosen.uses:
        amount = use.amount - sum(one.amount for one in option.uses if one.limit == use.limit)
        if amount > 0:
            out.append(PriceRises(option, use, use.price_fen + (held - option.after_fen) / amount))
    return out


def _nearest(rises: list[PriceRises]) -> list[PriceRises]:
    """For each limit the first route that would win as its price goes up."""
    first: dict[str, PriceRises] = {}
    for rise in sorted(rises, key=lambda one: one.above_fen):
        first.setdefault(rise.use.limit, rise)
    return list(first.values())
