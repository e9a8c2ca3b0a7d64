"""Legal: statutory fees, and what mediation, arbitration and litigation would bring."""

from panhuo.engines.legal.arbitration import ArbitrationPolicy
from panhuo.engines.legal.arbitration import forecast as forecast_arbitration
from panhuo.engines.legal.enforcement import EnforcementPolicy
from panhuo.engines.legal.fees import FeeBook, arbitration_fee, arbitration_fees, court_fee, court_fees, load_fees
from panhuo.engines.legal.litigation import LitigationPolicy
from panhuo.engines.legal.litigation import forecast as forecast_litigation
from panhuo.engines.legal.mediation import MediationPolicy
from panhuo.engines.legal.mediation import forecast as forecast_mediation

__all__ = [
    "ArbitrationPolicy",
    "EnforcementPolicy",
    "FeeBook",
    "LitigationPolicy",
    "MediationPolicy",
    "arbitration_fee",
    "arbitration_fees",
    "court_fee",
    "court_fees",
    "forecast_arbitration",
    "forecast_litigation",
    "forecast_mediation",
    "load_fees",
]
