"""``report.html``: one self-contained page a manager would forward."""

from panhuo.pipeline.report.charts import warm_up
from panhuo.pipeline.report.data import ReportData
from panhuo.pipeline.report.page import render

__all__ = ["ReportData", "render", "warm_up"]
