"""How much of a cell may be shown in a file that travels: figures, dates, codes and statuses as they stand, people masked.

A user looks for the faulty cell by what stands in it, so an amount or a status must not be hidden; it identifies no one. What does is masked by
the mark of its column (:data:`.kernel.masking.MASKS`). There remain cells in which a person's data strayed, by shifted columns or in free text. They
are told by their form:

* numbers that have the form of a telephone, an identity number or a card (11 digits from 13 to 19, or 15 to 19 digits, no decimals);
* Chinese names: two to four characters that begin with a surname and hold none of the characters that words of trade are made of;
* addresses, e-mail addresses, and in free text every run of seven digits and whatever follows a word such as 联系人 or stands before 先生.

A row that could not be split into cells has no columns to go by: there every name, word, address and long number is masked. Characters that cannot be
seen are taken out before anything is looked at: a null byte inside a name would make two short words of it, each shown by its first letter.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.kernel.fields import Field
from panhuo.kernel.masking import MASKS

_D: Final = "[0-9０-９]"
_LONG: Final = rf"({_D}{{3}})[0-9０-９*]{{6,}}([0-9０-９Xx]{{2}})"
_SEVEN: Final = rf"({_D}{{3}})[0-9０-９*]{{2,}}([0-9０-９Xx]{{2}})"
_SPACED: Final = (
    (r"(1[3-9][0-9])[- ][0-9]{4}[- ]([0-9]{2})[0-9]{2}", "${1}****"),
    (r"([0-9]{3})[0-9]{3}[- ][0-9]{8}[- ][0-9]{3}[0-9Xx]", "${1}****"),
    (r"([0-9]{4})(?:[- ][0-9]{4}){2,3}(?:[- ]?[0-9]{1,4})?", "${1}****"),
)
_PERSONAL_NUMBER: Final = r"^\s*'?(?:\+?86[- ]?)?(?:1[3-9][0-9]{9}|[0-9]{14,18}[0-9Xx])\s*$"
_FIGURE: Final = (
    rf"^[\s'¥￥$€(（+\-−]*(?:{_D}[0-9０-９,，.．']*(?:[eE][+-]?{_D}+)?)(?:\s*(?:[)）%％‰]|元|万|亿|千|百|角|分|整|个?月|天|日|期|年|次|岁|[+-]))*\s*$"
)
_DATE: Final = rf"^\s*'?{_D}{{1,4}}[-/.年]{_D}{{1,2}}(?:[-/.月]{_D}{{0,4}}[日号]?)?(?:[ T]{_D}{{1,2}}:.*)?$"
_COMPACT_DATE: Final = r"^\s*(?:20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\s*$"
_MAIL: Final = r"[\w.+\-]+@[\w\-.]+"

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊"
    "白孟秦邱丘侯江尹薛闫阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟申欧耿关兰焦俞左柳甘祝包宁尚"
    "符舒阮柯纪梅童凌毕单裴霍涂苗谷曲盛冉翁蓝骆路游辛靳管柴蒙鲍华喻祁房滕屈饶解牟艾尤阳穆农司古吉卓连缪简车项季边常桂栾甄景娄卞仇鞠巴应邬"
)
_COMPOUND: Final = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯|长孙|宇文|轩辕|端木|百里|呼延|南宫|西门|独孤|闻人|太史|申屠|钟离|澹台|淳于|单于|公冶|完颜"
_TRADE: Final = (
    "待未不无否是的核查认约暂缺失空误错欠额率息款账帐贷债期诉讼执判裁销逾收付入出注部系封产品类型级分行状态种情况别号码值价位角数次亿已结还"
    "疑损抵押证担户罚费合总低浮调限止终目式规闭联笔辆控融额余还款"
)
"""Characters of statuses, amounts and trade, which hardly any given name has (小, 元, 信 and the like are left out: names have them)."""
_NAME: Final = rf"^\s*((?:{_COMPOUND})|[{_SURNAMES}])(?:\s?[^\P{{Han}}{_TRADE}·]){{1,3}}\s*[0-9]?\s*$"
_CUED: Final = rf"((?:姓名|借款人|债务人|担保人|保证人|联系人|共借人|配偶|妻子|丈夫|父亲|母亲|儿子|女儿|客户|法人|代表)[:：是为叫系]?\s*[{_SURNAMES}])[^\P{{Han}}{_TRADE}]{{1,2}}"
_TITLED: Final = r"(\p{Han})\p{Han}{0,2}(先生|女士|小姐|老师|师傅)"
_ADDRESS: Final = r"^.*(?:省|市|区|县|镇|乡|村).*(?:路|街|道|巷|弄|号|室|栋|幢|村|组).*$|^.*(?:路|街|道|巷|弄|里|村|小区).*[0-9０-９]+\s*(?:号|弄|栋|幢|室|楼|单元|组).*$"
_CELLS: Final = r"[^,;\t|^~\x01\x1f\"“”]+|[,;\t|^~\x01\x1f\"“”]+"
_UNSEEN: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{9f}\p{Cf}]"
_UNSEEN_IN_ROW: Final = r"[\x00\x02-\x08\x0b\x0c\x0e-\x1e\x7f\x{80}-\x{9f}\p{Cf}]"
"""Less the two that are delimiters of Hive."""
_QUOTED_HAN: Final = r"(\p{Han})[\"“”]+(\p{Han})"
_SINGLE: Final = "是否无有男女"
"""What one character alone may say without being half a name."""

_AS_FIGURES: Final = ("money", "rate", "number", "integer", "date", "flag", "code", "bucket")
_FIGURE_FIELDS: Final = ("region_code", "currency")
_PATTERN: Final = r"^[A-Z0-9*#/?. -]*[N*#?][A-Z0-9*#/?. -]*$"


def shown(value: pl.Expr, field: Field | None) -> pl.Expr:
    """A cell of ``field`` as it may be shown; None for a column that is no field."""
    value = value.str.replace_all(_UNSEEN, "")
    if field is not None and field.personal:
        return MASKS[field.personal](value)
    if field is not None and field.kind == "identifier":
        return value
    if field is not None and field.name == "repayment_pattern":
        return pl.when(value.str.contains(_PATTERN) & ~_personal(value)).then(value).otherwise(_figure(value))
    if field is not None and (field.kind in _AS_FIGURES or field.name in _FIGURE_FIELDS):
        return _figure(value)
    return _text(value)


def shown_row(raw: pl.Expr) -> pl.Expr:
    """A row that is no row, as it may be shown: its figures and dates, of all else the first letters."""
    whole = raw.str.replace_all(_UNSEEN_IN_ROW, "")
    whole = pl.when(whole.str.contains(r"[,;\t|^~]")).then(whole.str.replace_all(_UNSEEN, "")).otherwise(whole)
    whole = whole.str.replace_all(_QUOTED_HAN, "${1}${2}").str.replace_all(_QUOTED_HAN, "${1}${2}")  # twice: matches do not overlap
    return whole.str.extract_all(_CELLS).list.eval(_unknown(pl.element())).list.join("")


def _figure(value: pl.Expr) -> pl.Expr:
    """Where a figure, a date, a code or a status should stand."""
    return (
        pl.when(_personal(value))
        .then(value.str.replace_all(_LONG, "${1}****${2}"))
        .when(value.str.contains(_FIGURE) | value.str.contains(_DATE))
        .then(value)
        .otherwise(_strays(value.str.replace_all(_LONG, "${1}****${2}")))
    )


def _text(value: pl.Expr) -> pl.Expr:
    """Free text: remarks, names of branches and firms."""
    hidden = _spaced(value).str.replace_all(_SEVEN, "${1}****${2}")
    hidden = hidden.str.replace_all(_CUED, "${1}**").str.replace_all(_TITLED, "${1}**${2}")
    return pl.when(value.str.contains(_DATE)).then(value).otherwise(_strays(hidden))


def _strays(value: pl.Expr) -> pl.Expr:
    """Names, addresses and e-mail addresses that stand where none should."""
    mailed = _spaced(value).str.replace_all(_MAIL, "****@****")
    return (
        pl.when(value.str.contains(_NAME))
        .then(value.str.replace(_NAME, "${1}**"))
        .when(value.str.contains(_ADDRESS))
        .then(value.str.slice(0, 6).str.replace_all(_D, "*") + "****")
        .otherwise(mailed)
    )


def _unknown(cell: pl.Expr) -> pl.Expr:
    """A cell of a row whose columns are not known."""
    decimal = cell.str.contains(_FIGURE) & cell.str.contains(r"[.．,，%]")
    short = cell.str.contains(_FIGURE) & ~cell.str.contains(rf"{_D}{{7}}")
    recent = cell.str.contains(_DATE) | cell.str.contains(_COMPACT_DATE)
    masked = _spaced(cell).str.replace_all(_SEVEN, "${1}****${2}").str.replace_all(_MAIL, "****@****")
    latin = masked.str.replace_all(r"([A-Za-z])[A-Za-z]*[a-z][A-Za-z]*|([A-Z])[A-Z]{4,}", "${1}${2}**")
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
    return value.str.contains(_PERSONAL_NUMBER)
