"""Names, phones, addresses and employers brought to one spelling, so that only real differences are left to compare.

Every function takes a column of text and gives one of the same length, step by step (one long expression would be computed
again for each use of its parts). Nothing is guessed. Sounds come from pypinyin, one
character at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow as pa

_COMPOUND_SURNAMES = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 "
    "司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 左丘 东门 西门 第五 达奚 贺兰 完颜 纳兰 爱新 叶赫"
)
COMPOUND_SURNAMES = _COMPOUND_SURNAMES.split()

PAIR_BITS = 1024

# Traditional and variant characters of surnames and given names, each followed by the character it is written as today.
_VARIANTS = (
    "張张陳陈劉刘黃黄吳吴趙赵週周孫孙馬马羅罗鄭郑謝谢許许馮冯鄧邓蕭萧葉叶蘇苏呂吕盧卢蔣蒋賈贾閆闫閻阎鍾钟鐘钟譚谭陸陆鄒邹韓韩楊杨於于龔龚龐庞顏颜萬万賀贺賴赖錢钱湯汤"
    "喬乔龍龙倫伦嚴严魯鲁歐欧聶聂關关饒饶駱骆單单華华畢毕項项祝祝樊樊塗涂譚谭應应齊齐莊庄儲储溫温鮑鲍衛卫費费紀纪連连葛葛簡简麥麦黎黎勞劳"
    "偉伟國国強强軍军紅红麗丽艷艳豔艳蘭兰鳳凤蓮莲瓊琼榮荣貴贵華华誌志潔洁靜静曉晓東东寶宝鋒锋剛刚輝辉傑杰濤涛飛飞鵬鹏鴻鸿慶庆學学興兴義义勝胜銀银鐵铁銘铭鈺钰錦锦鋼钢"
    "陽阳陰阴雲云維维綺绮紹绍經经繼继續续緒绪緯纬縉缙繡绣賢贤質质順顺頤颐頌颂頔頔顯显驍骁駿骏騰腾驊骅馳驰齡龄嬌娇媛媛婭娅嫻娴姍姗憶忆懷怀懿懿恆恒愛爱憲宪樂乐業业榕榕橋桥樺桦權权"
    "澤泽潤润瀾澜灝灏濱滨淵渊漢汉滿满澄澄瑋玮瑩莹璽玺瑤瑶璣玑環环瓏珑禎祯禮礼穎颖積积穌稣競竞筱筱範范節节篤笃緣缘統统羨羡聖圣聰聪聞闻聲声肅肃膽胆臨临與与舉举藝艺蘊蕴薔蔷蕓芸"
    "衝冲裕裕褀祺諾诺謙谦謹谨誠诚詩诗語语讓让豐丰貞贞賓宾賽赛贊赞躍跃軒轩轉转達达運运遠远遙遥適适選选邁迈鄉乡釗钊鑒鉴鑑鉴鑽钻長长開开閣阁闊阔闖闯陞升昇升隆隆雋隽雙双雯雯霽霁韻韵響响"
    "風风館馆魚鱼鯤鲲鳴鸣鵑鹃鶴鹤麟麟黨党點点乾乾亞亚來来億亿價价儀仪優优兒儿凱凯劍剑勁劲勛勋勳勋勵励區区協协卻却參参啟启啓启嗣嗣嘯啸園园圓圆場场堅坚塵尘壯壮壽寿夢梦奧奥婦妇寧宁寬宽審审對对導导"
    "岡冈島岛嵐岚嶺岭巖岩峯峰崑昆師师帥帅幹干廣广彥彦彥彦彙汇後后從从復复德德徳德徵征恒恒悅悦惠惠慧慧慤悫懋懋戰战捷捷掄抡攝摄敏敏斌斌斕斓時时晉晋曄晔晝昼暉晖曆历書书會会朮术條条棟栋楓枫極极榮荣槍枪樹树機机"
    "欽钦歡欢歲岁殊殊氣气決决沖冲況况洶汹涼凉淚泪淨净淺浅渾浑溝沟滄沧漁渔燁烨燈灯燕燕營营爾尔牆墙獻献玨珏現现琺珐畫画異异當当療疗發发盡尽監监盤盘睿睿矯矫碩硕確确祿禄種种穩稳窮穷筆笔築筑簫箫籃篮糧粮紋纹純纯"
    "細细終终絢绚絲丝綱纲網网綵彩綸纶練练縱纵總总織织繁繁纖纤纓缨罷罢職职腦脑興兴艦舰莖茎葦苇蒼苍蓋盖藍蓝虛虚蟬蝉術术裝装複复觀观覺觉計计訓训記记設设評评試试話话該该詳详誼谊調调論论諸诸講讲謀谋識识譜谱議议護护變变"
    "財财責责貫贯貽贻貿贸資资賜赐賦赋購购踐践車车軟软輕轻輪轮輯辑農农邏逻郵邮醫医釋释鈞钧鈴铃鉅钜鉑铂鋭锐銳锐錄录鍵键鎖锁鎮镇鏡镜鑫鑫門门閒闲間间闕阙隊队際际險险隨随雖虽難难電电靈灵頁页頂顶須须預预領领頻频題题額额"
    "類类飲饮養养餘余騎骑騫骞驗验驚惊骨骨體体鬥斗魏魏鯉鲤鵝鹅鷗鸥鷹鹰麵面黃黄齋斋"
)
VARIANTS = {old: new for old, new in zip(_VARIANTS[::2], _VARIANTS[1::2], strict=True) if old != new}

_NO_NAME = r"^(无|未知|不详|暂无|空|测试|某|N/?A|NULL|NONE|UNKNOWN|TEST)$"
_NO_EMPLOYER = r"^(无|无业|未知|不详|暂无|没有|个体|个体户|个体经营|自由职业|自由职业者|自营|务农|农民|打工|退休|学生|待业|其他|其它|自己|在家|私企|公司|单位|N/?A|NULL|NONE|UNKNOWN|SELF[ -]?EMPLOYED|RETIRED|UNEMPLOYED|OTHER)$"
_FIRM_ENDING = r"(有限责任公司|股份有限公司|有限公司|集团公司|股份公司|总公司|分公司|责任公司|集团|公司|工厂|厂)$"
_FIRM_ENDING_EN = r"\b(CO|COMPANY|CORP|CORPORATION|INC|INCORPORATED|LTD|LIMITED|LLC|LLP|PLC|GMBH|GROUP|HOLDINGS?|THE)\b"
_REGION = r"^(\p{Han}{2,3}?)(省|市|自治区)"
_DIGITS_OF_NUMERALS = {
    "零": "0",
    "〇": "0",
    "一": "1",
    "二": "2",
    "两": "2",
    "三": "3",
    "四": "4",
    "五": "5",
    "六": "6",
    "七": "7",
    "八": "8",
    "九": "9",
}
_NUMBERED = ("号", "栋", "幢", "座", "单元", "室", "楼", "层", "弄", "组", "期", "区", "队")


def _keep(text: pl.Series, mask: pl.Series) -> pl.Series:
    """Null where the mask is false or unknown."""
    return text.set(~mask.fill_null(False), None)


def _choose(mask: pl.Series, yes: pl.Series, no: pl.Series) -> pl.Series:
    return yes.zip_with(mask.fill_null(False), no)


def _mended(text: pl.Series, odd: pl.Series, mend: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """``mend`` applied where ``odd`` is true: most of a tape is clean, and looking is cheaper than mending."""
    odd = odd.fill_null(False)
    return text.clone().scatter(odd.arg_true(), mend(text.filter(odd))) if odd.any() else text


def _or_else(found: pl.Series, text: pl.Series, pattern: str) -> pl.Series:
    """``found``, and where it is null the group of ``pattern`` in the text."""
    missing = found.is_null() & text.is_not_null()
    return found.clone().scatter(missing.arg_true(), text.filter(missing).str.extract(pattern, 1)) if missing.any() else found


def squeezed(text: pl.Series) -> pl.Series:
    """Full width to half width, upper case, one space between words, null where nothing is left."""
    out = text.str.normalize("NFKC").str.to_uppercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return _keep(out, out != "")


def person_name(names: pl.Series) -> pl.Series:
    """The name in simplified characters without spaces, dots, notes in brackets or titles. Masked names (张**) are null."""
    text = _mended(names, ~names.str.contains(r"^\p{Han}{2,4}$"), _person_name)
    text = text.str.replace(r"(先生|女士|小姐|同志)$", "").str.replace_many(list(VARIANTS), list(VARIANTS.values()))
    hidden = text.str.contains(r"[*＊×?？]|某|\p{Han}X+$") | text.str.contains(_NO_NAME)
    return _keep(text, (text.str.len_chars() >= 2) & ~hidden)


def _person_name(names: pl.Series) -> pl.Series:
    text = squeezed(names).str.replace_all(r"[(\[【<].*?[)\]】>]", "")
    text = text.str.replace(r"^([A-Z][A-Z' -]*), *([A-Z][A-Z' -]*)$", "$2 $1").str.replace_all(r"['`’‘\"]", "")
    text = text.str.replace_all(r"[·•∙‧・.,，。、/\\_:;-]+", " ").str.replace_all(r"\s+", " ").str.strip_chars()
    return _choose(text.str.contains(r"\p{Han}"), text.str.replace_all(" ", "", literal=True), text)


def is_han(names: pl.Series) -> pl.Series:
    return names.str.contains(r"^\p{Han}+$")


def surname(names: pl.Series) -> pl.Series:
    """First character, or two of a compound surname; of a Latin name the last word."""
    han = names.str.slice(0, 1).zip_with(~_compound(names), names.str.slice(0, 2))
    return _choose(is_han(names), han, names.str.extract(r"(\S+)$", 1))


def given(names: pl.Series) -> pl.Series:
    """What is left beside the surname; null where nothing is."""
    han = names.str.slice(1).zip_with(~_compound(names), names.str.slice(2))
    out = _choose(is_han(names), han, names.str.replace(r"\s*\S+$", ""))
    return _keep(out, out != "")


def _compound(names: pl.Series) -> pl.Series:
    return (names.str.slice(0, 2).is_in(COMPOUND_SURNAMES) & (names.str.len_chars() >= 3)).fill_null(False)


def pinyin(names: pl.Series) -> pl.Series:
    """Each name in toneless pinyin, of a Latin name its letters: ZHANG WEI meets 张伟."""
    from pypinyin import Style, lazy_pinyin

    characters = names.str.extract_all(r"\p{Han}").explode().drop_nulls().unique().sort()
    table = {c: "".join(lazy_pinyin(c, style=Style.NORMAL)).upper().replace("Ü", "V") for c in characters}
    text = names.str.replace_many(list(table), list(table.values())) if table else names
    return text.str.replace_all(" ", "", literal=True)


def sound(spelt: pl.Series) -> pl.Series:
    """Pinyin without the distinctions that many speakers do not make: zh = z, ch = c, sh = s, ang = an, eng = en, ing = in."""
    return spelt.str.replace_all(r"([ZCS])H", "${1}").str.replace_all(r"([AEI])NG", "${1}N")


def phone(numbers: pl.Series) -> pl.Series:
    """Digits only, without the country code; null when too short, or one digit throughout."""
    digits = _mended(numbers, ~numbers.str.contains(r"^1\d{10}$"), _digits)
    filler = digits.str.contains("^(" + "|".join(f"{d}+" for d in range(10)) + ")$")
    return _keep(digits, (digits.str.len_chars() >= 7) & ~filler)


def _digits(numbers: pl.Series) -> pl.Series:
    return numbers.str.normalize("NFKC").str.replace_all(r"\D", "").str.replace(r"^(?:00)?86(1\d{10})$", "${1}")


def birth(dates: pl.Series, id_numbers: pl.Series) -> pl.Series:
    """Birth dates as eight digits; where none is given, what the identity number of a resident says."""
    told = dates.dt.strftime("%Y%m%d")
    return _or_else(told, id_numbers, r"^\d{6}(\d{8})\d{3}[\dX]$")


def plain(text: pl.Series) -> pl.Series:
    """Letters and digits alone, upper case: card and customer numbers, e-mail without spaces."""
    out = squeezed(text).str.replace_all(r"[^\p{L}\p{N}@._+]", "")
    return _keep(out, (out != "") & ~out.str.contains(_NO_NAME))


def address(places: pl.Series) -> pl.Series:
    """One spelling: no spaces or punctuation between Chinese characters, 三号楼 as 3栋, runs of dashes as one."""
    text = _mended(places, ~places.str.contains(r"^[\p{Han}0-9]+(?:-[\p{Han}0-9]+)*$"), _address)
    numerals = {f"{zh}{unit}": f"{digit}{unit}" for zh, digit in _DIGITS_OF_NUMERALS.items() for unit in _NUMBERED}
    folded = {"号楼": "栋", "幢": "栋", "座": "栋", "房间": "室"}
    spelt = text.str.contains(f"[{''.join(_DIGITS_OF_NUMERALS)}][{''.join(unit[0] for unit in _NUMBERED)}]")
    text = _mended(text, spelt, lambda odd: odd.str.replace_many(list(numerals), list(numerals.values())))
    text = text.str.replace_many(list(folded), list(folded.values()))
    return _keep(text, text.str.len_chars() >= 2)


def _address(places: pl.Series) -> pl.Series:
    text = squeezed(places).str.replace_all(r"[,，。;；:：、_#()（）\[\]【】\"'.]+", " ").str.replace_all(r"[—–－~-]+", "-")
    text = text.str.replace_all(r"\s+", " ").str.strip_chars(" -")
    return _choose(text.str.contains(r"\p{Han}"), text.str.replace_all(" ", "", literal=True), text)


def door(places: pl.Series) -> pl.Series:
    """Road or place with its number (技路88), from a standardised address: enough to stand for a house within a city."""
    han = places.str.extract(r"(\p{Han}{2}(?:路|街|道|巷|弄|里|村|胡同|小区|花园|苑|城|园|镇|乡|湾|庄|屯|组)\d+)", 1)
    return _or_else(han, places, r"(\d+ [A-Z]{3,})")


def numbers(places: pl.Series) -> pl.Series:
    """All numbers of an address in order: 88|3|1201."""
    found = places.str.extract_all(r"\d+").list.join("|")
    return _keep(found, found != "")


def district(places: pl.Series) -> pl.Series:
    """Two characters before 区/县/旗, or a postcode of four to six digits at the end of a Latin address, before at most two words."""
    han = places.str.replace("自治[区州]", "").str.extract(r"(\p{Han}{2})(?:区|县|旗)", 1)
    return _or_else(han, places, r" (\d{4,6})(?: [A-Z]+){0,2}$")


def city(places: pl.Series) -> pl.Series:
    """Two characters before 市/州/盟."""
    return places.str.replace("自治[区州]", "").str.extract(r"(\p{Han}{2})(?:市|州|盟)", 1)


def character_pairs(text: pl.Series) -> pl.Series:
    """Which pairs of neighbouring characters occur, as a bitmap of PAIR_BITS (hashed: of forty pairs one or two may fall together).

    Overlap of two texts is then an AND and a count of bits, a hundred times faster than intersecting lists. Null stays null.
    """
    from panhuo.engines.intake.identity.pair_kernels import mark_pairs

    bare = text.str.replace_all(" ", "", literal=True)
    lengths = bare.str.len_chars().fill_null(0).to_numpy().astype(np.int64)
    points = np.frombuffer("".join(bare.drop_nulls().to_list()).encode("utf-32-le"), dtype="<u4")
    bitmap = np.zeros((len(lengths), PAIR_BITS // 8), dtype=np.uint8)
    mark_pairs(points, lengths, 64 - PAIR_BITS.bit_length() + 1, bitmap)
    offsets = np.arange(0, bitmap.size + 1, PAIR_BITS // 8, dtype=np.int64)
    column = pa.Array.from_buffers(pa.large_binary(), len(lengths), [None, pa.py_buffer(offsets), pa.py_buffer(bitmap)])
    frame = pl.DataFrame({"bits": pl.from_arrow(column), "known": text.is_not_null()})
    return frame.select(pl.when("known").then("bits").alias(text.name))[text.name]


def employer(names: pl.Series) -> pl.Series:
    """The firm's own words: without brackets, place and legal form. Answers that name no employer are null."""
    text = _mended(names, ~names.str.contains(r"^\p{Han}+$"), _employer)
    text = _keep(text, ~text.str.contains(_NO_EMPLOYER))
    text = text.str.replace(_FIRM_ENDING, "").str.replace(_FIRM_ENDING, "").str.replace(_REGION, "")
    return _keep(text, text.str.len_chars() >= 2)


def _employer(names: pl.Series) -> pl.Series:
    text = squeezed(names)
    text = _keep(text, ~text.str.contains(_NO_EMPLOYER))
    text = text.str.replace_all(r"[(（].*?[)）]", "").str.replace_all(r"[\s,，。.、&\"'·-]+", " ").str.strip_chars()
    latin = text.str.replace_all(_FIRM_ENDING_EN, "").str.replace_all(r"\s+", " ").str.strip_chars()
    return _choose(text.str.contains(r"\p{Han}"), text.str.replace_all(" ", "", literal=True), latin)


def firm_name(names: pl.Series) -> pl.Series:
    """A firm's registered name with its legal form kept: full width, brackets, spaces and 省/市 after the place folded."""
    text = squeezed(names).str.replace_all(r"[\s()（）\[\]【】·.,，。\"'-]+", "").str.replace_many(list(VARIANTS), list(VARIANTS.values()))
    text = (
        text.str.replace("有限责任公司", "有限公司", literal=True).str.replace("股份公司", "股份有限公司", literal=True).str.replace(_REGION, "${1}")
    )
    return _keep(text, text != "")
