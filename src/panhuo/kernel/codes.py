"""Code lists of the canonical schema: the code, its Chinese and English names, and the other spellings tapes use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a code list. ``also``: further spellings seen in tapes, matched without case or spaces."""

    code: str
    zh: str
    en: str
    also: tuple[str, ...] = ()


Codes = tuple[Code, ...]


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split("、"))


DEBTOR_KIND: Codes = (
    Code("person", "个人", "person", ("自然人", "对私", "零售", "individual", "private individual")),
    Code("firm", "企业", "firm", ("对公", "法人", "公司", "机构", "corporate", "company")),
)

PRODUCT: Codes = (
    Code("credit_card", "信用卡透支", "credit card", ("信用卡", "贷记卡", "card", "个人信用卡", "信用卡贷款", "信用卡分期", "信用卡专项分期")),
    Code(
        "consumer_loan",
        "个人消费贷款",
        "consumer loan",
        _listed(
            "消费贷、个人消费贷、消费信用贷、个人消费信用贷款、消费类贷款、消费贷款、个人消费、个人综合消费贷款、个人信用消费贷款、"
            "信用消费贷、消费分期、商品分期、个人消费分期、装修贷、家装贷"
        ),
    ),
    Code(
        "online_loan",
        "网络消费贷款",
        "online consumer loan",
        ("互联网贷款", "网贷", "现金贷", "线上消费贷", "线上消费贷款", "互联网消费贷款", "联合贷", "助贷"),
    ),
    Code(
        "business_loan",
        "个人经营性贷款",
        "personal business loan",
        _listed(
            "经营贷、个人经营贷款、个人经营信用贷、小微贷、小微贷款、普惠小微贷款、经营贷款、个人经营、经营性贷款、个体工商户贷款、"
            "小微企业主贷款、农户贷款、农户经营贷款"
        ),
    ),
    Code(
        "housing_mortgage",
        "个人住房按揭贷款",
        "housing mortgage",
        _listed(
            "房贷、按揭贷款、住房贷款、个人住房贷款、mortgage、个人住房按揭、住房按揭、住房按揭贷款、个人按揭、个人按揭贷款、"
            "按揭、个人房贷、个人住房抵押贷款、个人一手住房贷款、个人二手住房贷款、一手房按揭、二手房按揭"
        ),
    ),
    Code(
        "business_mortgage",
        "个人经营抵押贷款",
        "personal business mortgage",
        ("经营性抵押贷", "抵押经营贷", "经营抵押贷", "个人经营性抵押贷款", "抵押经营贷款", "经营性物业抵押贷款"),
    ),
    Code("auto_loan", "个人汽车贷款", "auto loan", ("车贷", "汽车贷款", "汽车消费贷款", "汽车按揭", "汽车分期", "个人汽车消费贷款")),
    Code("student_loan", "助学贷款", "student loan", ("国家助学贷款", "生源地助学贷款")),
    Code(
        "corporate_loan",
        "对公贷款",
        "corporate loan",
        _listed(
            "企业贷款、流动资金贷款、公司贷款、对公流贷、对公、公司类贷款、法人贷款、固定资产贷款、项目贷款、企业流动资金贷款、"
            "中小企业贷款、小微企业贷款、小企业贷款"
        ),
    ),
    Code("other", "其他", "other", ("其它",)),
)

REPAYMENT_METHOD: Codes = (
    Code("equal_instalment", "等额本息", "equal instalments", ("按月等额",)),
    Code("equal_principal", "等额本金", "equal principal"),
    Code("interest_only", "按月付息到期还本", "interest monthly, principal at maturity", ("先息后本", "按期付息到期还本")),
    Code("bullet", "一次性还本付息", "bullet", ("到期一次还本付息", "利随本清")),
    Code("revolving", "循环授信", "revolving", ("随借随还", "最低还款")),
)

GUARANTEE_KIND: Codes = (
    Code("credit", "信用", "unsecured", ("信用贷款", "无担保", "免担保", "信用/免担保", "unsecured")),
    Code(
        "guarantee",
        "保证",
        "guaranteed",
        _listed("担保、保证担保、自然人保证、法人保证、第三方保证、连带责任保证、保证-自然人保证、保证-法人保证、单人保证、多人联保、联保"),
    ),
    Code("mortgage", "抵押", "mortgaged", ("抵押担保", "房产抵押", "房地产抵押", "抵押-房产抵押", "最高额抵押", "一般抵押")),
    Code("pledge", "质押", "pledged", ("质押担保", "存单质押", "股权质押", "权利质押", "动产质押", "应收账款质押")),
    Code("mixed", "组合担保", "mixed", ("混合", "组合", "抵押+保证", "保证+抵押", "抵押、保证", "保证、抵押", "质押+保证", "抵押+质押", "多种担保")),
)

COLLATERAL_KIND: Codes = (
    Code("none", "无", "none", ("无抵押", "无抵押物")),
    Code("residential", "住宅", "residential property", ("房产", "住房", "商品房", "公寓")),
    Code("commercial_property", "商业用房", "commercial property", ("商铺", "写字楼", "办公楼", "商业")),
    Code("industrial", "工业厂房", "industrial property", ("厂房",)),
    Code("land", "土地使用权", "land-use right", ("土地",)),
    Code("vehicle", "车辆", "vehicle", ("汽车", "机动车")),
    Code("equipment", "设备", "equipment", ("机器设备",)),
    Code("receivable", "应收账款", "receivable"),
    Code("financial", "存单或有价证券", "deposit or securities", ("存单", "股权", "有价证券")),
    Code("other", "其他", "other", ("其它",)),
)

FIVE_CLASS: Codes = (
    Code("pass", "正常", "pass", ("正常类", "1", "一级")),
    Code("special_mention", "关注", "special mention", ("关注类", "2", "二级")),
    Code("substandard", "次级", "substandard", ("次级类", "3", "三级")),
    Code("doubtful", "可疑", "doubtful", ("可疑类", "4", "四级")),
    Code("loss", "损失", "loss", ("损失类", "5", "五级")),
)

LITIGATION_STATE: Codes = (
    Code("none", "未诉", "not sued", ("未诉讼", "未起诉", "否", "无")),
    Code("filed", "诉讼中", "in suit", ("已诉", "已起诉", "已立案", "审理中")),
    Code("mediated", "已调解", "mediated", ("调解",)),
    Code("judged", "已判未执", "judged, not enforced", ("已判决", "判决未执行")),
    Code("enforcing", "执行中", "in enforcement", ("已申请执行", "强制执行中")),
    Code("enforcement_suspended", "终本执行", "this enforcement round ended", ("终本", "终结本次执行")),
    Code("enforcement_closed", "终结执行", "enforcement closed", ("执行终结",)),
)

CONTACTABILITY: Codes = (
    Code("reachable", "可联", "reachable", ("正常", "可联系", "有效")),
    Code("third_party_only", "仅三方可联", "third party only", ("仅联系人可联", "三方可联", "第三方可联", "联系人可联")),
    Code("lost", "失联", "lost contact", ("失去联系", "不可联")),
    Code("unknown", "未知", "unknown"),
)

EXCLUSION: Codes = (
    Code("none", "无", "none", ("否", "无限制")),
    Code("state_organ", "债务人或担保人为国家机关", "debtor or guarantor is a state organ", ("国家机关",)),
    Code("policy_closure", "政策性关闭破产", "policy closure plan", ("政策性破产",)),
    Code("defence_sensitive", "国防军工等涉密敏感", "defence or sensitive", ("国防军工",)),
    Code("policy_loan", "精准扶贫等政策性贷款", "policy loan", ("扶贫贷款", "三区三州")),
    Code("fictitious", "虚假个人贷款", "fictitious personal loan", ("假贷款", "虚假贷款")),
    Code("criminal_linked", "债务人涉及刑事案件", "debtor linked to a criminal case", ("涉刑",)),
    Code("internal_case", "涉及银行内部案件", "bank-internal case", ("内部案件",)),
    Code("staff_relative", "本行员工及其亲属", "bank staff or relative", ("员工贷款",)),
    Code("contract_restricted", "合同限制转让", "contract restricts transfer", ("合同限制",)),
    Code("law_restricted", "法律法规限制转让", "law restricts transfer", ("法律限制",)),
)

RELATION: Codes = (
    Code("spouse", "配偶", "spouse"),
    Code("parent", "父母", "parent", ("父亲", "母亲")),
    Code("child", "子女", "child"),
    Code("sibling", "兄弟姐妹", "sibling"),
    Code("colleague", "同事", "colleague"),
    Code("friend", "朋友", "friend"),
    Code("other", "其他", "other", ("亲属", "其它")),
)

GENDER: Codes = (Code("male", "男", "male", ("男性", "m", "1")), Code("female", "女", "female", ("女性", "f", "2")))

PROVINCES = {
    11: "北京", 12: "天津", 13: "河北", 14: "山西", 15: "内蒙古", 21: "辽宁", 22: "吉林", 23: "黑龙江", 31: "上海", 32: "江苏",
    33: "浙江", 34: "安徽", 35: "福建", 36: "江西", 37: "山东", 41: "河南", 42: "湖北", 43: "湖南", 44: "广东", 45: "广西",
    46: "海南", 50: "重庆", 51: "四川", 52: "贵州", 53: "云南", 54: "西藏", 61: "陕西", 62: "甘肃", 63: "青海", 64: "宁夏",
    65: "新疆", 71: "台湾", 81: "香港", 82: "澳门",
}  # fmt: skip
"""The 34 divisions of GB/T 2260 at province level, in short."""
