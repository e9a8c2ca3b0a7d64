"""Faults that stop work: each says where, the cause and the remedy, in both languages.

Faults in *data rows* are findings (:mod:`panhuo.kernel.findings`), never exceptions. What is raised here means that an
input as a whole, or a configuration file, cannot be used. Callers at the edge (command line, task, view) catch
``PanhuoError`` and show ``describe(lang)``; code inside never catches it except to clean up.
"""

from __future__ import annotations

from panhuo.kernel.words import Lang, Words


class PanhuoError(Exception):
    """A fault a user can act on. ``code`` is stable; ``exit_status`` is what the command line ends with."""

    exit_status = 3

    def __init__(self, code: str, cause: Words, *, where: str, remedy: Words) -> None:
        self.code = code
        self.cause = cause
        self.where = where
        self.remedy = remedy
        super().__init__(self.describe("en"))

    def describe(self, lang: Lang) -> str:
        """One paragraph: where, cause, remedy."""
        arrow = "处理办法：" if lang == "zh" else "Remedy: "
        return f"{self.where}: {self.cause.to(lang)} [{self.code}]\n{arrow}{self.remedy.to(lang)}"


class InputUnusable(PanhuoError):
    """An input file as a whole cannot be used (empty, not what it says it is, truncated, a bomb...)."""


class ConfigurationInvalid(PanhuoError):
    """A layout, policy or rulebook is wrong: ``where`` names the file, line and key."""


class OutputUnwritable(PanhuoError):
    """The result could not be written whole (disk full, no permission); nothing half-written is left in its place."""


class UsageInvalid(PanhuoError):
    """The command or call itself is wrong."""

    exit_status = 2
