"""Test problems for optimizers whose smoothness L and gap Δ are known exactly, and noise of exact variance.

>>> from problems import rational
>>> p = rational(dim=64, smoothness=1.0, gap=1.0, start=2.0)
>>> x = p.start_point()
>>> round(float(p.value(x) - p.minimum), 12)
1.0
"""

if __name__ == "problems":  # by the folder's own name: the modules of ratecheck.problems, not a second copy of them
    import sys
    from importlib import import_module
    from pathlib import Path

    if "ratecheck" not in sys.modules:
        _root = Path(__file__).parents[1]
        sys.path[:0] = [str(_root / "simulator"), str(_root)]  # where a clone has it, and where an installation has
        import_module("ratecheck")
        del sys.path[:2]
    import_module("ratecheck.names").share("problems")


from .errors import InputError
from .formulas.formula import Formula, FormulaError
from .mixtures import Mixture, Share, mixture
from .noise import NOISES, Noise, gaussian, laplace, pareto, rademacher, skew, sparse, student, uniform
from .problem import SeparableProblem
from .profiles import cauchy, cosh, cosine, quadratic, rational, ripple, welsch
from .ramps import ramp
from .sawteeth import sawtooth
from .separable import Profile, profile
from .slope_and_bowl import slope_and_bowl
from .uneven_ramp import uneven_ramp

_PROFILES = (quadratic, rational, welsch, cauchy, cosine, ripple, cosh)
PROBLEMS = {p.name: p for p in (*_PROFILES, ramp, uneven_ramp, slope_and_bowl, sawtooth)}

__all__ = [
    "NOISES",
    "PROBLEMS",
    "Formula",
    "FormulaError",
    "InputError",
    "Mixture",
    "Noise",
    "Profile",
    "SeparableProblem",
    "Share",
    "cauchy",
    "cosh",
    "cosine",
    "gaussian",
    "laplace",
    "mixture",
    "pareto",
    "profile",
    "quadratic",
    "ramp",
    "rademacher",
    "rational",
    "ripple",
    "sawtooth",
    "skew",
    "slope_and_bowl",
    "sparse",
    "student",
    "uneven_ramp",
    "uniform",
    "welsch",
]
