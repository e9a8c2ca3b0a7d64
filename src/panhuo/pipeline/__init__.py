"""Strings engines together over frames: tape, accounts, assessments, decisions."""

from panhuo.pipeline.policy import Policy, load_policy
from panhuo.pipeline.run import run_tape
from panhuo.pipeline.summary import RunResult

__all__ = ["Policy", "RunResult", "load_policy", "run_tape"]
