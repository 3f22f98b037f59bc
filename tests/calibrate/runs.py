"""The cells of a setting: its profile and the witnesses under each rule, some at other κ, and rules that are wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve
from simulator.judge.eligible import LEAST_JUMPS
from simulator.theorems.naming import spec_names

from .settings import Setting

NOISY = ("adamw-l1", "nadamw-l1", "rmsprop-l1", "sgd-l2", "sgd-l2-best", "momentum-l2-squared")
NOISELESS = ("gd-l2", "signgd-l1")
BOWL = ("slope-and-bowl", {})
EQUAL = ("uneven-ramp", {"steepness": 0.5, "slope_spectrum": 0.0})
WITNESSES: Mapping[str, tuple[tuple[str, Mapping[str, float | str]], ...]] = {
    "adamw-l1": (("ramp", {"steepness": 1.5}), ("uneven-ramp", {"steepness": 1.2})),
    "nadamw-l1": (("uneven-ramp", {"steepness": 1.2}),),
    "rmsprop-l1": (("uneven-ramp", {"steepness": 1.2}),),
    "sgd-l2": (BOWL, EQUAL),
    "sgd-l2-best": (BOWL,),
    "momentum-l2-squared": (BOWL,),
    "gd-l2": (("sawtooth", {"form": "mean"}),),
    "signgd-l1": (("quadratic", {}),),
}
AT_OTHER_KAPPA = {"adamw-l1": WITNESSES["adamw-l1"][1], "sgd-l2": EQUAL}
SMALLER_SIGMA = (0.5, 0.25)
_RULES = Path(__file__).with_name("wrong_rules.py")
WRONG_RULES = tuple(f"{_RULES}:{name}" for name in ("step_too_long", "decay_is_fixed", "signs_of_one"))


def specs(setting: Setting) -> Iterator[Spec]:
    """All cells that statements are judged on."""
    profile = (setting.profile, setting.profile_args)
    for name in NOISY + NOISELESS:
        for problem, arguments in (profile, *WITNESSES[name]):
            yield from _grid(setting, name, problem, arguments)
    for name, (problem, arguments) in AT_OTHER_KAPPA.items():
        for factor in SMALLER_SIGMA:
            moved = replace(setting, sigma=setting.sigma * factor, dims=setting.dims[1:2], steps=setting.steps[-1:])
            yield from _grid(moved, name, problem, arguments)
    yield from wrong(setting)


def settled(setting: Setting) -> float:
    """κK of the shortest horizon that is fitted; 0 where the judge leaves such cells aside because noise is rare."""
    shortest = replace(setting, dims=setting.dims[:1], steps=(setting.shortest,))
    [spec] = _grid(shortest, "sgd-l2", *EQUAL)
    jumps = resolve(spec).constants.get("jumps", math.inf)
    return setting.kappa * setting.shortest if jumps >= LEAST_JUMPS else 0.0


def wrong(setting: Setting) -> Iterator[Spec]:
    """Runs under rules that are wrong, on the function that shows it."""
    fewer = replace(setting, dims=setting.dims[:2])
    long_steps, fixed_decay, one_sign = WRONG_RULES
    yield from _grid(setting, long_steps, "quadratic", {})
    yield from _grid(fewer, fixed_decay, "quadratic", {"center": setting.center})
    yield from _grid(replace(fewer, noise="skew", noise_args={"q": 0.4}), one_sign, "quadratic", {})


def _grid(setting: Setting, name: str, problem: str, arguments: Mapping[str, float | str]) -> Iterator[Spec]:
    optimizer, schedule, _ = spec_names(name)
    noisy = name not in NOISELESS
    for dim in setting.dims:
        for steps in setting.steps:
            yield Spec.of(
                problem,
                optimizer,
                dim,
                steps,
                8,
                schedule=schedule,
                problem_args=dict(arguments),
                noise=setting.noise if noisy else "gaussian",
                noise_args=dict(setting.noise_args) if noisy else {},
                smoothness=setting.smoothness,
                gap=setting.gap,
                sigma=setting.sigma if noisy else 0.0,
                seed=setting.seed,
            )
