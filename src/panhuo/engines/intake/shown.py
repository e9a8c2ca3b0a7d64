"""How much of a cell may be shown in a file that travels: figures, dates, codes and statuses as they stand, people masked.

A user looks for the faulty cell by what stands in it, so an amount or a status must not be hidden; it identifies no one. What does is masked by
the mark of its column (:data:`.kernel.masking.MASKS`). There remain cells in which a person's data strayed, by shifted columns or in free text. No list
of names or streets is whole, so it is the other way round: text is shown where every word of it is a known one of trade (a code, a status, a figure, a
unit), where it is an institution's name and stands in a text column, or where it is a number of no person's form. Of all else the first letter is shown.

A row that could not be split into cells has no columns to go by: there every name, word, address and long number is masked. Characters that cannot be
seen are taken out before anything is looked at: a null byte inside a name would make two short words of it, each shown by its first letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from panhuo.engines.intake.money_words import CURRENCIES
from panhuo.engines.intake.parse_cells import BLANKS
from panhuo.engines.intake.parse_codes import NO, YES
from panhuo.engines.intake.person_forms import MAYBE, TRADE, D, has_house, looks_like_name
from panhuo.engines.intake.strays import ORGANISATION
from panhuo.kernel.codes import PROVINCES
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import TABLES
from panhuo.kernel.masking import MASKS

_LONG: Final = rf"({D}{{3}})[0-9０-９*]{{6,}}([0-9０-９Xx]{{2}})"
_SEVEN: Final = rf"({D}{{3}})[0-9０-９*]{{2,}}([0-9０-９Xx]{{2}})"
_SPACED: Final = (
    (r"(1[3-9][0-9])[- ][0-9]{4}[- ]([0-9]{2})[0-9]{2}", "${1}****"),
    (r"([0-9]{3})[0-9]{3}[- ][0-9]{8}[- ][0-9]{3}[0-9Xx]", "${1}****"),
    (r"([0-9]{4})(?:[- ][0-9]{4}){2,3}(?:[- ]?[0-9]{1,4})?", "${1}****"),
)
_PERSONAL_NUMBER: Final = r"^(?:(?:\+|00)?86)?1[3-9][0-9]{9}$|^[0-9]{14,}[0-9Xx]$"
_SEPARATORS: Final = r"[\s'‘’,，\-]|\.0*$"
_FIGURE: Final = (
    rf"^[\s'¥￥$€(（+\-−]*(?:{D}[0-9０-９,，.．']*(?:[eE][+-]?{D}+)?)(?:\s*(?:[)）%％‰]|元|万|亿|千|百|角|分|整|个?月|天|日|期|年|次|岁|[+-]))*\s*$"
)
_DATE: Final = rf"^\s*'?{D}{{1,4}}[-/.年]{D}{{1,2}}(?:[-/.月]{D}{{0,4}}[日号]?)?(?:[ T]{D}{{1,2}}:[0-9:.+Z]*)?$"
_COMPACT_DATE: Final = r"^\s*(?:20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\s*$"
_MAIL: Final = r"[\w.+\-]+@[\w\-.]+"
_CELLS: Final = r"[^,;\t|^~\x01\x1f\"“”]+|[,;\t|^~\x01\x1f\"“”]+"
_UNSEEN: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{9f}\p{Cf}]"
_UNSEEN_IN_ROW: Final = r"[\x00\x02-\x08\x0b\x0c\x0e-\x1e\x7f\x{80}-\x{9f}\p{Cf}]"
"""Less the two that are delimiters of Hive."""
_QUOTED_HAN: Final = r"(\p{Han})[\"“”]+(\p{Han})"
_SINGLE: Final = "是否无有男女"
"""What one character alone may say without being half a name."""

_NO_FIGURE: Final = r"(?i)^\s*[+-]?(?:nan|inf(?:inity)?)\s*$"
"""What programs write where a sum failed."""

_AS_FIGURES: Final = ("money", "rate", "number", "integer", "date", "flag", "code", "bucket")
_FIGURE_FIELDS: Final = ("region_code", "currency")
_PATTERN: Final = r"^[N*?#/0-9CDGZM. -]+$"
_NUMBERED: Final = r"^[^,;，；、]*(?:[字第贷借银合同][^,;，；、]*[0-9０-９]|[0-9０-９][^,;，；、]*号)[^,;，；、]*$"
"""An account or contract number with Chinese words in it: 沪银借字（2024）第 12 号."""

_STATUS: Final = """
    也许 可能 待核实 核实 核对 确认 待定 未知 不详 没有 缺失 空白 大约 约 左右 以上 以下 超过 不足 余 共 其中 已 未 不 中 后 前 内 第 类 户 笔 个 月 日 天 年 期 岁 号 周
    基准 基准利率 上浮 下浮 加点 固定 一年期 五年期 正常 关注 次级 可疑 损失 呆账 呆滞 五级 分类 查封 轮候 首封 解封 冻结 扣划 拍卖 流拍 变卖 立案 起诉 受理 开庭
    调解 和解 判决 生效 执行 终本 终结 撤诉 仲裁 裁决 申请 恢复 中止 结案 审理 一审 二审 再审 上诉 胜诉 败诉 保全 送达 公告 破产 重整 清算 死亡 失联 停机 空号 关机 拒接
    无人接听 可联 失信 核销 转让 出售 委外 催收 还款 付款 结清 逾期 展期 重组 续贷 借新还旧 抵债 诉讼 追偿 减免 分期 余款 尾款 欠款 本金 利息 罚息 复利 费用 违约金 滞纳金
    元 万 亿 千 百 十 零 一 二 三 四 五 六 七 八 九 两 角 分 整 美元 人民币 按月 按季 按年 每月 每年 等额 到期 一次性 先息后本 本息 自然人 法人 企业 个人 小微 农户
    住房 按揭 汽车 消费 经营 装修 助学 商用房 公积金 流动资金 固定资产 项目 票据 贴现 保理 垫款 承兑 循环 线上 互联网 对公 综合 小额 抵押 二手房 一手房
    错误 异常 无效 有效 重复 见附件 附件 备注 说明 同上 全部 部分 合计 总计 小计 本页合计 本页小计 贷款 借款 担保 保证 抵押 质押 信用
"""
_LATIN: Final = """
    #REF! #VALUE! #NAME? #DIV/0! #NUM! #N/A #NULL! null none nil nan nat n/a na inf error unknown pending tbd tba total subtotal true false yes no overdue current
    closed open default charged off paid late days day months month years year
"""


def _words() -> tuple[list[str], list[str]]:
    """Every word of trade in lower case, the Chinese ones and the Latin: spellings of code lists, yes and no, currencies, provinces, statuses, figures."""
    codes = [spelling for frame in TABLES for field in frame.fields for code in field.codes for spelling in (code.code, code.zh, code.en, *code.also)]
    words = {
        *codes,
        *YES,
        *NO,
        *CURRENCIES,
        *(f"{name}{end}" for name in PROVINCES.values() for end in ("", "省", "市")),
        *BLANKS,
        *_STATUS,
        *_LATIN.split(),
        *TRADE,
    }
    lower = sorted({word.lower() for word in words}, key=len, reverse=True)
    return [word for word in lower if re.search(r"[\u3400-\u9fff]", word)], [word for word in lower if word.isascii()]


_HAN_WORDS, _LATIN_WORDS = _words()
_ANY_HAN_WORD: Final = "|".join(map(re.escape, _HAN_WORDS))
"""The longest first. One pattern takes a twelfth of the time of ``replace_many``."""
_REMAINS: Final = r"^\P{L}*$"


def shown(value: pl.Expr, field: Field | None) -> pl.Expr:
    """A cell of ``field`` as it may be shown; None for a column that is no field."""
    return way_of(field)(value.str.replace_all(_UNSEEN, ""))


def shown_columns(columns: Mapping[str, pl.Series], fields: Mapping[str, Field]) -> dict[str, pl.Series]:
    """Whole columns by name, as :func:`shown` shows the field each is. Columns that are shown alike are looked at in one go: what is known of words
    takes longer to set up than a page of rows to read."""
    alike: dict[Callable[[pl.Expr], pl.Expr], list[str]] = {}
    for name in columns:
        alike.setdefault(way_of(fields.get(name)), []).append(name)
    out: dict[str, pl.Series] = {}
    for way, names in alike.items():
        cells = pl.concat([columns[name].rename("") for name in names])
        seen = cells.to_frame("cell").select(way(pl.col("cell").str.replace_all(_UNSEEN, ""))).to_series()
        at = 0
        for name in names:
            out[name] = seen.slice(at, len(columns[name])).alias(name)
            at += len(columns[name])
    return {name: out[name] for name in columns}


def way_of(field: Field | None) -> Callable[[pl.Expr], pl.Expr]:
    """How a cell of ``field`` is shown; the same for columns that are shown alike."""
    if field is None:
        return _text
    if field.personal:
        return MASKS[field.personal]
    if field.kind == "identifier":
        return _identifier
    if field.name == "repayment_pattern":
        return _repayments
    return _figure if field.kind in _AS_FIGURES or field.name in _FIGURE_FIELDS else _text


def shown_row(raw: pl.Expr) -> pl.Expr:
    """A row that is no row, as it may be shown: its figures and dates, of all else the first letters."""
    whole = raw.str.replace_all(_UNSEEN_IN_ROW, "")
    whole = pl.when(whole.str.contains(r"[,;\t|^~]")).then(whole.str.replace_all(_UNSEEN, "")).otherwise(whole)
    whole = whole.str.replace_all(_QUOTED_HAN, "${1}${2}").str.replace_all(_QUOTED_HAN, "${1}${2}")  # twice: matches do not overlap
    return whole.str.extract_all(_CELLS).list.eval(_unknown(pl.element())).list.join("")


def _identifier(value: pl.Expr) -> pl.Expr:
    """An account or contract number: of signs and digits, or with words between them that only such numbers have."""
    sound = (~value.str.contains(r"\p{Han}") | value.str.contains(_NUMBERED)) & ~value.str.contains(r"[a-z]{2,} ?[a-z]|[a-z].*\s.*[a-z]|@")
    sound = sound | _of_trade(value)  # 小计
    return pl.when(sound & ~value.str.contains(MAYBE) & ~has_house(value)).then(value).otherwise(_shape(value))


def _repayments(value: pl.Expr) -> pl.Expr:
    return pl.when(value.str.contains(_PATTERN) & ~_personal(value)).then(value).otherwise(_figure(value))


def _figure(value: pl.Expr) -> pl.Expr:
    """Where a figure, a date, a code or a status should stand."""
    written = value.str.contains(_FIGURE) | value.str.contains(_DATE) | value.str.contains(_NO_FIGURE)
    return pl.when((written | _of_trade(value)) & ~_personal(value)).then(value).otherwise(_shape(value))


def _text(value: pl.Expr) -> pl.Expr:
    """Free text: names of branches and firms, remarks."""
    sound = value.str.contains(_DATE) | _of_trade(value) | (value.str.contains(ORGANISATION) & ~value.str.contains(rf"{D}{{7}}|@"))
    return pl.when(sound & ~_personal(value) & ~has_house(value)).then(value).otherwise(_shape(value))


def _of_trade(value: pl.Expr) -> pl.Expr:
    """Whether every word is one of trade, and no number long enough to be somebody's."""
    lower = value.str.to_lowercase().str.strip_chars()
    rest = lower.str.replace_all(_ANY_HAN_WORD, "")
    known = lower.is_in([*_HAN_WORDS, *_LATIN_WORDS])  # 关注 is a word, though it could be a name
    return known | (rest.str.contains(_REMAINS) & ~looks_like_name(value) & ~rest.str.contains(rf"{D}{{7}}"))


def _shape(value: pl.Expr) -> pl.Expr:
    """What is out of place: where it begins, and no more of a word or a long number."""
    masked = _spaced(value).str.replace_all(_MAIL, "****@****").str.replace_all(_SEVEN, "${1}****${2}")
    scattered = value.str.contains(r"^[\s0-9.+()（）/\\_\-]*$") & (value.str.count_matches("[0-9]") >= 11)
    return (
        pl.when(value.str.contains(r"\p{Han}"))
        .then(pl.coalesce(value.str.extract(r"^\s*'?(\p{Han}|[0-9])"), pl.lit("")) + "**")
        .when(scattered & ~masked.str.contains(r"\*"))
        .then(value.str.extract("^([^0-9]*[0-9]{0,3})") + "****")
        .otherwise(_latin(masked))
    )


def _latin(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"([A-Za-z])[A-Za-z]*[a-z][A-Za-z]*|([A-Z])[A-Z]{4,}", "${1}${2}**")


def _unknown(cell: pl.Expr) -> pl.Expr:
    """A cell of a row whose columns are not known."""
    decimal = cell.str.contains(_FIGURE) & cell.str.contains(r"[.．,，%]")
    short = cell.str.contains(_FIGURE) & ~cell.str.contains(rf"{D}{{7}}")
    recent = cell.str.contains(_DATE) | cell.str.contains(_COMPACT_DATE)
    masked = _spaced(cell).str.replace_all(_SEVEN, "${1}****${2}").str.replace_all(_MAIL, "****@****")
    latin = _latin(masked)
    return (
        pl.when(cell.str.contains(r"^\s*'?19[0-9]{2}[-/.年]"))
        .then(cell.str.slice(0, 4) + "****")  # most likely a birth date
        .when((decimal | short | recent) & ~_personal(cell))
        .then(cell)
        .when(cell.str.contains(rf"^\s*[{_SINGLE}]\s*$"))
        .then(cell)
        .when(cell.str.contains(r"\p{Han}.*\p{Han}|\p{Han}.*[0-9０-９]|[0-9０-９].*\p{Han}"))  # names and addresses: not a digit of a house
        .then(pl.coalesce(cell.str.extract(r"^\s*(\p{Han})"), pl.lit("")) + "**")
        .when(cell.str.contains(r"\p{Han}"))
        .then(pl.lit("*"))
        .when(cell.str.contains(r"[0-9].*\s.*[a-z]{2}"))
        .then(latin.str.replace_all(r"[0-9]+", "**"))
        .otherwise(latin)
    )


def _spaced(value: pl.Expr) -> pl.Expr:
    for pattern, instead in _SPACED:
        value = value.str.replace_all(pattern, instead)
    return value


def _personal(value: pl.Expr) -> pl.Expr:
    """Whether the cell is a number with the form of a person's, or holds one."""
    return value.str.replace_all(_SEPARATORS, "").str.contains(_PERSONAL_NUMBER) | value.str.contains(MAYBE)
