"""The shipped theorems: one file each, the same as a user writes. ``THEOREMS`` is the registry, controls last."""

from __future__ import annotations

from typing import Any

from ..plugins import find
from ..sample_theorem import SampleTheorem
from ..theorem import Theorem
from .adagrad_l1 import adagrad_l1
from .adam_l1_any_beta2 import adam_l1_any_beta2
from .adamw_l1 import adamw_l1
from .adopt0_l1 import adopt0_l1
from .clip_l2_heavy import clip_l2_heavy
from .ef_threshold_l2_squared import ef_threshold_l2_squared
from .gaussian import gaussian
from .gd_l2 import gd_l2
from .gd_l2_squared import gd_l2_squared
from .lion_kkt_l1 import lion_kkt_l1
from .lion_l1 import lion_l1
from .momentum_l2_squared import momentum_l2_squared
from .nadamw_l1 import nadamw_l1
from .norms import norms
from .rmsprop_l1 import rmsprop_l1
from .sgd_affine_l2_squared import sgd_affine_l2_squared
from .sgd_anytime_l2_squared import sgd_anytime_l2_squared
from .sgd_l2 import sgd_l2
from .sgd_l2_best import sgd_l2_best
from .sgd_l2_squared import sgd_l2_squared
from .sgd_pl_last import sgd_pl_last
from .signgd_l1 import signgd_l1
from .signum_heavy_l1 import signum_heavy_l1
from .signum_l0l1 import signum_l0l1
from .signum_l1 import signum_l1

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
    adam_l1_any_beta2,
    adopt0_l1,
    adagrad_l1,
    signum_l1,
    signum_heavy_l1,
    signum_l0l1,
    lion_l1,
    lion_kkt_l1,
    sgd_affine_l2_squared,
    sgd_pl_last,
    sgd_anytime_l2_squared,
    clip_l2_heavy,
    ef_threshold_l2_squared,
    norms,
    gaussian,
)
THEOREMS: dict[str, AnyTheorem] = {t.name: t for t in (*_TRUE, *(control for t in _TRUE for control in t.controls))}
OFFERED = tuple(t.name for t in _TRUE)  # what messages may suggest: whoever misspells a name means no false control


def find_theorem(theorem: str | AnyTheorem, also: type | None = None) -> Any:
    """The theorem of that name, or NAME of FILE.py; raises InputError for an unknown one.

    *also* is a further kind of object that FILE.py:NAME may be.
    """
    if isinstance(theorem, (Theorem, SampleTheorem)):
        return theorem
    kinds = (Theorem, SampleTheorem) if also is None else (Theorem, SampleTheorem, also)
    return find(THEOREMS, theorem, "theorem", kinds, OFFERED)
