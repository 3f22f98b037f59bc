"""The CUDA C text of kernels: sizes, formulas and constant memory, written here, before the hand-written part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from ratecheck.problems import Noise
from ratecheck.problems.formulas.cuda import CudaFunctions, elementary_source

from ...cells.cell import Cell
from ...cells.of_step import OfStep
from ...optimizers import BIASES
from ..cpu.noise_tile import SIZES
from ..measures import Measures
from ..numbers import CENTER, INVERSE_SCALE, PROFILE, SIGMA, Layout
from ..totals import RUNNING

GIVEN = "const REAL* own"  # the numbers that each coordinate has its own of
REALS = {"float32": "float", "float64": "double"}
DRAWS = {  # how a law is called: parameters, and what becomes of the formula's value
    "single": ("float law(float sign, float a)", "return {law}<float>(sign, a{arguments});"),
    "pair": (
        "void law(float sign_a, float a, float sign_b, float b, float& z_0, float& z_1)",
        "{law}<float>(sign_a, a, sign_b, b{arguments}, z_0, z_1);",
    ),
    "double": (
        "float law(float sign_a, float a, float sign_b, float b)",
        "return {law}<float>(sign_a, a, sign_b, b{arguments});",
    ),
}


def has_rows(cell: Cell) -> bool:
    """Whether some hyper-parameter of the optimizer's formula depends on the step."""
    return any(name in BIASES or isinstance(cell.hyper[name], OfStep) for name in cell.optimizer.hyper)


def maxima(folds: Sequence[str]) -> int:
    """A bit for each of *folds* that is a maximum."""
    return sum((fold == "max") << slot for slot, fold in enumerate(folds))


def kernel_source(cell: Cell, measures: Measures, threads: int, coordinates: int) -> str:
    """Source of the kernels for the formulas and the precision of *cell* and for what is measured, blocks of *threads*
    threads, and *coordinates* coordinates a thread at a time. It doesn't depend on the cell's sizes and constants."""
    problem, optimizer = cell.problem, cell.optimizer
    functions = CudaFunctions()
    phi, dphi, update = map(functions.add, (problem.phi, problem.dphi, optimizer.update))
    rows, hypers, layout = 1 + len(optimizer.state), len(optimizer.hyper), Layout.of(cell)
    at = partial(_number, layout)
    sizes = {
        "REAL": REALS[cell.spec.dtype],
        "ROWS": rows,
        "OWN": len(layout.own),
        "VARYING": int(has_rows(cell)),
        "SLOTS": len(measures.sums),
        "LARGEST": f"{maxima([one.fold for one in measures.sums]):#x}ull",
        "RUNNING": RUNNING,
        "THREADS": threads,
        "COORDINATES": coordinates,
    }
    arguments = "".join(f", {at(PROFILE + j)}" for j in range(layout.arguments))
    spread = at(SIGMA)
    if layout.affine:
        spread = f"sqrt({spread} * {spread} + {at(layout.affinity)} * gradient * gradient)"
    state = [f"w[{row}]" for row in range(rows)]
    taken = ", ".join([state[0], "g", *state[1:], *(f"hyper[{j}]" for j in range(hypers))])
    stepped = f"{update}<REAL>({taken}, {', '.join(state)});" if rows > 1 else f"w[0] = {update}<REAL>({taken});"
    glue = [
        f"__constant__ REAL parameters[{layout.size}];  // see numbers.py",
        "" if has_rows(cell) else f"__constant__ REAL hyper[{max(1, hypers)}];",
        _function(f"REAL inner(REAL x, {GIVEN})", f"return (x - {at(CENTER)}) * {at(INVERSE_SCALE)};"),
        _function(f"REAL value_of(REAL u, {GIVEN})", f"return {phi}<REAL>(u{arguments});"),
        _function(f"REAL slope_of(REAL u, {GIVEN})", f"return {dphi}<REAL>(u{arguments});"),
        _function(f"REAL noise_of(REAL gradient, REAL z, {GIVEN})", f"return {spread} * z;"),
        _function(f"REAL weight_of(REAL slope, {GIVEN})", f"return {_weight(layout, at)};"),
        _function("void update(REAL (&w)[ROWS], REAL g, const REAL* hyper)", stepped),
        _terms(functions, cell, measures, layout),
        _readings(functions, measures),
    ]
    law = _law(functions, cell.noise)
    texts = map(_text, ("noise.cuh", "fold.cuh", "kernel.cu", "measure.cu"))
    return "\n".join([_defines(sizes), elementary_source(), functions.source(), *glue, law, *texts])


def _number(layout: Layout, place: int) -> str:
    """One of a coordinate's numbers, as CUDA C: a shared one, or one of its own."""
    return f"own[{layout.own.index(place)}]" if place in layout.own else f"parameters[{place}]"


def _weight(layout: Layout, at: Callable[[int], str]) -> str:
    """What φ is multiplied with in the diagnostics."""
    return f"slope * {at(layout.scale)}" if layout.scale in layout.own else "slope"


def _terms(functions: CudaFunctions, cell: Cell, measures: Measures, layout: Layout) -> str:
    """The function ``terms``: of one coordinate, what is folded."""
    names = {"gradient": "gradient", "x": "x", "gap": "gap"}
    names |= {name: f"hyper[{j}]" for j, name in enumerate(cell.optimizer.hyper) if name not in names}
    scale, least = _number(layout, layout.scale), _number(layout, layout.least)
    gap = f"slope * {scale} * (value_of(inner(x, own), own) - {least})"
    body = [f"const REAL gap = {gap};"]  # no code where no term takes it
    for slot, one in enumerate(measures.sums):
        taken = ", ".join(names[name] for name in one.term.parameters)
        body.append(f"term[{slot}] = {functions.add(one.term)}<REAL>({taken});")
    head = f"void terms(REAL (&term)[SLOTS], REAL gradient, REAL x, REAL slope, const REAL* hyper, {GIVEN})"
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
    arguments = "".join(f", law_arguments[{j}]" for j in range(len(noise.formula_arguments)))
    return "\n".join(
        [
            f"#define DRAWS {noise.draws.upper()}",
            f"__constant__ float law_arguments[{max(1, len(noise.formula_arguments))}];",
            _function(head, body.format(law=name, arguments=arguments)),
        ]
    )


def _defines(values: Mapping[str, object]) -> str:
    return "\n".join(f"#define {name} {value}" for name, value in values.items())


def _function(head: str, body: str) -> str:
    return f"__device__ __forceinline__ {head} {{ {body} }}"


@cache
def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
