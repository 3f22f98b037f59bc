"""Write bits.json anew: ``python tests/golden/make_bits.py``.

Legitimate for a new cell in CELLS, and when statistics are meant to be summed in another order, which shows in
their last digits; then read the difference before it is committed. Never for x and state: an engine that gives
other bits there computes something else, and where a cell's hash would change this refuses to write. Nor for
hyper-parameters, grad_linf and max_abs_x, which have no order of summation to change.
"""

import json
import math
from pathlib import Path

from compute import entry, name, rounding


def cell(problem: str, optimizer: str, noise: str, dim: int, steps: int, replicas: int, **more) -> dict:
    sizes = {"dim": dim, "steps": steps, "replicas": replicas}
    return {"problem": problem, "optimizer": optimizer, "noise": noise, **sizes, **more}


def constant(problem: str, optimizer: str, noise: str, dim: int, steps: int, replicas: int, *, lr: float, **more):
    """A cell of the constant schedule, with the hyper-parameters among the other arguments."""
    given = {"lr": lr, **{h: more.pop(h) for h in ("beta1", "beta2", "eps", "weight_decay") if h in more}}
    return cell(problem, optimizer, noise, dim, steps, replicas, schedule="constant", optimizer_args=given, **more)


NARROW = {"dtype": "float32"}

CELLS = [
    # the theorems' schedules, from the smallest run to thousands of coordinates or of steps
    cell("rational", "adamw", "gaussian", 64, 4000, 8),
    cell("rational", "adamw", "gaussian", 1, 1, 1),
    cell("rational", "adamw", "laplace", 16, 1000, 4, seed=1, problem_args={"spectrum": 0.5}),
    cell("rational", "adamw", "student", 1025, 301, 3, noise_args={"nu": 3.5}, problem_args={"spectrum": 1.0}),
    cell("rational", "adamw", "rademacher", 7, 2001, 2, seed=2**32, **NARROW),
    cell("rational", "adamw", "sparse", 4096, 130, 2, smoothness=4.0, gap=2.0, sigma=0.5, **NARROW),
    cell("rational", "rmsprop", "laplace", 200, 250, 2, smoothness=0.5, seed=12),
    cell("quadratic", "sgd", "gaussian", 16, 1000, 2, smoothness=4.0, gap=2.0, sigma=0.5, problem_args={"start": 2.0}),
    cell("quadratic", "sgd", "uniform", 1000, 333, 3, seed=2**64 - 1, problem_args={"spectrum": 2.0, "start": -0.75}),
    cell("quadratic", "nadamw", "student", 2, 777, 9, seed=5),
    cell("quadratic", "rmsprop", "laplace", 100, 501, 4, sigma=3.0, **NARROW),
    cell("quadratic", "momentum", "rademacher", 3000, 129, 1, problem_args={"spectrum": 0.25}, **NARROW),
    cell("welsch", "momentum", "uniform", 17, 2500, 5, seed=7),
    cell("welsch", "adamw", "sparse", 15, 127, 3, noise_args={"q": 0.01}, gap=1e-3),
    cell("welsch", "sgd", "student", 1, 3001, 6, noise_args={"nu": 2.5}, **NARROW),
    cell("welsch", "nadamw", "gaussian", 1024, 257, 2, problem_args={"spectrum": 1.5, "start": 0.5}, **NARROW),
    cell("cauchy", "rmsprop", "gaussian", 64, 1023, 3, smoothness=0.1, gap=30.0),
    cell("cauchy", "rmsprop", "uniform", 7, 17, 2, problem_args={"start": 50.0}),
    cell("cauchy", "nadamw", "sparse", 3000, 65, 2, noise_args={"q": 1.0}, seed=3),
    cell("cauchy", "adamw", "student", 96, 2, 3, **NARROW),
    cell("cauchy", "momentum", "laplace", 2, 1999, 7, problem_args={"spectrum": 1.0}, **NARROW),
    cell("cosine", "rmsprop", "rademacher", 256, 640, 3),
    cell("cosine", "nadamw", "rademacher", 16, 1500, 3, problem_args={"start": 3.0}, sigma=0.1, **NARROW),
    cell("cosine", "momentum", "laplace", 1, 16, 8, seed=2**63),
    cell("cosine", "adamw", "uniform", 100, 2049, 2, problem_args={"spectrum": 0.3}, seed=99, **NARROW),
    cell("ripple", "momentum", "student", 1024, 255, 3, problem_args={"amplitude": 2.0, "frequency": 1.5}),
    cell("ripple", "sgd", "laplace", 15, 1001, 4, problem_args={"amplitude": 0.0}, smoothness=25.0),
    cell("ripple", "nadamw", "uniform", 64, 1111, 2, problem_args={"frequency": 7.25, "start": 1.25}),
    cell("ripple", "rmsprop", "student", 1, 999, 5, noise_args={"nu": 1e6}, **NARROW),
    cell("ripple", "adamw", "gaussian", 4096, 100, 2, problem_args={"spectrum": 0.8}, **NARROW),
    cell("ramp", "adamw", "gaussian", 100, 3000, 3),
    cell("ramp", "nadamw", "laplace", 1, 2048, 4, problem_args={"steepness": 1.25}, seed=2**53 + 1),
    cell("ramp", "sgd", "rademacher", 1025, 200, 2, problem_args={"steepness": 0.5}, sigma=2.0),
    cell("ramp", "rmsprop", "sparse", 17, 1234, 3, noise_args={"q": 0.3}, **NARROW),
    cell("ramp", "momentum", "gaussian", 7, 5, 9, gap=5.0, smoothness=0.3, **NARROW),
    # infinite variance, which no theorem allows
    cell("rational", "nadamw", "student", 17, 700, 3, noise_args={"nu": 1.0}),
    cell("cosine", "sgd", "student", 2, 47, 4, noise_args={"nu": 2.0}),
    # no noise
    cell("cauchy", "sgd", "gaussian", 65, 400, 1, sigma=0.0, problem_args={"spectrum": 1.0}),
    constant("quadratic", "adamw", "gaussian", 17, 60, 1, lr=0.02, eps=0.0, beta2=0.97, sigma=0.0),
    constant("ripple", "momentum", "sparse", 5, 300, 1, lr=0.05, beta1=0.5, sigma=0.0, **NARROW),
    # bias corrections: one row of hyper-parameters a step, until they have rounded to 1
    constant("rational", "adam", "gaussian", 64, 2000, 3, lr=0.01),
    constant("welsch", "adam", "laplace", 7, 1501, 4, lr=0.02, beta2=0.97, eps=1e-3, seed=8),
    constant("quadratic", "adam", "uniform", 3000, 33, 2, lr=0.001, beta1=0.0, problem_args={"spectrum": 1.0}),
    constant("ramp", "adam", "student", 16, 450, 3, lr=0.3, **NARROW),
    constant("cosine", "adam", "sparse", 100, 750, 2, lr=0.005, beta1=0.95, gap=3.0, **NARROW),
    constant("ripple", "adam", "rademacher", 1, 31, 5, lr=0.1, beta1=0.3, beta2=0.5, seed=2**40),
    constant("cauchy", "adam", "gaussian", 1024, 1, 2, lr=0.5, **NARROW),
    constant("welsch", "adamw_torch", "sparse", 7, 3, 8, lr=0.001, beta1=0.5),
    constant("rational", "adamw_torch", "uniform", 1000, 321, 2, lr=0.003, problem_args={"spectrum": 0.7}),
    constant("quadratic", "adamw_torch", "rademacher", 2, 3500, 3, lr=0.01, beta1=0.8, beta2=0.9, weight_decay=0.2),
    constant("cauchy", "adamw_torch", "student", 100, 1400, 2, lr=0.02, beta2=0.97, noise_args={"nu": 4.0}),
    constant("cosine", "adamw_torch", "laplace", 4096, 50, 1, lr=0.002, weight_decay=0.0, seed=11, **NARROW),
    constant("ramp", "adamw_torch", "gaussian", 16, 900, 2, lr=0.05, eps=1e-6, **NARROW),
    constant("ripple", "adamw_torch", "gaussian", 64, 600, 3, lr=0.01, sigma=0.0, **NARROW),
    # the user's constants where there is a theorem too
    constant("rational", "sgd", "laplace", 1025, 99, 2, lr=0.1, seed=1234567890123456789, **NARROW),
    constant("welsch", "rmsprop", "gaussian", 16, 800, 3, lr=0.01, beta2=0.9, eps=0.01),
    constant("cosine", "nadamw", "gaussian", 3000, 63, 1, lr=0.004, weight_decay=0.5, problem_args={"start": -1.0}),
    constant("rational", "momentum", "sparse", 128, 1024, 3, lr=0.2, beta1=0.99, noise_args={"q": 1e-3}),
    constant("ramp", "adamw", "uniform", 2, 2222, 3, lr=0.02, beta1=0.95, eps=0.25, weight_decay=0.001, **NARROW),
    # coordinates that differ, noise of one sign or that grows with the gradient, teeth, no smoothness
    cell("rational", "adamw", "gaussian", 70, 900, 3, problem_args={"center": 2.0, "centers": "alternating"}),
    cell("cosine", "nadamw", "laplace", 1030, 60, 2, problem_args={"starts": "spread", "noise_spectrum": 0.5}),
    cell("ripple", "sgd", "skew", 100, 700, 3, problem_args={"center": -1.0, "noisy": 3, "spectrum": 0.7}, **NARROW),
    cell("uneven-ramp", "adamw", "gaussian", 200, 1500, 2),
    cell("slope-and-bowl", "sgd", "student", 65, 1200, 3, gap=2.0, smoothness=3.0, **NARROW),
    cell("quadratic", "sgd", "pareto", 17, 800, 3, noise_args={"nu": 2.5}),
    constant("welsch", "adamw", "gaussian", 33, 500, 2, lr=0.01, noise_args={"affine": 2.0}),
    constant("cosh", "sgd", "skew", 64, 300, 2, lr=0.001, noise_args={"q": 0.02}),
    constant("sawtooth", "sgd", "gaussian", 3, 40, 1, lr=1.0, sigma=0.0),
    # far too large a step: x grows until its square is infinite, until it is infinite itself, until it is no number
    constant("quadratic", "sgd", "gaussian", 20, 400, 3, lr=5.0),
    constant("quadratic", "sgd", "gaussian", 1000, 3000, 2, lr=5.0, problem_args={"spectrum": 1.0}),
    constant("quadratic", "sgd", "gaussian", 16, 50, 2, lr=5.0, **NARROW),
    constant("quadratic", "momentum", "laplace", 64, 52, 2, lr=100.0, problem_args={"spectrum": 0.1}, **NARROW),
]


def text(rounding: str, entries: list[dict]) -> str:
    """JSON with a line for each statistic; infinity, which JSON lacks, as the text "inf"."""

    def numbers(values: list[float]) -> str:
        return json.dumps(["inf" if value == math.inf else value for value in values], allow_nan=False)

    def lines(cell: dict) -> str:
        head = [f'   "{part}": {json.dumps(cell[part])},' for part in ("arguments", "hyper", "state")]
        stats = [f'    "{statistic}": {numbers(values)}' for statistic, values in cell["stats"].items()]
        return "\n".join(["  {", *head, '   "stats": {', ",\n".join(stats), "   }", "  }"])

    return f'{{\n "rounding": "{rounding}",\n "cells": [\n' + ",\n".join(map(lines, entries)) + "\n ]\n}\n"


if __name__ == "__main__":
    path = Path(__file__).with_name("bits.json")
    frozen = json.loads(path.read_text())["cells"] if path.exists() else []
    frozen = {name(old["arguments"]): old for old in frozen}
    entries = [entry(arguments) for arguments in CELLS]
    for new in entries:
        old = frozen.get(name(new["arguments"]), new)
        if any(old[part] != new[part] for part in ("arguments", "hyper", "state")):
            raise SystemExit(f"{name(new['arguments'])}: x and state would have other bits; nothing is written")
    path.write_text(text(rounding(), entries))
