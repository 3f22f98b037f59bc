"""A cell with its objects: what an engine runs, and the text that its key is the hash of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ratecheck.problems import Noise, SeparableProblem
from ratecheck.problems.columns import Column

from ..optimizers import Optimizer
from .constants import Constants
from .of_step import OfStep, meanings
from .spec import Spec, canonical_json, copies_of_one, key_of

NUMERICS = 2  # raise when engines or rules give other numbers for the same Spec

DEFAULTS = {"noise": "gaussian", "schedule": "horizon", "smoothness": 1.0, "gap": 1.0, "sigma": 1.0}
DEFAULTS |= {"dtype": "float64", "seed": 0, "problem_args": {}, "optimizer_args": {}, "noise_args": {}}


@dataclass(frozen=True)
class Cell:
    """A Spec, all its arguments filled in, with what its names stand for. ``hyper``: hyper-parameters as used.

    ``departures``: the Spec's entries without files' paths, and arguments only where they depart from defaults.
    """

    spec: Spec
    problem: SeparableProblem
    noise: Noise
    optimizer: Optimizer
    constants: Constants
    hyper: Mapping[str, float | OfStep]
    departures: Mapping[str, object]

    @cached_property
    def identity(self) -> str:
        """All that determines the numbers, and nothing of where a file lies, as JSON."""
        return canonical_json(self.told)

    @cached_property
    def told(self) -> Mapping[str, Any]:
        """What ``identity`` is the text of.

        It lists departures from defaults only, so that a feature that a cell doesn't use leaves its key alone.
        """
        problem, noise = self.problem, self.noise
        formulas = {"phi": problem.phi, "dphi": problem.dphi, "noise": noise.formula, "update": self.optimizer.update}
        numbers = {
            "scale": problem.scale,
            "start": problem.start,
            "center": problem.center,
            "spectrum": problem.spectrum,
            "curvature": problem.curvature,
            "minimum": problem.minimum,
        }
        columns = {name: _samples(column, problem.dim) for name, column in problem.columns.items()}
        return {
            "numerics": NUMERICS,
            **{name: value for name, value in self.departures.items() if value != DEFAULTS.get(name)},
            "formulas": {name: f.digest for name, f in formulas.items()},
            # 12 digits: the last ones may be another C library's
            "numbers": {n: f"{value:.12g}" for n, value in numbers.items() if value and not isinstance(value, Column)},
            **({"columns": columns} if columns else {}),
            "profile": ["own" if isinstance(v, Column) else f"{v:.12g}" for v in problem.formula_arguments],
            "law": [f"{value:.12g}" for value in (noise.variance, *map(float, noise.formula_arguments))],
            "hyper": meanings(self.hyper),
        }

    @property
    def alike(self) -> bool:
        """Whether all coordinates are copies of one."""
        return copies_of_one(self.told)

    @property
    def key(self) -> str:
        """The content address of the cell's results."""
        return key_of(self.identity)


def _samples(column: Column, dim: int) -> list[str]:
    """What a column's meaning is told by: its values at the coordinates 1, 2, 3, 4, 6, 8, 12, … and at the last one."""
    at = {min(dim, half + first) for half in (2**k for k in range(33)) for first in (0, half // 2)}
    return [f"{column.values(i - 1, i)[0]:.12g}" for i in sorted(at)]
