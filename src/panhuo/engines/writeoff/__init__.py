"""Write-off, and the recovery that goes on after it."""

from panhuo.engines.writeoff.forecast import WriteOffPolicy
from panhuo.engines.writeoff.forecast import forecast as forecast_write_off

__all__ = ["WriteOffPolicy", "forecast_write_off"]
