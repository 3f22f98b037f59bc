"""What a noise law must pass: mean 0, variance 1 where it is finite, at its defaults and at other arguments."""

from __future__ import annotations

import inspect
import math
import types

import numpy as np

from ..errors import InputError
from ..noise import Noise
from .moments import moments
from .scalar import Finding

TRIES = 3


def check_noise(noise: Noise, within: float = 1e-3) -> list[Finding]:
    """Mean 0, and variance 1 to *within* if finite variance is declared, by quadrature over the law's words."""
    found = moments(noise)
    mean = Finding(
        "mean",
        abs(found.mean) < within,
        f"the mean is {found.mean:.3g}, 0 is needed: a stochastic gradient is unbiased",
    )
    if not math.isfinite(noise.variance):
        return [mean]
    return [
        mean,
        Finding(
            "variance",
            abs(found.square - found.mean**2 - 1) < within,
            f"the variance is {found.square - found.mean**2:.6g}, 1 is needed: σ scales it",
        ),
    ]


def check_law(make: types.FunctionType, rng: np.random.Generator | None = None) -> list[Finding]:
    """Findings about a function that returns a law: at its defaults, then at random arguments that it accepts.

    Of the random ones only what went wrong is reported, with the arguments. Arguments are refused with InputError.
    """
    rng = rng or np.random.default_rng(0)
    defaults = {p.name: p.default for p in inspect.signature(make).parameters.values()}
    bare = [name for name, value in defaults.items() if value is inspect.Parameter.empty]
    if bare:
        return [Finding("arguments", False, f"{', '.join(bare)} has no default, so that there is nothing to check")]
    findings = _at(make, {})
    numbers = {n: v for n, v in defaults.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
    if not numbers or not all(f.ok for f in findings):
        return findings
    accepted = 0
    for _ in range(TRIES):
        given = {name: float(value) * 10 ** rng.uniform(-0.5, 0.5) for name, value in numbers.items()}
        found = _at(make, given)
        if any(f.name == REFUSED for f in found):
            continue
        accepted += 1
        words = ", ".join(f"{name}={value:.6g}" for name, value in given.items())
        findings += [Finding(f.name, False, f"{f.words} (with {words})") for f in found if not f.ok]
    if all(f.ok for f in findings):
        words = f"{accepted} of {TRIES} random ones are accepted, and their laws pass too"
        findings.append(Finding("arguments", True, words))
    return findings


REFUSED = "refused"


def _at(make: types.FunctionType, arguments: dict[str, float]) -> list[Finding]:
    try:
        noise = make(**arguments)
    except InputError as error:
        return [Finding(REFUSED if arguments else "build", False, str(error))]
    except Exception as error:  # the user's own function
        return [Finding("build", False, f"{type(error).__name__}: {error}")]
    if not isinstance(noise, Noise):
        return [Finding("build", False, f"it returns {type(noise).__name__}; a Noise is expected")]
    return check_noise(noise)


def makes_noise(thing: object) -> bool:
    """Whether *thing* is a function that says it returns a Noise."""
    if not isinstance(thing, types.FunctionType):
        return False
    said = inspect.signature(thing).return_annotation
    return said is Noise or isinstance(said, str) and said.strip("'\"").rpartition(".")[2] == "Noise"
