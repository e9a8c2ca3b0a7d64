"""The ``valuation:`` section of the policy file."""

from __future__ import annotations

from panhuo.kernel.documents import Document


class ValuationPolicy(Document):
    """Under construction."""

    model: str = "scorecard"
