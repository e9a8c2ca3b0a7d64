"""A synthetic Chinese loan tape of any size, with the truth beside it."""

from panhuo.engines.intake.synthesis.tape import COLUMNS, HEADINGS
from panhuo.engines.intake.synthesis.tapes import Chunk, Synthetic, synthesise
from panhuo.engines.intake.synthesis.writing import Written, write_sample

__all__ = ["COLUMNS", "HEADINGS", "Chunk", "Synthetic", "Written", "synthesise", "write_sample"]
