"""Optimizers: one update formula each, in the very form of the theorem it belongs to.

A formula takes the coordinate x, its stochastic gradient g, the state and then hyper-parameters by
name; it returns the new x and the new state, which starts at 0. So ``(x, g, m, lr, beta1)`` returning
``(x, m)`` has the state m and the hyper-parameters lr and beta1. Two names are filled in by the
engine at step k = 1, 2, …: ``bias1`` = 1 − beta1^k and ``bias2`` = 1 − beta2^k.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ratecheck.problems.errors import InputError
from ratecheck.problems.formulas.formula import Formula

BIASES = {"bias1": "beta1", "bias2": "beta2"}
MAX_STATE = 4
UNITLESS = {"beta1": (0.0, 0.0), "beta2": (0.0, 0.0)}
OF_GRADIENT = {"lr": (-1, 2)}  # the step is a gradient times lr
NORMALISED = {"lr": (0, 1), "weight_decay": (0, -1)}  # the step is lr times a number without a unit


@dataclass(frozen=True, eq=False)
class Optimizer:
    """An update formula with the names of its state and hyper-parameters.

    ``hyper`` are the formula's trailing arguments in order, ``biases`` included; ``settings`` are those
    a schedule or a user gives; ``defaults`` the values that the constant schedule uses when none is given.
    ``degrees``: (a, b) for a setting that must become c^a s^b times itself under f(x) → c f(x/s) for the run to be the
    same in other units; beta1 and beta2 are numbers without a unit.
    """

    name: str
    update: Formula
    state: tuple[str, ...]
    hyper: tuple[str, ...]
    defaults: Mapping[str, float] = field(default_factory=dict)
    degrees: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def settings(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                [*(h for h in self.hyper if h not in BIASES), *(BIASES[h] for h in self.hyper if h in BIASES)]
            )
        )


def optimizer(
    *rule: object, degrees: Mapping[str, tuple[float, float]] | None = None, **defaults: float
) -> Callable[[Callable[..., Any]], Optimizer]:
    """Decorator that turns an update formula into an Optimizer; raises InputError for a wrong signature.

    *defaults* are what the constant schedule uses; *degrees* say how a constant hyper-parameter goes with the units
    of f and x (``Optimizer``), so that a cell that has it stands for its rescaled copies. Hyper-parameters from the
    constants of a problem are a theorem's:
    ``@theorem(optimizer=…, rule=…)``.
    """
    if rule:
        raise InputError(
            "optimizer(…) takes defaults by name, such as beta1=0.9; a rule belongs to the theorem: "
            "@theorem(optimizer=…, rule=…), see docs/extending.md"
        )

    def wrap(function: Callable[..., Any]) -> Optimizer:
        update = Formula(function)
        states = update.returns - 1
        names = update.parameters
        if names[:2] != ("x", "g") or len(names) < 2 + states:
            raise InputError(
                f"optimizer {update.name!r}: the formula takes x, g, its state and its hyper-parameters "
                f"and returns x and the state; got {list(names)} returning {update.returns} values"
            )
        if states > MAX_STATE:
            raise InputError(f"optimizer {update.name!r}: at most {MAX_STATE} state numbers a coordinate, got {states}")
        scaled = {name: (float(a), float(b)) for name, (a, b) in {**UNITLESS, **(degrees or {})}.items()}
        made = Optimizer(update.name, update, names[2 : 2 + states], names[2 + states :], dict(defaults), scaled)
        unknown = (set(defaults) | set(degrees or {})) - set(made.settings)
        if unknown:
            raise InputError(
                f"optimizer {update.name!r}: {sorted(unknown)} are defaults or degrees of no argument "
                f"(it has: {', '.join(made.settings)})"
            )
        return made

    return wrap


@optimizer(degrees=OF_GRADIENT)
def sgd(x, g, lr):
    """x ← x − η g. As the theorem, PyTorch and optax have it."""
    return x - lr * g


@optimizer(degrees={"lr": (0, 1)})
def signsgd(x, g, lr):
    """x ← x − η sign(g), sign(0) = 1, so that no coordinate ever rests."""
    sign = 1.0 if g >= 0.0 else -1.0
    return x - lr * sign


@optimizer(beta1=0.9, degrees=OF_GRADIENT)
def momentum(x, g, m, lr, beta1):
    """m ← θ m + (1 − θ) g; x ← x − η m, m⁰ = 0.

    EMA form; the same iterates as heavy ball with the step (1 − θ)η, which is SGD(lr=(1−θ)η, momentum=θ) of
    PyTorch and optax, and as optax.ema(θ, debias=False) before a step of η. PyTorch's dampening=1−θ differs:
    it starts m at the first gradient instead of 0.
    """
    m = beta1 * m + (1.0 - beta1) * g
    return x - lr * m, m


@optimizer(beta2=0.999, eps=1e-8, degrees={"lr": (0, 1), "eps": (2, -2)})
def rmsprop(x, g, v, lr, beta2, eps):
    """v ← β v + (1 − β) g²; x ← x − η g/√(v + ε), v⁰ = 0.

    ε inside the root, as in the AdamW paper at θ = 0, λ = 0 and in optax.rmsprop(eps_in_sqrt=True);
    PyTorch has it outside.
    """
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return x - lr * g / math.sqrt(v + eps), v


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8, degrees={"lr": (0, 1), "eps": (1, -1)})
def adam(x, g, m, v, lr, beta1, beta2, eps, bias1, bias2):
    """Kingma and Ba (2015): m, v as in adamw; x ← x − η m̂/(√v̂ + ε), m̂ = m/(1 − θ^k), v̂ = v/(1 − β^k).

    As torch.optim.Adam and optax.adam. The paper's theorem is about ``adamw`` (no bias correction,
    ε inside the root), so there is no horizon schedule for this form.
    """
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return x - (lr / bias1) * m / (math.sqrt(v) * (1.0 / math.sqrt(bias2)) + eps), m, v


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01, degrees={**NORMALISED, "eps": (2, -2)})
def adamw(x, g, m, v, lr, beta1, beta2, eps, weight_decay):
    """The paper's AdamW: m ← θ m + (1 − θ) g; v ← β v + (1 − β) g²; x ← (1 − λη) x − η m/√(v + ε).

    No bias correction and ε inside the root: PyTorch and optax differ in both (see adamw_torch).
    m⁰ = v⁰ = 0.
    """
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return (1.0 - weight_decay * lr) * x - lr * m / math.sqrt(v + eps), m, v


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01, degrees={**NORMALISED, "eps": (1, -1)})
def adamw_torch(x, g, m, v, lr, beta1, beta2, eps, weight_decay, bias1, bias2):
    """PyTorch's AdamW: x ← (1 − λη) x − η m̂/(√v̂ + ε), m̂ = m/(1 − θ^k), v̂ = v/(1 − β^k).

    As torch.optim.AdamW; optax.adamw decays with the x before the step too and agrees. Not the
    paper's form (see adamw), so there is no horizon schedule for it.
    """
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    step = (lr / bias1) * m / (math.sqrt(v) * (1.0 / math.sqrt(bias2)) + eps)
    return (1.0 - weight_decay * lr) * x - step, m, v


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01, degrees={**NORMALISED, "eps": (2, -2)})
def nadamw(x, g, m, v, lr, beta1, beta2, eps, weight_decay):
    """The paper's NAdamW, momentum twice: m, v as in adamw; x ← (1 − λη) x − η (θ m + (1 − θ) g)/√(v + ε).

    No bias correction, ε inside the root, constant θ: PyTorch's NAdam and optax.nadamw differ in all three.
    """
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return (1.0 - weight_decay * lr) * x - lr * (beta1 * m + (1.0 - beta1) * g) / math.sqrt(v + eps), m, v


OPTIMIZERS = {o.name: o for o in (sgd, signsgd, momentum, rmsprop, adam, adamw, adamw_torch, nadamw)}
