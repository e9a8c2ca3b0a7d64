"""The forms by which a person's data are known wherever they stand: numbers, names, addresses.

A number with the form of an identity number, a mobile or a card is taken for one, whatever separators it is written with. A name has no check digit: it is
two to four characters that begin with a surname and hold none of those that words of trade are made of. An address is a road or a village with a house
number, in Arabic or Chinese figures.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.engines.intake import identifiers as ids

D: Final = "[0-9０-９]"
HAN_FIGURES: Final = "零〇一二三四五六七八九十百千两"

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊"
    "白孟秦邱丘侯江尹薛闫阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟申欧耿关兰焦俞左柳甘祝包宁尚"
    "符舒阮柯纪梅童凌毕单裴霍涂苗谷曲盛冉翁蓝骆路游辛靳管柴蒙鲍华喻祁房滕屈饶解牟艾尤阳穆农司古吉卓连缪简车项季边常桂栾甄景娄卞仇鞠巴应邬"
)
COMPOUND: Final = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯|长孙|宇文|轩辕|端木|百里|呼延|南宫|西门|独孤|闻人|太史|申屠|钟离|澹台|淳于|单于|公冶|完颜"
TRADE: Final = (
    "待未不无否是的核查认约暂缺失空误错欠额率息款账帐贷债期诉讼执判裁销逾收付入出注部系封产品类型级分行状态种情况别号码值价位角数次亿已结还"
    "疑损抵押证担户罚费合总低浮调限止终目式规闭联笔辆控融额余还款"
)
"""Characters of statuses, amounts and trade, which hardly any given name has (小, 元, 信 and the like are left out: names have them)."""
NAME: Final = rf"^\s*((?:{COMPOUND})|[{SURNAMES}])(?:\s?[^\P{{Han}}{TRADE}·]){{1,3}}\s*[0-9]?\s*$"
_PLACE_END: Final = "州市县区镇乡村港口山江河湖海城门桥路街坝界庄井岛湾滩岭峰营屯堡站苑洲夏北南西东"
_LONG_NAME: Final = rf"^\s*(?:(?:{COMPOUND})|[{SURNAMES}][^\P{{Han}}{TRADE}])[^\P{{Han}}{TRADE}]?[^\P{{Han}}{TRADE}{_PLACE_END}]\s*$"
"""A name that is no place: 王府井 or 石家庄 may well be a branch, and 宁波 is one."""

_FIGURES: Final = f"(?:{D}|[{HAN_FIGURES}])"
_ROAD: Final = "路|街|道|巷|弄|里|胡同|村|屯|庄|小区|花园|家园|公寓|大院|新村|苑"
_HOUSE: Final = "号|弄|栋|幢|室|楼|单元|组|座|院|户"
HOUSE: Final = rf"(?:{_ROAD})[^,;，；]{{0,12}}?{_FIGURES}+\s*(?:{_HOUSE})"
"""A road or a village, and a house number in it."""

_PROVINCE: Final = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_DAY: Final = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_IDENTITY: Final = rf"{_PROVINCE}[0-9]{{4}}[ -]?(?:19[0-9]{{2}}|20[01][0-9]){_DAY}[ -]?[0-9]{{3}}[0-9Xx]"
_BORN_BEFORE_2000: Final = rf"(?:^|[^0-9]){_PROVINCE}[0-9]{{4}}[ -]?19[0-9]{{2}}{_DAY}[ -]?[0-9]{{3}}[0-9Xx][0-9]{{0,3}}(?:[^0-9]|$)"
_APART: Final = r"[^0-9A-Za-z_.\-]"
_AFTER: Final = r"(?:[^0-9A-Za-z_]|$)"
MOBILE: Final = rf"(?:^|{_APART})\(?(?:(?:\+|00)?86[)\- ]*)?1[3-9][0-9][- ]?[0-9]{{4}}[- ]?[0-9]{{4}}{_AFTER}"
_CARD: Final = (
    rf"(?:^|{_APART})(?:62[1-9][0-9]{{13}}(?:[0-9]{{3}})?|(?:62|4[0-9]|5[1-5])[0-9]{{2}}(?:[ -][0-9]{{4}}){{3}}(?:[ -][0-9]{{1,3}})?){_AFTER}"
)
_CHECKED_CARD: Final = rf"(?:^|{_APART})(62[0-9]{{14,17}}|4[0-9]{{15}}|5[1-5][0-9]{{14}}|3[47][0-9]{{13}}){_AFTER}"
MAYBE: Final = rf"{_BORN_BEFORE_2000}|{MOBILE}|{_CARD}|{_CHECKED_CARD}|{_IDENTITY}"
"""Any of the three, before check characters are asked."""


def has_number(column: pl.Series) -> pl.Series:
    """Whether each cell holds a number with the form of an identity number, a mobile or a card; false for nulls.

    Lenders number claims by branch, date and serial, which looks much like an identity number born in this century, and with plain long serials, which look
    like cards: there the check character has to be right.
    """
    frame = column.alias("c").to_frame()
    at = frame.select(pl.col("c").str.contains(MAYBE).fill_null(value=False)).to_series().arg_true()
    out = pl.Series("personal", [False], dtype=pl.Boolean).new_from_index(0, len(column))
    if not len(at):
        return out
    cells = frame[at]
    parts = cells.select(
        sure=pl.col("c").str.contains(rf"{_BORN_BEFORE_2000}|{MOBILE}|{_CARD}"),
        identity=pl.col("c").str.extract(rf"({_IDENTITY})", 1).str.replace_all("[ -]", "").str.to_uppercase(),
        card=pl.col("c").str.extract(_CHECKED_CARD, 1),
    )
    hit = parts["sure"].to_numpy() | (ids.identity_kinds(parts["identity"]) == ids.RESIDENT) | ids.luhn(parts["card"])
    return out.scatter(at.filter(pl.Series(hit)), values=True)


def looks_like_name(column: pl.Expr) -> pl.Expr:
    """Whether the whole cell is a name."""
    return column.str.contains(NAME)


def surely_name(column: pl.Expr) -> pl.Expr:
    """Whether the whole cell is a name of three characters or more and of no place: where a branch may stand by its town alone."""
    return column.str.contains(_LONG_NAME)


def has_house(column: pl.Expr) -> pl.Expr:
    """Whether the cell holds an address with a house number."""
    return column.str.contains(HOUSE)
