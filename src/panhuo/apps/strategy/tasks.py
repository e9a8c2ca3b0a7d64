"""The department's kinds of job."""

from __future__ import annotations

from panhuo.apps.jobs.kinds import kind
from panhuo.apps.strategy import making
from panhuo.kernel.words import Words

kind("plan.make", Words("制定方案", "make a plan"), ability="plan.make", ended=making.ended)(making.work)
