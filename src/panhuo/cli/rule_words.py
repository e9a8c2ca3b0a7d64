"""The codes of a rulebook in words, for ``panhuo rules explain``: what a rule does with the unknown, its force, its wording, whom it binds."""

from __future__ import annotations

from panhuo.kernel.words import Words

UNKNOWN = {
    "bars": Words("按禁止处理", "barred"),
    "allows": Words("不起作用", "no effect"),
    "warns": Words("只提示", "a warning"),
}
MODALITY = {
    "must_not": Words("不得", "must not"),
    "should_not": Words("不应", "should not"),
    "advisable_not": Words("不宜", "had better not"),
    "must": Words("应当", "must"),
    "may": Words("可以", "may"),
}
BINDS = {
    "BANK": Words("商业银行", "commercial banks"),
    "CARD": Words("发卡机构", "card issuers"),
    "CFC": Words("消费金融公司", "consumer-finance companies"),
    "MLC": Words("小额贷款公司", "small-loan companies"),
    "AFC": Words("汽车金融公司", "auto-finance companies"),
    "AMC": Words("金融资产管理公司", "national asset management companies"),
    "LAMC": Words("地方资产管理公司", "local asset management companies"),
    "AIC": Words("金融资产投资公司", "financial asset investment companies"),
    "AGENCY": Words("催收机构", "collection agencies"),
    "PIP": Words("个人信息处理者", "processors of personal information"),
    "PLAINTIFF": Words("起诉、申请执行的一方", "whoever sues or enforces"),
    "COURT": Words("法院", "courts"),
    "ORIG": Words("证券化发起机构", "securitisation originators"),
    "YD": Words("银登中心参与机构", "participants of YinDeng"),
    "HOUSE": Words("本机构", "the house itself"),
}
EXPECTED = {
    "barred": "禁止",
    "allowed": "放行",
    "warned": "提示",
    "permitted": "准许",
    "not_permitted": "不准许",
    "not_in_force": "不在有效期",
    "none": "不设下限",
}
"""A worked case's outcome in Chinese; classes and clocks are worded where they stand."""
