"""The twelve routes and the file that forecasts each: the one place where a route is plugged in."""

from __future__ import annotations

import importlib
from functools import cache

from panhuo.kernel.routes import ROUTE_NAMES, RouteForecaster

_FORECASTS = {
    "in_house": "panhuo.engines.collection.in_house",
    "agency": "panhuo.engines.collection.agency",
    "mediation": "panhuo.engines.legal.mediation",
    "arbitration": "panhuo.engines.legal.arbitration",
    "litigation": "panhuo.engines.legal.litigation",
    "rescheduling": "panhuo.engines.restructuring.rescheduling",
    "debt_to_equity": "panhuo.engines.restructuring.debt_to_equity",
    "collateral_sale": "panhuo.engines.market.collateral_sale",
    "batch_transfer": "panhuo.engines.market.batch_transfer",
    "income_right_transfer": "panhuo.engines.market.income_right_transfer",
    "securitisation": "panhuo.engines.securitisation.forecast",
    "write_off": "panhuo.engines.writeoff.forecast",
}


@cache
def forecaster(route: str) -> RouteForecaster:
    """The ``forecast`` of one route, by its name."""
    module = importlib.import_module(_FORECASTS[route])
    found: RouteForecaster = module.forecast
    return found


if set(_FORECASTS) != set(ROUTE_NAMES):
    raise ImportError(f"routes without a forecast or the other way round: {set(_FORECASTS) ^ set(ROUTE_NAMES)}")
