"""The cells of a setting: its profile and the witnesses under each rule, some at other κ, and rules that are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from simulator.cells.constants import Constants
from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve
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


def wrong(setting: Setting) -> Iterator[Spec]:
    """Runs under rules that are wrong, on the function that shows it."""
    there = {"center": setting.center}
    skewed = replace(setting, dims=setting.dims[:2], noise="skew", noise_args={"q": 0.4})
    for spec in _grid(setting, "sgd-l2", "quadratic", {}):
        yield _given(spec, lambda c, h: {"lr": h["lr"] * c.dim**0.5})
    for spec in _grid(replace(setting, dims=setting.dims[:2]), "adamw-l1", "quadratic", there):
        yield _given(spec, lambda c, h: {**h, "weight_decay": FIXED_DECAY})
    for spec in _grid(skewed, "signgd-l1", "quadratic", {}, setting.sigma):
        yield _given(spec, lambda c, h: h)


FIXED_DECAY = 0.1


def _grid(
    setting: Setting, name: str, problem: str, arguments: Mapping[str, float | str], sigma: float | None = None
) -> Iterator[Spec]:
    optimizer, schedule, _ = spec_names(name)
    noisy = name in NOISY or sigma is not None
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


def _given(spec: Spec, rule: Callable[[Constants, Mapping], Mapping[str, float]]) -> Spec:
    """*spec* with constant hyper-parameters, made from those that its own rule gives."""
    cell = resolve(spec)
    given = {name: float(value) for name, value in rule(cell.constants, dict(cell.hyper)).items()}  # type: ignore[arg-type]
    return replace(spec, schedule="constant", optimizer_args=given)
