"""Rows that add up others without a word: rejected where they say less of themselves than claims do, kept and told where they say as much."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from cleaning_rows import AS_OF, GOOD, cleaned, layout_with
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.intake import Cleaned, clean
from panhuo.kernel.randomness import stream

BLANK: dict[str, str | None] = dict.fromkeys(GOOD)
AMOUNTS = ("未偿本金", "未偿利息", "罚息复利", "其他费用")
Cells = dict[str, str | None]


def amounts(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def claims(rows: Sequence[tuple[int, ...]], prefix: str = "A") -> list[Cells]:
    return [{"借据号": f"{prefix}{i:03}", "未偿本息费合计": None, **dict(zip(AMOUNTS, map(amounts, row), strict=True))} for i, row in enumerate(rows)]


def total(rows: Sequence[tuple[int, ...]], **cells: str | None) -> Cells:
    sums = [sum(row[k] for row in rows) for k in range(4)]
    return {**BLANK, **dict(zip(AMOUNTS, map(amounts, sums), strict=True)), **cells}


SAID = {name: cell for name, cell in GOOD.items() if name not in (*AMOUNTS, "借据号", "未偿本息费合计")}
ROWS = [(1_000_00 + 7 * k, 31_00 + k, 5_00, 0) for k in range(12)]


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.integers(1, 10**10)] * 4), min_size=3, max_size=8), st.booleans(), st.sampled_from([None, "Z9", "T-1"]))
def test_a_last_row_that_is_the_sum_of_all_above_is_no_account(rows: list[tuple[int, ...]], off: bool, number: str | None) -> None:
    """Whatever its number; and one fen more makes an account of it if its number is like the others'."""
    sums = [sum(row[k] for row in rows) + (off and k == 1) for k in range(4)]
    cells = [{"借据号": f"A{i}", "未偿本息费合计": None, **dict(zip(AMOUNTS, map(amounts, row), strict=True))} for i, row in enumerate([*rows, sums])]
    cells[-1] = {**BLANK, **cells[-1], "借据号": number}
    books = cleaned(*cells).data.reconciliation
    alike = number == "Z9"
    assert books.total_rows == (0 if off and alike else 1)
    assert books.balance_accepted_fen == sum(map(sum, rows)) + (sum(sums) if off and alike else 0)
    assert books.rows_accepted + books.rows_rejected == books.rows_in == len(cells)


def test_a_claim_that_happens_to_be_the_sum_stays_one_and_says_so() -> None:
    """Round loans without interest on a short list: the last has its own number, name and identity number."""
    round_ones = [
        {"借据号": f"Z{i}", "未偿本金": f"{fen}.00", "未偿利息": "0", "罚息复利": "0", "未偿本息费合计": None}
        for i, fen in enumerate([10000, 10000, 10000, 30000])
    ]
    outcome = cleaned(*round_ones)
    assert (outcome.data.reconciliation.rows_accepted, outcome.data.reconciliation.total_rows) == (4, 0)
    assert outcome.data.reconciliation.balance_accepted_fen == 6_000_000
    assert outcome.findings.filter(pl.col("code") == "ROW_ADDS_UP")["row"].to_list() == [4]
    nothing = {**dict.fromkeys(GOOD), **round_ones[3], "五级分类": "可疑"}  # under a number like the others': a loan of somebody named above
    books = cleaned(*round_ones[:3], nothing).data.reconciliation
    assert (books.total_rows, books.adds_up_rows) == (0, 1)
    assert cleaned(*round_ones[:3], {**nothing, "借据号": "3"}).data.reconciliation.total_rows == 1


@pytest.mark.parametrize("seed", range(6))
def test_loans_of_a_customer_who_is_named_once_stay_claims(seed: int) -> None:
    """A corporate list that names the customer on the first of several round loans: the rows below have their own number and dates, and no customer."""
    draw = stream(seed, "named-once")
    rows = []
    for customer in range(25):
        for loan in range(int(draw.integers(1, 6))):
            told = {
                "借据号": f"33010120202100{len(rows):04d}",
                "未偿本金": f"{int(draw.integers(1, 20)) * 100}0000.00",
                "未偿利息": "0",
                "罚息复利": "0",
            }
            hidden = dict.fromkeys(("姓名", "证件号码", "手机号码", "五级分类", "产品", "担保方式"), None) if loan else {"姓名": f"某{customer}公司"}
            rows.append({**told, "未偿本息费合计": None, **{name: cell for name, cell in hidden.items() if name in GOOD}})
    books = cleaned(*rows).data.reconciliation
    assert (books.total_rows, books.rows_accepted) == (0, len(rows))
    assert books.nameless_rows == len(rows) - 25


def test_rows_of_no_claim_are_none_above_a_sum() -> None:
    """Two loans and a row of commas are not three loans that a fourth adds up."""
    two = [{"借据号": f"A{i}", "未偿本息费合计": None} for i in range(2)]
    twice = {name: amounts(2 * round(float(str(GOOD[name])) * 100)) for name in AMOUNTS}
    assert cleaned(*two, BLANK, {**twice, "借据号": "A9", "未偿本息费合计": None}).data.reconciliation.total_rows == 0


def test_three_equal_amounts_are_no_sum_of_two() -> None:
    assert cleaned(*({"借据号": f"A{k}"} for k in range(4))).data.reconciliation.total_rows == 0


def test_the_sum_is_told_as_one() -> None:
    cells = [{"借据号": f"A{k}", "未偿本息费合计": None} for k in range(3)]
    threefold = {name: amounts(3 * round(float(str(GOOD[name])) * 100)) for name in AMOUNTS}
    outcome = cleaned(*cells, {**BLANK, **threefold, "借据号": "Z"})
    told = outcome.findings.filter(pl.col("row") == 4)
    assert "TOTAL_ROW" in told["code"].to_list()
    assert outcome.data.reconciliation.rows_accepted == 3


@pytest.mark.parametrize(
    "cells",
    [
        {"借据号": "12"},
        {"借据号": "12", "经办机构": "江苏分行"},
        {"借据号": "江苏分行", "经办机构": "江苏分行"},
        {"借据号": "A999", "产品类型": "全部", "五级分类": "不良"},
        {"借据号": "ZZZZ", "到期日期": "2026-10-31"},
        {"借据号": "A999", "姓名": "全部客户", "产品类型": "个人消费贷款", "放款日期": "2021-03-05", "到期日期": "2025-07-05", "逾期天数": "365", "逾期起始日": "2025-06-30"},
        {"借据号": None, "姓名": "张三", "逾期天数": "365"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["last", "first"])
def test_a_total_that_says_less_than_a_claim_is_none_wherever_it_stands(cells: Cells, place: str) -> None:
    rows = claims(ROWS)
    extra = total(ROWS, **cells)
    books = cleaned(*([*rows, extra] if place == "last" else [extra, *rows])).data.reconciliation
    assert (books.total_rows, books.rows_accepted) == (1, 12)
    assert books.balance_accepted_fen == sum(map(sum, ROWS))


def test_subtotals_of_branches_and_the_total_of_all_are_none() -> None:
    """Each branch's under the branch's name, the whole bank's last; and a branch with two accounts."""
    parts = [ROWS[:5], ROWS[5:10], ROWS[10:]]
    tape: list[Cells] = []
    for number, part in enumerate(parts):
        place = f"城{number}支行"
        tape += [{**row, "经办机构": place} for row in claims(part, f"B{number}")]
        tape.append(total(part, 借据号=place, 经办机构=place))
    tape.append(total(ROWS, 借据号="12", 经办机构="全行"))
    books = cleaned(*tape).data.reconciliation
    assert (books.total_rows, books.rows_accepted, books.balance_accepted_fen) == (4, 12, sum(map(sum, ROWS)))


def test_subtotals_numbered_by_their_counts() -> None:
    tape = [
        *claims(ROWS[:6]),
        total(ROWS[:6], 借据号="6", 经办机构="城东支行"),
        *claims(ROWS[6:], "B"),
        total(ROWS[6:], 借据号="7", 经办机构="城西支行"),
    ]
    books = cleaned(*tape, total(ROWS, 借据号="12", 经办机构="全行")).data.reconciliation
    assert (books.total_rows, books.rows_accepted, books.balance_accepted_fen) == (3, 12, sum(map(sum, ROWS)))


def test_subtotals_that_differ_from_claims_in_their_numbers_alone() -> None:
    """Every cell filled as a claim's, but the numbers count the rows."""
    halves = [ROWS[:5], ROWS[5:]]
    tape = [one for k, half in enumerate(halves) for one in (*claims(half, f"J{k}"), {**total(half), **SAID, "借据号": str(len(half))})]
    books = cleaned(*tape, {**total(ROWS), **SAID, "借据号": "12"}).data.reconciliation
    assert (books.total_rows, books.rows_accepted, books.balance_accepted_fen) == (3, 12, sum(map(sum, ROWS)))


def test_two_accounts_and_their_total() -> None:
    books = cleaned(*claims(ROWS[:2]), total(ROWS[:2], 借据号="2")).data.reconciliation
    assert (books.total_rows, books.rows_accepted) == (1, 2)


def test_an_account_that_lacks_something_and_adds_up_nothing_stays() -> None:
    rows = claims(ROWS)
    rows[4] |= {"借据号": "X-9", "姓名": None, "逾期天数": None, "逾期起始日": None}
    books = cleaned(*rows).data.reconciliation
    assert (books.total_rows, books.rows_accepted) == (0, 12)


@pytest.mark.parametrize("lacks", ["手机号码", "姓名", "五级分类", "逾期天数"])
@pytest.mark.parametrize("number", ["A2", "2019-旧-7"])
def test_a_claim_that_lacks_one_thing_and_is_the_sum_of_two_stays(lacks: str, number: str) -> None:
    """Round loans: the third is the first two together, and nobody took down a telephone number."""
    rows: list[Cells] = [
        {"借据号": f"A{k}", "未偿本金": f"{fen}0000", "未偿利息": "0", "罚息复利": "0", "其他费用": "0", "未偿本息费合计": None}
        for k, fen in enumerate([500, 500, 1000, 800, 300, 700])
    ]
    rows[2] |= {lacks: None, "借据号": number}
    books = cleaned(*rows).data.reconciliation
    assert (books.total_rows, books.rows_accepted) == (0, 6)


BRANCHES = [[ROWS[:5], ROWS[5:6]], [ROWS[6:9], ROWS[9:]]]


def branch_tape(*, places: str, rounded: int = 1, unread: int | None = None) -> tuple[list[Cells], int]:
    """Claims of four sub-branches in two branches, with their totals above or below them, one of all, and the number of totals. rounded: fen. unread: a
    claim whose principal is no number."""
    totals = 0

    def group(rows: list[Cells], inner: Sequence[tuple[int, ...]], name: str) -> list[Cells]:
        nonlocal totals
        totals += 1
        extra = total(inner, 借据号=name, 经办机构=name)
        if rounded > 1:
            extra |= {cell: amounts(round(float(str(extra[cell])) * 100 / rounded) * rounded) for cell in AMOUNTS}
        return [extra, *rows] if places == "above" else [*rows, extra]

    tape: list[Cells] = []
    number = 0
    for b, parts in enumerate(BRANCHES):
        mine: list[Cells] = []
        for p, part in enumerate(parts):
            own = claims(part, f"B{b}{p}")
            for row in own:
                if rounded > 1:
                    row |= {cell: amounts(round(float(str(row[cell])) * 100 / rounded) * rounded) for cell in AMOUNTS}
                if number == unread:
                    row["未偿本金"] = "不详"
                number += 1
            mine += group(own, part, f"城{b}{p}网点")
        tape += group(mine, [row for part in parts for row in part], f"城{b}支行")
    return group(tape, ROWS, "全行"), totals


@pytest.mark.parametrize("places", ["above", "below"])
@pytest.mark.parametrize("rounded", [1, 10_000])
@pytest.mark.parametrize("unread", [None, 2])
def test_totals_of_three_levels(places: str, rounded: int, unread: int | None) -> None:
    """One sub-branch with a single claim; amounts rounded as 万元 are; an amount that cannot be read, though it is in the totals."""
    tape, totals = branch_tape(places=places, rounded=rounded, unread=unread)
    books = cleaned(*tape).data.reconciliation
    assert (books.total_rows, books.rows_accepted) == (totals, 12 if unread is None else 11)


def test_a_total_of_the_principal_alone() -> None:
    extra = total(ROWS, 借据号="全行") | dict.fromkeys(AMOUNTS[1:])
    assert cleaned(*claims(ROWS), extra).data.reconciliation.total_rows == 1


def test_what_has_little_of_a_claim_and_adds_up_nothing_is_told() -> None:
    """The total of a list of which half was sent."""
    outcome = cleaned(*claims(ROWS), total([*ROWS, *ROWS, *ROWS], 借据号="城东支行"))
    books = outcome.data.reconciliation
    assert (books.total_rows, books.rows_accepted, books.adds_up_rows) == (0, 13, 1)
    assert outcome.findings.filter(pl.col("code") == "ROW_LIKE_TOTAL")["row"].to_list() == [13]


@pytest.mark.parametrize(
    "word",
    [
        "共计",
        "Σ",
        "城东支行共计",
        "城东支行共计20笔",
        "总额",
        "合计人民币",
        "全部合计（40笔，元）",
        "共40户，合计",
        "城东支行：20户",
        "其中：城东支行",
        "城东支行计",
    ],
)
def test_words_of_totals_where_a_number_should_stand(word: str) -> None:
    """Whatever else the row says, and though it adds up nothing."""
    outcome = cleaned(*claims(ROWS), {"借据号": word, "姓名": None, "证件号码": None, "手机号码": None})
    assert outcome.data.reconciliation.total_rows == 1


def small(rows: Sequence[tuple[object, ...]], *names: str, layout: str = "panhuo") -> Cleaned:
    """A tape of these columns alone."""
    frame = pl.DataFrame(
        [[None if cell is None else str(cell) for cell in row] for row in rows], schema=dict.fromkeys(names, pl.String), orient="row"
    )
    return clean(frame, layout=layout, as_of=AS_OF).data


def test_subtotals_of_customers_with_a_loan_or_three() -> None:
    """They are a third of the rows, so that their form of number is common and every column lacks as often."""
    draw = stream(3, "pairs")
    rows: list[tuple[object, ...]] = []
    number = claims_fen = 0
    for k, name in enumerate(["张三", "李四", "王五", "赵六", "钱七", "孙八", "周九", "吴十"]):
        group = [(int(draw.integers(100_000, 9_999_999)), int(draw.integers(1, 99_999))) for _ in range((2, 1, 3)[k % 3])]
        for fen, interest in group:
            rows.append((f"2019{number:06d}", name, f"138001300{number:02d}", amounts(fen), amounts(interest), 200 + number))
            number += 1
        claims_fen += sum(map(sum, group))
        rows.append((name, None, None, amounts(sum(p for p, _ in group)), amounts(sum(i for _, i in group)), None))
    books = small(rows, "借据号", "姓名", "手机号码", "未偿本金", "未偿利息", "逾期天数").reconciliation
    assert (books.total_rows, books.rows_accepted, books.balance_accepted_fen) == (8, number, claims_fen)


@pytest.mark.parametrize("own", ["KH{k:03d}", "20190009{k:02d}"])
def test_subtotals_that_carry_the_customers_name(own: str) -> None:
    draw = stream(4, "named")
    rows: list[tuple[object, ...]] = []
    for k in range(20):
        group = [int(draw.integers(100_000, 9_999_999)) for _ in range(6)]
        rows += [(f"2019{k:02d}{i:04d}", f"李甲{k}", amounts(fen), "12.00", 200) for i, fen in enumerate(group)]
        rows.append((own.format(k=k), f"李甲{k}", amounts(sum(group)), "72.00", None))
    books = small(rows, "借据号", "姓名", "未偿本金", "未偿利息", "逾期天数").reconciliation
    assert (books.total_rows, books.rows_accepted) == (20, 120)


@pytest.mark.parametrize("place", ["first", "last", "before averages"])
def test_a_named_total_is_told_wherever_it_stands(place: str) -> None:
    own = [(f"2019{k:06d}", f"张甲{k}", f"138001300{k:02d}", amounts(1_000_00 + 7 * k), 200 + k) for k in range(12)]
    extra = ("ZC2023", "某某消费金融有限公司", None, amounts(sum(1_000_00 + 7 * k for k in range(12))), None)
    rows = [extra, *own] if place == "first" else [*own, extra]
    if place == "before averages":
        rows += [(word, None, None, amounts(1_000_38), None) for word in ("平均", "最大", "最小")]
    books = small(rows, "借据号", "姓名", "手机号码", "未偿本金", "逾期天数").reconciliation
    assert books.adds_up_rows + books.total_rows == (4 if place == "before averages" else 1)
    assert books.rows_accepted == 12 + books.adds_up_rows


def test_principals_added_from_columns_are_looked_at_too() -> None:
    layout = layout_with(
        columns=[
            {"from": "借据号", "to": "account_id"},
            {"from": "姓名", "to": "name"},
            {"from": "正常本金", "to": "_normal", "kind": "money"},
            {"from": "逾期本金", "to": "_overdue", "kind": "money"},
            {"from": "逾期天数", "to": "overdue_days"},
        ],
        derived={"principal_fen": "_normal + _overdue"},
    )
    rows = [(f"2019{k:06d}", f"张甲{k}", 1000 + 7 * k, 50 + k, 200) for k in range(12)]
    rows.append(("12", None, sum(1000 + 7 * k for k in range(12)), sum(50 + k for k in range(12)), None))  # type: ignore[arg-type]
    frame = pl.DataFrame([list(map(str, row[:1])) + [None if c is None else str(c) for c in row[1:]] for row in rows], schema=dict.fromkeys(["借据号", "姓名", "正常本金", "逾期本金", "逾期天数"], pl.String), orient="row")  # fmt: skip
    books = clean(frame, layout=layout, as_of=AS_OF).data.reconciliation
    assert (books.total_rows, books.rows_accepted) == (1, 12)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("told", [False, True])
def test_round_claims_under_older_numbers_stay(seed: int, told: bool) -> None:
    """A quarter of the numbers are of another form, principals are round, and nobody is named: sums come by chance."""
    draw = stream(seed, "older", int(told))
    rows = []
    for k in range(120):
        number = f"XD-19-{k:03d}" if draw.random() < 0.25 else f"2019{k:06d}"
        rows.append((number, int(draw.choice([10_000, 20_000, 30_000, 50_000])), 200 + k if told else None, "2019-03-05" if told else None))
    assert small(rows, "借据号", "未偿本金", "逾期天数", "放款日期").reconciliation.total_rows == 0


@pytest.mark.parametrize("length", [8, 10, 12, 16, 24])
def test_claims_under_tokens_stay(length: int) -> None:
    draw = stream(length, "tokens")
    rows = [("".join(draw.choice(list("0123456789abcdef"), length)), int(draw.integers(1, 60)) * 1000) for _ in range(300)]
    books = small(rows, "借据号", "未偿本金").reconciliation
    assert books.total_rows == 0


@pytest.mark.parametrize("place", [0, -1])
def test_one_large_claim_of_an_older_system_stays(place: int) -> None:
    rows = [(f"2019{k:06d}", 100_000 + 731 * k) for k in range(10)]
    rows.insert(place if place == 0 else len(rows), ("HT-2015-恒达-1", 1_500_000))
    assert small(rows, "借据号", "未偿本金").reconciliation.total_rows == 0


def test_round_claims_of_customers_with_numbers_of_their_own_stay() -> None:
    rows = [
        (f"2019{k:06d}", f"C{k:04d}", "个人消费贷款", "损失", "城东支行", fen) for k, fen in enumerate((500_000, 300_000, 200_000, 1_000_000, 80_000))
    ]
    outcome = small(rows, "借据号", "客户号", "产品类型", "五级分类", "经办机构", "未偿本金")
    assert (outcome.reconciliation.total_rows, outcome.reconciliation.adds_up_rows) == (0, 1)


@pytest.mark.parametrize("name", ["华信资产评估事务所有限公司", "某某研究所有限公司"])
def test_firms_whose_names_say_all_are_somebody(name: str) -> None:
    rows = [(f"A{k}", who, fen, 0, 100) for k, (who, fen) in enumerate([("张三", 100_000), ("李四", 200_000), (name, 300_000), ("王五", 50_000)])]
    assert small(rows, "借据号", "姓名", "未偿本金", "未偿利息", "逾期天数").reconciliation.total_rows == 0


def test_subtotals_of_which_one_holds_an_amount_that_cannot_be_read() -> None:
    """Two of three branches add up; the third's subtotal and the bank's total are of their kind."""
    parts = [ROWS[:4], ROWS[4:8], ROWS[8:]]
    tape: list[Cells] = []
    for name, part in zip(("城东支行", "城西支行", "城南支行"), parts, strict=True):
        tape += [*claims(part, name[1]), total(part, 借据号=name, 经办机构=name)]
    tape[6] |= {"未偿本金": "不详"}
    tape.append(total(ROWS, 借据号="全行", 经办机构="全行"))
    books = cleaned(*tape).data.reconciliation
    assert (books.total_rows, books.rows_accepted) == (4, 11)


@pytest.mark.parametrize("interest", [None, 0.10, 0.073])
@pytest.mark.parametrize("seed", range(8))
def test_round_loans_some_without_a_name_stay_claims(seed: int, interest: float | None) -> None:
    draw = stream(seed, "unnamed")
    rows: list[tuple[object, ...]] = []
    for k in range(50):
        fen = int(draw.integers(1, 7)) * 1_000_000
        name = None if draw.random() < 0.15 else f"张甲{k}"
        rows.append((f"KK{k:04d}", name, amounts(fen), amounts(round(fen * (interest or 0)))))
    books = small(rows, "借据号", "姓名", "未偿本金", "未偿利息").reconciliation
    assert (books.total_rows, books.rows_accepted) == (0, 50)


def test_round_loans_that_divide_into_groups_stay_claims_and_are_told() -> None:
    owed = [10000, 20000, 30000, 50000, 10000, 60000, 30000, 30000, 60000, 5000, 5000, 10000]
    books = small([(f"JJ{k:04d}", f"{yuan}.00") for k, yuan in enumerate(owed)], "借据号", "未偿本金").reconciliation
    assert (books.total_rows, books.rows_accepted) == (0, 12)
    assert books.adds_up_rows >= 3
