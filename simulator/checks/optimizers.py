"""What an optimizer must pass: finite where a run goes, and the same numbers from NumPy and from compiled code."""

from __future__ import annotations

import ast

import numpy as np
from ratecheck.problems.checks import Finding
from ratecheck.problems.formulas.language import Parsed

from ..optimizers import BIASES, Optimizer

STEPS, LANES = 60, 64
ULPS = 4  # of the largest number around: what functions that each library rounds in its own way may differ by
# Correctly rounded by every library and every compiler; plain arithmetic and comparisons are too.
EXACT = {"sqrt", "floor", "ceil", "fabs", "copysign", "abs", "min", "max"}
RANGES = {"lr": (1e-4, 1e-1), "eps": (1e-10, 1e-2), "weight_decay": (1e-3, 1e-1)}


def check_optimizer(optimizer: Optimizer, seed: int = 0) -> list[Finding]:
    """Findings about the update formula, along random runs of *STEPS* steps from state 0, in both precisions."""
    findings = []
    loose = inexact(optimizer.update.parsed)
    for dtype in (np.float64, np.float32):
        findings += _along_a_run(optimizer, np.dtype(dtype), loose, np.random.default_rng(seed))
        if not findings[-1].ok:
            break
    return findings


def inexact(parsed: Parsed) -> set[str]:
    """The functions in a formula, and in those it calls, that libraries round differently."""
    found = {callee.split()[1] for callee in parsed.calls.values() if isinstance(callee, str)} - EXACT
    found |= {"**" for n in ast.walk(parsed.tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow)}
    found |= {"**" for n in ast.walk(parsed.tree) if isinstance(n, ast.AugAssign) and isinstance(n.op, ast.Pow)}
    return found.union(*map(inexact, parsed.callees.values()))


def _along_a_run(optimizer: Optimizer, dtype: np.dtype, loose: set[str], rng: np.random.Generator) -> list[Finding]:
    compiled = _compiled(optimizer, dtype)
    size = 10 ** rng.uniform(-3, 3, LANES)
    x = (size * rng.normal(size=LANES)).astype(dtype)
    state = [np.zeros(LANES, dtype) for _ in optimizer.state]
    hyper = _hyper(optimizer, rng)
    worst = 0.0
    for k in range(1, STEPS + 1):
        gradient = size * rng.normal(size=LANES)
        gradient[k % LANES] = 0.0  # a gradient may vanish, at a minimum or by rounding
        gradient[0] = 0.0  # and may never have been anything else
        given = [x, gradient.astype(dtype), *state, *(h.astype(dtype) for h in _at_step(optimizer, hyper, k))]
        new = np.array(optimizer.update(*given)).reshape(-1, LANES)
        if not np.isfinite(new).all():
            return [_not_finite(optimizer, given, new, k, dtype)]
        if np.array(optimizer.update(*given)).reshape(-1, LANES).tobytes() != new.tobytes():
            return [Finding(f"repeats in {dtype}", False, f"at step {k} the same numbers go in and others come out")]
        other = compiled(np.array(given), np.empty_like(new))
        scale = np.max(np.abs([*given[: 2 + len(state)], *new, *other]), axis=0)
        worst = max(worst, float(np.max(np.abs(new - other) / np.spacing(np.maximum(scale, np.finfo(dtype).tiny)))))
        x, *state = new
    finite = Finding(f"finite in {dtype}", True, f"all numbers are finite over {STEPS} steps of {LANES} random runs")
    return [finite, _agreement(dtype, loose, worst)]


def _agreement(dtype: np.dtype, loose: set[str], worst: float) -> Finding:
    name = f"engines in {dtype}"
    if worst == 0.0:
        return Finding(name, True, "NumPy and compiled code give the same bits")
    if not loose:
        words = f"NumPy and compiled code differ by {worst:.3g} ulp, and nothing in the formula explains it"
        return Finding(name, False, f"{words}; please report this formula")
    words = f"NumPy and compiled code differ by {worst:.3g} ulp, because of {', '.join(sorted(loose))}"
    if worst <= ULPS:
        return Finding(name, True, words)
    return Finding(
        name, False, f"{words}; at most {ULPS} are expected: does the formula subtract nearly equal numbers?"
    )


def _not_finite(optimizer: Optimizer, given: list, new: np.ndarray, step: int, dtype: np.dtype) -> Finding:
    row, lane = np.argwhere(~np.isfinite(new))[0]
    result = ("x", *optimizer.state)[row]
    names = ("x", "g", *optimizer.state, *optimizer.hyper)
    numbers = ", ".join(f"{name}={float(values[lane]):.6g}" for name, values in zip(names, given, strict=True))
    return Finding(
        f"finite in {dtype}", False, f"the new {result} is {new[row, lane]:g} at step {step}, with {numbers}"
    )


def _hyper(optimizer: Optimizer, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A value of each setting for every lane: the default in half of them, else anything ordinary."""
    made = {}
    for name in optimizer.settings:
        low, high = RANGES.get(name, (1e-2, 1.0))
        values = 10 ** rng.uniform(np.log10(low), np.log10(high), LANES)
        if name in BIASES.values():
            values = rng.uniform(0.0, 0.999, LANES)
        if name in optimizer.defaults:
            values[::2] = optimizer.defaults[name]
        made[name] = values
    return made


def _at_step(optimizer: Optimizer, hyper: dict[str, np.ndarray], step: int) -> list[np.ndarray]:
    return [1.0 - hyper[BIASES[name]] ** step if name in BIASES else hyper[name] for name in optimizer.hyper]


def _compiled(optimizer: Optimizer, dtype: np.dtype):
    """The formula as a compiled loop over lanes: (inputs, outputs) → outputs, one row a number."""
    import numba
    from ratecheck.problems.formulas.elementary import FLAGS

    formula = optimizer.update
    inputs = ", ".join(f"given[{i}, j]" for i in range(len(formula.parameters)))
    outputs = ", ".join(f"out[{i}, j]" for i in range(formula.returns))
    text = f"def loop(given, out):\n    for j in range(out.shape[1]):\n        {outputs} = update({inputs})\n"
    namespace = {"update": formula.numba(dtype.type)}
    exec(f"{text}    return out", namespace)
    return numba.njit(**FLAGS)(namespace["loop"])
