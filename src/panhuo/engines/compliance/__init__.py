"""Rulebooks and their verdicts: law, standards and house policy as dated data, put to accounts by the column."""

from panhuo.engines.compliance.books import Book
from panhuo.engines.compliance.cases import check_books
from panhuo.engines.compliance.loading import load_books, versions
from panhuo.engines.compliance.situation import classify, limitation
from panhuo.engines.compliance.verdicts import Verdicts, judge

__all__ = ["Book", "Verdicts", "check_books", "classify", "judge", "limitation", "load_books", "versions"]
