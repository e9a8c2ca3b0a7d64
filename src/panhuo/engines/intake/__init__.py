"""Intake: a loan tape in, typed canonical tables and findings out."""

from panhuo.engines.intake.archives import ReadLimits
from panhuo.engines.intake.layout import Layout, load_layout, shipped_layouts
from panhuo.engines.intake.mapping import Binding, bind
from panhuo.engines.intake.sources import Tape, TapeFile, open_tape, read_tape

__all__ = ["Binding", "Layout", "ReadLimits", "Tape", "TapeFile", "bind", "load_layout", "open_tape", "read_tape", "shipped_layouts"]
