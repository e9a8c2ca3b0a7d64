"""From links to debtors: single linkage that never lets two identity numbers meet.

Links are uncertain, identity numbers are not. Joining everything that is linked would let a chain A(id 1) - x - y - B(id 2)
merge two people, so links are taken from the strongest down (Kruskal's order) and one that would bring together two numbers,
or two records that were compared and contradict each other, is refused. What is refused is then the weakest link on the path,
and goes to a person. Most components contain no such quarrel: they are found at once by scipy, and only the others are
walked link by link.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Partition:
    """``label``: (n,) smallest row number of each row's cluster. ``refused``: (links,) links not taken."""

    label: Ints
    refused: Flags


def partition(anchor: Ints, left: Ints, right: Ints, weight: Floats, apart_left: Ints, apart_right: Ints) -> Partition:
    """Clusters of rows 0..n-1.

    anchor: (n,) smallest row of the same identity number, -1 without one; rows with one anchor always stay together.
    left, right, weight: the links. apart_left, apart_right: pairs that may not be in one cluster.
    The result depends on the set of links only, not on their order: ties go to the smaller row numbers.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(anchor)
    node = np.where(anchor >= 0, anchor, np.arange(n))
    a, b = node[left], node[right]
    _, component = connected_components(coo_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n, n)), directed=False)
    component = component[node]
    quarrel = _quarrels(component, anchor, node, apart_left, apart_right)
    refused = np.zeros(len(a), dtype=bool)
    disputed = np.flatnonzero(quarrel[component[a]])
    root = node.copy()
    if len(disputed):
        roots, refused_at = _walk(anchor, a, b, weight, node[apart_left], node[apart_right], disputed)
        refused[refused_at] = True
        inside = quarrel[component]
        root[inside] = roots[node[inside]]
    smallest = np.full(int(component.max(initial=-1)) + 1, n)
    calm = ~quarrel[component]
    np.minimum.at(smallest, component[calm], np.flatnonzero(calm))
    root[calm] = smallest[component[calm]]
    least = np.full(n, n)
    np.minimum.at(least, root, np.arange(n))
    return Partition(least[root], refused)


def _quarrels(component: Ints, anchor: Ints, node: Ints, apart_left: Ints, apart_right: Ints) -> Flags:
    """Which components hold two identity numbers, or a pair that must stay apart."""
    out = np.zeros(int(component.max(initial=-1)) + 1, dtype=bool)
    anchors = np.flatnonzero(anchor == np.arange(len(anchor)))
    out |= np.bincount(component[anchors], minlength=len(out)) > 1
    same = (component[apart_left] == component[apart_right]) & (node[apart_left] != node[apart_right])
    out[component[apart_left[same]]] = True
    return out


def _walk(anchor: Ints, a: Ints, b: Ints, weight: Floats, apart_a: Ints, apart_b: Ints, disputed: Ints) -> tuple[Ints, list[int]]:
    """Kruskal over the disputed links. Returns every node's root (itself where untouched) and the links refused."""
    parent: dict[int, int] = {}
    number: dict[int, int] = {}
    apart: dict[int, set[int]] = {}

    def find(x: int) -> int:
        while (up := parent.get(x, x)) != x:
            parent[x] = parent.get(up, up)
            x = up
        return x

    touched = set(a[disputed].tolist()) | set(b[disputed].tolist())
    for x in touched:
        if anchor[x] >= 0:
            number[x] = int(anchor[x])
    for x, y in zip(apart_a.tolist(), apart_b.tolist(), strict=True):
        if x in touched and y in touched and x != y:
            apart.setdefault(x, set()).add(y)
            apart.setdefault(y, set()).add(x)
    refused: list[int] = []
    low, high = np.minimum(a, b), np.maximum(a, b)
    for k in disputed[np.lexsort((high[disputed], low[disputed], -weight[disputed]))].tolist():
        x, y = find(int(a[k])), find(int(b[k]))
        if x == y:
            continue
        if (x in number and y in number) or y in apart.get(x, ()):
            refused.append(k)
            continue
        x, y = min(x, y), max(x, y)
        parent[y] = x
        if y in number:
            number[x] = number.pop(y)
        for other in apart.pop(y, set()):
            apart[other].discard(y)
            apart[other].add(x)
            apart.setdefault(x, set()).add(other)
    roots = np.arange(len(anchor))
    for x in touched:
        roots[x] = find(x)
    return roots, refused
