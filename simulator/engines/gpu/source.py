"""The CUDA C text of kernels: sizes, formulas and constant memory, written here, before the hand-written part."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ratecheck.problems import Noise
from ratecheck.problems.formulas.cuda import CudaFunctions, elementary_source

from ...cells.cell import Cell
from ...optimizers import BIASES
from ..cpu.noise_tile import SIZES
from ..cpu.steps import PLACE

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


def has_biases(cell: Cell) -> bool:
    """Whether the optimizer's formula takes a bias correction, which depends on the step."""
    return any(name in BIASES for name in cell.optimizer.hyper)


def kernel_source(cell: Cell, threads: int, coordinates: int) -> str:
    """Source of ``kernel.cu`` for the formulas and the precision of *cell*, blocks of *threads* threads, and
    *coordinates* coordinates a thread at a time. It doesn't depend on the cell's sizes and constants."""
    problem, optimizer = cell.problem, cell.optimizer
    functions = CudaFunctions()
    phi, dphi, update = map(functions.add, (problem.phi, problem.dphi, optimizer.update))
    rows, hypers = 1 + len(optimizer.state), len(optimizer.hyper)
    sizes = {
        "REAL": REALS[cell.spec.dtype],
        "ROWS": rows,
        "VARYING": int(has_biases(cell)),
        "THREADS": threads,
        "COORDINATES": coordinates,
    }
    constants = "".join(f", parameters[{PLACE + j}]" for j in range(len(problem.constants)))
    state = [f"w[{row}]" for row in range(rows)]
    taken = ", ".join([state[0], "g", *state[1:], *(f"hyper[{j}]" for j in range(hypers))])
    stepped = f"{update}<REAL>({taken}, {', '.join(state)});" if rows > 1 else f"w[0] = {update}<REAL>({taken});"
    glue = [
        f"__constant__ REAL parameters[{PLACE + len(problem.constants)}];  // σ_i, centre, 1/scale, the profile's",
        "" if has_biases(cell) else f"__constant__ REAL hyper[{max(1, hypers)}];",
        _function("REAL value_of(REAL u)", f"return {phi}<REAL>(u{constants});"),
        _function("REAL slope_of(REAL u)", f"return {dphi}<REAL>(u{constants});"),
        _function("void update(REAL (&w)[ROWS], REAL g, const REAL* hyper)", stepped),
    ]
    law = _law(functions, cell.noise)
    return "\n".join([_defines(sizes), elementary_source(), functions.source(), *glue, law, *_texts("kernel.cu")])


def norms_source(noise: Noise, threads: int) -> str:
    """Source of ``norms.cu`` for a noise law."""
    functions = CudaFunctions()
    law = _law(functions, noise)
    return "\n".join(
        [_defines({"THREADS": threads}), elementary_source(), functions.source(), law, *_texts("norms.cu")]
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
def _texts(kernels: str) -> tuple[str, str]:
    folder = Path(__file__).parent
    return tuple((folder / name).read_text(encoding="utf-8") for name in ("noise.cuh", kernels))
