"""How the page says things: names of routes, products, places and sources in both languages, amounts and counts as people read them."""

from __future__ import annotations

from markupsafe import Markup

from panhuo.kernel.codes import PRODUCT
from panhuo.kernel.frames import TABLES
from panhuo.kernel.money import format_short, format_yuan, in_currency
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Words

NONE = "none"
OTHERS = "\x00others"
"""The key of the row that sums up what a breakdown does not list; no key of a tape has a control character."""
ROUTE_WORDS: dict[str, Words] = {r.name: r.words for r in ROUTES} | {NONE: Words("暂不处置", "not worked")}
_FIELDS = {field.name: field for frame in TABLES for field in frame.fields}
_PRODUCTS = {c.code: Words(c.zh, c.en) for c in PRODUCT}
_PROVINCES = {
    "北京": "Beijing", "天津": "Tianjin", "河北": "Hebei", "山西": "Shanxi", "内蒙古": "Inner Mongolia", "辽宁": "Liaoning", "吉林": "Jilin",
    "黑龙江": "Heilongjiang", "上海": "Shanghai", "江苏": "Jiangsu", "浙江": "Zhejiang", "安徽": "Anhui", "福建": "Fujian", "江西": "Jiangxi",
    "山东": "Shandong", "河南": "Henan", "湖北": "Hubei", "湖南": "Hunan", "广东": "Guangdong", "广西": "Guangxi", "海南": "Hainan",
    "重庆": "Chongqing", "四川": "Sichuan", "贵州": "Guizhou", "云南": "Yunnan", "西藏": "Tibet", "陕西": "Shaanxi", "甘肃": "Gansu",
    "青海": "Qinghai", "宁夏": "Ningxia", "新疆": "Xinjiang", "台湾": "Taiwan", "香港": "Hong Kong", "澳门": "Macao",
}  # fmt: skip
_CERTAINTY = {
    "primary": Words("原始文件", "primary document"),
    "single": Words("单一来源", "single source"),
    "seed": Words("项目初始资料", "project's first notes"),
    "memory": Words("凭记忆，待核", "from memory, unchecked"),
    "house": Words("自行判断", "house judgement"),
    "derived": Words("推算", "derived"),
    "conflict": Words("来源不一", "sources disagree"),
    "draft": Words("征求意见稿", "draft"),
}


_INSTRUMENTS = {
    "诉讼费用交纳办法": "Court Fees Measures", "商业银行信用卡业务监督管理办法": "Credit Card Business Measures", "民诉法": "Civil Procedure Law",
    "在线诉讼规则": "Online Litigation Rules", "人民银行、银监会公告〔2013〕21号": "PBC and CBRC Announcement [2013] No. 21",
    "法释〔2018〕10号": "Fa Shi [2018] No. 10", "法释〔2016〕18号": "Fa Shi [2016] No. 18", "法发〔2017〕22号": "Fa Fa [2017] No. 22",
    "银登": "YinDeng (the NPL registry)", " (诉催结合)": "", " (轮候)": "", " (终本)": "",
}  # fmt: skip
"""What the shipped policy's sources call in Chinese, as an English reader finds it."""


def both(zh: str, en: str, **parts: str) -> Markup:
    """A text in both languages; the style sheet shows the chosen one. ``{name}`` in the texts is filled from ``parts``, escaped."""
    if parts:
        return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(Markup(zh).format(**parts), Markup(en).format(**parts))  # noqa: S704
    return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(zh, en)


def breakable(code: str) -> Markup:
    """A code or a field's name, to be broken after an underscore and nowhere else."""
    return Markup("_<wbr>").join(code.split("_"))


def as_filed(text: str) -> Markup:
    """A word of the lender's own file or policy: shown as it stands in either language."""
    return Markup('<span translate="no">{}</span>').format(text)


def source(text: str) -> Markup:
    """Where a figure of the policy comes from: the file's own words, in English with the names of instruments put into English."""
    english = text
    for zh, en in _INSTRUMENTS.items():
        english = english.replace(zh, en)
    chinese = "自行判断" if text in ("house", "house judgement") else text
    if any("\u4e00" <= letter <= "\u9fff" for letter in english):  # a lender's own words: as they stand
        return as_filed(text)
    return Markup('<span lang="zh" translate="no">{}</span><span lang="en">{}</span>').format(chinese, english)


def column(name: str) -> Markup:
    """The column a finding is about: a heading of the lender's file, or a field Panhuo made."""
    field = _FIELDS.get(name)
    return both(field.zh, field.en) if field else as_filed(name)


def key_words(dimension: str, key: str, *, left_out: int = 0) -> Words:
    """A row's name in a breakdown."""
    if key == OTHERS:
        return Words(f"其余 {left_out} 个", f"{left_out} others")
    if dimension == "product":
        return _PRODUCTS.get(key, Words(key, key))
    if dimension == "bucket" and key == "M0":
        return Words("M0 未逾期", "M0 current")
    return Words(key or "未知", _PROVINCES.get(key, key) or "unknown")


def certainty_words(certainty: str) -> Words:
    """How sure a figure's source is: ``confirmed:3`` is said as confirmed by three sources."""
    kind, _, count = certainty.partition(":")
    if kind == "confirmed":
        return Words(f"{count} 个来源印证", f"confirmed by {count}")
    return _CERTAINTY.get(kind, Words(certainty, certainty))


_FORCE = {
    "law": Words("法律", "law"),
    "dept_rule": Words("部门规章", "department rule"),
    "normative_doc": Words("规范性文件", "normative document"),
    "judicial_interp": Words("司法解释", "judicial interpretation"),
    "national_std_recommended": Words("推荐性国家标准", "recommended national standard"),
    "self_regulation": Words("行业自律规则", "self-regulation"),
    "market_practice": Words("市场惯例", "market practice"),
    "house_policy": Words("内部规则", "house policy"),
}


def force_words(code: str) -> Words:
    """With what force a rule binds."""
    return _FORCE[code]


def route(name: str) -> Markup:
    return both(*ROUTE_WORDS[name])


def money(fen: float | None, currency: str) -> Markup:
    """A short amount, with the exact one when pointed at. Nothing is 0, without a unit: it is read as nothing."""
    if fen is None:
        return Markup("—")
    if round(fen) == 0:
        return Markup('<span title="0.00">0</span>')
    zh, en = format_short(fen, "zh"), format_short(fen, "en")
    zh, en = in_currency(zh, currency), in_currency(en, currency)
    return Markup('<span title="{}">{}</span>').format(format_yuan(fen), both(zh, en))


def number(value: float | None) -> str:
    """A count or a measure: whole ones without decimals."""
    if value is None:
        return "—"
    if abs(value) >= 100 or abs(value - round(value)) < 1e-6:
        return f"{round(value):,}"
    return f"{value:,.2f}"


def amount_of(value: float, unit: Words) -> Markup:
    """``12 件`` / ``12 cases``."""
    text = number(value)
    return both(f"{text} {unit.zh}", f"{text} {unit.en}" if text == "1" else f"{text} {unit.en}s")


def unit_words(unit: Words, currency: str) -> Words:
    """A unit of money in the tape's own currency: 万元 of a dollar tape is 万 USD."""
    return Words(in_currency(unit.zh, currency), in_currency(unit.en, currency))
