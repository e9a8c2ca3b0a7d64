"""The ``panhuo`` command."""
