"""The frame of decisions: one row an account."""

from __future__ import annotations

from panhuo.kernel.codes import Code
from panhuo.kernel.fields import Field, Frame
from panhuo.kernel.routes import ROUTES

ROUTE_CODES = tuple(Code(route.name, route.words.zh, route.words.en) for route in ROUTES)

DECISION = Frame(
    "decision",
    "处置决策",
    "decision",
    (
        Field("account_id", "identifier", "借据号", "account id", nullable=False),
        Field("route", "code", "处置方式", "route", "Null: none for now, the reason says why", codes=ROUTE_CODES),
        Field("reason", "text", "理由", "reason", "One Chinese sentence for a manager", nullable=False),
        Field("reason_en", "text", "理由（英文）", "reason in English", nullable=False),
        Field("runner_up", "code", "次优方式", "runner-up", "The best other eligible route at the prices of the limits", codes=ROUTE_CODES),
        Field(
            "net_value_fen",
            "money",
            "预计净值",
            "net value",
            "Of the chosen route: discounted cash less costs; 0 without a route",
            unit="fen",
            nullable=False,
        ),
        Field(
            "margin_fen",
            "money",
            "领先次优",
            "margin",
            "What the choice is worth more than the runner-up, both less the price of the limits they use; null without a runner-up",
            unit="fen",
        ),
        Field(
            "limit", "text", "起决定作用的限额", "deciding limit", "Name of the limit that kept the account from the route with the highest net value"
        ),
    ),
)
