"""What a limit is: something of which every account uses a little, and of which there is only so much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from panhuo.kernel.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """The sum over accounts of what they use on their routes is ``at_most`` this much.

    usage: broadcastable to (n, r): what account i uses on route j, in the limit's own unit. May be negative: ``-usage`` with
    ``at_most=-m`` says "at least m". at_most: may be 0 or negative; ``inf`` never binds.
    routes: bool (r,); only these routes use it (None: all), so that several limits can read one matrix.
    Only for words: title, how people call it; unit, what one of it is called ("case"); unit_size, how much usage that is (1,000,000
    where usage is in fen and one speaks of 万元). counted_in: what usage itself is in ("fen", "minute", "case"), for who reads the bare figures.
    """

    name: str
    usage: npt.ArrayLike
    at_most: float
    routes: npt.NDArray[np.bool_] | None = None
    title: Words | None = None
    unit: Words | None = None
    unit_size: float = 1.0
    counted_in: str = ""

    @property
    def called(self) -> Words:
        """The title, or the name where there is none."""
        return self.title or Words(self.name, self.name)

    def shuts_out(self, accounts: int, routes: int) -> npt.NDArray[np.bool_] | None:
        """(accounts, routes): who alone, on that route, would use more than there is of it at all; None where nobody would. No plan can take them there.

        Says nothing of a limit with negative usage: what one account gives another may take.
        """
        usage = np.asarray(self.usage)
        bound = self.at_most * (1.0 + 1e-9)
        if not usage.size or not 0.0 <= self.at_most < np.inf or not usage.max() > bound or usage.min() < 0.0:
            return None
        over = usage > bound
        if self.routes is not None:
            over = over & self.routes
        return np.broadcast_to(over, (accounts, routes)) if over.any() else None

    def rows(self, start: int, stop: int, accounts: int) -> Limit:
        """The same limit seen by accounts ``start``..``stop`` of ``accounts`` (``at_most`` stays that of the whole)."""
        usage = np.asarray(self.usage)
        if usage.ndim == 2 and usage.shape[0] == accounts and accounts > 1:
            return replace(self, usage=usage[start:stop])
        return self
