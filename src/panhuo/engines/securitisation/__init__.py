"""Securitisation: what a pool's notes would bring for each account."""

from panhuo.engines.securitisation.forecast import SecuritisationPolicy, forecast

__all__ = ["SecuritisationPolicy", "forecast"]
