"""Which feature moved a tree's answer, and how far: along the path to the leaf, the step in the expected answer belongs to the feature that was asked.

What the root expects and all steps add up to the leaf's value, so a forest's answer is its roots and its steps: additive, exact, and the same for everyone who lands in the leaf
(Saabas, 2014). Steps are therefore worked out once a leaf; an account costs no more than finding its leaves and adding up a few numbers each. It is not Shapley's value: of two features
that say the same, the one that is asked first has the step.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.attribution_kernels import add_steps
from panhuo.engines.valuation.learning.design import Matrix
from panhuo.engines.valuation.learning.trees import booster, threads

Vector = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_BLOCK = 50_000


@dataclass(frozen=True, slots=True)
class Steps:
    """Of a forest: root, the sum of what the roots expect. offset: (trees,) where the leaves of each tree begin. begin: (leaves + 1,) where the steps of each leaf begin among
    feature and step."""

    root: float
    offset: Whole
    begin: Whole
    feature: Whole
    step: Vector


@functools.lru_cache(maxsize=32)
def steps_of(text: str) -> Steps:
    """text: LightGBM's own. Raises nothing for trees of a single leaf: they have a root and no steps."""
    root, offset, begin = 0.0, [], [0]
    feature: list[int] = []
    step: list[float] = []
    leaves = 0
    for tree in booster(text).dump_model()["tree_info"]:
        top = tree["tree_structure"]
        offset.append(leaves)
        root += float(top["internal_value"] if "split_feature" in top else top["leaf_value"])
        paths = dict(_paths(top, []))
        for at in range(len(paths)):
            feature += [name for name, _ in paths[at]]
            step += [moved for _, moved in paths[at]]
            begin.append(len(feature))
        leaves += len(paths)
    as_whole = functools.partial(np.asarray, dtype=np.int64)
    return Steps(root, as_whole(offset), as_whole(begin), as_whole(feature), np.asarray(step, dtype=np.float64))


def _paths(node: Mapping[str, Any], path: list[tuple[int, float]]) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """Each leaf's number and the steps that lead to it."""
    if "split_feature" not in node:
        yield int(node.get("leaf_index", 0)), path
        return
    for side in ("left_child", "right_child"):
        child = node[side]
        value = float(child["internal_value"] if "split_feature" in child else child["leaf_value"])
        yield from _paths(child, [*path, (int(node["split_feature"]), value - float(node["internal_value"]))])


def attributed(text: str, matrix: Matrix, features: int) -> tuple[float, Matrix]:
    """What the roots expect together, and (n, features) how far each feature moved each row's raw answer from there."""
    known = steps_of(text)
    out = np.zeros((len(matrix), features))
    for first in range(0, len(matrix), _BLOCK):
        rows = slice(first, first + _BLOCK)
        leaves = np.asarray(booster(text).predict(matrix[rows], pred_leaf=True, num_threads=threads(len(matrix)))).reshape(len(matrix[rows]), -1)
        add_steps(leaves.astype(np.int32), known.offset, known.begin, known.feature, known.step, out[rows])
    return known.root, out
