"""A cell as if it had run, to try on it what takes a finished one, such as an assumption."""

from __future__ import annotations

import numpy as np

from ..cells.cell import Cell
from ..cells.evidence import Result
from ..cells.hyper import Hyper
from ..cells.quantities import ALWAYS
from ..cells.stats import FIELDS, Stats, checkpoint_steps
from ..theorem import Theorem


def made_up(theorem: Theorem, cell: Cell) -> Result:
    """*cell* with every quantity that *theorem* needs measured, and every measured number 1."""
    ones = np.ones(cell.spec.replicas)
    points = checkpoint_steps(cell.spec.steps)
    curves = {name: np.ones((ones.size, points.size)) for name in FIELDS if name != "checkpoints"}
    measured = {quantity.name: ones for quantity in (*ALWAYS, *theorem.quantities)}
    return Result(cell.spec, cell.constants, Hyper(cell.hyper), Stats(measured, points, **curves), cell.identity)
