"""The part of the policy file that says how debtors are recognised: section ``identity``."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from panhuo.engines.intake.identity.comparisons import BY_NAME, COMPARISONS
from panhuo.kernel.documents import Document, refuse


class LevelPrior(Document):
    """How likely this level is for two records of one debtor (m) and of two different ones (u), before the tape speaks."""

    m: float = Field(gt=0.0, lt=1.0)
    u: float = Field(gt=0.0, lt=1.0)


class ComparisonPrior(Document):
    """``least_u``: however rare a value is on the tape, its chance agreement is never taken to be rarer than this."""

    least_u: float = Field(gt=0.0, lt=1.0, default=1e-6)
    levels: dict[str, LevelPrior]


class FirmPolicy(Document):
    """Firms are matched by registered name: unique within its registration authority and trade by law."""

    same_name_probability: float = Field(gt=0.5, lt=1.0)
    elsewhere_probability: float = Field(gt=0.0, lt=1.0)
    shortest_name: int = Field(ge=2, le=100)


class Corroboration(Document):
    """Names of these levels may be a relative's or a namesake's: they join by themselves only with one of the agreements listed (any level named).

    ``script``: the entry is for names written so (``chinese``: either of the two), or for all. A name that is missing on one side is held to
    the first entry's agreements.
    """

    names: tuple[str, ...]
    script: Literal["any", "chinese", "other"] = "any"
    by: dict[str, tuple[str, ...]]


class IdentityPolicy(Document):
    """Thresholds, effort and prior figures of debtor identity. ``source`` holds for every figure of the section."""

    source: str
    certainty: str = "house"
    accept_probability: float = Field(gt=0.5, lt=1.0)
    review_probability: float = Field(gt=0.0, lt=1.0)
    contradiction_weight: float = Field(lt=0.0, ge=-1000.0)
    corroboration: tuple[Corroboration, ...]
    accounts_beside: float = Field(gt=0.0, le=20.0)
    max_pairs: int = Field(ge=1_000, le=50_000_000)
    max_block_pairs: int = Field(ge=10, le=1_000_000)
    sample_rows: int = Field(ge=50, le=10_000)
    labelled_pairs: int = Field(ge=100, le=200_000)
    prior_pairs: float = Field(gt=0.0, le=1e9)
    prior_matches: float = Field(gt=0.0, le=1e9)
    prior_rate_matches: float = Field(gt=0.0, le=1e9)
    tape_share: float = Field(ge=0.0, le=1.0)
    customer_number_purity: float = Field(ge=0.5, le=1.0)
    memory_mb: int = Field(ge=256, le=16_000_000)
    firm: FirmPolicy
    comparisons: dict[str, ComparisonPrior]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.review_probability >= self.accept_probability:
            raise refuse("review_probability 须小于 accept_probability", "review_probability must be below accept_probability")
        if set(self.comparisons) != set(BY_NAME):
            raise refuse(f"comparisons 须恰为：{'、'.join(BY_NAME)}", f"comparisons must be exactly: {', '.join(BY_NAME)}")
        for comparison in COMPARISONS:
            levels = self.comparisons[comparison.name].levels
            if set(levels) != set(comparison.codes):
                raise refuse(
                    f"{comparison.name} 的级别须恰为：{'、'.join(comparison.codes)}",
                    f"levels of {comparison.name} must be exactly: {', '.join(comparison.codes)}",
                )
            for side in ("m", "u"):
                total = sum(getattr(level, side) for level in levels.values())
                if abs(total - 1.0) > 1e-3:
                    raise refuse(
                        f"{comparison.name} 的 {side} 之和须为 1，现为 {total:.4f}", f"{side} of {comparison.name} must sum to 1, is {total:.4f}"
                    )
        self._corroborated()
        return self

    def _corroborated(self) -> None:
        """Every level of the name needs something beside it: a name alone is never enough, however small the tape makes it look rare."""
        for name, codes in [pair for entry in self.corroboration for pair in ({"name": entry.names} | entry.by).items()]:
            if name not in BY_NAME or set(codes) - set(BY_NAME[name].codes):
                raise refuse(f"corroboration 中没有 {name}: {list(codes)} 这样的级别", f"corroboration names unknown levels: {name}: {list(codes)}")
        for entry in self.corroboration:
            if "name" in entry.by or any(BY_NAME[name].codes[-1] in codes for name, codes in entry.by.items()):
                raise refuse(
                    "corroboration 的 by 只能列姓名以外的一致，不能列“不同”", "by of corroboration takes agreements beyond the name, no difference"
                )
        for script in ("chinese", "other"):
            held = {code for entry in self.corroboration if entry.script in ("any", script) for code in entry.names}
            if free := [code for code in BY_NAME["name"].codes if code not in held]:
                raise refuse(
                    f"corroboration 须覆盖姓名的全部级别，缺 {'、'.join(free)}：只凭姓名不能合并",
                    f"corroboration must cover every level of the name, {', '.join(free)} lacking: a name alone joins nobody",
                )
