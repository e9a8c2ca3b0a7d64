"""Intake: a loan tape in, typed canonical tables and findings out."""

from panhuo.engines.intake.layout import Layout, load_layout
from panhuo.engines.intake.mapping import Binding, bind

__all__ = ["Binding", "Layout", "bind", "load_layout"]
