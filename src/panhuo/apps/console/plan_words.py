"""The states of a plan as people read them."""

from __future__ import annotations

from panhuo.apps.console.tables import State
from panhuo.kernel.words import Words

STATES = {
    "making": State(Words("制定中", "Being made"), "busy"),
    "draft": State(Words("草稿", "Draft"), "info"),
    "submitted": State(Words("待合规审查", "For review"), "warn"),
    "reviewed": State(Words("待审批", "For approval"), "warn"),
    "approved": State(Words("执行中", "In force"), "good"),
    "refused": State(Words("未通过", "Refused"), "bad"),
    "replaced": State(Words("已被替换", "Replaced")),
    "failed": State(Words("制定失败", "Failed"), "bad"),
}
