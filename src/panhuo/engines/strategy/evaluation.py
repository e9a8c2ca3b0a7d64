"""One look at all accounts at given prices: the dual value, what would be chosen, and what that would use.

Work goes block by block of rows, so that a block's working matrix stays in the processor's cache however many limits read it, on as
many threads as there are processors. Block sums are combined in block order: the figures do not depend on the number of threads.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from panhuo.engines.strategy import kernels
from panhuo.engines.strategy.arrays import Choices, Floats
from panhuo.engines.strategy.problem import Problem

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Look:
    """At ``prices`` (K,): ``dual``, the Lagrangian value; ``choice`` (n,); and by group of blocks the plain value (G,) and the
    usage (G, K) of that choice."""

    prices: Floats
    dual: float
    choice: Choices
    value: Floats
    used: Floats


def look(problem: Problem, prices: Floats, groups: int = 1) -> Look:
    """Every account takes its best route once usage costs ``prices`` (all >= 0)."""
    blocks = _blocks(problem)
    count, k = len(blocks), problem.limits
    choice = np.empty(problem.accounts, dtype=np.int16)
    reduced_sum, value_sum = np.zeros(count), np.zeros(count)
    used = np.zeros((count, k))

    def work(block: int, buffer: Floats) -> None:
        start, stop = blocks[block]
        red = reduce(problem, prices, start, stop, buffer)
        part = choice[start:stop]
        counts = np.zeros(problem.routes)
        reduced_sum[block], value_sum[block] = kernels.pick(red, problem.value[start:stop], problem.idle, part, counts)
        total = problem.fixed @ counts
        for table in problem.tables:
            if table.shared:
                sums = np.zeros(problem.routes)
                kernels.tally_shared(table.data[start:stop], part, sums)
            else:
                sums = np.zeros(table.columns.size)
                position = np.full(problem.routes, -1, dtype=np.int64)
                position[table.columns] = np.arange(table.columns.size)
                kernels.tally(table.data[start:stop], position, part, sums)
            total += table.weights @ sums
        used[block] = total

    by_block(problem, blocks, work)
    edges = np.linspace(0, count, min(groups, max(count, 1)) + 1).astype(np.int64)[:-1]
    dual = math.fsum([*reduced_sum, *(prices * problem.at_most)])
    if count == 0:
        return Look(prices, dual, choice, np.zeros(1), np.zeros((1, k)))
    return Look(prices, dual, choice, np.add.reduceat(value_sum, edges), np.add.reduceat(used, edges, axis=0))


def reduce(problem: Problem, prices: Floats, start: int, stop: int, out: Floats) -> Floats:
    """Value less the price of what is used, for rows start..stop, written into ``out``."""
    red = out[: stop - start]
    np.subtract(problem.value[start:stop], prices @ problem.fixed, out=red)
    for table in problem.tables:
        price = prices @ table.weights
        if not price.any():
            continue
        data = table.data[start:stop]
        if table.shared:
            kernels.charge_shared(red, data, price)
        elif table.columns.size == problem.routes:
            kernels.charge_all(red, data, price)
        else:
            kernels.charge(red, data, table.columns, price)
    return red


def reduced(problem: Problem, prices: Floats) -> Floats:
    """The whole (n, r) matrix of reduced values."""
    out = np.empty_like(problem.value)

    def work(block: int, _: Floats) -> None:
        start, stop = blocks[block]
        reduce(problem, prices, start, stop, out[start:stop])

    blocks = _blocks(problem)
    by_block(problem, blocks, work)
    return out


def rounding(problem: Problem, prices: Floats) -> float:
    """How far float rounding may have pushed a dual value below its exact worth.

    Each reduced value is a sum of at most K + T + 2 products and carries a relative error of as many units; it is bounded by the
    largest terms there are. The compensated block sums and the exact final sum add two units more.
    """
    largest = problem.largest + float((prices @ np.abs(problem.fixed)).max(initial=0.0))
    for table in problem.tables:
        largest += table.largest * float((prices @ table.weights).max(initial=0.0))
    terms = problem.limits + len(problem.tables) + 6
    return terms * EPS * (problem.accounts * largest + float(np.abs(prices * problem.at_most).sum()))


def by_block(problem: Problem, blocks: list[tuple[int, int]], work: Callable[[int, Floats], None]) -> None:
    """Run ``work(block, buffer)`` for every block, on all processors; a thread keeps one buffer."""
    workers = min(len(blocks), processors())

    def share(worker: int) -> None:
        buffer = np.empty((problem.block, problem.routes))
        for block in range(worker, len(blocks), workers):
            work(block, buffer)

    if workers == 1:
        share(0)
    if workers <= 1:
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(share, w) for w in range(workers)]:
            done.result()


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _blocks(problem: Problem) -> list[tuple[int, int]]:
    return [(s, min(s + problem.block, problem.accounts)) for s in range(0, problem.accounts, problem.block)]
