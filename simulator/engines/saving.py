"""A run as bytes, an npz file without pickles, and back: resumed by any engine, it goes on with the same bits.

Of a run that is at its end x and the optimizer's state may be left out: ``loop.finish`` has no use for them.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.quantities import Quantity
from .measures import Measures
from .parts import Part, group_count, nodes
from .protocol import DIAGNOSTICS, Engine, State, Sums
from .runs import Piece, Run
from .totals import Totals

ARRAYS = ("values", "totals", "weights", "curves")


def save(run: Run, values: bool = True) -> bytes:
    """*run* as it is: which cell and quantities it is of, where it stands, and its arrays, with *values* x and the
    optimizer's state too."""
    state, totals = run.state, run.totals
    head = {
        "cell": state.cell.key,
        "quantities": _names(state.measures),
        "part": _ends(state.part),
        "step": state.step,
        "added_up": totals.step,
        "values": values,
        "pieces": [{"part": _ends(piece.part), "start": piece.sums.start} for piece in run.pieces],
    }
    arrays = {"head": np.array(json.dumps(head))}
    x_and_state = run.values() if values else np.empty((0, 0, 0), state.cell.spec.dtype)
    arrays |= zip(ARRAYS, (x_and_state, totals.values, totals.weights, totals.curves), strict=True)
    for number, piece in enumerate(run.pieces):
        arrays |= {f"{number}.{name}": getattr(piece.sums, name) for name in ("steps", "marks", "diagnostics")}
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]  # to the stubs any entry may be allow_pickle
    return content.getvalue()


def load(engine: Engine, cell: Cell, content: bytes, quantities: Iterable[Quantity | str] = ()) -> Run:
    """The run that ``save`` made bytes of, on *engine*.

    Raises InputError for bytes that are no run, or that are one of another cell or of other *quantities*.
    """
    measures = Measures.of(quantities, cell.optimizer)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        head = json.loads(str(arrays.pop("head")))
        _require_same(head, cell, measures)
        part, steps = _part(head["part"]), cell.spec.steps
        totals = Totals.of(measures, len(part.replicas), steps)
        step, added_up, has_values = int(head["step"]), int(head["added_up"]), bool(head["values"])
        shape = len(part.replicas), 1 + len(cell.optimizer.state), len(part.coordinates(cell.spec.dim))
        shapes = [shape if has_values else (0, 0, 0)]
        shapes += [totals.values.shape, totals.weights.shape, totals.curves.shape]
        for name, shape in zip(ARRAYS, shapes, strict=True):
            _require(arrays[name], shape, np.dtype(cell.spec.dtype) if name == "values" else np.dtype(float), name)
        pieces = [_piece(arrays, number, given, cell, measures) for number, given in enumerate(head["pieces"])]
        part.require_in(Part.whole(cell.spec))
        if not 0 <= added_up <= step <= steps or not (has_values or step == steps):
            raise ValueError(f"it stands at step {step} and {added_up} of {steps} are added up")
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"these {len(content)} bytes are no saved run, or damaged: {error!s:.200}") from error
    totals = Totals(added_up, arrays["totals"], arrays["weights"], totals.marks, arrays["curves"])
    if not has_values:
        return Run(engine, State(cell, part, measures, step, None), totals, pieces)
    return Run(engine, engine.begin(cell, part, measures, step, arrays["values"]), totals, pieces)


def _require_same(head: Mapping, cell: Cell, measures: Measures) -> None:
    if head["cell"] != cell.key:
        raise InputError(
            f"this run is one of the cell {head['cell']}, not of {cell.key}; give the cell it was saved with"
        )
    if head["quantities"] != _names(measures):
        had, given = (", ".join(name for name, *_ in q) for q in (head["quantities"], _names(measures)))
        raise InputError(f"this run measures {had}, asked are {given}; give the quantities it was saved with")


def _require(array: NDArray, shape: tuple[int, ...], dtype: np.dtype, name: str) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, expected {dtype} {shape}")


def _piece(arrays: Mapping[str, NDArray], number: int, given: Mapping, cell: Cell, measures: Measures) -> Piece:
    part, count = _part(given["part"]), group_count(cell.spec.dim)
    steps, marks, diagnostics = (arrays[f"{number}.{name}"] for name in ("steps", "marks", "diagnostics"))
    shape = len(part.replicas), len(nodes(part.groups, count))
    _require(steps, (*shape, len(measures.sums), steps.shape[-1]), np.dtype(float), "steps")
    _require(diagnostics, (*shape, marks.size, len(DIAGNOSTICS)), np.dtype(float), "diagnostics")
    return Piece(part, Sums(int(given["start"]), steps, marks, diagnostics))


def _names(measures: Measures) -> list[list[str]]:
    return [[q.name, *q.meaning] for q in measures.quantities]


def _ends(part: Part) -> list[int]:
    return [part.replicas.start, part.replicas.stop, part.groups.start, part.groups.stop]


def _part(ends: list[int]) -> Part:
    a, b, c, d = map(int, ends)
    return Part(range(a, b), range(c, d))
