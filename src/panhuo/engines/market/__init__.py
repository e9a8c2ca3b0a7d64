"""Market: what a sale would bring, of the collateral, of the account in a package, or of its income right."""

from panhuo.engines.market.batch_transfer import BatchTransferPolicy
from panhuo.engines.market.batch_transfer import forecast as forecast_batch_transfer
from panhuo.engines.market.collateral_sale import CollateralSalePolicy
from panhuo.engines.market.collateral_sale import forecast as forecast_collateral_sale
from panhuo.engines.market.income_right_transfer import IncomeRightPolicy
from panhuo.engines.market.income_right_transfer import forecast as forecast_income_right_transfer

__all__ = [
    "BatchTransferPolicy",
    "CollateralSalePolicy",
    "IncomeRightPolicy",
    "forecast_batch_transfer",
    "forecast_collateral_sale",
    "forecast_income_right_transfer",
]
