"""The decorators that make theorems.

A theorem file is the same whether it is shipped (``simulator/theorems/``) or yours::

    from ratecheck import theorem

    @theorem(optimizer="sgd", rule=rule, measures="mean_grad_l2", assumes=("smooth", "variance"))
    def sgd_l2(c):
        \"\"\"(1/K) Σ E‖∇f(x^k)‖₂ ≤ √(2Δ/(ηK) + Lησ²) for SGD with any constant η ≤ 1/L.\"\"\"
        return c.c * c.steps**-0.25

    @sgd_l2.proved
    def _(c, h):
        return math.sqrt(2 * c.gap / (h.lr * c.steps) + c.smoothness * h.lr * c.sigma**2)

    @sgd_l2.control
    def half(c, h):
        \"\"\"FALSE: half of that.\"\"\"
        return sgd_l2.bound(c, h) / 2

The function is the rate, the leading term that growth is measured against; a bound has its constants. docs/theory.md
has the proofs of the shipped ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ratecheck.problems.errors import InputError, choose

from .assumptions import Assumption
from .cells.hyper import Hyper
from .cells.quantities import Quantity
from .optimizers import OPTIMIZERS, Optimizer
from .sample_theorem import SampleTheorem
from .theorem import Rule, Theorem, statement_of
from .theorem_settings import AXES, checked


def theorem(
    *,
    optimizer: Optimizer | str,
    rule: Rule | None = None,
    measures: str | Quantity = "mean_grad_l1",
    assumes: str | Assumption | Sequence[str | Assumption] = ("smooth", "variance"),
    axes: Sequence[str] = AXES,
    hard: Sequence[object] | None = None,
    allows: Callable[[Hyper], Mapping[str, tuple[float, float]]] | None = None,
    grid: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
    source: str = "",
    name: str = "",
    rate_tex: str = "",
    bound_tex: str = "",
) -> Callable[[Callable[..., float]], Theorem]:
    """Decorator that turns a rate, ``f(c)`` of the constants of a cell, into a Theorem.

    *optimizer*: an Optimizer or a shipped one's name. *rule*: hyper-parameters from the constants, each a number or
    ``of_step(formula of k, …)``; None: the theorem is about constant hyper-parameters as given. *measures*: a name of
    ``quantities.QUANTITIES`` or a Quantity. *assumes*: names or Assumption objects, checked on every cell. *axes*: in
    which of "steps" (K) and "dim" (d) the ratio must not grow. *hard*: (problem, arguments, level), or several, where
    level is what the ratio to the rate must attain there. *allows*: of the rule's hyper-parameters, ranges in which a
    cell's own may lie. *grid*: the tables that ``verify`` sweeps, with the keys of a sweep file. *rate_tex* and
    *bound_tex*: how figures write rate and bound, as mathtext without dollar signs. The id is *name*, by default the
    function's with hyphens. Raises InputError for a wrong argument or a function without a docstring.
    """

    def wrap(function: Callable[..., float]) -> Theorem:
        own = name or function.__name__.replace("_", "-")
        given = checked(
            own,
            {
                "name": own,
                "rule": rule,
                "measures": measures,
                "assumes": assumes,
                "axes": axes,
                "hard": hard or (),
                "allows": allows,
                **({} if grid is None else {"grid": grid}),
                "rate_tex": rate_tex,
                "bound_tex": bound_tex,
            },
        )
        chosen = choose(OPTIMIZERS, optimizer, "optimizer") if isinstance(optimizer, str) else optimizer
        if not isinstance(chosen, Optimizer):
            raise InputError(
                f"theorem {own!r}: optimizer must be an Optimizer or a shipped name, got {type(chosen).__name__}"
            )
        return Theorem(function=function, optimizer=chosen, source=source, **given)

    return wrap


def sample_theorem(
    *, law: str | None = None, source: str = "", name: str = ""
) -> Callable[[Callable[[Any], tuple[float, float, float | None]]], SampleTheorem]:
    """Decorator that turns ``row → (gap, its standard error, exact gap)`` into a SampleTheorem; ``@x.control`` beside
    it is a false one, as for theorems about runs.

    *law*: a shipped law's name or FILE.py:NAME, whose rows alone it is about; None: those of all laws. Raises
    InputError for a law that is no name, or a function without a docstring.
    """

    def wrap(function: Callable[[Any], tuple[float, float, float | None]]) -> SampleTheorem:
        own = name or function.__name__.replace("_", "-")
        if law is not None and not isinstance(law, str):
            raise InputError(
                f"theorem {own!r}: law must be a noise law's name, FILE.py:NAME, or None for all laws; got {law!r}"
            )
        return SampleTheorem(own, function, statement_of(own, function), law, source, __doc__=function.__doc__)

    return wrap
