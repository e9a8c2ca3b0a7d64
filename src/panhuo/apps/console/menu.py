"""The desks in the order of the asset's journey; each user sees those his role may enter."""

from __future__ import annotations

from dataclasses import dataclass

from panhuo.apps.identity.scope import Scope
from panhuo.kernel.words import Words


@dataclass(frozen=True, slots=True)
class Desk:
    """``ability``: what it takes to enter; ``icon``: a name in the sprite; ``key``: the second key after ``g``."""

    path: str
    words: Words
    ability: str
    icon: str
    key: str


DESKS = (
    Desk("/tapes", Words("资产清单", "Tapes"), "tape.view", "tape", "t"),
    Desk("/portfolio", Words("资产组合", "Portfolio"), "portfolio.view", "portfolio", "p"),
    Desk("/accounts", Words("账户", "Accounts"), "account.view", "account", "a"),
    Desk("/plans", Words("处置方案", "Plans"), "plan.view", "plan", "l"),
    Desk("/jobs", Words("任务", "Jobs"), "jobs.view", "job", "j"),
    Desk("/rules", Words("规则手册", "Rulebooks"), "rules.view", "rules", "r"),
    Desk("/policies", Words("政策与版式", "Policies"), "policy.view", "policy", "y"),
    Desk("/record", Words("操作记录", "Record"), "audit.view", "record", "d"),
    Desk("/users", Words("用户与团队", "Users"), "users.manage", "users", "u"),
    Desk("/organisations", Words("机构", "Organisations"), "organisations.manage", "organisation", "o"),
)


def menu_of(scope: Scope, path: str) -> list[tuple[Desk, bool]]:
    """The desks the user may enter, and which of them the page belongs to."""
    return [(desk, path == desk.path or path.startswith(desk.path + "/")) for desk in DESKS if scope.may(desk.ability)]
