"""Intake: a loan tape in, typed canonical tables and findings out."""

from panhuo.engines.intake.archives import ReadLimits
from panhuo.engines.intake.clean import clean, infer_as_of
from panhuo.engines.intake.clean_duplicates import exclude, find_duplicates, keys, with_own_numbers
from panhuo.engines.intake.clean_result import Cleaned, Reconciliation
from panhuo.engines.intake.layout import Layout, load_layout, shipped_layouts
from panhuo.engines.intake.mapping import Binding, bind
from panhuo.engines.intake.quality import Quality, no_quality
from panhuo.engines.intake.rejects import Digest, digest, rejected_rows, shareable, write_rejected
from panhuo.engines.intake.sources import Tape, TapeFile, open_tape, read_tape
from panhuo.engines.intake.title_dates import column_day
from panhuo.kernel.codes import PROVINCES

__all__ = [
    "PROVINCES",
    "Binding",
    "Cleaned",
    "Digest",
    "Layout",
    "Quality",
    "ReadLimits",
    "Reconciliation",
    "Tape",
    "TapeFile",
    "bind",
    "clean",
    "column_day",
    "digest",
    "exclude",
    "find_duplicates",
    "infer_as_of",
    "keys",
    "load_layout",
    "no_quality",
    "open_tape",
    "read_tape",
    "rejected_rows",
    "shareable",
    "shipped_layouts",
    "with_own_numbers",
    "write_rejected",
]
