"""Coverage of the limits that verdicts rest on, where the truth is known: SGD on quadratics.

There E‖∇f(x^k)‖₂² obeys a linear recursion for every law of finite variance, so each cell's mean is known; over it the
measured values are level in K and d, so each exponent is 0. The bound that equals the mean is true, and tight.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.cells.evidence import Result
from simulator.cells.spec import Spec
from simulator.engines import run
from simulator.judge import judge
from simulator.judge.eligible import LEAST_JUMPS, eligible
from simulator.judge.growth import growth
from simulator.judge.intervals import mean

from .settings import Setting
from .statements import like

LARGEST = (128, 4000)
STATEMENT = "sgd-l2-squared, equal to its mean"


def cells(setting: Setting) -> list[Spec]:
    """Nine quadratics, under the rule of sgd-l2."""
    made = replace(setting, dims=setting.dims[-3:], steps=setting.steps[-3:])
    own = {"noise": made.noise, "noise_args": dict(made.noise_args), "seed": made.seed}
    constants = {"smoothness": made.smoothness, "gap": made.gap, "sigma": made.sigma}
    return [Spec.of("quadratic", "sgd", d, k, 8, **own, **constants) for d in made.dims for k in made.steps]


def exact(c, h) -> float:
    """The mean of E‖∇f(x^k)‖₂² over k = 1 … K: a geometric approach to its limit σ²Lη/(2 − Lη)."""
    step = c.smoothness * h.lr
    rest = c.sigma**2 * step / (2 - step)
    away = 2 * c.smoothness * c.gap - rest  # how far the start is from it
    return rest + away * (1 - (1 - step) ** (2 * c.steps)) / (step * (2 - step) * c.steps)


def covered(setting: Setting) -> dict:
    """How often a limit lies on the wrong side of the truth: of the cells' means, and of the exponents of measured over
    true; ``outcome`` is the verdict on the bound that is the mean."""
    theorem = like(STATEMENT, "sgd-l2-squared", lambda c, h: exact(c, h), lambda c, h: exact(c, h), hard=())
    results = [run(spec, threads=1) for spec in cells(setting)]
    sound = eligible(theorem, results, {}).sound
    rest = [r for r in results if r.key not in {j.result.key for j in sound}]
    heavy = [mean(r.values(theorem.measures) / theorem.bound(r.constants, r.hyper)) for r in rest if _is_heavy(r)]
    found = growth([j.result for j in sound], [j.ratio for j in sound])
    [verdict] = judge(results, theorems=[theorem])
    exponents = list(found.exponents.values())
    return {
        "means": [len(sound), *_missed([j.mean for j in sound], 1.0)],
        "exponents": [len(exponents), *_missed(exponents, 0.0)],
        "heavy": [len(heavy), *_missed(heavy, 1.0)],
        "aside": len(rest),
        "outcome": verdict.outcome.value,
        "suspect": verdict.suspect,
    }


def _is_heavy(result: Result) -> bool:
    """Whether it is for want of a fourth moment alone that the cell is set aside."""
    return "kurtosis" in result.constants.missing and result.constants.jumps >= LEAST_JUMPS


def _missed(estimates: list, truth: float) -> tuple[int, int]:
    """How many lower limits lie above the truth, and upper limits below."""
    low = np.array([e.low() for e in estimates])
    high = np.array([e.high() for e in estimates])
    return int(np.sum(low > truth)), int(np.sum(high < truth))
