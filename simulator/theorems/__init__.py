"""The shipped theorems: one file each, the same as a user writes. ``THEOREMS`` is the registry, controls last."""

from __future__ import annotations

from typing import Any

from ..plugins import find
from ..sample_theorem import SampleTheorem
from ..theorem import Theorem
from .adamw_l1 import adamw_l1
from .gaussian import gaussian
from .gd_l2 import gd_l2
from .gd_l2_squared import gd_l2_squared
from .momentum_l2_squared import momentum_l2_squared
from .nadamw_l1 import nadamw_l1
from .norms import norms
from .rmsprop_l1 import rmsprop_l1
from .sgd_l2 import sgd_l2
from .sgd_l2_best import sgd_l2_best
from .sgd_l2_squared import sgd_l2_squared
from .signgd_l1 import signgd_l1

AnyTheorem = Theorem | SampleTheorem

_TRUE = (
    adamw_l1,
    nadamw_l1,
    sgd_l2,
    sgd_l2_squared,
    sgd_l2_best,
    gd_l2,
    gd_l2_squared,
    signgd_l1,
    momentum_l2_squared,
    rmsprop_l1,
    norms,
    gaussian,
)
THEOREMS: dict[str, AnyTheorem] = {t.name: t for t in (*_TRUE, *(control for t in _TRUE for control in t.controls))}


def find_theorem(theorem: str | AnyTheorem, also: type | None = None) -> Any:
    """The theorem of that name, or NAME of FILE.py; raises InputError for an unknown one.

    *also* is a further kind of object that FILE.py:NAME may be.
    """
    if isinstance(theorem, (Theorem, SampleTheorem)):
        return theorem
    kinds = (Theorem, SampleTheorem) if also is None else (Theorem, SampleTheorem, also)
    return find(THEOREMS, theorem, "theorem", kinds)
