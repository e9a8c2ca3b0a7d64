"""A layout proposed for an unknown tape, for a person to confirm.

Each heading is scored against each canonical field by its name (:mod:`.suggest_names`) and by its cells (:mod:`.suggest_values`);
then fields and headings are matched one to one so that certain matches come first. What is certain enough becomes a line of
a valid layout with its confidence and reason beside it; what is not stands there as a comment to be taken or left.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from panhuo.engines.intake.amount_parts import part_of
from panhuo.engines.intake.currency import claims_of
from panhuo.engines.intake.layout import MONEY_UNITS, OVERDUE, PERIODS, Layout, load_layout, shipped_layouts
from panhuo.engines.intake.mapping import bind, heading_unit, normal_heading
from panhuo.engines.intake.money_words import both, marks
from panhuo.engines.intake.suggest_across import TO_CONFIRM, days_against_date, longest_days, one_unit
from panhuo.engines.intake.suggest_contained import before_payments, gross, held_by
from panhuo.engines.intake.suggest_names import (
    anothers,
    counter_heading,
    counts_periods,
    likeness,
    names_an_account,
    only_alike,
    says_outstanding,
    says_stage,
)
from panhuo.engines.intake.suggest_sums import Group, groups, of_all
from panhuo.engines.intake.suggest_values import Profile, counts_rows, date_forms, evidence, money_unit, profiles_of, rate_unit, unknown_codes
from panhuo.engines.intake.suggestion import SURE, SURE_OF_MONEY, WORTH_SAYING, Guess, Suggestion
from panhuo.engines.intake.title_units import UNIT_WORDS, Stated, stated_unit
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.frames import TAPE
from panhuo.kernel.words import Words

NAMED: Final = 0.97
"""A heading that is the field's own name or a known synonym, to the letter."""
_BESIDE: Final = 0.1
_ADDS_UP: Final = 0.9
_A_PART: Final = 0.7
_ONLY_ALIKE: Final = 0.49
"""A comment at most, whatever the cells look like: amounts and dates of different things do."""
_TWO_MEANINGS: Final = {
    "最后还款日": Words(
        "“最后还款日”可能是最近一次还款的日期，也可能是最后一期的到期日（那样请改为 maturity_date）",
        "最后还款日 may be the day of the latest payment or the due date of the last instalment (then write maturity_date)",
    )
}
_DAILY: Final = 0.003
"""No loan costs 0.3 % a year."""
_NUMBERS: Final = re.compile(r"[0-9０-９][0-9０-９ -]{5,}[0-9Xx]|\S+@\S+")
"""What a code has none of: a telephone, an identity or card number, an address of mail."""
_CELLS: Final = 1_000
_WIDE: Final = 600
SAMPLE_ROWS: Final = 600
"""Enough rows to know a column by."""


def suggest_layout(headings: Sequence[str], sample: pl.DataFrame | None = None, *, titles: Sequence[str] = ()) -> Suggestion:
    """Map ``headings`` to canonical fields; ``sample``: some rows under these headings, as text (values decide much). ``titles``: the cells
    above the header, which may state the unit of every amount whose heading states none."""
    sample = sample.head(SAMPLE_ROWS) if sample is not None else None
    names = likeness(headings)
    looked_at = set(sample.columns if sample is not None else ())
    if len(headings) > _WIDE:  # what is like nothing is not looked into: thousands of columns are no loan tape, and somebody waits
        looked_at &= {heading for heading, alike in zip(headings, names, strict=True) if alike}
    looks = [h for h in headings if h in looked_at]
    known = dict(zip(looks, profiles_of([sample[h].cast(pl.String) for h in looks]), strict=True)) if sample is not None else {}
    profiles = [known.get(heading) for heading in headings]
    fields = list(TAPE)
    scores, reasons = _by_name_and_values(headings, names, profiles)
    total = of_all(headings, _named(scores), profiles, sample)
    if total is not None:  # what 本金 and 利息 beside it add up to is no principal
        scores[total][fields.index("principal_fen")], scores[total][fields.index("balance_fen")] = 0.0, _ADDS_UP
        reasons[total]["balance_fen"] = Words("各行等于本金与利息等之和", "in each row what principal and interest add up to")
    for i, (left, field) in before_payments(headings, _named(scores), profiles, sample, enough=SURE_OF_MONEY).items():
        scores[left] = [_ADDS_UP if name == field else 0.0 for name in fields]
        reasons[left][field] = Words(f"各行等于“{headings[i]}”减去已还", f"in each row what is left of {headings[i]!r}")
        scores[i] = [0.0] * len(fields)
    _prefer_outstanding(headings, scores)
    _prefer_days(headings, scores)
    stated = stated_unit(titles)
    sums = groups(headings, _named(scores), profiles, sample)
    within = {i: headings[group.columns[0]] for group in sums for i in group.contained}
    summed = _summed(sums, headings, _named(scores))
    for group in sums:
        for row in scores:
            row[fields.index(group.field)] = 0.0
        for i in (*group.columns, *group.contained):
            scores[i] = [0.0] * len(fields)
    chosen = _assigned(scores)
    guesses = []
    for i, heading in enumerate(headings):
        column = sample[heading].cast(pl.String) if profiles[i] is not None and sample is not None else None
        if i in summed:
            field, score, number, reason, doubts = summed[i]
            guess = _guess(heading, field, score, reason, profiles[i], column, stated)
            guesses.append(replace(guess, part=number, doubts=(*doubts, *guess.doubts), within=within.get(i, "")))
        elif i in chosen:
            field = fields[chosen[i]]
            guesses.append(_guess(heading, field, scores[i][chosen[i]], reasons[i][field], profiles[i], column, stated))
        else:
            guesses.append(Guess(heading, None, 0.0, Words("没有相近的字段", "like no field")))
    guesses = [_doubted(guess, gross(guess.heading, guess.field or "", headings, profiles, sample)) for guess in guesses]
    seen = dict(zip(headings, profiles, strict=True))
    guesses = one_unit(guesses, seen, titled=bool(stated.units))
    guesses = days_against_date(longest_days(_days_or_stage(guesses, sample), sample, seen), sample)
    guesses = _with_account(_at_its_word(_once(guesses)))
    return Suggestion(tuple(guesses), _fits(headings), *_currency(guesses, sample, stated))


def _by_name_and_values(
    headings: Sequence[str], alikes: Sequence[dict[str, tuple[float, str]]], profiles: Sequence[Profile | None]
) -> tuple[list[list[float]], list[dict[str, Words]]]:
    """For each heading a confidence for every field, in the order of the schema, and the words for it."""
    scores: list[list[float]] = []
    reasons: list[dict[str, Words]] = []
    for heading, seen, names in zip(headings, profiles, alikes, strict=True):
        row, why = [], {}
        part = part_of(heading)
        counter = counter_heading(heading) or (seen is not None and counts_rows(seen))
        for field in TAPE:
            alike, name = names.get(field, (0.0, ""))
            score, reason = _score(field, alike, name, seen)
            if part == field and score < _A_PART and (seen is None or not seen.filled or seen.share("number") > 0.6):
                score, reason = _A_PART, Words(f"表头是{TAPE[field].zh}的一部分", f"the heading is a part of the {TAPE[field].en}")
            if alike and part != field and only_alike(heading, name, TAPE[field].kind):
                score = min(score, _ONLY_ALIKE)
            if (counter and TAPE[field].kind == "identifier") or anothers(heading, field):
                score = 0.0  # 序号: the number of the row, not of the claim
            row.append(score)
            why[field] = reason
        scores.append(row)
        reasons.append(why)
    return scores, reasons


def _named(scores: Sequence[Sequence[float]]) -> list[dict[str, float]]:
    return [dict(zip(TAPE, row, strict=True)) for row in scores]


def _assigned(scores: Sequence[Sequence[float]]) -> dict[int, int]:
    """The number of the field each heading gets, no field twice: what is worth the most together."""
    from scipy.optimize import linear_sum_assignment

    if not scores:
        return {}
    # fourth powers: one certain match is worth more than two doubtful ones
    rows, columns = linear_sum_assignment([[-(s**4) if s >= WORTH_SAYING else 0.0 for s in row] for row in scores])
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if scores[r][c] >= WORTH_SAYING}


def _summed(
    sums: Sequence[Group], headings: Sequence[str], scores: Sequence[dict[str, float]]
) -> dict[int, tuple[str, float, int, Words, tuple[Words, ...]]]:
    """By number of the heading: field, confidence, part of the sum, reason, doubts. A column that another one contains stays below the bar of a line."""
    out: dict[int, tuple[str, float, int, Words, tuple[Words, ...]]] = {}
    for group in sums:
        zh, en = (sign.join(headings[i] for i in group.columns) for sign in ("＋", " + "))
        several = len(group.columns) > 1
        for number, i in enumerate(group.columns, 1):
            name = TAPE[group.field]
            sure = max(scores[i][group.field], 0.9 if part_of(headings[i]) == group.field else 0.0)
            score = max(sure if group.certain else min(sure, 0.7), SURE_OF_MONEY)
            if several:
                reason = Words(f"{name.zh}＝{zh}", f"{name.en} = {en}")
                doubt = Words(
                    "几列像同一金额，按相加处理；其中一列若已含其他列，请删去其余",
                    "several columns like one amount are added: if one contains the others, take those out",
                )
            else:
                parts, parts_en = "、".join(headings[j] for j in group.contained), ", ".join(headings[j] for j in group.contained)
                reason = Words(f"{parts} 的合计", f"the total of {parts_en}")
                doubt = Words(
                    f"按合计读取，{parts} 不另计；若并不包含，请改为相加",
                    f"read as the total, without adding {parts_en}: if it does not contain them, add them",
                )
            out[i] = (group.field, score, number if several else 0, reason, () if group.certain else (doubt,))
        for i in group.contained:
            total = headings[group.columns[0]]
            out[i] = (group.field, WORTH_SAYING, 0, _contained(total), ())
    return out


def _currency(guesses: Sequence[Guess], sample: pl.DataFrame | None, stated: Stated) -> tuple[str | None, tuple[Words, ...]]:
    """The currency of the amounts, and what is doubtful about it."""
    amounts = [guess.heading for guess in guesses if guess.field and TAPE[guess.field].kind == "money"]
    left: tuple[str, ...] = ()
    for claim in (*claims_of(amounts), *stated.claims):
        if not claim.yuan and not (left := both(left, claim.codes)):
            return None, (
                Words(
                    "标题行与表头写了几种币种，请按币种分开，或在 currency 中写明",
                    "titles and headings name several currencies: split the tape, or write which one under currency",
                ),
            )
    if left:
        return left[0], ()
    cells = (
        pl.concat([sample[name].cast(pl.String).drop_nulls().rename("") for name in amounts]) if sample is not None and amounts else pl.Series([""])
    )
    counts = Counter(codes[0] for cell in cells.head(_CELLS) for codes in marks(cell))
    code, count = next(iter(counts.most_common(1)), ("CNY", 0))
    if code == "CNY" or count * 2 < min(cells.len(), _CELLS):
        return None, ()
    return code, (Words(f"币种按单元格中的符号推断为 {code}，请核对", f"the currency {code} is taken from the signs in the cells: check it"),)


def _prefer_outstanding(headings: Sequence[str], scores: list[list[float]]) -> None:
    """本金 and 逾期本金 are names of the unpaid principal as 剩余本金 is, but beside it they are something else."""
    at = list(TAPE).index("principal_fen")
    named = [i for i, row in enumerate(scores) if row[at] >= SURE]
    if any(says_outstanding(headings[i]) for i in named):
        for i in named:
            scores[i][at] -= 0.0 if says_outstanding(headings[i]) else _BESIDE


def _prefer_days(headings: Sequence[str], scores: list[list[float]]) -> None:
    """账龄 says how long an account is overdue where nothing counts the days."""
    at = list(TAPE).index(OVERDUE)
    for i, row in enumerate(scores):
        if says_stage(headings[i]):
            row[at] -= _BESIDE


def _days_or_stage(guesses: list[Guess], sample: pl.DataFrame | None) -> list[Guess]:
    """账龄 stands in where 逾期天数 beside it is empty."""
    days = next((i for i, guess in enumerate(guesses) if guess.field == OVERDUE and not says_stage(guess.heading)), None)
    stage = next(
        (i for i, guess in enumerate(guesses) if says_stage(guess.heading) and not counts_periods(guess.heading) and guess.field in (None, "bucket")),
        None,
    )
    if days is None or stage is None or sample is None:
        return guesses
    said = sample[guesses[stage].heading].cast(pl.String).drop_nulls().str.strip_chars()
    if said.str.contains(r"^[0-9.]+$").mean() != 0.0:  # bare numbers are stages here and days there: nobody can tell
        return guesses
    filled, stands_in = (sample[guesses[i].heading].cast(pl.String).str.strip_chars().fill_null("") != "" for i in (days, stage))
    if not (stands_in & ~filled).any():
        return guesses
    name, stood = guesses[days].heading, guesses[stage].heading
    why = Words(f"“{name}”空缺处按“{stood}”", f"{stood!r} where {name!r} is empty")
    out = list(guesses)
    out[days] = replace(guesses[days], part=1)
    out[stage] = Guess(stood, OVERDUE, TO_CONFIRM, why, part=2)
    return out


def _doubted(guess: Guess, paid: str | None) -> Guess:
    """应还本金 beside 已还本金 is more than what is owed."""
    if paid is None:
        return guess
    doubt = Words(
        f"旁有“{paid}”：{guess.heading}可能未减去已还部分，请核对，必要时用 derived 相减",
        f"{paid!r} stands beside it: {guess.heading} may not be less what is paid; check, and subtract it under derived if so",
    )
    return replace(guess, confidence=min(guess.confidence, TO_CONFIRM), doubts=(*guess.doubts, doubt))


def _contained(whole: str) -> Words:
    return Words(f"已含在“{whole}”中", f"contained in {whole!r}")


def _once(guesses: list[Guess]) -> list[Guess]:
    """What another column holds already, by the headings, is a comment."""
    out = list(guesses)
    for i, whole in held_by([guess.heading for guess in guesses], [guess.field for guess in guesses]).items():
        name = guesses[whole].heading
        out[i] = replace(guesses[i], confidence=WORTH_SAYING, reason=_contained(name), part=0, doubts=(), within=name)
    return out


def _at_its_word(guesses: list[Guess]) -> list[Guess]:
    """借据编号 over 1, 2, 3 ... is the account number where nothing else can be, for a person to confirm."""
    if any(guess.field in ("account_id", "contract_no") for guess in guesses):
        return guesses
    named = [guess for guess in guesses if guess.field is None and names_an_account(guess.heading)]
    if len(named) != 1:
        return guesses
    why = Words("表头就是借据号的叫法，内容却像行号", "the heading is a name of the account number, the values look like a row counter")
    doubt = Words(
        "请确认换一份清单时每笔的编号不变；若只是行号，请换成每笔唯一且不变的编号",
        "confirm that a claim keeps its number from list to list; if it only counts the rows, use a lasting number of each claim",
    )
    return [replace(guess, field="account_id", confidence=SURE, reason=why, doubts=(doubt,)) if guess is named[0] else guess for guess in guesses]


def _with_account(guesses: list[Guess]) -> list[Guess]:
    """Without an account number no tape is read: where only contract numbers are found they stand in for it, for a person to confirm."""
    if any(guess.field == "account_id" for guess in guesses):
        return guesses
    why = Words(
        "没有借据号，以合同号代替，请确认一份合同只有一笔借据",
        "no account number: the contract number stands in for it; confirm that a contract has one account only",
    )
    return [
        replace(guess, field="account_id", confidence=min(guess.confidence, 0.5), reason=why) if guess.field == "contract_no" else guess
        for guess in guesses
    ]


def _score(field: str, alike: float, name: str, seen: Profile | None) -> tuple[float, Words]:
    support, weight = evidence(TAPE[field], seen) if seen is not None else (0.0, 0.0)
    zh, en = (f"名称近似“{name}”", f"named like {name!r}") if alike else ("仅凭内容", "by its values alone")
    if support > 0:
        if alike >= 0.25:
            score = 1 - (1 - alike) * (1 - weight * support)
        else:  # by its values alone: never certain, and never anybody's but the debtor's
            alone = weight >= 0.5 and not field.startswith(("guarantor_", "contact_", "phone2"))
            score = max(alike, weight * support * 0.74 if alone else 0.0)
        return score, Words(f"{zh}，内容相符", f"{en}, values agree")
    if support < 0:
        score = alike * (1 + 0.65 * support * weight)
        if alike >= NAMED and TAPE[field].kind in ("money", "rate", "number", "integer", "date"):
            score = max(score, SURE)  # the heading says what it is; that the cells look odd is for a person to see, beside the line
        return score, Words(f"{zh}，内容不符", f"{en}, values disagree")
    return alike, Words(zh, en)


def _guess(heading: str, field: str, score: float, reason: Words, seen: Profile | None, column: pl.Series | None, stated: Stated) -> Guess:
    kind = TAPE[field].kind
    unit: str | None = None
    dates: tuple[str, ...] = ()
    doubts: list[Words] = []
    titled = kind == "money" and bool(stated.units) and heading_unit(heading) not in MONEY_UNITS
    if titled and len(stated.units) == 1:
        unit = stated.units[0]
        reason = Words(f"{reason.zh}，单位取自标题行“{stated.text}”", f"{reason.en}, unit from the title {stated.text!r}")
        doubts += _title_doubts(unit, seen)
    elif titled:
        zh, en = "、".join(UNIT_WORDS[u].zh for u in stated.units), ", ".join(UNIT_WORDS[u].en for u in stated.units)
        doubts.append(Words(f"标题行写了几种单位（{zh}），请写明 unit", f"the titles state several units ({en}): write which one under unit"))
    if field == OVERDUE and counts_periods(heading):
        unit = PERIODS
        if seen is not None and 0 < seen.share("number") < 1:
            score = min(score, TO_CONFIRM)
            doubts.append(
                Words(
                    "数字按期数读，M3、90天以上之类按其写法读，请核对", "bare numbers are read as instalments, M3 or 90天以上 as they say: check it"
                )
            )
    if normal_heading(heading) in _TWO_MEANINGS:
        score = min(score, TO_CONFIRM)
        doubts.append(_TWO_MEANINGS[normal_heading(heading)])
    if seen is not None and column is not None:
        if kind == "rate" and heading_unit(heading) is None:
            unit = rate_unit(seen)
            if unit == "fraction" and (seen.numbers.median() or 0) < _DAILY:  # type: ignore[operator]
                score = min(score, TO_CONFIRM)
                doubts.append(
                    Words(
                        "数值小得像日利率（万分之五即 0.0005），请核对",
                        "so small that it looks like a daily rate (five in ten thousand is 0.0005): check it",
                    )
                )
        if kind == "date":
            dates, certain = date_forms(column, seen)
            if not certain:
                doubts.append(Words("日、月先后无法确定，请核对", "day and month cannot be told apart: check the order"))
        few = 0 < len(seen.values) <= 30 and max(seen.counts) > 1  # a column of names is not to be spread over a file
        if kind == "code" and few and (strange := unknown_codes(TAPE[field], heading, seen)):
            listed = ", ".join(_NUMBERS.sub("***", value)[:20] for value in strange)
            doubts.append(Words(f"代码表外的取值，请在 codes 中对应：{listed}", f"values outside the code list, to be given under codes: {listed}"))
    return Guess(heading, field, round(min(score, 0.99), 2), reason, unit, dates, tuple(doubts))


def _title_doubts(unit: str, seen: Profile | None) -> list[Words]:
    """Where the figures look like another unit than the title's."""
    guessed = money_unit(seen) if seen is not None else None
    if guessed is None or guessed == unit:
        return []
    return [
        Words(
            f"标题行写的是{UNIT_WORDS[unit].zh}，数值却像{UNIT_WORDS[guessed].zh}，请核对",
            f"the title says {UNIT_WORDS[unit].en}, the figures look like {UNIT_WORDS[guessed].en}: check it",
        )
    ]


def _fits(headings: Sequence[str]) -> tuple[tuple[str, int], ...]:
    found = []
    for layout in _shipped():
        try:
            found.append((layout.name, len(bind(layout, headings).fields)))
        except InputUnusable:
            continue
    return tuple(sorted(found, key=lambda item: -item[1]))


@functools.cache
def _shipped() -> tuple[Layout, ...]:
    return tuple(map(load_layout, shipped_layouts()))
