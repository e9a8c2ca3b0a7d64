"""Two organisations and a seat of each role in the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from seats import PASSWORD


@pytest.fixture
def organisation(db: None) -> Any:
    from panhuo.apps.identity.models import Organisation

    return Organisation.objects.create(kind="lender", name="甲银行")


@pytest.fixture
def other(db: None) -> Any:
    from panhuo.apps.identity.models import Organisation

    return Organisation.objects.create(kind="lender", name="乙消费金融")


@pytest.fixture
def seat(organisation: Any) -> Callable[..., Any]:
    """``seat("collector")``: a user of that role; of another organisation with ``of=``."""
    from panhuo.apps.identity.models import User

    made: list[Any] = []

    def make(role: str = "operations_manager", *, of: Any = None, **more: Any) -> Any:
        user = User(organisation=of or organisation, username=more.pop("username", f"user{len(made)}"), name="某", role=role, **more)
        user.set_password(PASSWORD)
        user.save()
        made.append(user)
        return user

    return make
