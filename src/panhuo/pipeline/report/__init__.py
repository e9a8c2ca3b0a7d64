"""``report.html``: one self-contained page a manager would forward."""

from panhuo.pipeline.report.data import ReportData
from panhuo.pipeline.report.page import render

__all__ = ["ReportData", "render"]
