"""How a run is cut: replicas, and groups of coordinates that meet in one fixed binary tree.

Groups depend on the dimension alone. The leaves of the tree are the groups, a node joins its two children, the left
one first, and a node without a right child is its left one. Sums are added along this tree, whoever computes them, so
a run that is cut into parts gives the same bits as a whole one: a part adds up the largest nodes that lie within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..cells.spec import Spec

GROUP = 1024  # coordinates; at least, see group_size
MOST_GROUPS = 4096
JOIN = {"sum": np.add, "max": np.maximum}  # of a reading's fold; the maximum of a number and NaN is NaN
EMPTY = {"sum": 0.0, "max": -np.inf}  # a fold of nothing


def group_size(dim: int) -> int:
    """Coordinates per group, of the dimension alone, so that there are at most MOST_GROUPS groups."""
    size = GROUP
    while -(-dim // size) > MOST_GROUPS:
        size *= 2
    return size


def group_count(dim: int) -> int:
    return -(-dim // group_size(dim))


@dataclass(frozen=True)
class Part:
    """Which replicas of a cell and which groups of coordinates: two ranges, neither empty."""

    replicas: range
    groups: range

    @classmethod
    def whole(cls, spec: Spec) -> Part:
        return cls(range(spec.replicas), range(group_count(spec.dim)))

    def coordinates(self, dim: int) -> range:
        """The coordinates in the groups of this part."""
        size = group_size(dim)
        return range(self.groups.start * size, min(dim, self.groups.stop * size))

    def has_all_groups(self, dim: int) -> bool:
        return self.groups == range(group_count(dim))

    def require_in(self, whole: Part) -> Part:
        """This part; raises InputError if it is none of *whole*."""
        for mine, all_of_them, what in (
            (self.replicas, whole.replicas, "replicas"),
            (self.groups, whole.groups, "groups of coordinates"),
        ):
            if mine.step != 1 or not all_of_them.start <= mine.start < mine.stop <= all_of_them.stop:
                raise InputError(f"a part with {what} {mine} is no part of {all_of_them}; give a range within it")
        return self


def nodes(groups: range, count: int) -> list[range]:
    """The largest nodes of the tree over *count* groups that lie within *groups*, as the groups they join, in order."""
    found, first = [], groups.start
    while first < groups.stop:
        size = 1
        while first % (2 * size) == 0 and min(first + 2 * size, count) <= groups.stop and first + size < count:
            size *= 2
        found.append(range(first, min(first + size, count)))
        first = found[-1].stop
    return found


def join(array: NDArray, groups: range, count: int, fold: str) -> None:
    """Join the rows of *array*, shape (replicas, groups, …), in place as far as *groups* reach.

    The node that joins groups g, g + 1, … is then in the row of g; what is in the other rows is no node.
    """
    operation, size = JOIN[fold], 1
    while size < len(groups):
        pair = 2 * size
        first = -(-groups.start // pair) * pair
        pairs = sum(min(g + pair, count) <= groups.stop for g in range(first, count - size, pair))
        low, high = first - groups.start, first - groups.start + pairs * pair
        left = array[:, low:high:pair]
        operation(left, array[:, low + size : high + size : pair], out=left)
        size = pair


def join_nodes(found: dict[range, NDArray], count: int, fold: str, node: range | None = None) -> NDArray:
    """The root of the tree over *count* groups, or *node*, from nodes that lie side by side and cover all groups."""
    node = node or range(count)
    if node in found:
        return found[node]
    half = 1
    while 2 * half < len(node):
        half *= 2
    left, right = range(node.start, node.start + half), range(node.start + half, node.stop)
    if len(node) == 1:
        raise InputError(f"the parts of this run lack the group {node.start} of its coordinates; give all parts")
    return JOIN[fold](join_nodes(found, count, fold, left), join_nodes(found, count, fold, right))


def inside(inner: range, outer: range) -> slice:
    """Where *inner* is in an array of *outer*."""
    return slice(inner.start - outer.start, inner.stop - outer.start)
