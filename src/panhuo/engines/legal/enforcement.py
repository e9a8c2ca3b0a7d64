"""What enforcement by the court brings: shared by every route that ends in an enforceable title.

Most enforcement ends with nothing found (终本); where something is found it is rarely the whole debt. So an outcome has two
figures: the chance that assets are found, and the share of the title they cover.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.kernel.documents import Document
from panhuo.kernel.tables import Flags, Knots, Quantity, Share, Table

Floats = npt.NDArray[np.float64]


class EnforcementPolicy(Document):
    """chance = base x by_contact x by_collateral x by_age x by_income x by_kind x factor of each flag, at most 1."""

    base: Share
    by_kind: Table
    by_contact: Table
    by_collateral: Table
    by_age: Knots
    by_income: Knots
    flags: Flags
    guarantor_factor: Quantity
    found_share: Share
    application_months: Quantity
    months: Quantity


def chance_of_assets(accounts: pl.DataFrame, policy: EnforcementPolicy) -> Floats:
    """(n,) probability that enforcement finds assets."""
    chance = policy.base.value * policy.by_kind.of(accounts)
    for table in (policy.by_contact, policy.by_collateral, policy.by_age, policy.by_income, policy.flags):
        chance *= table.of(accounts)
    chance *= np.where(accounts["guarantor_count"].to_numpy() > 0, policy.guarantor_factor.value, 1.0)
    return np.minimum(chance, 1.0)
