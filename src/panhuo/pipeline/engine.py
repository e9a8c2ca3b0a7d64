"""Partitions through a function, in order: on this machine one after the other, on a Ray cluster many at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import polars as pl

from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

R = TypeVar("R")
_AHEAD = 2
"""Partitions under way beyond one a worker, so that none waits for the driver."""


def over_parts(parts: Iterator[pl.DataFrame], work: Callable[..., R], *, engine: str, **arguments: Any) -> Iterator[tuple[pl.DataFrame, R]]:
    """``(part, work(part, **arguments))`` for each part, in order. ``engine``: local or ray. Bounded: few parts are held at a time."""
    if engine == "local":
        for part in parts:
            yield part, work(part, **arguments)
        return
    if engine != "ray":
        raise UsageInvalid(
            "ENGINE_UNKNOWN",
            Words(f"未知的运行引擎 {engine}", f"unknown engine {engine}"),
            where="--engine",
            remedy=Words("用 local 或 ray", "use local or ray"),
        )
    yield from _on_ray(parts, work, arguments)


def _on_ray(parts: Iterator[pl.DataFrame], work: Callable[..., R], arguments: dict[str, Any]) -> Iterator[tuple[pl.DataFrame, R]]:
    """The same on the cluster that ``RAY_ADDRESS`` names, or on this machine's cores where it names none."""
    ray: Any
    try:
        import ray
    except ImportError as error:
        raise UsageInvalid(
            "RAY_MISSING",
            Words("未安装 Ray", "Ray is not installed"),
            where="--engine ray",
            remedy=Words(
                "安装：pip install 'panhuo[cluster]'，或用 --engine local", "install it: pip install 'panhuo[cluster]', or use --engine local"
            ),
        ) from error
    ours = not ray.is_initialized()
    if ours:
        ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        remote = ray.remote(work)
        shared = {name: ray.put(value) for name, value in arguments.items()}
        room = int(ray.cluster_resources().get("CPU", 1)) + _AHEAD
        waiting: deque[tuple[pl.DataFrame, Any]] = deque()
        for part in parts:
            waiting.append((part, remote.remote(part, **shared)))
            if len(waiting) >= room:
                first, reference = waiting.popleft()
                yield first, ray.get(reference)
        while waiting:
            first, reference = waiting.popleft()
            yield first, ray.get(reference)
    finally:
        if ours:
            ray.shutdown()
