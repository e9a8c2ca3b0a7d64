"""What a few words say of money: a unit (万, thousands), a currency (美元, USD, €), or both (万美元, USD thousands, HK$'000).

Titles, headings, cells and the currency column all speak these words, and one table reads them, so that no spelling is taken in one place and passed
over in another. A sign that several currencies share says only that it is one of them: $ alone is a dollar, taken as the US one where nothing else is
said; ¥ is yuan or yen. 元 names no currency: it is the major unit of whichever is meant, though nobody writes it of two currencies side by side.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

_NAMES: Final = {
    "CNY": ("人民币", "rmb", "cny", "cnh", "renminbi"),
    "USD": ("美元", "美金", "usd", "us$", "u.s.$", "us dollars", "us dollar", "u.s. dollars", "u.s. dollar", "usdollars"),
    "HKD": ("港元", "港币", "港幣", "港纸", "hkd", "hk$", "hong kong dollars", "hong kong dollar", "hk dollars"),
    "EUR": ("欧元", "歐元", "eur", "€", "euros", "euro"),
    "GBP": ("英镑", "英鎊", "gbp", "£", "pounds sterling", "sterling"),
    "JPY": ("日元", "日圆", "日圓", "日币", "jpy", "jp¥", "yen"),
    "AUD": ("澳元", "澳大利亚元", "澳币", "aud", "au$", "a$"),
    "CAD": ("加元", "加拿大元", "加币", "cad", "ca$", "c$"),
    "NZD": ("新西兰元", "纽元", "nzd", "nz$"),
    "SGD": ("新加坡元", "新加坡币", "新元", "坡币", "sgd", "sg$", "s$"),
    "TWD": ("新台币", "台币", "新臺幣", "twd", "ntd", "nt$"),
    "MOP": ("澳门元", "澳门币", "葡币", "mop$", "mop"),
    "CHF": ("瑞士法郎", "瑞郎", "chf"),
    "KRW": ("韩元", "韩圆", "韩币", "krw", "₩"),
    "THB": ("泰铢", "泰国铢", "thb", "฿"),
    "MYR": ("马来西亚林吉特", "林吉特", "马币", "myr"),
    "IDR": ("印尼盾", "印度尼西亚盾", "idr"),
    "VND": ("越南盾", "vnd", "₫"),
    "PHP": ("菲律宾比索", "php"),
    "INR": ("印度卢比", "inr", "₹"),
    "RUB": ("俄罗斯卢布", "卢布", "rub", "₽"),
    "KZT": ("坚戈", "哈萨克斯坦坚戈", "kzt"),
    "SEK": ("瑞典克朗", "sek"),
    "NOK": ("挪威克朗", "nok"),
    "DKK": ("丹麦克朗", "dkk"),
    "ZAR": ("南非兰特", "兰特", "zar"),
    "BRL": ("巴西雷亚尔", "雷亚尔", "brl", "r$"),
    "MXN": ("墨西哥比索", "mxn", "mx$"),
    "AED": ("迪拉姆", "aed"),
    "SAR": ("沙特里亚尔", "sar"),
}
_DOLLARS: Final = ("USD", "HKD", "AUD", "CAD", "SGD", "NZD", "TWD", "MOP")
_SHARED: Final = {"$": _DOLLARS, "dollars": _DOLLARS, "dollar": _DOLLARS, "¥": ("CNY", "JPY")}
CURRENCIES: Final = {word: code for code, words in _NAMES.items() for word in words}
"""Spelling in lower case -> ISO 4217 code, of those that mean one currency."""

_CURRENCY: Final[dict[str, tuple[str, ...]]] = {**{word: (code,) for word, code in CURRENCIES.items()}, **_SHARED}
_SCALES: Final = {
    "分": 0.01,
    "元整": 1,
    "圆整": 1,
    "元": 1,
    "圆": 1,
    "千": 1e3,
    "仟": 1e3,
    "万": 1e4,
    "萬": 1e4,
    "百万": 1e6,
    "百萬": 1e6,
    "亿": 1e8,
    "億": 1e8,
    "十": 10,
    "百": 100,
    "拾": 10,
    "佰": 100,
    "fen": 0.01,
    "cents": 0.01,
    "yuan": 1,
    **dict.fromkeys(("thousands", "thousand", "'000s", "'000", "000s", "000", "1,000", "1000", "k"), 1e3),
    **dict.fromkeys(("ten thousands", "ten thousand", "10,000", "10000", "10k", "wan", "w"), 1e4),
    **dict.fromkeys(("millions", "million", "mln", "mio", "mn", "mm", "m", "'000,000", "1,000,000"), 1e6),
    **dict.fromkeys(("hundred millions", "hundred million", "100 millions", "100 million", "yi"), 1e8),
    **dict.fromkeys(("billions", "billion", "bn"), 1e9),
}
_YUAN: Final = ("元", "圆", "元整", "圆整")
_NUMERALS: Final = ("十", "百", "千", "仟", "万", "萬", "百万", "百萬", "亿", "億", "拾", "佰")
"""What multiplies when it stands side by side: 千万."""
_UNITS: Final = {0.01: "fen", 1.0: "yuan", 1e3: "qian", 1e4: "wan", 1e6: "million", 1e8: "yi"}
_FILLERS: Final = ("折合", "折算", "折", "等值", "等额", "本外币", "本币", "外币", "计价", "计", "/", "-", ".", ":", "of", "in", " ")
_LETTERS: Final = ("k", "m", "mm", "w")
"""Which say thousands, millions or 万 beside a currency only; k and w in brackets of their own too."""


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _bounded(words: Iterable[str]) -> str:
    """Any of the words; where one begins or ends with a Latin letter, no other letter stands beside it."""
    out = []
    for word in sorted(words, key=len, reverse=True):
        left = r"(?<![a-z])" if word[0].isascii() and word[0].isalpha() else ""
        right = r"(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else ""
        out.append(left + re.escape(word) + right)
    return "|".join(out)


_TOKEN: Final = re.compile(rf"(?P<currency>{_either(_CURRENCY)})|(?P<scale>{_either(_SCALES)})|(?P<filler>{_either(_FILLERS)})")
BRACKETS: Final = re.compile(r"[(\[{<【〔《]([^()\[\]{}<>【】〔〕《》]*)[)\]}>】〕》]")
_MARK: Final = re.compile(_bounded(_CURRENCY))
SIGNS: Final = _either(word for word in _CURRENCY)
"""For a regular expression (case left out): any way to name a currency."""


class Said(NamedTuple):
    """unit: of ``layout.MONEY_UNITS``; None where none is named, "" where the one named is none of them (千万, billions). currency: the codes it may
    be, likeliest first; empty where none is named. yuan: whether the unit is written with 元 and no currency beside it."""

    unit: str | None
    currency: tuple[str, ...]
    yuan: bool = False


def plain(text: str) -> str:
    """As the words are compared: half-width, lower case, one kind of apostrophe."""
    return unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").casefold().strip()


@functools.lru_cache(maxsize=4096)
def said(words: str) -> Said | None:
    """What ``words`` say, None unless they speak of money and of nothing else.

    >>> said("万美元"), said("USD thousands"), said("人民币元"), said("亨通公司")
    (Said(unit='wan', currency=('USD',), yuan=False), Said(unit='qian', currency=('USD',), yuan=False), Said(unit='yuan', currency=('CNY',), yuan=False), None)
    """
    text = plain(words)
    at, scale, scaled, yuan, letters, previous = 0, 1.0, False, False, False, ""
    currency: tuple[str, ...] = ()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        word = match[0]
        if match["currency"]:
            currency = both(currency, _CURRENCY[word])
            if not currency:
                return None
        elif match["scale"]:
            if scaled and not (previous in _NUMERALS and (word in _NUMERALS or word in _YUAN)):
                return None
            scale, scaled, previous = scale * _SCALES[word], True, word
            yuan = yuan or word in _YUAN
            letters = letters or word in _LETTERS
        at = match.end()
    if not (scaled or currency) or (not currency and (text.isdigit() or (letters and text not in ("k", "w")))):
        return None
    unit = _UNITS.get(scale, "") if scaled else None
    return Said(unit, currency, yuan and not currency)


def marks(text: str) -> list[tuple[str, ...]]:
    """The currencies named anywhere in ``text``, each as the codes it may be.

    >>> marks("Outstanding Principal USD"), marks("港币余额"), marks("campus dorm")
    ([('USD',)], [('HKD',)], [])
    """
    return [_CURRENCY[word] for word in dict.fromkeys(_MARK.findall(plain(text).replace("_", " ")))]


def signified(sign: str) -> tuple[str, ...]:
    """The codes that one match of ``SIGNS`` may mean."""
    return _CURRENCY[sign]


def pieces(heading: str) -> list[str]:
    """Where a heading may state its unit: what stands in its brackets, and what follows a dash, slash or colon.

    >>> pieces("未偿本金（万美元）"), pieces("principal - USD k")
    (['万美元'], ['usd k'])
    """
    text = plain(heading)
    found = [inner.strip() for inner in BRACKETS.findall(text)]
    tail = re.split(r"[-/:]", text)[-1]
    return [*found, tail.strip()] if tail != text and not found else found


def both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The codes that two statements leave; none where they contradict each other. An empty statement says nothing."""
    if not one or not other:
        return one or other
    return tuple(code for code in one if code in other)
