"""The policy file: every assumption a lender may change, in one YAML document, checked strictly.

Each engine declares the model of its own section next to its code; this module only puts them together. Figures that many
routes share (``COMMON``) stand once at the top of the file: a route that declares a field of that name and does not set it in
its own section gets the shared one.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from pydantic import Field

from panhuo.engines.collection.agency import AgencyPolicy
from panhuo.engines.collection.in_house import InHousePolicy
from panhuo.engines.valuation.policy import ValuationPolicy
from panhuo.engines.writeoff.forecast import WriteOffPolicy
from panhuo.kernel.documents import Document, Sourced, check, read

DEFAULT_POLICY = Path(__file__).parent.parent / "rulebooks" / "house" / "policy.yaml"
COMMON = ("horizon_months", "discount_rate", "staff_minute_fen")


class RoutesPolicy(Document):
    """One section a route, by the route's name (kernel.routes.ROUTES)."""

    in_house: InHousePolicy
    agency: AgencyPolicy
    write_off: WriteOffPolicy


class Policy(Document):
    """The whole policy file."""

    version: str
    title: str
    effective_from: dt.date
    horizon_months: int = Field(ge=1, le=120)
    discount_rate: Sourced
    staff_minute_fen: Sourced
    valuation: ValuationPolicy
    routes: RoutesPolicy
    # strategy: StrategyPolicy and identity: join here


def load_policy(path: Path | None = None) -> Policy:
    """The policy of ``path``, or the one shipped. Raises ConfigurationInvalid."""
    file = path or DEFAULT_POLICY
    data = read(file)
    if isinstance(data, dict):
        _share(data)
    return check(data, Policy, where=str(file), text=file.read_text(encoding="utf-8"))


def _share(data: dict[Any, Any]) -> None:
    """Give each route the shared figures that it declares and does not set itself."""
    routes = data.get("routes")
    if not isinstance(routes, dict):
        return
    for name, field in RoutesPolicy.model_fields.items():
        section, model = routes.get(name), field.annotation
        if isinstance(section, dict) and isinstance(model, type) and issubclass(model, Document):
            for key in COMMON:
                if key in model.model_fields and key in data:
                    section.setdefault(key, data[key])
