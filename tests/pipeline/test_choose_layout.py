"""Which layout a tape is given when nobody says: whatever else stands beside the headings that are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made_runs import Ran, Rows

from panhuo.engines.intake import bind, load_layout
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.frames import TAPE, TAPE_REQUIRED
from panhuo.kernel.randomness import stream
from panhuo.pipeline.layouts import choose_layout, unread

OWN = [field.zh for field in TAPE.values()]
REQUIRED = [TAPE[name].zh for name in TAPE_REQUIRED]
EXTRA = [f"扩展字段{i}" for i in range(260)]


@pytest.mark.parametrize("extra", [0, 260])
@pytest.mark.parametrize("known", [20, 40, 81])
@pytest.mark.parametrize("draw", range(4))
def test_our_own_headings_among_many_others(known: int, extra: int, draw: int) -> None:
    rest = [name for name in OWN if name not in REQUIRED]
    picked = rest[: known - 2] if draw == 0 else list(stream(draw, "headings").choice(rest, known - 2, replace=False))
    headings = [*REQUIRED, *map(str, picked), *EXTRA[:extra]]
    layout = choose_layout(headings, where="t.csv")
    assert layout.name == "panhuo"
    assert len(bind(layout, headings).fields) == known
    told = unread(layout, headings)
    assert (told is not None) == (extra > 0)
    assert told is None or f"其余 {extra} 列未读取" in told.zh


def test_where_two_layouts_know_as_much_the_one_that_can_be_read_with_is_taken() -> None:
    assert choose_layout(["借据号", "姓名", "未偿本金"], where="t.csv").name == "panhuo"


def test_a_layout_that_lacks_a_heading_of_its_own_does_not_bar_one_that_has_all() -> None:
    """One heading that only the registration's layout knows must not refuse a tape that our own reads; what is not read then is told."""
    headings = ["借据号", "姓名", "贷款品种", "未偿本金", "未偿利息", "逾期天数"]
    layout = choose_layout(headings, where="t.csv")
    assert layout.name == "panhuo"
    told = unread(layout, headings)
    assert told is not None
    assert "贷款品种" in told.zh


def test_who_owes_is_not_left_unread_by_a_layout_that_reads_the_rest() -> None:
    with pytest.raises(InputUnusable) as refused:
        choose_layout(["借据号", "姓名", "身份证号码", "未偿本金", "未偿利息", "逾期天数"], where="t.csv")
    assert refused.value.code == "LAYOUT_NOT_FOUND"
    assert "身份证号码" in refused.value.cause.zh


def test_a_layout_that_would_leave_the_people_unread_is_not_taken_for_want_of_a_better() -> None:
    """The registration form reads the amounts of a lender's list and none of its names: better no layout than that one."""
    headings = [
        "借据编号",
        "贷款机构",
        "债务人类型",
        "产品类型",
        "姓名",
        "证件号码",
        "联系电话",
        "居住地址",
        "工作单位",
        "年收入",
        "本金余额",
        "欠息",
        "罚息及复利",
        "代垫费用",
        "债权总额",
        "逾期天数",
        "五级分类",
        "放款日期",
        "到期日期",
        "执行年利率",
        "担保方式",
    ]
    with pytest.raises(InputUnusable) as refused:
        choose_layout(headings, where="t.xlsx")
    assert refused.value.code in ("LAYOUT_MISSING_REQUIRED", "LAYOUT_NOT_FOUND")


def test_the_registration_form_is_not_taken_by_itself_where_it_would_leave_out_who_owes() -> None:
    """A plain bank export: the form reads all of its amounts and dates, and leaves names and numbers out on purpose."""
    figures = ["借据号", "放款日期", "到期日期", "放款金额", "本金余额", "欠息", "罚息", "逾期天数", "五级分类", "担保方式", "诉讼状态"]
    with pytest.raises(InputUnusable) as refused:
        choose_layout([*figures, "姓名", "身份证号码", "手机号码"], where="t.csv")
    assert refused.value.code == "LAYOUT_NOT_FOUND"
    assert "姓名、身份证号码、手机号码" in refused.value.cause.zh
    assert choose_layout(figures, where="t.csv").name == "yindeng"


def test_a_few_known_headings_among_many_are_not_enough() -> None:
    with pytest.raises(InputUnusable) as refused:
        choose_layout([*REQUIRED, *(name for name in OWN if name not in REQUIRED)][:6] + EXTRA, where="t.csv")
    assert refused.value.code == "LAYOUT_NOT_FOUND"


def test_a_required_heading_that_is_missing_is_named() -> None:
    with pytest.raises(InputUnusable) as refused:
        choose_layout([name for name in OWN if name != "未偿本金"], where="t.csv")
    assert refused.value.code == "LAYOUT_MISSING_REQUIRED"
    assert "未偿本金" in refused.value.cause.zh


def test_a_tape_of_three_hundred_columns_runs_and_says_what_it_left(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    run = run_rows([{**row, **dict.fromkeys(EXTRA, "x")} for row in clean_rows])
    assert run.summary["layout"] == "panhuo"
    assert run.summary["rows_in"] == len(clean_rows)
    (notice,) = run.summary["notices"]
    assert notice["code"] == "LAYOUT_PARTIAL"
    assert "260" in notice["message"]


def test_what_is_named_as_a_field_that_the_layout_did_not_find_is_told() -> None:
    """Firms judged as persons, for want of their names and numbers, are worth a word."""
    headings = ["借据号", "企业名称", "统一社会信用代码", "未偿本金", "未偿利息", "罚息复利", "逾期天数", "五级分类", "放款日期", "到期日期"]
    with pytest.raises(InputUnusable) as refused:
        choose_layout(headings, where="t.csv")
    assert "企业名称、统一社会信用代码" in refused.value.cause.zh
    told = unread(load_layout("panhuo"), headings)  # chosen by its name
    assert told is not None
    assert "企业名称、统一社会信用代码" in told.zh
    own = ["借据号", "姓名", "客户名称", "未偿本金", "未偿利息", "逾期天数"]
    assert unread(choose_layout(own, where="t.csv"), own) is None, "the name is known already"
