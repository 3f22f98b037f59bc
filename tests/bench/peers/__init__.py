"""The peers, one file each. A peer says what it needs and turns a Task into a callable.

TITLE names it; PACKAGES are the imports and PROGRAMS the commands it needs; FORM is its AdamW (see ``FORMS``);
ENVIRONMENT is set before its process starts. ``prepare(task)`` compiles and warms up and returns a callable
``(seed) → array (replicas, 2)``, the means over k = 1 … K of ‖∇f(x^k)‖₁ and ‖∇f(x^k)‖₂, the norms
taken before each update. Libraries are imported in ``prepare``, so that a missing one is only skipped.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from types import ModuleType

RATECHECK = "ratecheck"
PEERS = (RATECHECK, "numpy", "numba_loop", "torch_fused", "torch_compiled", "jax_optax", "jax_expert", "jax_kernel")
GPU_PEERS = ("torch_fused_cuda", "jax_optax_cuda")  # for tests/gpucheck


def load(name: str) -> ModuleType:
    """The module of a peer."""
    return importlib.import_module(f"{__name__}.{name}_peer")


def missing(peer: ModuleType) -> list[str]:
    """Packages and programs that *peer* needs and that are not there."""
    packages = [name for name in peer.PACKAGES if importlib.util.find_spec(name) is None]
    return packages + [name for name in getattr(peer, "PROGRAMS", ()) if shutil.which(name) is None]
