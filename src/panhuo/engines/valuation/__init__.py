"""What an account is worth: recovery curve, assessment, interval and reasons."""

from panhuo.engines.valuation.assessment import assess, recovery_curve
from panhuo.engines.valuation.frames import ASSESSMENT
from panhuo.engines.valuation.models import RecoveryModel
from panhuo.engines.valuation.policy import ValuationPolicy

__all__ = ["ASSESSMENT", "RecoveryModel", "ValuationPolicy", "assess", "recovery_curve"]
