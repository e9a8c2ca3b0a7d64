"""The department's kinds of job."""

from __future__ import annotations

from panhuo.apps.intake import comparing, importing
from panhuo.apps.jobs.kinds import kind
from panhuo.kernel.words import Words

kind("tape.import", Words("导入清单", "import a tape"), ability="tape.import", ended=importing.ended)(importing.work)
kind("tape.compare", Words("比较两个版本", "compare two versions"), ability="tape.view")(comparing.work)
