"""The house's own identity policy, as text and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from panhuo.engines.intake.identity import IdentityPolicy
from panhuo.kernel.documents import check, read


@pytest.fixture(scope="session")
def section(root: Path) -> dict[str, Any]:
    return dict(read(root / "src/panhuo/rulebooks/house/policy.yaml")["identity"])


@pytest.fixture(scope="session")
def policy(section: dict[str, Any]) -> IdentityPolicy:
    return check(section, IdentityPolicy, where="house policy")
