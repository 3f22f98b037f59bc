"""Several formulas in one, of which a number chooses."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Sequence

from .formula import Formula

_numbers = itertools.count(1)


def choice(formulas: Sequence[Formula], name: str) -> Formula:
    """The formula of (u, kind, the further arguments of the first, those of the second, …) that is the first of
    *formulas* where kind is 0, the second where it is 1, and so on. Each takes u first and returns one number."""
    taken, calls = ["u", "kind"], []
    for j, formula in enumerate(formulas):
        own = [f"{parameter}_{j}" for parameter in formula.parameters[1:]]
        taken += own
        calls.append(f"formula_{j}({', '.join(['u', *own])})")
    chosen = calls[-1]
    for j in reversed(range(len(calls) - 1)):
        chosen = f"{calls[j]} if kind < {j + 0.5} else {chosen}"
    text = f"def {name}({', '.join(taken)}):\n    return {chosen}\n"
    file = f"<choice {next(_numbers)} of {', '.join(formula.name for formula in formulas)}>.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # where a formula's text is read
    namespace = {f"formula_{j}": formula for j, formula in enumerate(formulas)}
    exec(compile(text, file, "exec"), namespace)
    return Formula(namespace[name])
