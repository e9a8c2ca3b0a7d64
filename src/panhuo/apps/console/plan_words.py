"""The states of a plan as people read them."""

from __future__ import annotations

from panhuo.apps.console.tables import State
from panhuo.kernel.words import Words

STATES = {
    "making": State(Words("制定中", "being made"), "busy"),
    "draft": State(Words("草案", "draft"), "info"),
    "submitted": State(Words("待合规审查", "for review"), "warn"),
    "reviewed": State(Words("待审批", "for approval"), "warn"),
    "approved": State(Words("执行中", "in force"), "good"),
    "refused": State(Words("未通过", "refused"), "bad"),
    "replaced": State(Words("已被替代", "replaced")),
    "failed": State(Words("制定失败", "failed"), "bad"),
}
