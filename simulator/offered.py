"""What installed packages offer by entry points, so that a paper can ship its theorem as a package.

In its pyproject.toml::

    [project.entry-points."ratecheck.theorems"]
    signum-l1 = "signum_paper.theorems:signum_l1"

Only the packages' metadata are read here. A module is imported when somebody asks for what is in it.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from functools import cache

GROUPS = {
    "theorem": "ratecheck.theorems",
    "problem": "ratecheck.problems",
    "optimizer": "ratecheck.optimizers",
    "noise": "ratecheck.noises",
}


@cache
def offered(what: str) -> Mapping[str, str]:
    """MODULE:NAME by the plain names under which packages offer a *what*, which need not be one of GROUPS.

    Of two packages that offer one name the first by its MODULE:NAME counts, on every machine the same.
    """
    group = GROUPS.get(what)
    found = importlib.metadata.entry_points(group=group) if group else ()
    return {entry.name: entry.value.replace(" ", "") for entry in sorted(found, key=lambda e: e.value, reverse=True)}
