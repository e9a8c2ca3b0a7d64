"""The ``valuation:`` section of the policy file."""

from __future__ import annotations

from typing import Literal

import pydantic

from panhuo.engines.valuation.scorecard import Scorecard
from panhuo.kernel.documents import Document, refuse
from panhuo.kernel.shares import ScatterPolicy
from panhuo.kernel.stages import ByStage
from panhuo.kernel.tables import Share


class Tail(Document):
    """Beyond ``from_month`` months overdue the monthly rate falls as (from_month / k) ** exponent."""

    from_month: int = pydantic.Field(ge=1, le=360)
    exponent: float = pydantic.Field(ge=0, le=5)
    source: str
    certainty: str = "house"


class LenderGroup(Document):
    """Published monthly recovery of one kind of lender: ``monthly`` is the part of the open balance that comes in over a month,
    for an account that begins the month in that stage, under ordinary in-house work."""

    zh: str
    en: str
    monthly: ByStage
    tail: Tail

    @pydantic.field_validator("monthly")
    @classmethod
    def _rates(cls, monthly: ByStage) -> ByStage:
        return monthly.refuse_outside(0.0, 1.0, open_ends=True)


class ValuationPolicy(Document):
    """Published stage rates, the scorecard that scales them, the scatter around the result, and which model to use."""

    horizon_months: int = pydantic.Field(ge=1, le=120)
    discount_rate: Share
    model: Literal["scorecard"]
    lender_group: str
    lender_groups: dict[str, LenderGroup]
    scorecard: Scorecard
    scatter: ScatterPolicy

    @pydantic.model_validator(mode="after")
    def _known_group(self) -> ValuationPolicy:
        if self.lender_group not in self.lender_groups:
            known = ", ".join(self.lender_groups)
            raise refuse(f"lender_group 须为 {known} 之一，现为 {self.lender_group}", f"lender_group is {self.lender_group}: one of {known}")
        return self

    @property
    def group(self) -> LenderGroup:
        return self.lender_groups[self.lender_group]
