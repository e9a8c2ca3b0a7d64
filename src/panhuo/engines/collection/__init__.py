"""Collection: what the lender's own people would bring, and what agencies would."""

from panhuo.engines.collection.agency import AgencyPolicy
from panhuo.engines.collection.agency import forecast as forecast_agency
from panhuo.engines.collection.in_house import InHousePolicy
from panhuo.engines.collection.in_house import forecast as forecast_in_house

__all__ = ["AgencyPolicy", "InHousePolicy", "forecast_agency", "forecast_in_house"]
