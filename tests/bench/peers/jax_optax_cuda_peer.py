"""JAX and optax on a GPU: the same program as on the CPU."""

from .jax_optax_peer import FORM, PACKAGES, prepare

__all__ = ["ENVIRONMENT", "FORM", "PACKAGES", "TITLE", "prepare"]

TITLE = "JAX, optax.adamw"
ENVIRONMENT = {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cuda", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
