"""The words arrears are stated in, as signs a short grammar (:mod:`.parse_bands`) can read: 逾期超过九十天 -> ``AO90D`` -> ``O90D``.

One pass over the cell replaces every known word, the longest first. Signs are capitals, and the cell is in lower case, so nothing passes for a sign by itself;
what is no known word stays and keeps the cell from being read.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_SIGNS: Final[dict[str, str]] = {
    # how the figure bounds the days: at least G U P, over O V, within W B; its own edge excluded X, included I
    "G": ">= => ≥ ≧ 大于等于 大于或等于 不少于 不低于 不小于 至少 满 已满 at_least",
    "O": "> 大于 超过 已超过 超 已超 逾 高于 多于 over above more_than greater_than",
    "W": "< <= =< ≤ ≦ 小于 小于等于 小于或等于 不超过 未超过 不大于 不多于 不高于 少于 低于 不足 未满 不满 最多 less_than no_more_than under below up_to within",
    "U": "以上 及以上 或以上 含以上 及其以上 and_above or_above and_over or_over or_more and_more and_up",
    "V": "以外 之外 开外",
    "P": "+ plus",
    "B": "以下 及以下 或以下 以内 之内 内 or_less or_fewer",
    "X": "不含 不包含",
    "I": "含 包含",
    "S": "- — – ― − ~ ∼ 〜 至 到 且 但 to and &",
    "Z": "∞ 无穷 无穷大 正无穷 inf infinity",
    "D": "天 日 d day days",
    "N": "月 个月 mon month months mth mths",
    "Y": "年 y yr yrs year years",
    "Q": "期",
    "K": "m",
    # not: 累计, 最长, 曾. They tell of arrears that may be over.
    "A": "逾期 已逾期 连续逾期 当前逾期 目前逾期 现逾期 账龄 帐龄 逾期账龄 欠款 拖欠 已拖欠 连续拖欠 overdue past_due pastdue delinquent late in_arrears",
    "T": "逾期天数 逾期日数 欠款天数 拖欠天数 dpd",
    "L": "关注 关注类 次级 次级类 可疑 可疑类 损失 损失类",
    "C": (
        "未逾期 无逾期 没有逾期 没逾期 不逾期 未拖欠 无拖欠 无欠款 正常 正常类 正常还款 当期 未到期 "
        "current not_overdue not_past_due not_delinquent no_arrears performing up_to_date on_time"
    ),
    "[": "【 〔",
    "]": "】 〕",
}
_OPEN, _CLOSE = "\x02", "\x03"
"""Around a figure that stood in words: normalised text has no such characters. Two in a row (三四个月) are no number."""
_HALVES: Final = {"半年": (6, "N"), "半个月": (15, "D"), "一年半": (18, "N"), "1年半": (18, "N"), "两年半": (30, "N"), "2年半": (30, "N")}


def numerals() -> dict[str, int]:
    """零 to 三百九十九 as they are spoken; 两 where it stands for 二."""
    digit = "零一二三四五六七八九"
    tens = [*digit, *(f"{'' if n < 20 else digit[n // 10]}十{digit[n % 10] if n % 10 else ''}" for n in range(10, 100))]
    out = {word: n for n, word in enumerate(tens)} | {"两": 2}
    for n in range(100, 400):
        rest = n % 100
        tail = "" if not rest else f"零{digit[rest]}" if rest < 10 else f"{'一' if rest < 20 else ''}{tens[rest]}"
        out |= {f"{hundred}百{tail}": n for hundred in ("二两" if n // 100 == 2 else digit[n // 100])}
    return out


_TABLE: Final = {
    **{word.replace("_", " "): sign for sign, words in _SIGNS.items() for word in words.split()},
    **{word: f"{_OPEN}{n}{_CLOSE}" for word, n in numerals().items()},
    **{word: f"{_OPEN}{n}{_CLOSE}{unit}" for word, (n, unit) in _HALVES.items()},
}
_LONGEST_FIRST: Final = sorted(_TABLE, key=len, reverse=True)
_NO_FIGURE: Final = rf"{_CLOSE}{_OPEN}|[\d.]{_OPEN}|{_CLOSE}[\d.]"

_MORE: Final = (
    (rf"[{_OPEN}{_CLOSE}]", ""),
    (r"\s*([SPUVBXI])\s*", "$1"),
    (r"K\s+(\d)", "K$1"),
    (r"[(\[]([XI])\d*[DNYQ]?[)\]]", "$1"),  # 90天(含90天)以上
    (r"([XI])\d+[DNYQ]?$", "$1"),
    (r"^I", ""),
    (r"^A+[:\s]*[(\[]([^()\[\],]*)[)\]]$", "$1"),
    (r"^(?:A[:\s]*)+", ""),
    (r"^T[:\s]*([^K]*\d)([PU]?)$", "${1}D$2"),
    (r"^T[:\s]*", ""),
    (r"\s*T$", "D"),
    (r"\s*A$", ""),
    (r"^L\s*([(\[])", "$1"),  # 次级(91-270天)
    # what stands behind the first statement only explains it: M2(31-60天), M2-M3 31-90天, 31-60天(M2), 91-270天(次级)
    (r"^(K\d{1,3}[PU]?(?:SK?\d{1,3})?)[XI]?[\s(\[/:].*$", "$1"),
    (r"^([GOW]?\d[^(\[]*)[(\[][\d\sSPUVBGOWAT,]*[KDNYQLC][\d\sSPUVBGOWATKDNYQLC,]*[)\]]$", "$1"),
    (r"^([GOW]?\d.*\S)[\s/]+K\d{1,3}[PU]?$", "$1"),
)


def said(text: pl.Expr) -> pl.Expr:
    """A normalised cell (NFKC) in signs: without what only introduces or explains it. Null where figures in words run into each other."""
    signs = text.str.to_lowercase().str.replace_many(_LONGEST_FIRST, [_TABLE[word] for word in _LONGEST_FIRST], leftmost=True)
    cell: pl.Expr = pl.when(~signs.str.contains(_NO_FIGURE)).then(signs)
    for pattern, by in _MORE:
        cell = cell.str.replace_all(pattern, by)
    return cell.str.strip_chars()
