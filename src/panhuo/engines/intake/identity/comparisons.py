"""What two people are compared on, level by level, from best to worst.

Each level is a condition in DuckDB's SQL over the standardised columns of :mod:`.standardise` (``x_l``, ``x_r``). The first
that holds counts; where a value is missing on either side the comparison is silent (weight 0). How likely each level is among
pairs that are one debtor (m) and among pairs that are not (u) is the policy's, corrected by the tape (:mod:`.scoring`).

DuckDB compares strings byte by byte, and a Chinese character is three bytes: an edit distance over them means nothing. So
Chinese names are compared character by character through a list column, and addresses and employers through bitmaps of
their character pairs; only digits and Latin letters go through the byte functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from panhuo.kernel.words import Words

ELSE = "ELSE"


@dataclass(frozen=True, slots=True)
class Level:
    """``code`` names it in policy, edges and review. ``frequency``: the column whose commonness adjusts the weight."""

    code: str
    words: Words
    sql: str
    frequency: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``missing``: the condition under which it is silent. ``levels``: from best to worst, the last one takes what is left."""

    name: str
    words: Words
    missing: str
    levels: tuple[Level, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(level.code for level in self.levels)


def _dice(column: str) -> str:
    left, right = f"{column}_l", f"{column}_r"
    return f"(2.0 * bit_count({left} & {right}) / greatest(bit_count({left}) + bit_count({right}), 1))"


def _one_slip(column: str, head: int, tail: int) -> str:
    """One digit wrong, missing, extra or swapped with its neighbour; the cheap test first, as one slip spares the head or the tail."""
    left, right = f"{column}_l", f"{column}_r"
    spared = f"(left({left}, {head}) = left({right}, {head}) or right({left}, {tail}) = right({right}, {tail}))"
    return f"({spared} and damerau_levenshtein({left}, {right}) <= 1)"


def _missing(column: str) -> str:
    return f"{column}_l is null or {column}_r is null"


# Two characters of a longer name may be swapped or one be written wrongly; a name of two characters has no room for that.
_SAME_PLACE = "(" + " + ".join(f"coalesce((characters_l[{k}] = characters_r[{k}])::int, 0)" for k in range(1, 5)) + ")"
_ONE_CHARACTER = (
    f"(han_l and han_r and len(characters_l) in (3, 4) and len(characters_l) = len(characters_r) and {_SAME_PLACE} >= len(characters_l) - 1)"
)
_LONG_NAME = "(han_l and han_r and len(characters_l) > 4 and jaro_winkler_similarity(sound_l, sound_r) >= 0.94)"
_ONE_DROPPED = (
    "(han_l and han_r and surname_l = surname_r and abs(len(characters_l) - len(characters_r)) = 1"
    " and (contains(given_l, given_r) or contains(given_r, given_l)))"
)
_LATIN_NEAR = (
    "(not han_l and not han_r and (jaro_winkler_similarity(sorted_l, sorted_r) >= 0.94"
    " or (surname_l = surname_r and jaro_winkler_similarity(given_l, given_r) >= 0.8)"
    " or (given_l = given_r and jaro_winkler_similarity(surname_l, surname_r) >= 0.8)))"
)

_PART = (
    "(not han_l and not han_r and ((given_l is null and (surname_l = surname_r or surname_l = given_r))"
    " or (given_r is null and (surname_l = surname_r or surname_r = given_l))))"
)
_YEAR = "substr(birth_l, 1, 4) = substr(birth_r, 1, 4)"

COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "name",
        Words("姓名", "name"),
        _missing("name"),
        (
            Level("exact", Words("相同", "same"), "name_l = name_r", "name"),
            Level(
                "alike",
                Words("同音，或（其他文字）词序不同", "spelt alike in pinyin; in other scripts also another order"),
                "pinyin_l = pinyin_r or (not han_l and not han_r and sorted_l = sorted_r)",
            ),
            Level(
                "near",
                Words("音近、字序不同或差一字", "nearly the same sound, other order, or one character differs"),
                f"sound_l = sound_r or sorted_l = sorted_r or {_ONE_CHARACTER} or {_ONE_DROPPED} or {_LONG_NAME} or {_LATIN_NEAR}",
            ),
            Level(
                "similar",
                Words("相近", "similar"),
                "not han_l and not han_r and jaro_winkler_similarity(sorted_l, sorted_r) >= 0.86",
            ),
            Level("part", Words("一方姓名不全", "one is a part of the other"), _PART),
            Level("given", Words("仅名相同", "given name only"), "given_l = given_r or (not han_l and (given_l = surname_r or surname_l = given_r))"),
            Level("surname_zh", Words("仅姓相同（中文姓名）", "surname only, Chinese names"), "han_l and han_r and surname_l = surname_r", "surname"),
            Level("surname", Words("仅姓相同（其他文字）", "surname only, other scripts"), "surname_l = surname_r", "surname"),
            Level("other", Words("不同", "different"), ELSE),
        ),
    ),
    Comparison(
        "birth",
        Words("出生日期", "birth date"),
        _missing("birth"),
        (
            Level("exact", Words("相同", "same"), "birth_l = birth_r"),
            Level(
                "swapped",
                Words("月日互换", "day and month swapped"),
                f"{_YEAR} and substr(birth_l, 5, 2) = substr(birth_r, 7, 2) and substr(birth_l, 7, 2) = substr(birth_r, 5, 2)",
            ),
            Level("one_digit", Words("差一位", "one digit differs"), _one_slip("birth", 3, 4)),
            Level(
                "two_parts",
                Words("年月日中两项相同", "two of year, month, day agree"),
                f"({_YEAR})::int + (substr(birth_l, 5, 2) = substr(birth_r, 5, 2))::int + (substr(birth_l, 7, 2) = substr(birth_r, 7, 2))::int = 2",
            ),
            Level("year", Words("仅年相同", "year only"), _YEAR),
            Level("other", Words("不同", "different"), ELSE),
        ),
    ),
    Comparison(
        "phone",
        Words("电话", "phone"),
        "phones_l is null or phones_r is null",
        (
            Level("exact", Words("相同", "same"), "phone_l = phone_r", "phone"),
            Level("cross", Words("与对方另一号码相同", "same as the other's second number"), "list_has_any(phones_l, phones_r)"),
            Level(
                "one_digit",
                Words("差一位", "one digit differs"),
                "len(phone_l) >= 10 and len(phone_r) >= 10 and " + _one_slip("phone", 5, 5),
            ),
            Level("other", Words("不同", "different"), ELSE),
        ),
    ),
    Comparison(
        "address",
        Words("地址", "address"),
        _missing("address"),
        (
            Level("exact", Words("相同", "same"), "address_l = address_r", "address"),
            Level(
                "door", Words("同路同号", "same road and numbers"), f"door_l = door_r and (numbers_l = numbers_r or {_dice('address_pairs')} >= 0.85)"
            ),
            Level("similar", Words("相近", "similar"), f"{_dice('address_pairs')} >= 0.75 or (door_l = door_r and {_dice('address_pairs')} >= 0.5)"),
            Level("partial", Words("部分相同", "partly the same"), f"{_dice('address_pairs')} >= 0.5"),
            Level("district", Words("同区县", "same district"), "district_l = district_r"),
            Level("city", Words("同城市", "same city"), "city_l = city_r"),
            Level("other", Words("不同", "different"), ELSE),
        ),
    ),
    Comparison(
        "employer",
        Words("工作单位", "employer"),
        _missing("employer"),
        (
            Level("exact", Words("相同", "same"), "employer_l = employer_r", "employer"),
            Level(
                "similar",
                Words("相近", "similar"),
                f"contains(employer_l, employer_r) or contains(employer_r, employer_l) or {_dice('employer_pairs')} >= 0.6",
            ),
            Level("other", Words("不同", "different"), ELSE),
        ),
    ),
    Comparison(
        "email",
        Words("电子邮箱", "e-mail"),
        _missing("email"),
        (
            Level("exact", Words("相同", "same"), "email_l = email_r", "email"),
            Level(
                "similar",
                Words("相近", "similar"),
                "split_part(email_l, '@', 1) = split_part(email_r, '@', 1) or jaro_winkler_similarity(email_l, email_r) >= 0.95",
            ),
            Level("other", Words("不同", "different"), ELSE),
        ),
    ),
    Comparison(
        "card",
        Words("还款卡号", "repayment card"),
        _missing("card"),
        (
            Level("exact", Words("相同", "same"), "card_l = card_r", "card"),
            Level("one_digit", Words("差一位", "one digit differs"), _one_slip("card", 6, 6)),
            Level("other", Words("不同", "different"), ELSE),
        ),
    ),
    Comparison(
        "customer",
        Words("客户号", "customer number"),
        _missing("customer"),
        (
            Level("exact", Words("相同", "same"), "customer_l = customer_r"),
            Level("other", Words("不同", "different"), ELSE),
        ),
    ),
)

BY_NAME = {comparison.name: comparison for comparison in COMPARISONS}
SAME_NAME = ("exact", "alike")
"""Levels of the name at which two records bear one name: what is left to fear is a namesake, not a relative."""

FREQUENCIES = tuple(dict.fromkeys(level.frequency for c in COMPARISONS for level in c.levels if level.frequency))
"""Columns whose values' commonness on the tape adjusts a weight: agreeing on 欧阳靖宇 says more than on 张伟."""
