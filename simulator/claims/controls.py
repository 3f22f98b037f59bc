"""False controls: claims known to be wrong, which must come out VIOLATED, or the judge is blind."""

from __future__ import annotations

from .define import claim


@claim("control-constant-lr", optimizer="adamw", schedule="constant", expected="fails", axes=("steps",))
def control_constant_lr(cell):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for AdamW whose learning rate does not shrink with K.

    The stationary noise stays, so the mean norm has exponent 0 and the ratio grows like K^(1/4).
    """
    return cell.stats.mean_grad_l1, cell.bound_l1


@claim("control-rate", optimizer="adamw", expected="fails", axes=("steps",))
def control_rate(cell):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/2)) for AdamW.

    With the true rate K^(−1/4) the ratio grows like K^(1/4).
    """
    return cell.stats.mean_grad_l1, cell.bound_l1 * cell.spec.steps**-0.25


@claim("control-dimension", optimizer="adamw", expected="fails", axes=("dim",))
def control_dimension(cell):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(C / K^(1/4)) for AdamW, without √d.

    With the true √d the ratio grows like d^(1/2).
    """
    return cell.stats.mean_grad_l1, cell.bound_l2
