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

NOISELESS = ("gd-l2", "signgd-l1")
BOUNDED = ("rademacher", "uniform", "skew")  # laws
BOWL = ("slope-and-bowl", {})
EQUAL = ("uneven-ramp", {"steepness": 0.5, "slope_spectrum": 0.0})
EVEN_NOISE = ("uneven-ramp", {"steepness": 1.0, "noise_spectrum": 0.0})
ADAPTIVE = ("uneven-ramp", {"steepness": 1.2})
WITNESSES: Mapping[str, tuple[tuple[str, Mapping[str, float | str]], ...]] = {
    "adamw-l1": (("ramp", {"steepness": 1.5}), ADAPTIVE),
    "nadamw-l1": (ADAPTIVE,),
    "rmsprop-l1": (ADAPTIVE,),
    "sgd-l2": (BOWL, EQUAL),
    "sgd-l2-best": (BOWL,),
    "momentum-l2-squared": (BOWL,),
    "gd-l2": (("sawtooth", {"form": "mean"}),),
    "signgd-l1": (("quadratic", {}),),
    "adam-l1-any-beta2": (ADAPTIVE,),
    "adopt0-l1": (ADAPTIVE,),
    "signum-l1": (EQUAL, EVEN_NOISE),
    "signum-heavy-l1": (EVEN_NOISE,),
    "lion-l1": (EQUAL, EVEN_NOISE),
    "lion-kkt-l1": (EVEN_NOISE,),
    "adagrad-l1": (EVEN_NOISE,),
    "clip-l2-heavy": (EQUAL,),
    "ef-threshold-l2-squared": (EQUAL,),
    "sgd-anytime-l2-squared": (EQUAL,),
    "sgd-affine-l2-squared": (),
    "sgd-pl-last": (),
    "signum-l0l1": (),
}
# The function of theorems that a setting's profile is none for.
OWN_PROFILE: Mapping[str, tuple[str, Mapping[str, float | str]]] = {
    "sgd-pl-last": ("quadratic", {"spectrum": 0.1}),
    "signum-l0l1": ("cosh", {}),
}
AT_OTHER_KAPPA = {"adamw-l1": WITNESSES["adamw-l1"][1], "sgd-l2": EQUAL}
SMALLER_SIGMA = (0.5, 0.25)
_RULES = Path(__file__).with_name("wrong_rules.py")
WRONG_RULES = tuple(f"{_RULES}:{name}" for name in ("step_too_long", "decay_is_fixed", "signs_of_one"))


def specs(setting: Setting) -> Iterator[Spec]:
    """All cells that statements are judged on."""
    profile = (setting.profile, setting.profile_args)
    for name, witnesses in WITNESSES.items():
        if name == "adagrad-l1" and setting.noise not in BOUNDED:
            continue
        for problem, arguments in (OWN_PROFILE.get(name, profile), *witnesses):
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
    growing = {"affine": 2.0} if name == "sgd-affine-l2-squared" else {}
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
                noise_args={**setting.noise_args, **growing} if noisy else {},
                smoothness=setting.smoothness,
                gap=setting.gap,
                sigma=setting.sigma if noisy else 0.0,
                seed=setting.seed,
            )
