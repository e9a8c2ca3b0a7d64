"""What columns of a tape say of each other: one unit for all amounts that state none, days that a date contradicts, days that several columns count."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from panhuo.engines.intake.layout import OVERDUE
from panhuo.engines.intake.mapping import heading_unit, normal_heading
from panhuo.engines.intake.parse_cells import Spec
from panhuo.engines.intake.parse_dates import slow_date
from panhuo.engines.intake.suggest_names import counts_periods, says_stage
from panhuo.engines.intake.suggest_values import Profile, money_unit
from panhuo.engines.intake.suggestion import CERTAIN, SURE, WORTH_SAYING, Guess
from panhuo.engines.intake.title_units import UNIT_WORDS
from panhuo.kernel.frames import TAPE
from panhuo.kernel.words import Words

TO_CONFIRM: Final = CERTAIN - 0.1
_MAIN: Final = ("principal_fen", "balance_fen", "original_principal_fen", "credit_limit_fen")
_SMALL_YUAN: Final = 1_000
"""A tape whose principals are mostly below so many yuan is in 万元 where other columns look like it."""
_HALF: Final = 0.5
_LARGE_WAN: Final = 1_000
"""Principals of so many 万元, most of them and of persons: guessed wrongly, every claim is ten thousand times what it is; left in yuan, every claim is too small to be overlooked."""
_AT_LEAST: Final = 5
"""Fewer rows show no rule."""
_MOST: Final = 0.5
_FIRST_EVER: Final = re.compile(r"首次|首笔|第一次|最早|历史|first|earliest")
_OTHER_DAYS: Final = re.compile(
    r"^(?:利息|欠息|息|本金|本)(?:的)?(?:逾期|拖欠|欠息|违约)?天数$|^(?:interest|principal)(?:overdue|pastdue|in arrears)?days$|^days(?:interest|principal)"
)
_WHOLE: Final = 0.99
_STEP: Final = 100


def one_unit(guesses: Sequence[Guess], seen: Mapping[str, Profile | None], *, titled: bool) -> list[Guess]:
    """The guesses with one unit for all amounts whose heading states none: no system writes the principal in yuan and the interest beside it in fen or 万元.

    The principal says which, by its figures (:func:`.suggest_values.money_unit`); where it may be either, what stands beside it. Whatever is guessed, or looks like another
    unit than the one taken, is to be confirmed. titled: a title states the unit.
    """
    free = {
        i: found
        for i, guess in enumerate(guesses)
        if guess.field and TAPE[guess.field].kind == "money" and heading_unit(guess.heading) is None and (found := seen[guess.heading]) is not None
    }
    looks = {i: money_unit(found) for i, found in free.items()}
    if titled or not any(looks.values()):
        return list(guesses)
    main = min(free, key=lambda i: (_MAIN.index(field) if (field := str(guesses[i].field)) in _MAIN else len(_MAIN), -_median(free[i])))
    unit = looks[main]
    firms = any(guess.field == "name" and (found := seen[guess.heading]) is not None and found.share("firm") > _HALF for guess in guesses)
    if unit == "wan" and not firms and _median(free[main]) >= _LARGE_WAN:
        unit = None  # finer than a fen, and tens of millions each in 万元: a system that counts to the hundredth of a fen is likelier
    elif unit == "fen" and not all(found.whole > _WHOLE for found in free.values() if found.numbers.len()):
        unit = None  # what has decimals beside it is counted in yuan
    elif unit is None and "wan" in looks.values() and _median(free[main]) < _SMALL_YUAN:
        unit = "wan"
    elif unit is None and "fen" in looks.values() and _counts_fen([found for i, found in free.items() if found.numbers.len()]):
        unit = "fen"
    out = list(guesses)
    for i, look in looks.items():
        if unit is None and look is None:
            continue
        out[i] = replace(
            guesses[i],
            unit=unit,
            confidence=min(guesses[i].confidence, TO_CONFIRM),
            doubts=(*guesses[i].doubts, _unit_doubt(unit, look, guesses[main].heading, own=i == main)),
        )
    return out


def _median(seen: Profile) -> float:
    return float(seen.numbers.abs().median() or 0.0)  # type: ignore[arg-type]


def _counts_fen(seen: Sequence[Profile]) -> bool:
    """Whether all amounts are whole numbers, and those that stand for nobody's round sums: 1,000,000 alone may be yuan of a firm."""
    figures = pl.concat([found.numbers for found in seen])
    return all(found.whole > _WHOLE for found in seen) and float((figures % _STEP == 0).mean() or 0.0) < _MOST  # type: ignore[arg-type]


def _unit_doubt(unit: str | None, look: str | None, main: str, *, own: bool) -> Words:
    taken = UNIT_WORDS[unit or "yuan"]
    if look is None or (look == unit and own):
        follows = "" if own else f"（与“{main}”一致）"
        follows_en = "" if own else f", as that of {main!r}"
        return Words(f"单位按数值推断为{taken.zh}{follows}，请核对", f"the unit {taken.en} is guessed from the figures{follows_en}: check it")
    if look == unit:
        return Words(f"单位按数值推断为{taken.zh}，请核对", f"the unit {taken.en} is guessed from the figures: check it")
    zh, en = ("其他金额", "the other amounts") if own else (f"“{main}”", f"those of {main!r}")
    return Words(
        f"数值像{UNIT_WORDS[look].zh}，但与{zh}一致按{taken.zh}读，请核对",
        f"the figures look like {UNIT_WORDS[look].en}, but are read in {taken.en} as {en}: check it",
    )


def days_against_date(guesses: Sequence[Guess], sample: pl.DataFrame | None) -> list[Guess]:
    """A first day of arrears to which the days do not add up to one cut-off date: that of the first arrears ever is a comment, any other is to be confirmed."""
    since = next((i for i, guess in enumerate(guesses) if guess.field == "overdue_since" and guess.confidence >= SURE), None)
    days = next((i for i, guess in enumerate(guesses) if guess.field == OVERDUE and guess.confidence >= SURE and not says_stage(guess.heading)), None)
    out = list(guesses)
    if since is not None and days is None and _FIRST_EVER.search(normal_heading(guesses[since].heading)):
        doubt = Words(
            "可能是历史上首次逾期的日期，而不是本次逾期起始日，请核对",
            "may be the date of the first arrears ever and not of the present ones: check it",
        )
        out[since] = replace(guesses[since], confidence=min(guesses[since].confidence, TO_CONFIRM), doubts=(*guesses[since].doubts, doubt))
        return out
    if since is None or days is None or sample is None or _one_cut_off(sample, guesses[since], guesses[days]) is not False:
        return out
    date, count = guesses[since].heading, guesses[days].heading
    if _FIRST_EVER.search(normal_heading(date)):
        why = Words(f"与“{count}”对不上，像是历史上首次逾期的日期", f"does not go with {count!r}: the date of the first arrears ever, it seems")
        out[since] = replace(guesses[since], confidence=WORTH_SAYING, reason=why)
        return out
    doubt = Words(
        f"“{date}”加“{count}”在多数行不是同一天：两者有一列不是当前逾期，按起始日计；请核对，删去不对的一列",
        f"{date!r} plus {count!r} is not one day in most rows: one of them is not of the present arrears, and the date is used; check, and delete the wrong one",
    )
    for i in (since, days):
        out[i] = replace(guesses[i], confidence=min(guesses[i].confidence, TO_CONFIRM), doubts=(*guesses[i].doubts, doubt))
    return out


def _one_cut_off(sample: pl.DataFrame, since: Guess, days: Guess) -> bool | None:
    """Whether date plus days is one day, give or take another, in most rows; None where too few say."""
    cells = sample.select(since.heading, days.heading).cast(pl.String)
    spec = Spec("overdue_since", since.heading, "date", dates=since.dates or ("auto",))
    begun = slow_date(cells[since.heading], spec)["value"]
    counted = cells[days.heading].str.strip_chars(" 天日").cast(pl.Int32, strict=False)
    both = pl.DataFrame({"day": begun, "count": counted}).drop_nulls()
    if both.height < _AT_LEAST:
        return None
    ends = both.select(pl.col("day") + pl.duration(days=pl.col("count"))).to_series()
    usual = ends.mode().sort()[0]
    return float(((ends - usual).dt.total_days().abs() <= 1).mean() or 0.0) > _MOST


def longest_days(guesses: Sequence[Guess], sample: pl.DataFrame | None, seen: Mapping[str, Profile | None]) -> list[Guess]:
    """本金逾期天数 beside 利息逾期天数: what is overdue the longest counts (principal, interest or income: 商业银行金融资产风险分类办法, 2023)."""
    out = list(guesses)
    days = [i for i, guess in enumerate(guesses) if guess.field == OVERDUE and not guess.part and not counts_periods(guess.heading)]
    beside = [
        i
        for i, guess in enumerate(guesses)
        if guess.field is None
        and _OTHER_DAYS.match(normal_heading(guess.heading))
        and (found := seen[guess.heading]) is not None
        and found.share("number") > _MOST
    ]
    if len(days) != 1 or not beside or sample is None or guesses[days[0]].confidence < SURE or says_stage(guesses[days[0]].heading):
        return out
    zh, en = (sign.join(guesses[i].heading for i in (*days, *beside)) for sign in ("、", ", "))
    why = Words(f"取{zh}中最长者", f"the longest of {en}")
    for number, i in enumerate((*days, *beside), 1):
        out[i] = replace(guesses[i], field=OVERDUE, confidence=guesses[days[0]].confidence, reason=why, part=number, greatest=True)
    return out
