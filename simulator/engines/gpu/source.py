"""The CUDA C text of kernels: sizes, formulas and constant memory, written here, before the hand-written part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems import Noise
from ratecheck.problems.formulas.cuda import CudaFunctions, elementary_source

from ...cells.cell import Cell
from ...cells.of_step import OfStep
from ...optimizers import BIASES
from ..cpu.noise_tile import SIZES
from ..cpu.steps import CONSTANTS
from ..hyper import gap_parameters, parameters
from ..measures import Measures
from ..totals import RUNNING

REALS = {"float32": "float", "float64": "double"}
DRAWS = {  # how a law is called: parameters, and what becomes of the formula's value
    "single": ("float law(float sign, float a)", "return {law}<float>(sign, a{constants});"),
    "pair": (
        "void law(float sign_a, float a, float sign_b, float b, float& z_0, float& z_1)",
        "{law}<float>(sign_a, a, sign_b, b{constants}, z_0, z_1);",
    ),
    "double": (
        "float law(float sign_a, float a, float sign_b, float b)",
        "return {law}<float>(sign_a, a, sign_b, b{constants});",
    ),
}


def has_rows(cell: Cell) -> bool:
    """Whether some hyper-parameter of the optimizer's formula depends on the step."""
    return any(name in BIASES or isinstance(cell.hyper[name], OfStep) for name in cell.optimizer.hyper)


def maxima(folds: Sequence[str]) -> int:
    """A bit for each of *folds* that is a maximum."""
    return sum((fold == "max") << slot for slot, fold in enumerate(folds))


def numbers(cell: Cell) -> NDArray:
    """σ_i, centre, 1/scale, the profile's constants, scale and min φ."""
    return np.concatenate([parameters(cell), gap_parameters(cell)])


def kernel_source(cell: Cell, measures: Measures, threads: int, coordinates: int) -> str:
    """Source of the kernels for the formulas and the precision of *cell* and for what is measured, blocks of *threads*
    threads, and *coordinates* coordinates a thread at a time. It doesn't depend on the cell's sizes and constants."""
    problem, optimizer = cell.problem, cell.optimizer
    functions = CudaFunctions()
    phi, dphi, update = map(functions.add, (problem.phi, problem.dphi, optimizer.update))
    rows, hypers = 1 + len(optimizer.state), len(optimizer.hyper)
    sizes = {
        "REAL": REALS[cell.spec.dtype],
        "ROWS": rows,
        "VARYING": int(has_rows(cell)),
        "SLOTS": len(measures.sums),
        "LARGEST": f"{maxima([one.fold for one in measures.sums]):#x}ull",
        "RUNNING": RUNNING,
        "THREADS": threads,
        "COORDINATES": coordinates,
    }
    constants = "".join(f", parameters[{CONSTANTS + j}]" for j in range(len(problem.constants)))
    state = [f"w[{row}]" for row in range(rows)]
    taken = ", ".join([state[0], "g", *state[1:], *(f"hyper[{j}]" for j in range(hypers))])
    stepped = f"{update}<REAL>({taken}, {', '.join(state)});" if rows > 1 else f"w[0] = {update}<REAL>({taken});"
    glue = [
        f"__constant__ REAL parameters[{numbers(cell).size}];  // see numbers in source.py",
        "" if has_rows(cell) else f"__constant__ REAL hyper[{max(1, hypers)}];",
        _function("REAL inner(REAL x)", "return (x - parameters[1]) * parameters[2];"),
        _function("REAL value_of(REAL u)", f"return {phi}<REAL>(u{constants});"),
        _function("REAL slope_of(REAL u)", f"return {dphi}<REAL>(u{constants});"),
        _function("void update(REAL (&w)[ROWS], REAL g, const REAL* hyper)", stepped),
        _terms(functions, cell, measures),
        _readings(functions, measures),
    ]
    law = _law(functions, cell.noise)
    texts = map(_text, ("noise.cuh", "fold.cuh", "kernel.cu", "measure.cu"))
    return "\n".join([_defines(sizes), elementary_source(), functions.source(), *glue, law, *texts])


def _terms(functions: CudaFunctions, cell: Cell, measures: Measures) -> str:
    """The function ``terms``: of one coordinate, what is folded."""
    names = {"gradient": "gradient", "x": "x", "gap": "gap"}
    names |= {name: f"hyper[{j}]" for j, name in enumerate(cell.optimizer.hyper) if name not in names}
    scale, least = (f"parameters[{CONSTANTS + len(cell.problem.constants) + j}]" for j in range(2))
    body = [f"const REAL gap = slope * {scale} * (value_of(inner(x)) - {least});"]  # no code where no term takes it
    for slot, one in enumerate(measures.sums):
        taken = ", ".join(names[name] for name in one.term.parameters)
        body.append(f"term[{slot}] = {functions.add(one.term)}<REAL>({taken});")
    head = "void terms(REAL (&term)[SLOTS], REAL gradient, REAL x, REAL slope, const REAL* hyper)"
    return _function(head, " ".join(body))


def _readings(functions: CudaFunctions, measures: Measures) -> str:
    """The function ``reading_of``: a reading's number, from the folds over all coordinates."""
    cases = {}
    for quantity, slot, row in zip(measures.quantities, measures.slots, measures.rows, strict=True):
        outer = quantity.reading.outer
        value = f"folds[{slot} * stride]"
        cases[row] = f"case {row}: return {f'{functions.add(outer)}<double>({value})' if outer else value};"
    body = f"switch (reading) {{ {' '.join(cases[row] for row in sorted(cases))} default: return 0.0; }}"
    return _function("double reading_of(int reading, const double* folds, long long stride)", body)


def norms_source(noise: Noise, threads: int) -> str:
    """Source of ``norms.cu`` for a noise law."""
    functions = CudaFunctions()
    law = _law(functions, noise)
    return "\n".join(
        [
            _defines({"THREADS": threads}),
            elementary_source(),
            functions.source(),
            law,
            *map(_text, ("noise.cuh", "norms.cu")),
        ]
    )


def _law(functions: CudaFunctions, noise: Noise) -> str:
    """Constant memory and the function ``law``, which ``noise.cuh`` calls."""
    name = functions.add(noise.formula, SIZES)
    head, body = DRAWS[noise.draws]
    constants = "".join(f", law_constants[{j}]" for j in range(len(noise.constants)))
    return "\n".join(
        [
            f"#define DRAWS {noise.draws.upper()}",
            f"__constant__ float law_constants[{max(1, len(noise.constants))}];",
            _function(head, body.format(law=name, constants=constants)),
        ]
    )


def _defines(values: Mapping[str, object]) -> str:
    return "\n".join(f"#define {name} {value}" for name, value in values.items())


def _function(head: str, body: str) -> str:
    return f"__device__ __forceinline__ {head} {{ {body} }}"


@cache
def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
