"""Panhuo 盘活: overdue loans back into money, lawfully."""

__version__ = "0.1.0"
