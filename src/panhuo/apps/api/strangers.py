"""A parameter nobody knows is refused: ``?bukcet=M3`` passed over would give the figures of the whole portfolio for those of one bucket."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest

from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words


def refuse_strangers(operation: Any) -> None:
    """From now on the operation of django-ninja refuses query parameters it does not have."""
    view = operation.view_func
    known = {name for model in operation.models if model.__ninja_param_source__ == "query" for name in model.__ninja_flatten_map__}

    @wraps(view)
    def strict(request: HttpRequest, **given: Any) -> Any:
        for name in request.GET:
            if name not in known:
                cause = Words(f"没有参数“{name[:40]}”", f'there is no parameter "{name[:40]}"')
                names = "、".join(sorted(known)), ", ".join(sorted(known))
                remedy = Words(f"可用：{names[0]}", f"there are: {names[1]}") if known else Words("此地址不带参数", "this address takes none")
                raise UsageInvalid("PARAMETER_UNKNOWN", cause, where=name[:40], remedy=remedy)
        return view(request, **given)

    operation.view_func = strict
