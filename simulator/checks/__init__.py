"""What a user's file must pass before its numbers are believed: all that it defines, kind by kind.

``problems.checks`` has the problems and the noise laws, which know nothing of runs.
"""

from __future__ import annotations

from ratecheck.problems.checks import Finding, check_module

from ..optimizers import Optimizer
from ..plugins import load
from ..sample_theorem import SampleTheorem
from ..theorem import Theorem
from .optimizers import check_optimizer
from .samples import check_sample_theorem
from .theorems import check_theorem


def check_file(path: str) -> dict[str, list[Finding]]:
    """Name → findings for everything that the file *path* itself defines; what it imports is left out.

    Raises InputError for a file that can't be read or run.
    """
    module = load(path)
    found = check_module(module)
    seen: set[int] = set()
    for name, thing in vars(module).items():
        if id(thing) in seen:
            continue
        seen.add(id(thing))  # a decorated bound is the theorem again
        if isinstance(thing, Optimizer):
            if thing.update.function.__module__ == module.__name__:
                found[name] = check_optimizer(thing)
        elif isinstance(thing, Theorem):
            if thing.function.__module__ == module.__name__:
                found[name] = check_theorem(thing, f"{path}:{name}")
        elif isinstance(thing, SampleTheorem):
            if thing.gap.__module__ == module.__name__:
                found[name] = check_sample_theorem(thing, f"{path}:{name}")
    return found
