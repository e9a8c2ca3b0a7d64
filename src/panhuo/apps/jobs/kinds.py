"""What kinds of job there are. A department registers its own with :func:`kind` in its ``tasks.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from panhuo.apps.jobs.running import Running
from panhuo.kernel.words import Words

Work = Callable[[Running, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """``ability``: what it takes to ask for, cancel and repeat it. ``ended``: called when it ends without success (cleaning up the subject)."""

    name: str
    words: Words
    ability: str
    work: Work
    ended: Callable[[Mapping[str, Any], str], None] | None = None


KINDS: dict[str, Kind] = {}


def kind(name: str, words: Words, *, ability: str, ended: Callable[[Mapping[str, Any], str], None] | None = None) -> Callable[[Work], Work]:
    """Register a function as the work of a kind of job: it takes the running job and the arguments, and returns the result as plain data.

    The work may be done twice (a worker may die after it, before it is noted), so it must leave the same state if it is: whatever it writes
    to the database goes into one transaction that ends with :meth:`Running.finish`.
    """

    def register(work: Work) -> Work:
        KINDS[name] = Kind(name, words, ability, work, ended)
        return work

    return register
