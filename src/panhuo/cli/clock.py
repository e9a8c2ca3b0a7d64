"""The one clock of the command line."""

from __future__ import annotations

import datetime as dt
from typing import Final

_CHINA: Final = dt.timezone(dt.timedelta(hours=8))


def today(now: dt.datetime | None = None) -> dt.date:
    """The calendar day in China, where the lender's books are kept, whatever zone the machine is set to.

    >>> today(dt.datetime(2026, 11, 21, 20, tzinfo=dt.UTC))
    datetime.date(2026, 11, 22)
    """
    return (now or dt.datetime.now(dt.UTC)).astimezone(_CHINA).date()
