"""Made-up figures for the living page: a lender that does not exist, the same at every call."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from panhuo.apps.console.charts import Chart, Heat, Series
from panhuo.apps.console.tables import Chip, Column, Empty, State, Table, View, Views
from panhuo.kernel.words import Words

PRODUCTS = (
    ("credit_card", Words("信用卡", "Credit card")),
    ("consumer_loan", Words("消费贷款", "Consumer loan")),
    ("business_loan", Words("经营贷款", "Business loan")),
    ("mortgage", Words("住房按揭", "Home mortgage")),
)
BUCKETS = ("M1", "M2", "M3", "M4–M6", "M7–M12", "M12+")
ROUTES = (
    Words("自催", "In-house"),
    Words("委外", "Agency"),
    Words("调解", "Mediation"),
    Words("诉讼", "Litigation"),
    Words("批量转让", "Batch transfer"),
    Words("核销", "Write-off"),
)
STATES = (
    State(Words("待处理", "Waiting")),
    State(Words("进行中", "Running"), "busy"),
    State(Words("已批准", "Approved"), "good"),
    State(Words("待复核", "For review"), "warn"),
    State(Words("已退回", "Rejected"), "bad"),
    State(Words("草稿", "Draft"), "info"),
)
STEPS = (Words("上传文件", "Upload"), Words("确认版式", "Layout"), Words("检查质量", "Quality"), Words("导入", "Import"))
SWATCHES = (
    ("ground", "surface", "sunken", "edge", "edge-strong", "ink", "ink-2", "ink-3"),
    ("accent", "accent-soft", "seal", "good", "warn", "bad", "info", "mute"),
    ("chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "chart-6", "chart-7", "chart-8"),
)
ICONS = [
    "tape",
    "portfolio",
    "account",
    "plan",
    "job",
    "rules",
    "policy",
    "record",
    "users",
    "organisation",
    "search",
    "menu",
    "close",
    "check",
    "warn",
    "info",
    "up",
    "down",
    "sort",
    "left",
    "right",
    "columns",
    "density",
    "download",
    "upload",
    "sun",
    "moon",
    "theme",
    "language",
    "out",
    "keyboard",
    "fold",
    "filter",
    "plus",
    "minus",
    "trash",
    "edit",
    "refresh",
    "more",
    "file",
    "lock",
    "eye",
    "empty",
    "save",
    "print",
    "play",
    "stop",
    "clock",
    "link",
    "undo",
    "compare",
    "scale",
    "money",
]
EMPTY = Empty(
    Words("还没有资产清单", "No tapes yet"),
    Words("导入第一份清单后，这里显示每份清单的质量与核对结果", "Import the first one to see its quality and reconciliation here"),
    Words("导入清单", "Import a tape"),
    "#empty",
    "tape",
)
_PAGE = 40
_CITIES = (
    Words("浙江杭州", "Hangzhou"),
    Words("四川成都", "Chengdu"),
    Words("广东佛山", "Foshan"),
    Words("江苏苏州", "Suzhou"),
    Words("湖北武汉", "Wuhan"),
    Words("山东青岛", "Qingdao"),
    Words("河南郑州", "Zhengzhou"),
    Words("陕西西安", "Xi'an"),
)


def _all() -> list[dict[str, Any]]:
    rows = []
    state = 20261031
    for number in range(137):
        state = (state * 1103515245 + 12345) % 2**31  # a fixed sequence: the page is the same for everybody
        product = PRODUCTS[(state >> 7) % 4]
        size = (38_000_00, 61_000_00, 410_000_00, 1_260_000_00)[(state >> 7) % 4]
        balance = size // 10 + state % size
        share = 0.02 + ((state >> 11) % 610) / 1000
        days = 5 + (state >> 5) % 560
        rows.append(
            {
                "id": f"HX{20260000 + number * 37 % 9973:08d}",
                "debtor": f"{'王李张刘陈杨黄赵周吴'[state % 10]}*{'明' if state % 3 else '华'}",
                "product": product[1],
                "product_code": product[0],
                "city": _CITIES[(state >> 13) % 8],
                "balance_fen": balance,
                "principal_fen": balance * 83 // 100,
                "overdue_days": days,
                "bucket": BUCKETS[min(5, (0, 1, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4)[min(11, days // 30)] if days < 360 else 5)],
                "expected_fen": round(balance * share),
                "share": share,
                "route": ROUTES[(state >> 9) % 6],
                "due": dt.date(2026, 10, 31) - dt.timedelta(days=days),
                "state": STATES[(state >> 4) % 6],
                "note": Words("按减免上限仍低于转让底价", "still below the floor price after the largest concession") if state % 5 == 0 else None,
            }
        )
    return rows


_ROWS = _all()
_COLUMNS = (
    Column("id", Words("账户", "Account"), sort=True),
    Column("debtor", Words("债务人", "Debtor")),
    Column("product", Words("产品", "Product")),
    Column("city", Words("地区", "Region")),
    Column(
        "balance_fen",
        Words("余额", "Balance"),
        "money",
        sort=True,
        meaning=Words("本金、利息、罚息与费用之和", "principal, interest, penalty and fees"),
    ),
    Column("principal_fen", Words("本金", "Principal"), "yuan", unit=Words("元", "CNY"), sort=True, hidden=True),
    Column("overdue_days", Words("逾期天数", "Days overdue"), "count", sort=True),
    Column("bucket", Words("账龄", "Bucket")),
    Column("due", Words("最早逾期日", "First missed"), "date"),
    Column("expected_fen", Words("预计回收", "Expected recovery"), "money", sort=True),
    Column("share", Words("回收率", "Rate"), "percent", sort=True),
    Column("route", Words("处置方式", "Route"), href=lambda row: "#routes"),
    Column("state", Words("状态", "State"), "state"),
    Column("note", Words("备注", "Note"), "wrap"),
)


def accounts(sort: str, *, product: str, after: str | None, before: str | None) -> Table:
    """The example's rows in the order asked for, a page of them. Its cursors are positions: these rows do not change; yours are keys."""
    key = sort.lstrip("-")
    rows = [row for row in _ROWS if not product or row["product_code"] == product]
    if key in {column.key for column in _COLUMNS if column.sort}:
        rows.sort(key=lambda row: (row[key], row["id"]), reverse=sort.startswith("-"))
    else:
        sort = ""
    cursor = after if after is not None else before
    start = int(cursor) if cursor and cursor.isdecimal() else 0
    start = start if after is not None else max(0, start - _PAGE)
    page = rows[start : start + _PAGE]
    return Table(
        "design-accounts",
        Words("账户", "Accounts"),
        _COLUMNS,
        page,
        href=lambda row: f"/design/drawer?id={row['id']}",
        drawer=True,
        totals={name: sum(row[name] for row in rows) for name in ("balance_fen", "principal_fen", "expected_fen")}
        | {"share": sum(row["expected_fen"] for row in rows) / max(1, sum(row["balance_fen"] for row in rows))},
        totals_words=Words("全部合计", "All rows"),
        count=len(rows),
        count_words=Words("户", "accounts"),
        sort=sort,
        older=str(start + _PAGE) if start + _PAGE < len(rows) else None,
        newer=str(start) if start else None,
        export="/design",
        chips=[Chip("product", Words("产品", "Product"), dict(PRODUCTS)[product])] if product in dict(PRODUCTS) else [],
        views=Views(
            (
                View(Words("全部", "All"), "/design", current=not product),
                View(Words("大额按揭", "Large mortgages"), "/design?product=mortgage&sort=-balance_fen", current=product == "mortgage"),
                View(Words("信用卡早期", "Early cards"), "/design?product=credit_card&sort=overdue_days", current=product == "credit_card"),
            ),
            save="/design",
        ),
    )


def nobody() -> Table:
    return Table("design-nobody", Words("空的账户表", "Accounts, none"), _COLUMNS[:4], (), count=0, count_words=Words("户", "accounts"))


def one(wanted: str) -> dict[str, Any]:
    return next((row for row in _ROWS if row["id"] == wanted), _ROWS[0])


def recovery() -> Chart:
    months = [f"{2026 + (10 + m) // 12}-{(10 + m) % 12 + 1:02d}" for m in range(24)]
    expected = [round(31_800_000_00 * 1.6 * (1 - 0.94**m)) for m in range(1, 25)]
    return Chart(
        "design-recovery",
        Words("累计预计回收", "Expected recovery, cumulative"),
        "fen",
        Words("月份", "Month"),
        months,
        (
            Series(Words("当前方案", "This plan"), expected, low=[v * 0.86 for v in expected], high=[v * 1.13 for v in expected]),
            Series(Words("上一方案", "Previous plan"), [round(v * 0.91) for v in expected], dashed=True),
        ),
        kind="line",
    )


def ageing() -> Chart:
    shares = ((9.8, 6.1, 4.4, 8.7, 12.9, 21.3), (5.2, 4.4, 3.9, 7.6, 9.1, 14.8), (2.1, 2.0, 1.7, 4.9, 8.8, 17.2), (1.1, 0.9, 1.2, 3.4, 5.9, 11.4))
    series = tuple(Series(words, [v * 1e9 for v in values], stack="all") for (_, words), values in zip(PRODUCTS, shares, strict=True))
    return Chart(
        "design-ageing", Words("账龄与产品", "Ageing by product"), "fen", Words("账龄", "Bucket"), BUCKETS, series, hrefs=["#heat"] * len(BUCKETS)
    )


def routes() -> Chart:
    return Chart(
        "design-routes",
        Words("各处置方式的回收率", "Recovery rate by route"),
        "share",
        Words("处置方式", "Route"),
        ROUTES,
        (Series(Words("回收率", "Rate"), (0.312, 0.243, 0.281, 0.224, 0.097, 0.012)),),
        horizontal=True,
    )


def heat() -> Heat:
    cells = [
        [round(row_weight * column_weight * 1.7e9) for column_weight in (9.8, 6.1, 4.4, 8.7, 12.9, 21.3)] for row_weight in (1.0, 0.62, 0.55, 0.31)
    ]
    cells[3][1] = 0
    hrefs = [[f"/design?product={code}#design-accounts" for _ in BUCKETS] for code, _ in PRODUCTS]
    return Heat(
        "design-heat",
        Words("产品 × 账龄余额", "Balance by product and bucket"),
        "fen",
        Words("产品", "Product"),
        [w for _, w in PRODUCTS],
        BUCKETS,
        cells,
        hrefs,
    )


class SampleForm(forms.Form):
    """A limit, as it might be set."""

    name = forms.CharField(label=Words("上限名称", "Name of the limit"), max_length=40)  # type: ignore[arg-type]
    route = forms.ChoiceField(label=Words("处置方式", "Route"), choices=[("in_house", "自催 In-house"), ("agency", "委外 Agency")])  # type: ignore[arg-type]
    share = forms.DecimalField(
        label=Words("最高减免比例", "Largest concession"),  # type: ignore[arg-type]
        help_text=Words("按本息合计计算", "of principal and interest together"),  # type: ignore[arg-type]
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        widget=forms.NumberInput(attrs={"class": "n"}),
    )
    limit = forms.IntegerField(label=Words("每月案件数", "Cases a month"), required=False, widget=forms.NumberInput(attrs={"class": "n"}))  # type: ignore[arg-type]
    strict = forms.BooleanField(label=Words("超过时不允许提交方案", "Plans above it cannot be submitted"), required=False)  # type: ignore[arg-type]
    note = forms.CharField(label=Words("说明", "Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3}))  # type: ignore[arg-type]
