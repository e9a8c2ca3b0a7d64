"""Restructuring: what an instalment plan, or turning a firm's debt into equity, would bring."""

from panhuo.engines.restructuring.debt_to_equity import DebtToEquityPolicy
from panhuo.engines.restructuring.debt_to_equity import forecast as forecast_debt_to_equity
from panhuo.engines.restructuring.rescheduling import ReschedulingPolicy
from panhuo.engines.restructuring.rescheduling import forecast as forecast_rescheduling

__all__ = ["DebtToEquityPolicy", "ReschedulingPolicy", "forecast_debt_to_equity", "forecast_rescheduling"]
