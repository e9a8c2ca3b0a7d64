"""Which way out for each account: the optimiser, its limits, and decisions with reasons."""

from panhuo.engines.strategy.allocation import Allocation, allocate
from panhuo.engines.strategy.limits import Limit

__all__ = ["Allocation", "Limit", "allocate"]
