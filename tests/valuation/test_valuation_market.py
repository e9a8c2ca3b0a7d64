"""The tail against the market, and the balance of the contactability points: the tables of docs/valuation.md, worked out again."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from panhuo.engines.valuation.curve import curves
from panhuo.pipeline.policy import load_policy

POLICY = load_policy().valuation
BUYER_COST, BUYER_RETURN = 0.35, 0.15  # what a buyer's servicing takes of the cash, and the yearly return it asks


def recovered(months_overdue: int) -> float:
    """36 months, undiscounted, a neutral account."""
    return float(curves(np.array([months_overdue]), np.ones(1), group=POLICY.group, horizon=36).sum())


def price(months_overdue: int) -> float:
    """What a buyer would pay for a neutral account, as a share of the balance: cash less servicing, discounted."""
    curve = curves(np.array([months_overdue]), np.ones(1), group=POLICY.group, horizon=36)[0].astype(np.float64)
    middles = np.arange(1, 37) - 0.5
    return float((1 - BUYER_COST) * (curve * (1 + BUYER_RETURN) ** (-middles / 12)).sum())


def mean_price(first: int, last: int) -> float:
    return float(np.mean([price(k) for k in range(first, last + 1)]))


def rows_of(document: Path, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading."""
    text = document.read_text(encoding="utf-8").split(heading, 1)[1]
    lines = [line for line in text.splitlines() if line.startswith(("|", "#"))]
    rows = []
    for line in lines:
        if line.startswith("#"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[2:]


def test_prices_meet_the_published_ones():
    assert mean_price(4, 12) == pytest.approx(0.126, abs=0.008)  # under one year overdue
    assert mean_price(61, 120) == pytest.approx(0.018, abs=0.003)  # above five years
    assert price(39) == pytest.approx(0.041, abs=0.006)  # 1,163 days: mean of the listed packages that give one
    # pools of consumer NPL ABS are 5 to 11 months overdue; a AAA stress must lie below the expectation, by a half or so
    assert recovered(11) > 0.1365
    assert 0.35 < np.mean([0.0875, 0.1365]) / np.mean([recovered(k) for k in range(5, 12)]) < 0.6
    # income rights of fresh card NPL, 2020: between the young and the old
    assert mean_price(61, 120) < 0.0825 < mean_price(4, 12)


def test_the_documented_calibration_is_what_the_code_gives(root):
    computed = {
        "M4–M12": mean_price(4, 12),
        "M39": price(39),
        "M61–M120": mean_price(61, 120),
    }
    recoveries = {"M1": 1, "M4": 4, "M7": 7, "M13": 13, "M25": 25, "M37": 37, "M61": 61, "M85": 85}
    found = {row[0]: row for row in rows_of(root / "docs" / "valuation.md", "### Prices")}
    assert set(found) == set(computed)
    for stage, value in computed.items():
        assert found[stage][2] == f"{value:.1%}".replace("%", " %")
    totals = {row[0]: row for row in rows_of(root / "docs" / "valuation.md", "### Recovery in 36 months")}
    assert {stage: row[1] for stage, row in totals.items()} == {stage: f"{recovered(k):.1%}".replace("%", " %") for stage, k in recoveries.items()}


def test_listed_packages_are_priced_in_the_right_order_and_place(real_data):
    with (real_data / "cn_npl_market" / "cn_npl_listings_2024_2025.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pairs = []
    for row in rows:
        asked = row["deal_price_mn"] or row["start_price_mn"]
        share = float(asked) / float(row["upb_total_mn"]) if asked and row["upb_total_mn"] else None
        share = share if share is not None else float(row["start_discount_reported_pct"]) / 100 if row["start_discount_reported_pct"] else None
        if share is not None and row["wavg_overdue_days"]:
            pairs.append((price(int(np.ceil(float(row["wavg_overdue_days"]) / 30))), share))
    ours, theirs = np.array(pairs).T
    assert len(pairs) >= 10
    assert spearmanr(ours, theirs).statistic > 0.85
    assert np.sqrt(np.mean((ours - theirs) ** 2)) < 0.02


def test_contactability_points_keep_the_mean_where_the_published_rate_is(root):
    """At the known shares of lost debtors the mean multiplier is about 1, so that the points do not move the published stage rate."""
    card = POLICY.scorecard
    points = {b.code: b.points for b in card.characteristics["contactability"].bins}
    cases = {"M2–M3": (0.35, "m2_m3"), "M4–M12": (0.60, "m4_m12"), "M12+": (0.92, "m12_plus")}
    table = {row[0]: row for row in rows_of(root / "docs" / "valuation.md", "### Contactability")}
    for stage, (lost, suffix) in cases.items():
        odds = {kind: 2 ** (points[f"{kind}_{suffix}"] / card.points_to_double_odds) for kind in ("lost", "reachable")}
        mean = lost * odds["lost"] + (1 - lost) * odds["reachable"]
        assert mean == pytest.approx(1.0, abs=0.06)
        assert table[stage][1:] == [f"{lost:.0%}".replace("%", " %"), f"{odds['lost']:.2f}", f"{odds['reachable']:.2f}", f"{mean:.2f}"]


def test_a_lost_debtor_recovers_little_at_every_stage(root):
    """From M1 on, and never more than one who is a stage younger; past a year the published rate is mostly that of the lost."""
    card = POLICY.scorecard
    points = {b.code: b.points for b in card.characteristics["contactability"].bins}
    lost = {1: "m0_m1", 2: "m2_m3", 3: "m2_m3", 4: "m4_m12", 7: "m4_m12", 13: "m12_plus", 25: "m12_plus"}
    start = np.array(list(lost))
    odds = np.array([2 ** (points[f"lost_{suffix}"] / card.points_to_double_odds) for suffix in lost.values()])
    theirs = curves(start, odds, group=POLICY.group, horizon=36).sum(axis=1, dtype=np.float64)
    plain = curves(start, np.ones(start.size), group=POLICY.group, horizon=36).sum(axis=1, dtype=np.float64)
    assert (theirs[start <= 12] < 0.5 * plain[start <= 12]).all()
    assert (theirs < 0.75 * plain).all()
    assert (np.diff(theirs[start <= 12]) < 0).all()
    told = ", ".join(f"{share:.0%} (M{k})".replace("%", " %") for k, share in zip(start, theirs, strict=True) if k < 25)
    assert told in (root / "docs" / "valuation.md").read_text(encoding="utf-8")
