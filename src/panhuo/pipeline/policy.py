"""The policy file: every assumption a lender may change, in one YAML document, checked strictly.

Each engine declares the model of its own section next to its code; this module only puts them together. Figures that several sections
share (``COMMON``) stand once at the top of the file: the valuation and each route that declares a field of that name and does not
set it in its own section get the shared one.

A lender's file is whole, or begins with ``extends: default`` (or another file, relative to itself) and states only what differs. Mappings
are merged key by key, a list or a figure replaces the one below, ``null`` removes a key. Every layer must be valid with what
lies below it, so a fault is always reported in the file that brings it in.
"""

from __future__ import annotations

import copy
import datetime as dt
import functools
from pathlib import Path
from typing import Any

from pydantic import Field

from panhuo.engines.collection.agency import AgencyPolicy
from panhuo.engines.collection.in_house import InHousePolicy
from panhuo.engines.compliance.lender import LenderPolicy
from panhuo.engines.intake.identity.policy import IdentityPolicy
from panhuo.engines.legal import ArbitrationPolicy, EnforcementPolicy, FeeBook, LitigationPolicy, MediationPolicy, load_fees
from panhuo.engines.market import BatchTransferPolicy, CollateralSalePolicy, IncomeRightPolicy
from panhuo.engines.restructuring import DebtToEquityPolicy, ReschedulingPolicy
from panhuo.engines.securitisation import SecuritisationPolicy
from panhuo.engines.strategy.policy import StrategyPolicy
from panhuo.engines.valuation.policy import ValuationPolicy
from panhuo.engines.writeoff.forecast import WriteOffPolicy
from panhuo.kernel.documents import Document, check, fingerprint, read
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.shares import ScatterPolicy
from panhuo.kernel.tables import Quantity, Share
from panhuo.kernel.words import Words

DEFAULT_POLICY = Path(__file__).parent.parent / "rulebooks" / "house" / "policy.yaml"
FEES = Path(__file__).parent.parent / "rulebooks" / "fees"
COMMON = ("horizon_months", "discount_rate", "staff_minute_fen", "scatter", "enforcement", "fees")


class RoutesPolicy(Document):
    """One section a route, by the route's name (kernel.routes.ROUTES)."""

    in_house: InHousePolicy
    agency: AgencyPolicy
    mediation: MediationPolicy
    arbitration: ArbitrationPolicy
    litigation: LitigationPolicy
    rescheduling: ReschedulingPolicy
    debt_to_equity: DebtToEquityPolicy
    collateral_sale: CollateralSalePolicy
    batch_transfer: BatchTransferPolicy
    income_right_transfer: IncomeRightPolicy
    securitisation: SecuritisationPolicy
    write_off: WriteOffPolicy


class Policy(Document):
    """The whole policy file."""

    version: str = Field(min_length=1)
    title: str
    effective_from: dt.date
    lender: LenderPolicy = LenderPolicy()
    horizon_months: int = Field(ge=1, le=120)
    discount_rate: Share
    staff_minute_fen: Quantity
    scatter: ScatterPolicy
    enforcement: EnforcementPolicy
    fees: FeeBook  # the statutory schedules of rulebooks/fees, unless the file brings its own
    valuation: ValuationPolicy
    routes: RoutesPolicy
    identity: IdentityPolicy
    strategy: StrategyPolicy


def load_policy(path: Path | None = None) -> Policy:
    """The policy of ``path``, or the one shipped. Raises ConfigurationInvalid naming file, line and key."""
    return _shipped() if path is None else _layer(path, above=())[1]


@functools.cache
def _shipped() -> Policy:
    return _layer(DEFAULT_POLICY, above=())[1]


def policy_version(policy: Policy) -> str:
    """What a run records: the file's own version and the fingerprint of all its figures, ``2026.11+0123456789ab``."""
    return f"{policy.version}+{fingerprint(policy)}"


def _layer(file: Path, above: tuple[Path, ...]) -> tuple[dict[str, Any], Policy]:
    """The merged plain data and the policy of one file on top of what it extends."""
    here = file.resolve()
    if here in above:
        chain = " → ".join(str(p) for p in (*above, here))
        raise ConfigurationInvalid(
            "CONFIG_EXTENDS_CYCLE",
            Words(f"extends 成环：{chain}", f"extends goes round in a circle: {chain}"),
            where=f"{above[-1]}: extends",
            remedy=Words("让其中一份改为 extends: default", "let one of them extend default"),
        )
    data = read(file)
    text = file.read_text(encoding="utf-8")
    if isinstance(data, dict) and "extends" in data:
        base = data.pop("extends")
        if not isinstance(base, str) or not base:
            raise ConfigurationInvalid(
                "CONFIG_VALUE",
                Words("extends 应为 default 或文件名", "extends must be default or a file name"),
                where=f"{file}: extends",
                remedy=Words("写 extends: default", "write extends: default"),
            )
        below, _ = _layer(DEFAULT_POLICY if base == "default" else file.parent / base, (*above, here))
        data = _merged(below, data, where=str(file))
    return data, check(_shared(data), Policy, where=str(file), text=text)


def _merged(below: Any, top: Any, *, where: str, place: str = "") -> Any:
    if not isinstance(below, dict) or not isinstance(top, dict):
        return top
    out = dict(below)
    for key, value in top.items():
        here = f"{place}.{key}" if place else str(key)
        if value is not None:
            out[key] = _merged(below.get(key), value, where=where, place=here)
        elif key in below:
            del out[key]
        else:
            raise ConfigurationInvalid(
                "CONFIG_UNKNOWN_KEY",
                Words("要删除的键在上一层中不存在", "there is no such key below to remove"),
                where=f"{where}: {here}",
                remedy=Words("更正拼写，或给出值", "correct its spelling, or give it a value"),
            )
    return out


def _shared(data: Any) -> Any:
    """A copy in which each section has the shared figures that it declares and does not set itself."""
    if not isinstance(data, dict):
        return data
    out = copy.deepcopy(data)
    if "fees" not in out:
        out["fees"] = load_fees(FEES)
    routes = out.get("routes")
    sections: list[tuple[Any, Any]] = [(out.get("valuation"), ValuationPolicy)]
    if isinstance(routes, dict):
        sections += [(routes.get(name), field.annotation) for name, field in RoutesPolicy.model_fields.items()]
    for section, model in sections:
        if isinstance(section, dict) and isinstance(model, type) and issubclass(model, Document):
            for key in COMMON:
                if key in model.model_fields and key in out:
                    section.setdefault(key, out[key])
    return out
