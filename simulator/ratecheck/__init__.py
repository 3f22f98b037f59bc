"""pytest for convergence theorems: what a theorem file, a test or a notebook imports.

The folders ``problems`` and ``simulator`` are this package's: ``ratecheck.problems`` and ``ratecheck.simulator`` are
the names of their modules, wherever a program starts, so that a project may have folders of the same names. Names
below are looked up when they are first used: importing ratecheck alone imports nothing heavy.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import names

if TYPE_CHECKING:  # what _PUBLIC says, for editors and type checkers
    from .problems.errors import InputError as InputError
    from .problems.formulas import Formula as Formula
    from .problems.mixtures import Share as Share
    from .problems.mixtures import mixture as mixture
    from .problems.noise import Noise as Noise
    from .problems.noise import noise as noise
    from .problems.separable import profile as profile
    from .simulator.assumptions import assumption as assumption
    from .simulator.calls.judging import judge as judge
    from .simulator.calls.sweep import load as load
    from .simulator.calls.sweep import run as run
    from .simulator.calls.sweep import sweep as sweep
    from .simulator.calls.values import judge_values as judge_values
    from .simulator.calls.verify import verify as verify
    from .simulator.cells.constants import SaysNothing as SaysNothing
    from .simulator.cells.of_step import of_step as of_step
    from .simulator.cells.quantities import reading as reading
    from .simulator.cells.quantities import weighted as weighted
    from .simulator.decorators import sample_theorem as sample_theorem
    from .simulator.decorators import theorem as theorem
    from .simulator.optimizers import optimizer as optimizer
    from .simulator.record.probe import probe as probe
    from .simulator.record.watch import watch as watch

_HOME = next(p for p in Path(__file__).parents[1:] if all((p / f / "__init__.py").exists() for f in names.FOLDERS))
__path__.append(str(_HOME))  # in a clone and in an installed package alike, the two folders lie in one place

_PUBLIC = {
    "Formula": "problems.formulas",
    "InputError": "problems.errors",
    "Noise": "problems.noise",
    "SaysNothing": "simulator.cells.constants",
    "Share": "problems.mixtures",
    "assumption": "simulator.assumptions",
    "judge": "simulator.calls.judging",
    "judge_values": "simulator.calls.values",
    "load": "simulator.calls.sweep",
    "mixture": "problems.mixtures",
    "noise": "problems.noise",
    "of_step": "simulator.cells.of_step",
    "optimizer": "simulator.optimizers",
    "probe": "simulator.record.probe",
    "profile": "problems.separable",
    "reading": "simulator.cells.quantities",
    "run": "simulator.calls.sweep",
    "sample_theorem": "simulator.decorators",
    "sweep": "simulator.calls.sweep",
    "theorem": "simulator.decorators",
    "verify": "simulator.calls.verify",
    "watch": "simulator.record.watch",
    "weighted": "simulator.cells.quantities",
}
__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("ratecheck.simulator.version").version()
    if name not in _PUBLIC:
        raise AttributeError(f"module 'ratecheck' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"ratecheck.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
