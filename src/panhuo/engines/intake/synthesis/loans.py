"""The loans: product, lender, dates, amounts, security. Parts add up to the fen by construction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from panhuo.engines.intake.synthesis.debtors import Debtors
from panhuo.engines.intake.synthesis.draws import Draws, Flags, Floats, Ints, place_by, place_rows, weight_table
from panhuo.engines.intake.synthesis.tables import Product, products
from panhuo.kernel import codes as c

DAYS_PER_MONTH = 30.4375
YEAR = 365.25
_EIGHTEEN = int(18.5 * YEAR)
_CAP = 0.24  # yearly interest and penalty together: what courts have long upheld between private parties

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Loans:
    """One entry a row. Dates are days; ``maturity`` and ``overdue_since`` may be NaT. Codes are positions in the code lists of the kernel.

    product: position in ``PRODUCTS``. months_on_book: from origination to the first missed payment (or the cut-off, if current).
    """

    product: Ints
    lender: Ints
    overdue_days: Ints
    overdue_since: Days
    origination: Days
    maturity: Days
    birth: Days
    months_on_book: Ints
    rate: Floats
    original_fen: Ints
    principal_fen: Ints
    interest_fen: Ints
    penalty_fen: Ints
    fees_fen: Ints
    balance_fen: Ints
    instalment_share: Floats
    guarantee: Ints
    collateral: Ints
    collateral_fen: Ints
    litigation: Ints
    clause: Flags


PRODUCTS = tuple(code.code for code in c.PRODUCT if code.code in products().products)
GUARANTEES = tuple(code.code for code in c.GUARANTEE_KIND)
COLLATERALS = tuple(code.code for code in c.COLLATERAL_KIND)
LITIGATION = tuple(code.code for code in c.LITIGATION_STATE)
_LITIGATION_WEIGHTS = np.array([[0, 70, 30, 0, 0, 0, 0], [0, 22, 14, 14, 16, 28, 6]], dtype=np.float64)  # sued for a short, a long time


def draw_loans(draws: Draws, debtors: Debtors, as_of: dt.date) -> Loans:
    """The loans of a chunk at the cut-off ``as_of``."""
    kinds = [products().products[code] for code in PRODUCTS]
    product = _product(draws, debtors, kinds)
    today = np.datetime64(as_of, "D")
    late = debtors.age > 0
    overdue_days = np.where(late, 30 * (debtors.age - 1) + 1 + draws.integer("day", 30), 0)
    due = today - overdue_days
    term, months = _term(draws, kinds, product, late)
    origination = due - (months * DAYS_PER_MONTH).astype(np.int64)
    birth = (origination - _age_in_days(draws, kinds, product))[debtors.first]
    # a further loan of someone young may have been drawn too early
    origination = np.maximum(origination, birth + _EIGHTEEN)
    months = np.maximum(((due - origination).astype(np.int64) / DAYS_PER_MONTH).astype(np.int64), 1)
    rate = _rate(draws, debtors, kinds, product)
    original_fen, principal_fen, instalment_share = _principal(draws, debtors, kinds, product, term, np.minimum(months, np.maximum(term, 1)), rate)
    yearly = principal_fen * rate / 365.0
    interest_fen = np.rint(yearly * (overdue_days + draws.uniform("interest days") * 30.0)).astype(np.int64)
    surcharge = np.clip(_CAP - rate, 0.0, 0.5 * rate)
    penalty_fen = np.rint(principal_fen * surcharge / 365.0 * overdue_days).astype(np.int64)
    owed = principal_fen + interest_fen + penalty_fen
    litigation = _litigation(draws, debtors.age, owed)
    fees_fen = _fees(draws, product, litigation, owed, late)
    guarantee = place_by(draws.uniform("guarantee"), weight_table([k.guarantee for k in kinds], GUARANTEES), product)
    collateral, collateral_fen = _collateral(draws, kinds, product, guarantee, original_fen, (today - origination).astype(np.int64) / YEAR)
    return Loans(
        product=product,
        lender=place_by(draws.uniform("lender"), weight_table([ln.products for ln in products().lenders], PRODUCTS).T, product),
        overdue_days=overdue_days,
        overdue_since=np.where(late, due, np.datetime64("NaT", "D")),
        origination=origination,
        maturity=_maturity(origination, term),
        birth=birth,
        months_on_book=months,
        rate=rate,
        original_fen=original_fen,
        principal_fen=principal_fen,
        interest_fen=interest_fen,
        penalty_fen=penalty_fen,
        fees_fen=fees_fen,
        balance_fen=owed + fees_fen,
        instalment_share=instalment_share,
        guarantee=guarantee,
        collateral=collateral,
        collateral_fen=collateral_fen,
        litigation=litigation,
        clause=draws.chance("clause", np.array([k.clause for k in kinds])[product]),
    )


def _product(draws: Draws, debtors: Debtors, kinds: list[Product]) -> Ints:
    weight, tilt = np.array([k.weight for k in kinds]), np.array([k.tilt for k in kinds])
    weights = weight * np.exp(np.clip(debtors.z, -4.0, 4.0)[:, None] * tilt)
    weights[debtors.firm] = [k.firm_weight for k in kinds]
    return place_rows(draws.uniform("product"), weights)


def _term(draws: Draws, kinds: list[Product], product: Ints, late: Flags) -> tuple[Ints, Ints]:
    """Term in months (0 = none) and months on book at the first missed payment, or at the cut-off for a current loan."""
    lengths = sorted({months for kind in kinds for months in kind.terms} | {0})
    table = np.array([[kind.terms.get(months, 0.0) if kind.terms else float(months == 0) for months in lengths] for kind in kinds])
    term = np.array(lengths)[place_by(draws.uniform("term"), table, product)]
    longest = np.minimum(np.where(term > 0, term - np.where(late, 0, 1), 96), 120)
    months = 1 + (draws.uniform("months on book") ** 1.2 * np.maximum(longest, 1)).astype(np.int64)
    return term, np.minimum(months, np.maximum(longest, 1))


def _age_in_days(draws: Draws, kinds: list[Product], product: Ints) -> Ints:
    """Age at origination: a triangle between the youngest and the oldest of the product, leaning to the young."""
    youngest, oldest = np.array([k.age for k in kinds]).T
    within = (0.5 * (draws.uniform("age low") + draws.uniform("age high"))) ** 1.2
    days: Ints = ((youngest[product] + (oldest - youngest)[product] * within) * YEAR).astype(np.int64)
    return days


def _maturity(origination: Days, term: Ints) -> Days:
    """``term`` months after origination, on the same day or the month's last; NaT without a term."""
    month = origination.astype("datetime64[M]")
    day = (origination - month.astype("datetime64[D]")).astype(np.int64)
    start = (month + term).astype("datetime64[D]")
    last = ((month + term + 1).astype("datetime64[D]") - start).astype(np.int64) - 1
    maturity: Days = np.where(term > 0, start + np.minimum(day, last), np.datetime64("NaT", "D"))
    return maturity


def _rate(draws: Draws, debtors: Debtors, kinds: list[Product], product: Ints) -> Floats:
    """Priced by risk, on the product's grid of rates."""
    (low, high), step = np.array([k.rate for k in kinds]).T, np.array([k.step for k in kinds])
    risk = 1.0 / (1.0 + np.exp(0.8 * debtors.z_relative - 1.2 * draws.normal("rate")))
    steps = np.floor(risk * (np.rint((high - low) / step) + 1.0)[product])
    rate: Floats = np.minimum(np.round(low[product] + steps * step[product], 4), high[product])
    return rate


def _principal(
    draws: Draws, debtors: Debtors, kinds: list[Product], product: Ints, term: Ints, months: Ints, rate: Floats
) -> tuple[Ints, Ints, Floats]:
    """Amount lent, what is left of it, and what a current loan pays back a month as a share of that."""
    median, spread = np.array([k.principal for k in kinds]).T
    noise = 0.20 * debtors.ability - 0.35 * debtors.willingness + 0.915 * draws.normal("principal")
    original_fen = np.maximum(np.rint(median[product] * np.exp(spread[product] * noise) / 100.0), 5.0).astype(np.int64) * 100_00
    form = np.array([("amortising", "bullet", "revolving").index(k.form) for k in kinds])[product]
    luck = draws.uniform("principal left")
    growth = 1.0 + rate / 12.0
    grown = growth ** np.maximum(term, 1)
    amortised = (grown - growth ** (months - 1)) / np.maximum(grown - 1.0, 1e-12)
    bullet = np.where(luck < 0.75, 1.0, 0.5 + 2.0 * (luck - 0.75))
    left = np.select([form == 0, form == 1], [np.clip(amortised, 0.0, 1.0), bullet], 0.30 + 0.70 * np.sqrt(luck))
    principal_fen = np.maximum(np.rint(original_fen * left), 100_00).astype(np.int64)
    instalment_share = np.select([form == 0, form == 1], [1.0 / np.maximum(term - months + 1, 1), rate / 12.0], 0.10)
    return original_fen, principal_fen, instalment_share


def _litigation(draws: Draws, age: Ints, owed_fen: Ints) -> Ints:
    """Larger and older claims are sued for; none before four months."""
    odds = -4.4 + 0.55 * np.log(np.maximum(owed_fen, 1) / 1e6) + 0.045 * np.minimum(age, 36)
    sued = draws.chance("sued", 1.0 / (1.0 + np.exp(-odds))) & (age >= 4)
    state = place_by(draws.uniform("litigation"), _LITIGATION_WEIGHTS, (age >= 10).astype(np.int64))
    return np.where(sued, state, 0)


def _fees(draws: Draws, product: Ints, litigation: Ints, owed_fen: Ints, late: Flags) -> Ints:
    """Late and service fees on some loans; half of a court fee, roughly by tariff, advanced where the claim is in court."""
    card = product == PRODUCTS.index("credit_card")
    charged = draws.chance("fee", np.where(card, 0.40, 0.20)) & late
    service = np.exp(4.2 + 0.7 * draws.normal("fee size"))
    owed = owed_fen / 100.0
    court = 0.5 * (50.0 + 0.023 * np.minimum(owed, 100_000.0) + 0.009 * np.maximum(owed - 100_000.0, 0.0))
    yuan = np.where(charged, service, 0.0) + np.where(litigation > 0, court, 0.0)
    fees: Ints = np.rint(yuan * 100.0).astype(np.int64)
    return fees


def _collateral(draws: Draws, kinds: list[Product], product: Ints, guarantee: Ints, original_fen: Ints, years: Floats) -> tuple[Ints, Ints]:
    """Kind and appraised value at the cut-off (0 without collateral)."""
    mortgaged = np.isin(guarantee, [GUARANTEES.index("mortgage"), GUARANTEES.index("mixed")])
    pledged = guarantee == GUARANTEES.index("pledge")
    nothing = {"none": 1.0}
    mortgage = place_by(draws.uniform("collateral"), weight_table([k.collateral or nothing for k in kinds], COLLATERALS), product)
    pledge = place_by(draws.uniform("pledge"), weight_table([k.pledge or nothing for k in kinds], COLLATERALS), product)
    kind = np.where(mortgaged, mortgage, np.where(pledged, pledge, COLLATERALS.index("none")))
    low, high = np.array([k.loan_to_value for k in kinds]).T
    ratio = low[product] + (high - low)[product] * draws.uniform("loan to value")
    vehicle = kind == COLLATERALS.index("vehicle")
    drift = np.where(vehicle, years * np.log(0.85), -0.12) + 0.12 * draws.normal("collateral value")
    thousands = np.maximum(np.rint(original_fen / ratio * np.exp(drift) / 1e5), 1.0)
    value: Ints = np.where(kind == COLLATERALS.index("none"), 0, thousands.astype(np.int64) * 1000_00)
    return kind, value
