"""Statements that are true: the shipped theorems, as bounds and as rates, and what is weaker than they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.decorators import theorem
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS

THEOREM_NAMES = tuple(
    name for name, shipped in THEOREMS.items() if isinstance(shipped, Theorem) and shipped.expected == "holds"
)
HELD = ("HOLDS", "TIGHT")


@dataclass(frozen=True)
class Statement:
    """A theorem with what is known of it. ``kind``: "true", "weaker" (true, and not tight), or the mistake."""

    theorem: Theorem
    kind: str

    @property
    def name(self) -> str:
        return self.theorem.name

    @property
    def true(self) -> bool:
        return self.kind in ("true", "weaker")


def like(name: str, base: str, rate: Callable, bound: Callable | None = None, **changes: object) -> Theorem:
    """A theorem as the shipped *base* but for its rate, its bound (declared, or none) and *changes*."""
    shipped = THEOREMS[base]
    rate.__doc__ = f"{name}."
    given = {
        "optimizer": shipped.optimizer,
        "rule": shipped.rule,
        "measures": shipped.measures,
        "assumes": shipped.assumes,
        "hard": [(h.problem, dict(h.arguments), h.level) for h in shipped.hard],
        "allows": shipped.allows,
        "axes": shipped.axes,
        **changes,
    }
    made = theorem(**given, name=name)(rate)
    return made if bound is None else made.declared(bound)


def times(right: Callable, axis: str, power: float) -> Callable:
    """*right* times d^power or K^power."""
    return lambda c: right(c) * getattr(c, axis) ** power


def scaled(right: Callable, factor: float = 1.0) -> Callable:
    """*right* times a number."""
    return lambda c: factor * right(c)


def true_statements() -> list[Statement]:
    """The bounds as they are shipped, and their rates as O(·), with the levels that are known and without."""
    shipped = [THEOREMS[name] for name in THEOREM_NAMES]
    noisy = [t for t in shipped if "noiseless" not in {a.name for a in t.assumes} and t.name != "signgd-l1"]
    in_l1 = like("sgd-l2, rate in the 1-norm", "sgd-l2", times(THEOREMS["sgd-l2"].function, "dim", 0.5),
                 measures="mean_grad_l1", hard=())  # fmt: skip
    found = [Statement(t, "true") for t in shipped]
    found += [Statement(like(f"{t.name}, rate", t.name, scaled(t.function)), "true") for t in shipped if t.levels]
    found += [Statement(like(f"{t.name}, rate alone", t.name, scaled(t.function), hard=()), "true") for t in shipped]
    found.append(Statement(in_l1, "true"))
    for t in noisy:
        weak = times(t.function, "steps", 0.05)
        found.append(Statement(like(f"{t.name}, rate × K^0.05", t.name, weak, hard=()), "weaker"))
    for name, power in (("adamw-l1", 0.25), ("sgd-l2", 0.25)):
        flat = times(THEOREMS[name].function, "steps", power)
        found.append(Statement(like(f"{name}, no rate", name, flat, hard=()), "weaker"))
    return found
