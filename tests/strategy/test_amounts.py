"""Amounts in words, column by column, against the house's own function and against exact decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from panhuo.engines.strategy.amounts import short
from panhuo.kernel.money import MAX_FEN, format_short
from panhuo.kernel.randomness import stream
from panhuo.kernel.words import Lang

STEPS = {"zh": (("1e8", "亿元"), ("1e4", "万元"), ("1", "元")), "en": (("1e9", "bn"), ("1e6", "m"), ("1e3", "k"), ("1", ""))}


def exactly(fen: int, lang: Lang) -> str:
    """One amount by decimal arithmetic, half up."""
    yuan = Decimal(abs(fen)) / 100
    for size, word in STEPS[lang]:
        scaled = yuan / Decimal(size)
        if scaled >= 1 or size == "1":
            digits = 2 if scaled < 100 or size == "1" else 1 if scaled < 1000 else 0
            text = f"{scaled.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP):,}"
            return f"{text}{word}" if lang == "zh" else f"CNY {text}{word}"
    raise AssertionError


def amounts() -> np.ndarray:
    g = stream(0, "amounts")
    near = [10**k + d for k in range(15) for d in (-1, 0, 1, 5 * 10 ** max(k - 3, 0))]
    spread = np.exp(g.uniform(0, np.log(MAX_FEN), 20_000)).astype(np.int64)
    return np.concatenate([np.arange(3000), near, spread, [MAX_FEN]])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_same_words_as_exact_decimals(lang: Lang) -> None:
    fen = amounts()
    assert short(fen, lang).to_list() == [exactly(int(one), lang) for one in fen]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_same_words_as_the_house_but_for_exact_halves(lang: Lang) -> None:
    fen = amounts()
    different = [(int(one), text) for one, text in zip(fen, short(fen, lang), strict=True) if text != format_short(int(one), lang)]
    assert len(different) < 0.01 * fen.size
    assert all(str(one).rstrip("0").endswith("5") for one, _ in different)


def test_the_sign_is_left_to_the_sentence() -> None:
    assert short(np.array([-123_456, 0]), "zh").to_list() == ["1,234.56元", "0.00元"]
    assert short(np.array([], dtype=np.int64), "en").to_list() == []


def test_a_foreign_amount_is_never_called_yuan() -> None:
    fen = amounts()
    for lang, yuan in (("zh", "元"), ("en", "CNY")):
        home, abroad = short(fen, lang), short(fen, lang, "USD")  # type: ignore[arg-type]
        assert abroad.to_list() == [text.replace(yuan, " USD" if lang == "zh" else "USD") for text in home]
    assert short(np.array([1_743_000]), "zh", "USD")[0] == "1.74万 USD"
    assert short(np.array([1_743_000]), "en", "USD")[0] == "USD 17.43k"
