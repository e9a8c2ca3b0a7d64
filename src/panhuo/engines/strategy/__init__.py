"""Which way out for each account: the optimiser, its limits, and decisions with reasons."""

from panhuo.engines.strategy.allocation import Allocation, allocate
from panhuo.engines.strategy.capacity import build_limits
from panhuo.engines.strategy.decisions import decide, explain
from panhuo.engines.strategy.frames import DECISION
from panhuo.engines.strategy.limits import Limit
from panhuo.engines.strategy.policy import StrategyPolicy

__all__ = ["DECISION", "Allocation", "Limit", "StrategyPolicy", "allocate", "build_limits", "decide", "explain"]
