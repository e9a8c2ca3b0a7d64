"""Debtor identity: accounts of one debtor joined across loans and lenders."""

from panhuo.engines.intake.identity.assembling import Identity
from panhuo.engines.intake.identity.linking import link_debtors
from panhuo.engines.intake.identity.policy import IdentityPolicy
from panhuo.engines.intake.identity.records import COMPARED
from panhuo.engines.intake.identity.settling import settle

__all__ = ["COMPARED", "Identity", "IdentityPolicy", "link_debtors", "settle"]
