"""One account: what is owed and how it is made up, who the parties are (masked), what each route would bring, why this one, and what was before."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.account_facts import GROUPS, flags_of, pattern_of, shown
from panhuo.apps.console.cash_charts import cash_charts
from panhuo.apps.console.charts import Chart
from panhuo.apps.console.names import ROUTE_WORDS, field_words, shown_words, value_words
from panhuo.apps.console.plan_words import STATES
from panhuo.apps.console.tables import Column, Table
from panhuo.apps.console.views.rule_parts import about_rule
from panhuo.apps.identity.deeds import deeds_of
from panhuo.apps.identity.finding import key_of, scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.accounts import account_row, account_versions, accounts_of_debtor
from panhuo.apps.intake.models import Tape
from panhuo.apps.privacy.vault import parties_masked
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.selecting import account_explained, books
from panhuo.apps.strategy.standing import plan_asked, plan_shown
from panhuo.apps.strategy.turning import turns_of
from panhuo.kernel.calendar import add_months
from panhuo.kernel.words import Words
from panhuo.pipeline.explaining import Explained

PARTS = ("principal_fen", "interest_fen", "penalty_fen", "fees_fen")
ABOUT = {
    "debtor": Words("债务人", "Debtor"),
    "guarantor": Words("担保人", "Guarantor"),
    "contact": Words("联系人", "Contact person"),
    "collateral": Words("抵押物", "Collateral"),
}
ASSESSED = (
    ("p_any", Words("有还款概率", "Chance of any payment"), "percent"),
    ("p_half", Words("回收过半概率", "Chance of half the balance"), "percent"),
    ("months", Words("平均回收时间（月）", "Mean time to cash (months)"), "number"),
    ("score", Words("评分", "Score"), "count"),
)


@needs("account.view")
@require_safe
def account(request: HttpRequest, tape_id: int, position: int) -> HttpResponse:
    scope = scope_of_request(request)
    tape = scope.rows(Tape).filter(pk=tape_id, state=Tape.IMPORTED).first()
    row = account_row(scope, tape_id=tape_id, position=position) if tape else None
    if tape is None or row is None:
        raise Http404
    asked = key_of(request.GET.get("plan"))
    plan = plan_asked(scope, asked, tape_id)[0] if asked is not None else plan_shown(scope, [tape_id]) if scope.may("plan.view") else None
    found = account_explained(scope, plan, tape_id=tape_id, position=position) if plan else None
    versions = _versions(scope, tape, row)
    pattern = pattern_of(row["repayment_pattern"], tape.as_of)
    context: dict[str, Any] = {
        "tape": tape,
        "row": row,
        "product": value_words("product", row["product"]),
        "province": value_words("province", row["province"]),
        "flags": flags_of(row),
        "parts": [(field_words(name), row[name]) for name in PARTS],
        "parts_sum": sum(row[name] for name in PARTS),
        "groups": [(words, shown(row, names)) for words, names in GROUPS],
        "parties": [(ABOUT[party.about], party) for party in parties_masked(scope, batch=tape_id, position=position)],
        "siblings": _siblings(scope, row),
        "versions": versions,
        "newest": next((v for v in versions if v["current"] and v["tape_id"] != tape_id), None),
        "pattern": pattern,
        "last_month": pattern[-1].month if pattern else "",
        "plan": plan,
        "found": found,
        "standing": {"plan": plan, "state": STATES[plan.state], "asked": asked is not None} if plan and plan.state != Plan.APPROVED else None,
        "deeds": _deeds(scope, row, tape, plan),
    }
    if plan is not None and found is not None:
        context |= _explained(found, plan, tape.as_of)
    return render(request, "console/accounts/account.html", context)


def _explained(found: Explained, plan: Any, as_of: dt.date | None) -> dict[str, Any]:
    best = sorted(found.options, key=lambda option: (option.route != found.chosen, not option.eligible, -option.after_fen))
    assessed = found.assessment
    return {
        "plan_state": STATES[plan.state],
        "options": [(option, [(rule, words, rule_href(rule)) for rule, words in option.bars], option.route == found.chosen) for option in best],
        "chosen_words": Words("所选", "chosen"),
        "route_words": ROUTE_WORDS.get(found.chosen or ""),
        "chosen": next((option for option in found.options if option.route == found.chosen), None),
        "turns": _turns(found),
        "assessed": assessed,
        "assessed_facts": [(words, kind, assessed[name]) for name, words, kind in ASSESSED if assessed[name] is not None],
        "assessed_reasons": Words(str(assessed["reasons"] or ""), str(assessed["reasons_en"] or "")),
        **_cash(found, as_of),
        "warned": [(line, rule_href(line.rule)) for line in found.rules if line.consequence and line.effect.startswith("warns")],
    }


def _turns(found: Explained) -> dict[str, Any]:
    turns = turns_of(found)
    return {
        "next_best": turns.next_best,
        "shut": turns.shut,
        "crowded": turns.crowded,
        "falls": turns.falls,
        "rises": turns.rises,
        "unbarred": [
            (
                one,
                [
                    (rule, why, rule_href(rule), [(_fact_words(name), shown_words(name, value)) for name, value in values])
                    for rule, why, values in one.bars
                ],
            )
            for one in turns.unbarred
        ],
    }


def _fact_words(name: str) -> Words:
    try:
        return field_words(name)
    except KeyError:  # what earlier rules made of the account: classes, clocks, facts of the lender
        return Words(name, name)


def _cash(found: Explained, as_of: dt.date | None) -> dict[str, Chart]:
    months = [f"{add_months(as_of, number):%Y-%m}" for number in range(1, len(found.months) + 1)] if as_of else []
    return cash_charts({**found.assessment, "months": found.months}, months)


def _siblings(scope: Scope, row: dict[str, Any]) -> Table | None:
    """The debtor's other accounts on the same tape, with the sum of all he owes."""
    if not row["debtor_id"]:
        return None
    rows = accounts_of_debtor(scope, tape_id=row["tape_id"], debtor_id=row["debtor_id"])
    if len(rows) < 2:
        return None
    columns = (
        Column("account_id", Words("账户", "Account"), "code"),
        Column("product", Words("产品", "Product"), value=lambda r: value_words("product", r["product"])),
        Column("lender", Words("贷款机构", "Lender")),
        Column("bucket", Words("账龄", "Bucket")),
        Column("overdue_days", Words("逾期天数", "Days past due"), "count"),
        Column("balance_fen", Words("余额", "Balance"), "yuan"),
    )
    return Table(
        "siblings", Words("同一债务人的账户（含本户）", "Accounts of the same debtor (this one included)"), columns, rows,
        href=lambda r: f"/accounts/{r['tape_id']}/{r['position']}", totals={"balance_fen": sum(r["balance_fen"] for r in rows)}, count=len(rows),
        count_words=Words("户同一债务人（含本户）", "accounts of one debtor (this one included)"), chooser=False,
    )  # fmt: skip


def _versions(scope: Scope, tape: Tape, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The account on every version of the tape that has it, latest first, each with what changed since the one before."""
    tapes = {one.pk: one for one in scope.rows(Tape).filter(series=tape.series, state=Tape.IMPORTED).defer("figures", "layout")[:200]}
    rows = account_versions(scope, tapes=list(tapes.values()), account_id=row["account_id"])
    rows.sort(key=lambda one: tapes[one["tape_id"]].version)
    out: list[dict[str, Any]] = []
    before: dict[str, Any] | None = None
    for one in rows:
        version = tapes[one["tape_id"]]
        change = one["balance_fen"] - before["balance_fen"] if before else None
        out.append(
            {
                **one,
                "version": version.version,
                "as_of": version.as_of,
                "current": version.current,
                "change_fen": change,
                "here": version.pk == tape.pk,
            }
        )
        before = one
    return out[::-1]


def _deeds(scope: Scope, row: dict[str, Any], tape: Tape, plan: Any) -> list[Any]:
    """What was done to the account, its tape and its plan: for those who may read the record."""
    if not scope.may("audit.view"):
        return []
    subjects = [f"account:{row['tape_id']}:{row['position']}", tape.subject, *([plan.subject] if plan else [])]
    return sorted((deed for subject in subjects for deed in deeds_of(scope, subject)[:20]), key=lambda deed: -deed.pk)[:40]


def rule_href(rule: str) -> str:
    """The rule's page where there is one, else what the drawer shows."""
    try:
        resolve(f"/rules/{rule}")
    except Resolver404:
        return f"/accounts/rules/{rule}"
    return f"/rules/{rule}"


@needs("rules.view")
@require_safe
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """A rule's words and source, for the drawer."""
    fragment = request.headers.get("HX-Request")
    return render(request, "console/accounts/rule.html" if fragment else "console/accounts/rule_page.html", about_rule(books(), rule_id))
