"""What an account is worth: recovery curve, assessment, interval and reasons."""

from panhuo.engines.valuation.assessment import appraise, assess, recovery_curve
from panhuo.engines.valuation.frames import ASSESSMENT
from panhuo.engines.valuation.models import RecoveryModel
from panhuo.engines.valuation.policy import ValuationPolicy

__all__ = ["ASSESSMENT", "RecoveryModel", "ValuationPolicy", "appraise", "assess", "recovery_curve"]
