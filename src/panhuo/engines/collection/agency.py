"""Under construction."""

from __future__ import annotations

from panhuo.kernel.documents import Document, Sourced


class AgencyPolicy(Document):
    """Under construction."""

    staff_minute_fen: Sourced
