"""One currency a tape: what its titles, its headings and its layout name, held against each other before a row is read.

A foreign amount read as yuan is wrong by a factor of seven and looks right. So whatever names a currency counts, wherever it stands: it is taken where
nothing contradicts it, and the tape is refused where something does. (A currency column and the cells speak for their own rows:
:mod:`.rules_currency`.) Two things weigh less: a sign that several currencies share ($) is whichever of them another statement names; and 元 without a
currency is yuan beside a foreign amount, but the major unit of any currency where the layout says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.money_words import CURRENCIES, both, marks, said
from panhuo.engines.intake.money_words import pieces as bracketed
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words


class Claim(NamedTuple):
    """One statement. words: where it stands. codes: what it may mean, likeliest first. yuan: 元 alone. heading: it stands in a heading."""

    words: str
    codes: tuple[str, ...]
    yuan: bool = False
    heading: bool = False


def claims_of(headings: Iterable[str]) -> list[Claim]:
    """What headings of amounts say of the currency."""
    out = []
    for heading in headings:
        named = marks(heading)
        out += [Claim(heading, codes, heading=True) for codes in named]
        if not named and any((found := said(piece)) is not None and found.yuan for piece in bracketed(heading)):
            out.append(Claim(heading, ("CNY",), yuan=True, heading=True))
    return out


def of_layout(layout: Layout) -> str | None:
    """The currency that the layout itself states for all rows."""
    constant = layout.constants.get("currency")
    return layout.currency or (CURRENCIES.get(constant.casefold(), constant.upper()) if constant is not None else None)


def agreed(layout: Layout, claims: Sequence[Claim], *, by_row: bool, where: str) -> tuple[str, ...]:
    """The codes that all statements leave, likeliest first; empty where none is made. by_row: the file has a currency column, so that titles
    may well name several.

    Raises InputUnusable: LAYOUT_CURRENCY_CONFLICT where the layout names another, CURRENCIES_SEVERAL where titles and headings contradict
    each other.
    """
    named = [claim for claim in claims if not claim.yuan]
    own = of_layout(layout)
    if own is not None:
        for claim in named:
            if own not in claim.codes:
                raise _conflict(layout, own, claim, where)
        return (own,)
    left: tuple[str, ...] = ()
    for claim in sorted(named, key=lambda claim: not claim.heading):
        if not (more := both(left, claim.codes)):
            if by_row and not claim.heading:
                continue
            raise _several(named, where)
        left = more
    if left and "CNY" not in left and (bare := [claim for claim in claims if claim.yuan]):
        raise _several([*named, *bare], where)
    return left


def _conflict(layout: Layout, own: str, claim: Claim, where: str) -> InputUnusable:
    return InputUnusable(
        "LAYOUT_CURRENCY_CONFLICT",
        Words(
            f"“{claim.words}”写明币种 {claim.codes[0]}，版式 {layout.name} 写的是 {own}",
            f"{claim.words!r} states the currency {claim.codes[0]}, the layout {layout.name} says {own}",
        ),
        where=where,
        remedy=Words(
            "核对文件的币种：文件对就更正版式的 currency；文件不对就更正表头，或在版式中写 title_unit: ignore（标题行不对时）",
            "check the file's currency: correct `currency` in the layout if the file is right; else correct the heading, or write `title_unit: ignore` in the "
            "layout if a title row is wrong",
        ),
    )


def _several(claims: Sequence[Claim], where: str) -> InputUnusable:
    listed = dict.fromkeys((claim.words, "CNY" if claim.yuan else claim.codes[0]) for claim in claims)
    zh, en = "；".join(f"“{words}” {code}" for words, code in listed), "; ".join(f"{words!r} {code}" for words, code in listed)
    return InputUnusable(
        "CURRENCIES_SEVERAL",
        Words(
            f"标题行与表头写了几种币种，不知各金额是哪一种：{zh}",
            f"titles and headings name several currencies, and which amount is in which cannot be told: {en}",
        ),
        where=where,
        remedy=Words(
            "按币种分成几份清单，或更正表头；全部金额实为一种币种时，表头不写币种而在版式中写 currency",
            "split the tape by currency, or correct the headings; if all amounts are in one, name it as `currency` in the layout and not in the headings",
        ),
    )
