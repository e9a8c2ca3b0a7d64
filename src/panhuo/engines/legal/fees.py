"""Statutory fees of courts and arbitration commissions, to the fen.

The brackets are data (``rulebooks/fees/*.yaml``, dated, with their source); this module is arithmetic over them. Each fee
comes in two forms. ``court_fee`` and ``arbitration_fee`` take one amount in fen and answer an integer: exact rational
arithmetic, rounded half up to the fen once, at the end (so a third of 50 yuan is 16.67). ``court_fees`` and
``arbitration_fees`` take a float column for forecasts and do not round; the two never differ by more than half a fen.

The statute's "flat" first bracket is owed by any claim above zero; no amount, no fee.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar, get_args

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from panhuo.kernel.documents import Document, check, read, refuse
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.ladders import Step, cumulative
from panhuo.kernel.money import FEN_PER_YUAN
from panhuo.kernel.words import Words

Floats = npt.NDArray[np.float64]
CourtFeeKind = Literal["acceptance", "acceptance_half", "payment_order", "enforcement", "preservation"]
Yuan = Annotated[Decimal, Field(ge=0, le=10_000_000_000)]


class Bracket(Document):
    """The part of the amount above ``above`` yuan is charged ``rate``."""

    above: Yuan
    rate: Annotated[Decimal, Field(ge=0, le=1)]


class Brackets(Document):
    """A cumulative schedule: ``first_flat`` yuan for any claim, then ``steps`` on what exceeds them, at most ``most`` yuan."""

    first_flat: Yuan
    steps: tuple[Bracket, ...] = Field(min_length=1)
    most: Yuan | None = None

    @model_validator(mode="after")
    def _rising(self) -> Brackets:
        if not all(low.above < high.above for low, high in pairwise(self.steps)):
            raise refuse("各级起点 above 必须严格递增", "the brackets' above must rise strictly")
        return self

    def exact(self, amount_fen: int) -> Fraction:
        """The charge in fen, unrounded."""
        if amount_fen <= 0:
            return Fraction(0)
        charge = Fraction(self.first_flat) * FEN_PER_YUAN
        uppers = [Fraction(step.above) * FEN_PER_YUAN for step in self.steps[1:]]
        for step, upper in zip(self.steps, [*uppers, Fraction(amount_fen)], strict=True):
            inside = min(Fraction(amount_fen), upper) - Fraction(step.above) * FEN_PER_YUAN
            charge += Fraction(step.rate) * max(inside, Fraction(0))
        return charge if self.most is None else min(charge, Fraction(self.most) * FEN_PER_YUAN)

    def of(self, amounts: Floats) -> Floats:
        """(n,) charges in float fen on (n,) amounts in fen."""
        steps = [Step(0.0, 0.0, float(self.first_flat) * FEN_PER_YUAN)]
        steps += [Step(float(step.above) * FEN_PER_YUAN, float(step.rate)) for step in self.steps]
        charges = cumulative(amounts, steps)
        return charges if self.most is None else np.minimum(charges, float(self.most) * FEN_PER_YUAN)


class Ratio(Document):
    """A statutory fraction, kept exact."""

    numerator: int = Field(ge=0, le=1_000)
    denominator: int = Field(ge=1, le=1_000)


class Schedule(Document):
    """What every fee document states of itself. ``effective_to`` is the last day in force; null while it is."""

    title: str
    source: str
    certainty: str
    effective_from: dt.date
    effective_to: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


class CourtFees(Schedule):
    """Measures on the Payment of Litigation Costs: acceptance, payment order, enforcement, preservation."""

    kind: Literal["court"]
    acceptance: Brackets
    half: Ratio
    payment_order: Ratio
    enforcement: Brackets
    preservation: Brackets


class ArbitrationFees(Schedule):
    """The range inside which each arbitration commission fixes its acceptance fee."""

    kind: Literal["arbitration"]
    least: Brackets
    most: Brackets


S = TypeVar("S", bound=Schedule)


class Fees(NamedTuple):
    """The schedules in force on one day."""

    court: CourtFees
    arbitration: ArbitrationFees


class FeeBook(Document):
    """Every schedule there is, old and new; :meth:`at` picks those in force."""

    court: tuple[CourtFees, ...]
    arbitration: tuple[ArbitrationFees, ...]

    def at(self, as_of: dt.date) -> Fees:
        """Raises ConfigurationInvalid when no schedule, or more than one, is in force on the day."""
        return Fees(_only(self.court, "court", as_of), _only(self.arbitration, "arbitration", as_of))


def load_fees(folder: Path) -> FeeBook:
    """Every ``*.yaml`` of ``folder``. Raises ConfigurationInvalid naming file, line and key."""
    court: list[CourtFees] = []
    arbitration: list[ArbitrationFees] = []
    for path in sorted(folder.glob("*.yaml")):
        data, text = read(path), path.read_text(encoding="utf-8")
        kind = data.get("kind") if isinstance(data, dict) else None
        if kind == "arbitration":
            arbitration.append(check(data, ArbitrationFees, where=str(path), text=text))
        else:
            court.append(check(data, CourtFees, where=str(path), text=text))
    return FeeBook(court=tuple(court), arbitration=tuple(arbitration))


def court_fee(kind: CourtFeeKind, amount_fen: int, *, fees: CourtFees) -> int:
    """One court fee in fen on a claim of ``amount_fen``, rounded half up to the fen."""
    return _half_up(_scale(kind, fees) * _brackets(kind, fees).exact(amount_fen))


def court_fees(kind: CourtFeeKind, amounts: Floats, *, fees: CourtFees) -> Floats:
    """(n,) court fees in float fen on (n,) claims in fen, unrounded."""
    charges: Floats = float(_scale(kind, fees)) * _brackets(kind, fees).of(amounts)
    return charges


def arbitration_fee(amount_fen: int, *, fees: ArbitrationFees, position: Decimal) -> int:
    """The acceptance fee in fen; ``position`` 0 to 1 is where the commission stands between the least and the most."""
    least, most = fees.least.exact(amount_fen), fees.most.exact(amount_fen)
    return _half_up(least + Fraction(position) * (most - least))


def arbitration_fees(amounts: Floats, *, fees: ArbitrationFees, position: float) -> Floats:
    """(n,) acceptance fees in float fen on (n,) claims in fen, unrounded."""
    least, most = fees.least.of(amounts), fees.most.of(amounts)
    charges: Floats = least + position * (most - least)
    return charges


def _brackets(kind: CourtFeeKind, fees: CourtFees) -> Brackets:
    if kind == "enforcement":
        return fees.enforcement
    if kind == "preservation":
        return fees.preservation
    if kind in get_args(CourtFeeKind):
        return fees.acceptance
    raise ValueError(f"no court fee is called {kind!r}")


def _scale(kind: CourtFeeKind, fees: CourtFees) -> Fraction:
    ratio = {"acceptance_half": fees.half, "payment_order": fees.payment_order}.get(kind)
    return Fraction(1) if ratio is None else Fraction(ratio.numerator, ratio.denominator)


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _only(schedules: Sequence[S], kind: str, as_of: dt.date) -> S:
    held = [schedule for schedule in schedules if schedule.holds(as_of)]
    if len(held) == 1:
        return held[0]
    said = "、".join(schedule.title for schedule in held)
    raise ConfigurationInvalid(
        "FEES_NOT_IN_FORCE",
        Words(
            f"{as_of} 有 {len(held)} 份有效的 {kind} 收费标准{'：' + said if said else ''}，应恰有一份",
            f"{len(held)} {kind} fee schedules are in force on {as_of}, must be exactly one",
        ),
        where=f"fees.{kind}",
        remedy=Words("核对各份标准的 effective_from 与 effective_to", "check effective_from and effective_to of the schedules"),
    )
