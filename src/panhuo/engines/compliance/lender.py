"""Who holds the claims, as the policy file states it: the facts that are the same for the whole portfolio."""

from __future__ import annotations

import pydantic

from panhuo.engines.compliance.vocabulary import FACTS, Value, value_fault
from panhuo.kernel.codes import PROVINCES
from panhuo.kernel.documents import Document, refuse


class LenderPolicy(Document):
    """The ``lender`` section. kind: a code of vocabulary.LENDER_KIND. province: short Chinese name of the province of registration.

    What is left out is unknown: rules that ask for it do what they say under ``unknown``.
    """

    kind: str | None = None
    province: str | None = pydantic.Field(default=None, min_length=2)

    @pydantic.model_validator(mode="after")
    def _known(self) -> LenderPolicy:
        for name, value in self.facts.items():
            fault = value_fault({field.name: field for field in FACTS}, name, value)
            if fault is not None:
                raise refuse(*fault)
        if self.province is not None and self.province not in PROVINCES.values():
            listed = "、".join(PROVINCES.values())
            raise refuse(f"province 须为省级行政区简称：{listed}", f"province must be the short Chinese name of a province: {listed}")
        return self

    @property
    def facts(self) -> dict[str, Value | None]:
        """For :func:`judge`."""
        return {"lender_kind": self.kind, "lender_province": self.province}
