"""What a theorem must pass before a run of it says anything: on every cell of its own grid, without running them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from ratecheck.problems.checks import Finding
from ratecheck.problems.errors import InputError, known_names

from ..cells.cell import Cell
from ..cells.constants import SaysNothing
from ..cells.hyper import Hyper
from ..cells.of_step import OfStep
from ..cells.spec import Spec
from ..engines.resolve import resolve
from ..lab.grid import ARGUMENTS, FIELDS, product, quick_values
from ..lab.unrun import made_up
from ..optimizers import BIASES
from ..theorem import Theorem
from ..theorems.naming import problem_name, spec_names
from ..words import count
from .controls import check_control, check_controls

MOST_STEPS = 100_000  # of a formula of the step: beyond, as many steps spread over all


def check_theorem(theorem: Theorem, name: str) -> list[Finding]:
    """Findings about *theorem*, which a Spec calls *name* (FILE.py:NAME). What the first finding ends, is not tried."""
    findings = [Finding("statement", True, theorem.statement)]
    try:
        cells = list(grid_cells(theorem, name))
    except InputError as error:
        return [*findings, Finding("grid", False, str(error))]
    findings.append(Finding("grid", True, f"the rule gives all hyper-parameters on {count(len(cells), 'cell')}"))
    findings += [_steps(cells), *_numbers(theorem, cells), *_said(theorem, cells)]
    findings += _hard(theorem, name, cells[0].spec)
    if not all(f.ok for f in findings):
        return findings
    if theorem.parent is None:
        return [*findings, check_controls(theorem)]
    return [*findings, check_control(theorem, theorem.parent, cells)]


def grid_cells(theorem: Theorem, name: str) -> Iterator[Cell]:
    """The cells of the theorem's grid, the quick one included; raises InputError for one that can't be made."""
    optimizer, schedule, _ = spec_names(name)
    for table in theorem.grid:
        for quick in (False, True) if "quick" in table else (False,):
            own = {**table, **quick_values(table, quick, "grid")}
            whole = {"replicas": 8, "optimizer": optimizer, "schedule": schedule, **own}
            whole = {key: value for key, value in whole.items() if key != "quick"}
            if unknown := set(whole) - set(FIELDS):
                name = min(unknown)
                raise InputError(f"grid: {name!r} is not a key of a sweep file{known_names(name, FIELDS)}")
            for row in product(whole, "grid"):
                yield _cell({**row, "problem": problem_name(name, row.get("problem", ""))})


def _cell(row: dict) -> Cell:
    try:
        return resolve(Spec.of(**row))
    except TypeError as error:  # a key is missing
        raise InputError(f"the grid is not a table of a sweep file: {error}") from error
    except InputError as error:
        raise InputError(f"{_where(row)}: {error}") from error


def _where(row: dict) -> str:
    shown = {k: v for k, v in row.items() if k in ("problem", "dim", "steps") or (k in ARGUMENTS and v)}
    return "with " + ", ".join(f"{key}={value}" for key, value in shown.items())


def _steps(cells: list[Cell]) -> Finding:
    """Formulas of the step at k = 1 … K: finite, not negative, and a beta below 1."""
    seen = 0
    for cell in cells:
        k = np.unique(np.linspace(1, cell.spec.steps, min(cell.spec.steps, MOST_STEPS)).round())
        for name, value in cell.hyper.items():
            if isinstance(value, OfStep):
                values, seen = value(k), seen + 1
                bad = ~np.isfinite(values) | (values < 0) | (values >= (1.0 if name in BIASES.values() else math.inf))
                if bad.any():
                    at = int(np.argmax(bad))
                    return Finding(
                        "steps", False, f"{name} = {value} is {values[at]:g} at k = {k[at]:g} of K = {cell.spec.steps}"
                    )
    if not seen:
        return Finding("steps", True, "no hyper-parameter depends on the step")
    return Finding("steps", True, f"{seen} formulas of the step are finite and ≥ 0 for k = 1 … K")


def _numbers(theorem: Theorem, cells: list[Cell]) -> list[Finding]:
    """Rate and bound on the cells that supply their constants: positive and finite."""
    findings = []
    for what in ("rate",) if theorem.kind == "none" else ("rate", "bound"):
        values, silent = [], ""
        for cell in cells:
            try:
                value = getattr(theorem, what)(cell.constants, Hyper(cell.hyper))
            except SaysNothing as error:
                silent = str(error)
                continue
            except InputError as error:
                findings.append(Finding(what, False, str(error)))
                break
            if not 0 < value < math.inf:
                words = f"the {what} is {value:g} at {cell.constants}; a number > 0 is needed"
                findings.append(Finding(what, False, words))
                break
            values.append(value)
        else:
            some = f"; nothing is said about {count(len(cells) - len(values), 'cell')}: {silent}" if silent else ""
            words = (
                f"from {min(values):.4g} to {max(values):.4g} on {count(len(values), 'cell')}"
                if values
                else "on no cell"
            )
            findings.append(Finding(what, bool(values), words + some))
    return findings


def _said(theorem: Theorem, cells: list[Cell]) -> list[Finding]:
    """The ranges that the theorem allows and its assumptions, tried on every cell: they fail on none.

    An assumption takes a finished cell; none has run yet, and each is given numbers that a run might have had.
    """
    void: dict[str, int] = {}
    for cell in cells:
        try:
            theorem.allowed(cell.hyper)
        except InputError as error:
            return [Finding("allows", False, f"{_where(cell.spec.to_dict())}: {error}")]
        try:
            bearing = theorem.on(made_up(theorem, cell))
        except InputError as error:
            return [Finding("assumptions", False, f"{_where(cell.spec.to_dict())}: {error}")]
        if bearing is not None and bearing.void:
            void[bearing.void] = void.get(bearing.void, 0) + 1
    granted = "; ".join(f"{a.name}: {a.text}" for a in theorem.assumes) or "nothing"
    reasons = "".join(f"; void on {number} of {count(len(cells), 'cell')}: {reason}" for reason, number in void.items())
    return [Finding("assumptions", True, f"it takes for granted {granted}{reasons}")]


def _hard(theorem: Theorem, name: str, like: Spec) -> list[Finding]:
    findings = []
    for hard in theorem.hard:
        try:
            row = {**like.to_dict(), "problem": problem_name(name, hard.problem), "problem_args": dict(hard.arguments)}
            _cell(row)
            findings.append(Finding("hard instance", True, f"{hard.problem} with {dict(hard.arguments)} can be made"))
        except InputError as error:
            findings.append(Finding("hard instance", False, str(error)))
    return findings
