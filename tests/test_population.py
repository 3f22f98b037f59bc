"""The judge on a population: random settings whose ratios do what those of true statements do, and planted mistakes.

On a fixed function measured/rate climbs for as long as the run is shorter than its transient, or falls towards its
floor; on a family made for its horizon it is level up to a term in 1/(κK). Replicas are skewed and share their noise.
``tests/calibrate`` has the same with runs.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pytest
from rate_only import SETTINGS
from synthetic import result

from simulator.cells.spec import Spec
from simulator.decorators import theorem
from simulator.engines.resolve import resolve
from simulator.judge import Outcome, judge

POPULATION = 64
SETTLED = 250  # κK of the shortest horizon that is fitted, where 5 % of the ramp is lost: more bends the ratio so much
# that a mistake of K^0.05 is seen to end with it
CEILING = 1.75  # of what any function attains here
ACQUITTED = (Outcome.HOLDS, Outcome.TIGHT)


def shifted(steps=0.0, dim=0.0, factor=None):
    """The rate of AdamW times K^−steps d^−dim; with a factor as a declared bound."""

    def rate(c):
        """A statement about AdamW."""
        return (factor or 1.0) * c.c * c.steps ** (-0.25 - steps) * c.dim ** (0.5 - dim)

    made = theorem(optimizer="adamw", name="shifted", **SETTINGS)(rate)
    return made if factor is None else made.declared(rate)


TRUE = {"rate": shifted(), "bound": shifted(factor=2.0)}
FALSE = {
    **{f"K^−{0.25 + power}": shifted(steps=power) for power in (0.05, 0.1, 0.25)},
    **{f"d^−{power}": shifted(dim=power) for power in (0.1, 0.25, 0.5)},
    "bound": shifted(factor=1.0),  # of less than what the witness attains, 1.2
}


@dataclass(frozen=True)
class Setting:
    constants: dict
    climb: float  # the power by which a fixed function's ratio climbs
    scale: float  # the κK at which it stops
    top: float  # and its height
    spread: float
    skew: float
    seed: int

    @property
    def kappa(self) -> float:
        return self.constants["smoothness"] * self.constants["gap"] / self.constants["sigma"] ** 2

    def cells(self):
        rng = np.random.default_rng(self.seed)
        shared = rng.standard_normal(8)
        for problem in ("cosine", "uneven-ramp"):
            for dim in (16, 64, 256):
                for steps in (1000, 4000, 16000, 64000):
                    spec = Spec.of(problem, "adamw", dim, steps, 8, **self.constants)
                    z = 0.7 * shared + 0.7 * rng.standard_normal(8)
                    noise = np.exp(self.skew * z - self.skew**2 / 2) if self.skew else 1 + self.spread * z
                    yield self.cell(spec, noise)

    def cell(self, spec, noise):
        c = resolve(spec).constants
        unit = c.c * math.sqrt(c.dim) * c.steps**-0.25
        if spec.problem == "cosine":
            grown = (self.kappa * c.steps / self.scale) ** self.climb
            return result(spec, self.top * grown / (1 + grown) * unit * noise)
        share = max(0.05, 1 - 12.4 / (self.kappa * c.steps))  # of the ramp that a run stays on
        made = result(spec, 1.2 * share * unit * (1 + (noise - 1) / 200))  # runs on a ramp differ by 10⁻³ at most
        curves = {"grad_l1": made.stats.grad_l1 / share, "grad_l2": made.stats.grad_l2 / share}
        return replace(made, stats=replace(made.stats, **curves))


def setting(index: int) -> Setting:
    rng = np.random.default_rng([7, index])
    return Setting(
        {name: 10 ** rng.uniform(-1, 1) for name in ("sigma", "smoothness", "gap")},
        climb=rng.choice([-0.5, -0.25, 0.1, 0.25, 0.4, 0.6]),
        scale=10 ** rng.uniform(1, 9),
        top=rng.uniform(0.1, CEILING),
        spread=10 ** rng.uniform(-2.5, -0.7),
        skew=rng.choice([0.0, 0.3]),
        seed=index,
    )


@pytest.fixture(scope="module")
def population():
    """By statement: the outcomes, and of which settings the whole half of the grid that is fitted stays on the ramp."""
    found = {}
    for index in range(POPULATION):
        one = setting(index)
        cells = list(one.cells())
        names = [*(("true", name) for name in TRUE), *(("false", name) for name in FALSE)]
        verdicts = judge(cells, theorems=[*TRUE.values(), *FALSE.values()])
        for name, verdict in zip(names, verdicts, strict=True):
            found.setdefault(name, []).append((verdict.outcome, one.kappa * 4000 >= SETTLED, verdict.reasons))
    return found


@pytest.mark.parametrize("name", TRUE)
def test_no_true_statement_is_convicted(population, name):
    told = population["true", name]
    guilty = [reasons for outcome, _, reasons in told if outcome is Outcome.VIOLATED]
    assert not guilty, guilty
    assert sum(outcome in ACQUITTED for outcome, *_ in told) > POPULATION / 3  # nor is every verdict an excuse


@pytest.mark.parametrize("name", FALSE)
def test_no_false_statement_is_acquitted_and_those_with_a_witness_are_convicted(population, name):
    told = population["false", name]
    assert not [reasons for outcome, _, reasons in told if outcome in ACQUITTED]
    stays = Counter(outcome for outcome, stays, _ in told if stays)
    assert stays.total() > POPULATION / 3 and stays[Outcome.VIOLATED] >= 0.95 * stays.total(), stays
