"""Money is integer fen (分): 1 yuan = 100 fen. Bookings are ``int``/Int64; forecasts may be float fen."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from panhuo.kernel.words import Lang

FEN_PER_YUAN = 100
FEN_PER_WAN = 10_000 * FEN_PER_YUAN
MAX_FEN = 9_000_000_000_000_000
"""Largest amount accepted anywhere, 90 trillion yuan: below 2**53, so exact in a float too."""
HALF_FEN = 0.5
"""Where forecasts are compared, a difference below it is none."""


def yuan(amount: str | int | Decimal) -> int:
    """Fen of a yuan amount, rounded half up (the rounding of Chinese bank statements).

    >>> yuan("1234.505")
    123451
    """
    return int((Decimal(amount) * FEN_PER_YUAN).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def format_yuan(fen: float) -> str:
    """Yuan with thousands separators and two decimals: ``format_yuan(123450) == '1,234.50'``."""
    return f"{Decimal(round(fen)) / FEN_PER_YUAN:,.2f}"


def in_currency(text: str, currency: str) -> str:
    """An amount or a unit worded in yuan, said in another currency instead: 1.23万元 is 1.23万 USD, CNY 12.30k is USD 12.30k."""
    if currency == "CNY":
        return text
    return text.replace("元", f" {currency}").replace("CNY", currency).replace("yuan", currency)


def format_short(fen: float, lang: Lang) -> str:
    """An amount as people say it: 万/亿 in Chinese, k/m/bn in English, three significant figures or so."""
    sign = "-" if fen < 0 else ""
    value = abs(fen) / FEN_PER_YUAN
    steps = ((1e8, "亿"), (1e4, "万")) if lang == "zh" else ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
    unit_zh, unit_en = "元", "CNY "
    for size, word in steps:
        if value >= size:
            scaled = value / size
            text = f"{scaled:,.0f}" if scaled >= 1000 else f"{scaled:,.1f}" if scaled >= 100 else f"{scaled:,.2f}"
            return f"{sign}{text}{word}{unit_zh}" if lang == "zh" else f"{sign}{unit_en}{text}{word}"
    return f"{sign}{value:,.2f}{unit_zh}" if lang == "zh" else f"{sign}{unit_en}{value:,.2f}"
