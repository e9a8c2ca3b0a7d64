"""The same desks for machines: ``/api/v1/``."""
