"""What a cell must have for a shipped theorem to say something of it: a problem and a noise with its constants."""

from __future__ import annotations

from typing import Any

from simulator.theorem import Theorem

NEEDS: dict[str, dict[str, Any]] = {  # by the assumption that asks for it
    "polyak": {"problem": "quadratic"},
    "generalised_smooth": {"problem": "cosh"},
    "bounded_gradients": {"noise": "rademacher"},
    "growing_variance": {"noise_args": {"affine": 2.0}},
    "noiseless": {"sigma": 0.0},
}


def fitting(theorem: Theorem, **given: Any) -> dict[str, Any]:
    """Arguments of a Spec: *given*, on `rational` with Gaussian noise but for what *theorem* asks for."""
    found = {"problem": "rational", **given}
    for assumption in theorem.assumes:
        found |= NEEDS.get(assumption.name, {})
    return found
