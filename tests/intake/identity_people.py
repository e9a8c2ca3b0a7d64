"""Invented Chinese debtors with the difficulties of real ones, and the truth: families at one address, villages of one surname,
agents' phones, common names, slips of ear, pen and keyboard. Independent of ``panhuo sample``, and harsher.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉鑫宇博豪婷雪梅建国志华红春玉英秀珍凤林海波斌玲燕飞龙生金荣云峰山俊峻浩皓然燃欣馨怡仪佳嘉晨辰宏洪思斯子紫雨羽轩宣涵函泽则"
HOMOPHONES = [
    "伟玮炜", "芳方", "敏闵", "静靖婧", "丽莉", "强蔷", "军君钧", "杰捷", "明鸣", "辉晖", "鑫欣馨", "宇雨羽", "博波", "婷庭", "建健", "志智", "华桦", "红宏洪", "玉钰", "英瑛", "珍真", "林霖", "玲铃", "飞菲", "峰锋", "俊峻",
    "浩皓", "怡仪", "佳嘉", "晨辰", "思斯", "子紫", "轩宣", "涵函", "张章", "程成", "徐许", "余于", "姜江", "石史",
]  # fmt: skip
CITIES = {
    "广东省深圳市": ["南山区", "福田区", "龙岗区"],
    "浙江省杭州市": ["西湖区", "余杭区", "萧山区"],
    "四川省成都市": ["武侯区", "锦江区", "双流区"],
    "河南省周口市": ["川汇区", "沈丘县", "郸城县"],
    "山东省临沂市": ["兰山区", "沂水县", "莒南县"],
}
ROADS = ["人民路", "中山路", "解放路", "建设路", "科技路", "文化路", "和平路", "长江路", "新华路", "青年路"]
ESTATES = ["阳光花园", "翠竹苑", "东方名城", "金色家园", "锦绣小区", "万和苑"]
VILLAGES = ["李家村", "前王村", "后屯村", "大张庄村", "柳林村", "石桥村"]
TRADES = ["电子科技", "物流", "餐饮管理", "建筑工程", "服装", "商贸", "机械制造", "信息技术"]
AGENT_PHONES = [f"1700000{k:04d}" for k in range(5)]
TRADITIONAL = str.maketrans(
    "张刘陈赵黄吴孙马罗郑谢许冯邓萧叶苏吕卢蒋贾阎钟谭陆邹韩杨龙万贺赖龚汤乔伟国强军红丽兰凤华志杰涛飞云",
    "張劉陳趙黃吳孫馬羅鄭謝許馮鄧蕭葉蘇呂盧蔣賈閻鍾譚陸鄒韓楊龍萬賀賴龔湯喬偉國強軍紅麗蘭鳳華誌傑濤飛雲",
)


def people(debtors: int, *, seed: int, missing_id: float = 0.1, with_birth: float = 0.5) -> pl.DataFrame:
    """One row an account: DEBTOR columns, ``debtor_kind``, and ``truth``, the debtor's true number."""
    rng = np.random.default_rng(seed)
    persons = _persons(rng, debtors)
    loans = 1 + np.minimum(rng.geometric(0.7, debtors) - 1, 5)
    rows = [_loan(rng, persons[p], p, k, missing_id, with_birth) for p in range(debtors) for k in range(loans[p])]
    rng.shuffle(rows)  # type: ignore[arg-type]
    frame = pl.DataFrame(rows, schema_overrides={"birth_date": pl.Date}, infer_schema_length=None)
    return frame.with_row_index("i").select(pl.format("A{}", pl.col("i").cast(pl.String).str.zfill(7)).alias("account_id"), pl.exclude("i"))


def _persons(rng: np.random.Generator, count: int) -> list[dict[str, object]]:
    surnames = 1.0 / (4.0 + np.arange(len(SURNAMES)))
    given = 1.0 / (6.0 + np.arange(len(GIVEN)))
    surnames /= surnames.sum()
    given /= given.sum()
    persons: list[dict[str, object]] = []
    for n in range(count):
        one = _someone(rng, surnames, given)
        if n and rng.random() < 0.2:
            _make_relative(rng, one, persons[int(rng.integers(max(0, n - 500), n))])
        one["id_no"] = _identity_number(n, one["birth"])  # type: ignore[arg-type]
        persons.append(one)
    return persons


def _someone(rng: np.random.Generator, surnames: np.ndarray, given: np.ndarray) -> dict[str, object]:
    surname = SURNAMES[rng.choice(len(SURNAMES), p=surnames)]
    name = surname + "".join(GIVEN[k] for k in rng.choice(len(GIVEN), size=1 if rng.random() < 0.15 else 2, p=given))
    city = list(CITIES)[rng.integers(len(CITIES))]
    district = CITIES[city][rng.integers(3)]
    return {
        "name": name,
        "birth": dt.date(1955, 1, 1) + dt.timedelta(days=int(rng.integers(0, 365 * 50))),
        "phone": f"1{rng.integers(30, 90)}{rng.integers(10**8):08d}",
        "home": (city, district, _house(rng, city, district)),
        "employer": _employer(rng, city),
    }


def _house(rng: np.random.Generator, city: str, district: str) -> str:
    if district.endswith("县") and rng.random() < 0.5:
        house = f"{'城关刘庄石桥'[2 * rng.integers(3) :][:2]}镇{VILLAGES[rng.integers(len(VILLAGES))]}"
        return house if rng.random() < 0.5 else f"{house}{rng.integers(1, 12)}组{rng.integers(1, 90)}号"
    road, estate = ROADS[rng.integers(len(ROADS))], ESTATES[rng.integers(len(ESTATES))]
    return f"{road}{rng.integers(1, 300)}号{estate}{rng.integers(1, 20)}栋{rng.integers(1, 4)}单元{rng.integers(1, 30)}0{rng.integers(1, 5)}室"


def _employer(rng: np.random.Generator, city: str) -> str | None:
    if rng.random() < 0.3:
        return ["个体", "自由职业", "务农", None][rng.integers(4)]
    word = GIVEN[rng.integers(40)] + GIVEN[rng.integers(40)]
    return f"{city[-3:-1]}市{word}{TRADES[rng.integers(len(TRADES))]}有限公司"


def _make_relative(rng: np.random.Generator, one: dict[str, object], other: dict[str, object]) -> None:
    """Same house, often the same phone; half of them of one surname, brothers sharing a character of the given name too; some twins."""
    one["home"] = other["home"]
    if rng.random() < 0.4:
        one["phone"] = other["phone"]
    name, theirs = str(one["name"]), str(other["name"])
    if rng.random() < 0.5:
        name = theirs[0] + name[1:]
        if len(name) == 3 and len(theirs) == 3 and rng.random() < 0.4:
            name = theirs[:2] + name[2]
        if name == theirs:
            name = name[0] + name[:0:-1] if len(set(name[1:])) > 1 else name + "一"
        if rng.random() < 0.05:
            one["birth"] = other["birth"]
    one["name"] = name


def _identity_number(n: int, birth: dt.date) -> str:
    """With its check digit, in a region code that is none's; no two alike."""
    body = f"99{n // 1000:04d}{birth:%Y%m%d}{n % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


def _loan(rng: np.random.Generator, person: dict[str, object], truth: int, k: int, missing_id: float, with_birth: float) -> dict[str, object]:
    luck = rng.random(12)
    city, district, house = person["home"]  # type: ignore[misc]
    name, phone, phone2 = str(person["name"]), str(person["phone"]), None
    birth = person["birth"]
    assert isinstance(birth, dt.date)
    if k:
        name = _misspelt(rng, name)
        if luck[0] < 0.3:
            old, phone = phone, f"1{rng.integers(30, 90)}{rng.integers(10**8):08d}"
            phone2 = old if luck[1] < 0.4 else None
        elif luck[0] < 0.32:
            at = int(rng.integers(3, 11))
            phone = phone[:at] + str((int(phone[at]) + 1) % 10) + phone[at + 1 :]
        if luck[2] < 0.2:
            house = _house(rng, city, district)
    employer = person["employer"] if luck[3] > 0.3 else _employer(rng, city)
    if luck[4] < 0.005:
        phone = AGENT_PHONES[int(rng.integers(5))]
    if luck[5] < 0.02 and birth.day <= 12:
        birth = birth.replace(month=birth.day, day=birth.month)
    elif luck[5] < 0.04:
        birth = birth + dt.timedelta(days=int(rng.integers(1, 9)))
    bare = bool(luck[6] < missing_id)
    return {
        "debtor_kind": "person",
        "name": name,
        "id_no": None if bare else person["id_no"],
        "birth_date": birth if bare and luck[7] < with_birth else None,
        "phone": None if luck[8] < 0.03 else phone,
        "phone2": phone2,
        "address": None if luck[9] < 0.05 else _written(rng, city, district, house),
        "employer": None if luck[10] < 0.2 else employer,
        "truth": truth,
    }


def _misspelt(rng: np.random.Generator, name: str) -> str:
    luck = rng.random()
    if luck < 0.05:
        for group in HOMOPHONES:
            for k in range(len(name) - 1, -1, -1):
                if name[k] in group:
                    return name[:k] + group[(group.index(name[k]) + 1) % len(group)] + name[k + 1 :]
    if luck < 0.07 and len(name) == 3:
        return name[:2] + GIVEN[int(rng.integers(len(GIVEN)))]
    if luck < 0.09:
        return name.translate(TRADITIONAL)
    return name[0] + " " + name[1:] if luck < 0.1 else name


def _written(rng: np.random.Generator, city: str, district: str, house: str) -> str:
    """The same place in one of the ways forms are filled in."""
    form = rng.integers(5)
    if form == 1:
        city = city[3:]
    elif form == 2:
        city = city.replace("省", "")
    elif form == 3:
        house = house.replace("栋", "号楼").replace("单元", "-").replace("室", "")
    elif form == 4 and "栋" in house:
        house = house.replace("栋", "幢").replace("室", "")
    return city + district + house
