"""Claims: what is compared with what. ``CLAIMS`` has the shipped ones; ``claim`` makes a user's own."""

from .controls import control_constant_lr, control_dimension, control_rate
from .define import Claim, NormClaim, claim, norm_claim
from .theorems import adamw_l1, gaussian, nadamw_l1, norms, sgd_l2

CLAIMS: dict[str, Claim | NormClaim] = {
    c.name: c
    for c in (adamw_l1, nadamw_l1, sgd_l2, norms, gaussian, control_constant_lr, control_rate, control_dimension)
}

__all__ = ["CLAIMS", "Claim", "NormClaim", "claim", "norm_claim"]
