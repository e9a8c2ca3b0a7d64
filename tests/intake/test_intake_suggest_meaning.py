"""One character in four changes what a heading means: what is like a known name in other characters than fillers is a comment, never a line."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from panhuo.engines.intake.storeys import group_names, stands_alone, two_storeys
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.suggest_names import all_known_headings, says_not_owed, synonyms
from panhuo.engines.intake.suggestion import CERTAIN, Suggestion
from panhuo.kernel.frames import DEBTOR

OWED = ("principal_fen", "interest_fen", "penalty_fen", "fees_fen", "balance_fen")
AMOUNTS = ["600.00", "12.34", "88.80", "9.90", "1250.00", "0.00"]
DATES = ["2021-03-05", "2020-11-30", "2022-07-18", "2021-12-01", "2019-05-20", "2022-01-10"]


def suggested(heading: str, cells: Sequence[str], *beside: str) -> Suggestion:
    """The heading beside the columns every tape has."""
    n = len(cells)
    frame = pl.DataFrame(
        {"借据号": [f"J2021{i:06d}" for i in range(n)], "剩余本金": [f"{9_000 + 37 * i}.50" for i in range(n)]}
        | {name: [str(30 * i) for i in range(n)] for name in beside}
        | {heading: list(cells)}
    )
    return suggest_layout(frame.columns, frame)


def line_of(suggestion: Suggestion, heading: str) -> str | None:
    """The field that the layout as suggested would read the heading as."""
    return next((guess.field for guess in suggestion.sure if guess.heading == heading), None)


@pytest.mark.parametrize(
    "heading",
    ["已还利息", "已收罚息", "收回利息", "实收利息", "减免利息", "减免罚息", "回收本金", "核销利息", "可用余额", "罚息率", "日罚息", "客户总欠款", "名下欠款合计", "授信余额", "每期应还利息"],
)  # fmt: skip
def test_what_is_not_owed_is_no_line(heading: str) -> None:
    assert line_of(suggested(heading, AMOUNTS), heading) not in OWED


@pytest.mark.parametrize(
    ("heading", "field"),
    [("剩余未还利息余额", "interest_fen"), ("尚欠罚息", "penalty_fen"), ("未收回利息", None), ("应收未收利息", None)],
)  # fmt: skip
def test_fillers_change_nothing(heading: str, field: str | None) -> None:
    found = line_of(suggested(heading, AMOUNTS), heading)
    assert found == field if field else found in (None, *OWED)
    assert not says_not_owed(heading)


@pytest.mark.parametrize("unit", ["(分)", "（元）", " (CNY)", "[万元]"])
@pytest.mark.parametrize(("heading", "field"), [("INT_BAL", "interest_fen"), ("PNLT_BAL", "penalty_fen")])
def test_a_unit_behind_an_english_heading_hides_nothing(heading: str, field: str, unit: str) -> None:
    whole = ["20000", "4000", "600", "0", "1500", "70"]
    assert line_of(suggested(heading + unit, whole), heading + unit) == line_of(suggested(heading, AMOUNTS), heading) == field


def test_no_known_name_of_what_is_owed_says_that_it_is_not() -> None:
    for field in OWED:
        assert not [name for name in synonyms()[field] if says_not_owed(name)]


@pytest.mark.parametrize("heading", ["核准日期", "起诉日期", "开庭日期", "终本日期", "展期起始日", "受理日期"])
def test_a_date_of_something_else_is_no_line(heading: str) -> None:
    suggestion = suggested(heading, DATES)
    assert line_of(suggestion, heading) not in ("written_off_on", "origination_date", "maturity_date", "overdue_since", "judgment_on")


@pytest.mark.parametrize("heading", ["最大逾期天数", "累计逾期天数", "历史最长逾期天数", "曾逾期天数", "近24个月最大逾期天数"])
def test_arrears_that_may_be_over_are_not_the_present_ones(heading: str) -> None:
    cells = ["115", "0", "92", "33", "400", "7"]
    assert line_of(suggested(heading, cells), heading) is None
    beside = suggested(heading, cells, "当前逾期天数")
    assert (line_of(beside, heading), line_of(beside, "当前逾期天数")) == (None, "overdue_days")


@pytest.mark.parametrize("heading", ["月利率", "月利率(‰)", "日利率(%)"])
def test_a_rate_of_a_month_or_a_day_is_no_yearly_one(heading: str) -> None:
    assert line_of(suggested(heading, ["5.4", "6.0", "4.8", "5.1", "5.5", "6.2"]), heading) is None


@pytest.mark.parametrize(("total", "principal", "interest"), [("贷款余额", "本金", "利息"), ("贷款余额", "其中：本金", "其中：利息")])
def test_a_balance_that_adds_up_is_no_principal(total: str, principal: str, interest: str) -> None:
    parts = [(79_123.11, 3_904.34), (16_211.99, 825.72), (6_981.54, 1_360.85), (1_770.70, 166.45)]
    frame = pl.DataFrame(
        {
            "借据号": [f"J{i:05d}" for i in range(4)],
            total: [f"{p + i:.2f}" for p, i in parts],
            principal: [f"{p:.2f}" for p, _ in parts],
            interest: [f"{i:.2f}" for _, i in parts],
        }
    )
    suggestion = suggest_layout(frame.columns, frame)
    assert [line_of(suggestion, name) for name in (total, principal, interest)] == ["balance_fen", "principal_fen", "interest_fen"]
    apart = frame.with_columns(pl.Series(total, ["90000.00", "20000.00", "9000.00", "2000.00"]))
    assert line_of(suggest_layout(apart.columns, apart), total) == "principal_fen"


@pytest.mark.parametrize("part", ["拖欠本金", "逾期本金"])
def test_what_is_in_arrears_is_not_the_whole_principal(part: str) -> None:
    frame = pl.DataFrame(
        {
            "借据号": [f"J{i:05d}" for i in range(6)],
            "贷款余额": [f"{387_885 + 91 * i}.76" for i in range(6)],
            part: [f"{38_788 + 17 * i}.58" for i in range(6)],
            "拖欠利息": AMOUNTS,
        }
    )
    suggestion = suggest_layout(frame.columns, frame)
    assert (line_of(suggestion, "贷款余额"), line_of(suggestion, part)) == ("principal_fen", None)


KNOWN = all_known_headings()


@pytest.mark.parametrize(
    ("group", "lower", "joined"),
    [
        ("减免方案", ["利息", "罚息"], ["减免方案利息", "减免方案罚息"]),
        ("已还情况", ["本金", "利息"], ["已还情况本金", "已还情况利息"]),
        ("本年收回", ["本金", "利息"], ["本年收回本金", "本年收回利息"]),
        ("展期情况", ["起始日", "到期日"], ["展期情况起始日", "展期情况到期日"]),
        ("逾期情况", ["起始日", "天数"], ["逾期起始日", "逾期天数"]),
        ("核销信息", ["日期", "本金"], ["核销日期", "核销信息本金"]),
        ("债权金额（万元）", ["未偿本金", "利息"], ["未偿本金(万元)", "利息(万元)"]),
        ("截至2026年9月30日", ["本金", "罚息"], ["本金", "罚息"]),
        ("贷款信息", ["放款日期", "利率"], ["放款日期", "贷款利率"]),
        ("委案金额", ["本金", "罚息"], ["本金", "罚息"]),
        ("不良债权", ["本金", "利息"], ["本金", "利息"]),
        ("贷款期限", ["起始日", "到期日"], ["起始日", "到期日"]),
        ("表内", ["本金", "利息"], ["本金", "表内利息"]),
        ("逾期贷款", ["本金", "起始日"], ["本金", "起始日"]),
        ("日期", ["放款日", "到期日"], ["放款日", "到期日"]),
        ("欠息", ["利息", "复利"], ["利息", "复利"]),
        ("还款情况", ["最近还款日", "最近还款金额"], ["最近还款日", "最近还款金额"]),
    ],
)
def test_the_group_stays_where_the_word_below_means_another_thing_without_it(group: str, lower: list[str], joined: list[str]) -> None:
    upper = ["借据号", "剩余本金", group, "", "五级分类"]
    assert two_storeys(upper, ["", "", *lower, ""], KNOWN) == ["借据号", "剩余本金", *joined, "五级分类"]


def test_a_word_that_only_another_thing_repeats_stands_alone() -> None:
    upper = ["借据号", "贷款余额", "", "减免方案", "", "逾期天数"]
    assert two_storeys(upper, ["", "本金", "利息", "本金", "利息", ""], KNOWN) == [
        "借据号",
        "本金",
        "利息",
        "减免方案本金",
        "减免方案利息",
        "逾期天数",
    ]


@pytest.mark.parametrize(
    "heading", ["基准日利息", "截止日利息", "截至9月30日利息余额", "未归还利息", "结欠利息", "待收回利息", "未减免利息", "利息小计"]
)
def test_interest_that_is_owed_on_a_day_or_in_other_words_is_not_struck(heading: str) -> None:
    assert not says_not_owed(heading)


@pytest.mark.parametrize(
    "heading",
    ["未归还利息", "结欠利息", "现欠利息", "未清偿利息", "截至基准日利息", "截止日利息", "截至2026年9月30日利息余额", "截至9月30日欠息余额"],
)
def test_interest_in_other_words_is_a_line(heading: str) -> None:
    assert line_of(suggested(heading, AMOUNTS), heading) == "interest_fen"


def test_what_says_interest_is_never_made_the_principal_for_want_of_one() -> None:
    frame = pl.DataFrame({"借据号": [f"J{i:05d}" for i in range(6)], "贷款余额利息": AMOUNTS})
    assert "贷款余额利息, to: principal_fen" not in suggest_layout(frame.columns, frame).to_yaml()


def test_the_banks_own_people_are_not_called_as_debtors() -> None:
    phones = [f"139{i:08d}" for i in range(17, 23)]
    frame = pl.DataFrame({"借据号": [f"J{i:05d}" for i in range(6)], "手机号": phones, "客户经理电话": phones[::-1]})
    suggestion = suggest_layout(frame.columns, frame)
    assert (line_of(suggestion, "手机号"), line_of(suggestion, "客户经理电话")) == ("phone", None)


@pytest.mark.parametrize("whose", ["配偶", "法定代表人", "法人代表", "法人", "抵押人", "推荐人", "实际控制人", "联系人", "担保人", "客户经理"])
@pytest.mark.parametrize("own", [False, True])
def test_other_peoples_numbers_are_not_the_debtors(whose: str, own: bool) -> None:
    """However well the cells agree, and though the tape has none of the debtor's own."""
    phones, numbers = [f"139{i:08d}" for i in range(17, 23)], [f"11010019900307{seq}" for seq in ("0015", "0031", "0058", "0074", "0090", "0111")]
    others = {f"{whose}手机号": phones[::-1], f"{whose}身份证号": numbers, f"{whose}联系电话": phones}
    mine = {"手机号": phones, "证件号码": numbers} if own else {}
    frame = pl.DataFrame({"借据号": [f"J{i:05d}" for i in range(6)], "剩余本金": ["600.00"] * 6} | mine | others)
    suggestion = suggest_layout(frame.columns, frame)
    debtors = {field.name for field in DEBTOR.fields}
    assert not [heading for heading in others if line_of(suggestion, heading) in debtors]
    assert not own or (line_of(suggestion, "手机号"), line_of(suggestion, "证件号码")) == ("phone", "id_no")


@pytest.mark.parametrize(
    "heading",
    [
        "家属电话",
        "亲友电话",
        "老婆电话",
        "单位电话",
        "负责人手机",
        "催收人员电话",
        "共同债务人电话",
        "次借款人电话",
        "法官电话",
        "电话（配偶）",
        "Kin phone",
        "RM phone",
        "联络人手机",
        "关系人手机",
        "兄弟电话",
        "同住人手机",
        "邻居电话",
        "村委会电话",
        "紧急联络电话",
        "看护人电话",
    ],
)
def test_the_debtors_own_phone_stays_his_beside_anothers(heading: str) -> None:
    phones = [f"139{i:08d}" for i in range(17, 23)]
    frame = pl.DataFrame({"借据号": [f"J{i:05d}" for i in range(6)], "剩余本金": ["600.00"] * 6, "手机号码": phones, heading: phones[::-1]})
    suggestion = suggest_layout(frame.columns, frame)
    assert line_of(suggestion, "手机号码") == "phone"
    assert line_of(suggestion, heading) not in ("phone", "phone2", "landline")


@pytest.mark.parametrize(
    "heading",
    [
        "债务人(法人)名称",
        "客户名称(企业/法人)",
        "法人客户名称",
        "借款人姓名/法人代表",
        "借款人及配偶姓名",
        "借款人(不含共同借款人)姓名",
        "借款人姓名（联系人）",
        "Customer Name",
    ],
)
def test_the_debtors_own_name_is_read_whoever_else_the_heading_speaks_of(heading: str) -> None:
    names = ["张伟明", "李小红", "王强", "赵敏", "周杰", "吴芳"]
    frame = pl.DataFrame({"借据号": [f"J{i:05d}" for i in range(6)], "剩余本金": ["600.00"] * 6, heading: names})
    suggestion = suggest_layout(frame.columns, frame)
    assert next(guess.field for guess in suggestion.guesses if guess.heading == heading) == "name"


def test_a_suretys_phone_is_not_the_debtors() -> None:
    assert group_names(["借款人", "", "担保人", ""], ["借据号", "姓名", "姓名", "电话"], KNOWN) == [
        "借据号",
        "借款人姓名",
        "担保人姓名",
        "担保人电话",
    ]
    assert not stands_alone("手机号码", "紧急联系人")


def test_waived_interest_is_not_suggested_as_owed() -> None:
    headings = two_storeys(["借据号", "剩余本金", "减免方案", "", "逾期天数"], ["", "", "利息", "罚息", ""], KNOWN)
    suggestion = suggest_layout(headings)
    assert {guess.field for guess in suggestion.guesses if guess.field and guess.confidence >= CERTAIN} == {
        "account_id",
        "principal_fen",
        "overdue_days",
    }
    assert not {"interest_fen", "penalty_fen"} & {guess.field for guess in suggestion.sure}
