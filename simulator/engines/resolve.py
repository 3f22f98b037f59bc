"""From a Spec, which is plain data, to a Cell: what its names stand for, its constants, its hyper-parameters.

This is the one place where names become objects. It stands above the theorems, whose rules it uses, and below the
lab, which resolves each Spec once.
"""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from ratecheck.problems import NOISES, PROBLEMS, Noise, SeparableProblem
from ratecheck.problems.errors import InputError, require_known, require_number

from ..cells.cell import Cell
from ..cells.constants import Constants
from ..cells.spec import Spec, Value
from ..optimizers import OPTIMIZERS, Optimizer
from ..plugins import find, full_name, is_own, plain_name
from ..theorems import THEOREMS
from .schedules import SCHEDULES, check_given, hyper_parameters

INFINITE = "the noise has infinite variance, so there is no σ"
NO_FOURTH_MOMENT = "the noise has no fourth moment"
AFFINE = "the noise's variance grows with the gradient, σ₀² + σ₁²‖∇f‖²: there are sigma_0 and sigma_1, and no σ"
NO_MOMENT = "the noise has no moment of an order above 1, or one beyond all numbers"
TAILS = ("tail_order", "tail_l1", "tail_p", "tail_2p")


class Landscape(NamedTuple):
    """What of a cell its optimizer has no part in: the function and the noise on it, all arguments, and the defaults
    that they depart from."""

    problem: SeparableProblem
    problem_defaults: Mapping[str, object]
    noise: Noise
    noise_args: Mapping[str, Value]
    law_defaults: Mapping[str, object]
    constants: Constants


Law = tuple[Noise, dict[str, Value], Mapping[str, object]]  # with all its arguments, and their defaults


@dataclass(frozen=True)
class Landscapes:
    """What ``resolve`` found before, and need not make again."""

    found: dict[tuple, Landscape] = field(default_factory=dict)
    laws: dict[tuple, Law] = field(default_factory=dict)


def resolve(spec: Spec, known: Landscapes | None = None) -> Cell:
    """The objects behind the names of *spec*; raises InputError for unknown names and wrong arguments.

    What an installed package offers has its full name in the Cell, MODULE:NAME. A caller that resolves cells of many
    optimizers keeps their common landscapes in *known*.
    """
    full: dict[str, Any] = {
        "problem": full_name(PROBLEMS, spec.problem, "problem"),
        "optimizer": full_name(OPTIMIZERS, spec.optimizer, "optimizer"),
        "noise": full_name(NOISES, spec.noise, "noise"),
        "schedule": full_name({**SCHEDULES, **THEOREMS}, spec.schedule, "theorem"),
    }
    if any(getattr(spec, what) != name for what, name in full.items()):
        spec = replace(spec, **full)
    optimizer = find(OPTIMIZERS, spec.optimizer, "optimizer", Optimizer)
    here = _landscape(spec, known or Landscapes())
    check_given(optimizer, spec.optimizer_args)
    hyper = hyper_parameters(spec, optimizer, here.constants.but(sigma=spec.sigma))
    filled = replace(
        spec,
        problem_args=dict(here.problem.arguments),
        noise_args=dict(here.noise_args),
        optimizer_args={name: float(value) for name, value in spec.optimizer_args.items()},
    )
    departures = {
        **spec.to_dict(),
        **{what: plain_name(name) for what, name in full.items()},
        "problem_args": _departing(here.problem.arguments, here.problem_defaults),
        "noise_args": _departing(here.noise_args, here.law_defaults),
        "optimizer_args": filled.optimizer_args,
    }
    return Cell(filled, here.problem, here.noise, optimizer, here.constants, hyper, departures)


def _landscape(spec: Spec, known: Landscapes) -> Landscape:
    law = (spec.noise, *spec.noise_args.items())
    sizes = (spec.dim, spec.steps, spec.smoothness, spec.gap, spec.sigma)
    place = (spec.problem, *spec.problem_args.items(), *law, *sizes)
    if place not in known.found:
        if law not in known.laws:
            known.laws[law] = _noise(spec)
        noise, noise_args, law_defaults = known.laws[law]
        true_sigma = spec.sigma if noise.variance == 1.0 or spec.sigma == 0 else math.inf
        problem, defaults = _problem(spec, true_sigma)
        constants = _constants(spec, problem, noise, true_sigma)
        known.found[place] = Landscape(problem, defaults, noise, noise_args, law_defaults, constants)
    return known.found[place]


def _problem(spec: Spec, true_sigma: float) -> tuple[SeparableProblem, Mapping[str, object]]:
    generator = find(PROBLEMS, spec.problem, "problem")
    if not (hasattr(generator, "requires") and hasattr(generator, "parameters")):
        raise InputError(f"{spec.problem} is no problem, but {type(generator).__name__}; see docs/extending.md")
    require_known(spec.problem_args, generator.parameters, f"problem {spec.problem!r}")
    own = {"dim": spec.dim, "smoothness": spec.smoothness, "gap": spec.gap, "steps": spec.steps, "sigma": true_sigma}
    try:
        problem = generator(**{name: own[name] for name in generator.requires}, **spec.problem_args)
    except ArithmeticError as error:  # of constants at the end of the floating-point numbers
        raise InputError(
            f"problem {spec.problem!r} can't be made with smoothness={spec.smoothness:g}, gap={spec.gap:g} and "
            f"sigma={spec.sigma:g} ({error}); choose constants of ordinary size"
        ) from error
    except InputError:
        raise
    except Exception as error:
        if not is_own(spec.problem):
            raise
        raise InputError(
            f"problem {spec.problem!r} can't be made with {spec.problem_args}: {type(error).__name__}: {error}"
        ) from error
    return problem, generator.parameters


def _noise(spec: Spec) -> Law:
    """As ``noise_of``; every law may be given ``affine`` too, ρ of a variance σ_i² + ρ(∇_i f)²."""
    own = dict(spec.noise_args)
    affine = require_number(own.pop("affine", 0.0), f"noise {spec.noise!r}: affine", least=0)
    noise, arguments, defaults = noise_of(spec.noise, own)
    if affine:
        return replace(noise, affine=affine), {**arguments, "affine": affine}, defaults
    return noise, arguments, defaults


def noise_of(name: str, arguments: Mapping[str, Value]) -> Law:
    """The law, all its arguments, and their defaults: by the function's signature, whatever the law says of itself."""
    make = find(NOISES, name, "noise", (Noise, types.FunctionType))
    if isinstance(make, Noise):  # a law with its arguments fixed
        require_known(arguments, (), f"noise {name!r}")
        return make, {}, {}
    defaults = {
        p.name: p.default
        for p in inspect.signature(make).parameters.values()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }
    require_known(arguments, defaults, f"noise {name!r}")
    try:
        noise = make(**arguments)
    except InputError:
        raise
    except Exception as error:  # the user's own function
        raise InputError(
            f"noise {name!r} can't be made with {dict(arguments)}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(noise, Noise):
        raise InputError(f"{name} is no noise: it must be a function that returns a Noise; see docs/extending.md")
    filled = {n: v for n, v in {**defaults, **arguments}.items() if isinstance(v, (int, float, str))}
    return noise, {n: v if isinstance(v, str) else float(v) for n, v in filled.items()}, defaults


def _constants(spec: Spec, problem: SeparableProblem, noise: Noise, true_sigma: float) -> Constants:
    values = {"dim": spec.dim, "steps": spec.steps, "smoothness": spec.smoothness, "gap": spec.gap}
    missing = dict(problem.missing)
    if true_sigma == math.inf:
        missing |= dict.fromkeys(("sigma", "sigma_l1", "jumps"), INFINITE)
    else:
        if noise.affine:
            missing |= dict.fromkeys(("sigma", "sigma_l1"), AFFINE)
            values |= {"sigma_0": spec.sigma, "sigma_1": math.sqrt(noise.affine)}
        else:
            values |= {"sigma": spec.sigma, "sigma_l1": problem.noise_sum(1) * spec.sigma}
        if spec.sigma > 0:
            values["jumps"] = spec.steps / (noise.drawn_kurtosis * problem.noise_sum(4))
            if math.isfinite(noise.kurtosis):
                values["kurtosis"] = noise.kurtosis
            else:
                missing["kurtosis"] = NO_FOURTH_MOMENT
        if not noise.affine and noise.largest < math.inf:
            values["noise_linf"] = problem.noise_largest() * spec.sigma * noise.largest
    tails = {} if noise.affine else _tails(spec, problem, noise)
    missing |= {} if tails else dict.fromkeys(TAILS, AFFINE if noise.affine else NO_MOMENT)
    values |= {**tails, **noise.supplies, **problem.supplies}
    return Constants({name: value for name, value in values.items() if name not in missing}, missing)


def _tails(spec: Spec, problem: SeparableProblem, noise: Noise) -> dict[str, float]:
    """An order p ≤ 2 of which the noise has a moment, and of the s_i with E|ξ_i|^p = s_i^p their sum, that of their
    p-th and of their 2p-th powers. Where the variance is finite p = 2 and s_i = σ_i."""
    p = noise.order
    moment = noise.moment(p) if p > 1 else math.inf
    if not moment < math.inf:
        return {}
    s = spec.sigma * moment ** (1 / p)  # s_i is this many times σ_i/σ
    with np.errstate(over="ignore"):
        sums = [problem.noise_sum(power) * np.float64(s) ** power for power in (1, p, 2 * p)]
    return dict(zip(TAILS, map(float, (p, *sums)), strict=True)) if np.all(np.isfinite(sums)) else {}


def _departing(values: Mapping[str, object], defaults: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value != defaults.get(name)}
