"""The whole way of a tape through the API, with the figures of the engines' own run beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from callers import Caller
from desk import AS_OF, ran, seat, written
from panhuo.pipeline import run_tape

pytestmark = [pytest.mark.usefixtures("inside"), pytest.mark.slow]


def test_a_tape_becomes_an_approved_plan(desk: Any, tmp_path: Path) -> None:
    call = Caller(desk.user)
    file = written(tmp_path / "二期.csv", desk.raw[40:340])
    with file.open("rb") as stream:
        answer = call.client.post("/api/v1/tapes", {"files": [stream], "series": "二期"})
    assert answer.status_code == 201, answer.content.decode()
    tape = answer.json()["id"]
    look = call("GET", f"/tapes/{tape}/look")
    assert look["headings"] == list(desk.raw[0])
    call("PUT", f"/tapes/{tape}/layout", {"layout_name": look["fits"], "as_of": AS_OF.isoformat()})
    job = call("POST", f"/tapes/{tape}/import", status=202)
    ran("tape.import", desk.organisation)
    assert call("GET", f"/jobs/{job['id']}")["result"]["tape"] == tape
    out = tmp_path / "out"
    run_tape([file], layout="panhuo", out=out, as_of=AS_OF)
    alone = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    accounts = pl.read_parquet(out / "accounts.parquet")
    taken = call("GET", f"/tapes/{tape}")
    assert (taken["state"], taken["rows"], taken["balance_fen"]) == ("imported", accounts.height, accounts["balance_fen"].sum())
    assert call("GET", "/portfolio/accounts", status=400, tape=tape, route="agency")["code"] == "PLAN_NONE"
    made = call("POST", "/plans", {"name": "二期方案", "tapes": [tape]}, status=202)
    ran("plan.make", desk.organisation)
    plan = call("GET", f"/plans/{made['id']}")
    assert plan["state"] == "draft"
    for name in ("objective_fen", "upper_bound_fen", "gap", "expected_recovery_fen", "unassigned"):
        assert plan["figures"][name] == alone[name], name
    assert call("GET", "/portfolio/totals", tape=tape) == call("GET", "/portfolio/totals", tape=tape, bucket="")
    for product, rows in accounts.with_columns(pl.col("product").cast(pl.String)).group_by("product"):
        total = call("GET", "/portfolio/totals", tape=tape, product=product[0])
        assert (total["accounts"], total["sums"]["balance_fen"]) == (rows.height, rows["balance_fen"].sum())
    _walk(call, tape, accounts)
    decisions = pl.read_parquet(out / "decisions.parquet")
    for route, rows in decisions.with_columns(pl.col("route").cast(pl.String).fill_null("none")).group_by("route"):
        total = call("GET", "/portfolio/totals", tape=tape, route=route[0])
        assert total["accounts"] == rows.height
        assert total["sums"]["net_value_fen"] == rows["net_value_fen"].sum()
        listed = call("GET", "/portfolio/accounts", tape=tape, route=route[0], size=500, sort="-net_value_fen")["rows"]
        assert {row["account_id"] for row in listed} == set(rows["account_id"])
        groups = call("GET", "/portfolio/groups", tape=tape, route=route[0], by="product")
        assert sum(group["accounts"] for group in groups) == rows.height
    assert call("GET", "/portfolio/totals", status=400, tape=tape, route="gone")["where"] == "route"
    position = call("GET", "/portfolio/accounts", tape=tape, size=1)["rows"][0]["position"]
    explained = call("GET", f"/portfolio/accounts/{tape}/{position}/explanation")
    assert explained["agrees"] is True
    assert explained["chosen"] in {option["route"] for option in explained["options"] if option["eligible"]}
    reviewer, owner = (Caller(seat(desk.organisation, f"second-{role}", role)) for role in ("compliance_officer", "operations_manager"))
    where = f"/plans/{plan['id']}"
    assert call("POST", where + "/submit")["state"] == "submitted"
    call("POST", where + "/review", status=403)
    assert reviewer("POST", where + "/review", {"note": "合规"})["state"] == "reviewed"
    call("POST", where + "/approve", status=400)
    assert owner("POST", where + "/approve")["state"] == "approved"
    stranger = Caller(desk.stranger)
    for path in (f"/tapes/{tape}", where, f"/jobs/{job['id']}", f"/portfolio/accounts/{tape}/{position}"):
        stranger("GET", path, status=404)


def test_a_parameter_nobody_knows_is_named_and_not_passed_over(desk: Any) -> None:
    call = Caller(desk.user)
    for path in ("/portfolio/totals", "/portfolio/accounts", "/plans", "/me", f"/tapes/{desk.tape.pk}"):
        told = call("GET", path, status=400, bukcet="M3")
        assert (told["code"], told["where"]) == ("PARAMETER_UNKNOWN", "bukcet")
        assert set(told) == {"code", "message", "remedy", "trace_id", "where"}
    assert call("GET", "/portfolio/totals", status=400, bucket="M77")["where"] == "bucket"


def _walk(call: Caller, tape: int, accounts: pl.DataFrame) -> None:
    """Page by page, every account comes once, in the order asked for."""
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = call("GET", "/portfolio/accounts", tape=tape, size=70, sort="-balance_fen", **cursor)
        seen += page["rows"]
        if page["older"] is None:
            break
        cursor = {"cursor": page["older"]}
    assert sorted(row["account_id"] for row in seen) == sorted(accounts["account_id"])
    balances = [row["balance_fen"] for row in seen]
    assert balances == sorted(balances, reverse=True)


def test_a_token_for_less_than_its_owner_may_is_told_of_itself(desk: Any) -> None:
    call = Caller(desk.user, "portfolio.view", "tape.view")
    assert call("GET", "/portfolio/totals", tape=desk.tape.pk)["accounts"] == desk.tape.rows
    for path, query in (("/plans", {}), ("/portfolio/cash", {"tape": desk.tape.pk})):
        told = call("GET", path, status=403, **query)
        assert told["code"] == "NOT_ALLOWED"
        assert "令牌" in told["message"]
    assert Caller(desk.user)("GET", "/portfolio/cash", tape=desk.tape.pk)
