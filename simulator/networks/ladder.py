"""A ladder file (TOML) to its runs.

Keys at the top are defaults of every ``[[ladder]]`` table, whose keys are those of ``Run``. A list means each of its
values, and a table is the product of its lists. ``family`` gets the values of lists of names: one of MLPs in two
parametrizations is two families. For example::

    task = "mlp"
    data = "mnist-5k"
    seed = [0, 1, 2, 3]

    [[ladder]]
    family = "mlp"
    parametrization = ["standard", "mup"]
    width = [16, 32, 64, 128, 256]
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.spec import key_of
from ..lab.ladder_plan import LadderPlan
from ..lab.sweepfile import read_toml
from . import data
from .run import Run

SIZES = ("width", "size", "vocabulary", "depth", "steps", "seed")  # lists of them are one family
NAMES = [f.name for f in fields(Run)]


@dataclass(frozen=True)
class Due:
    """A run that is due: what it is, and its recording's identity."""

    run: Run
    identity: str

    @property
    def key(self) -> str:
        return key_of(self.identity)


@dataclass(frozen=True)
class Ladder:
    source: str
    due: tuple[Due, ...]

    @property
    def plan(self) -> LadderPlan:
        return LadderPlan(self.source, tuple(due.key for due in self.due))


def load_ladder(path: str | Path) -> Ladder:
    """The runs of a ladder file.

    Raises InputError, naming the file and the table, for what can't be read, is unknown or out of range, and for data
    whose package is missing or has other bytes.
    """
    content = read_toml(path)
    tables = content.pop("ladder", None)
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"{path}: a ladder file has at least one [[ladder]] table (with double brackets)")
    runs: dict[Run, None] = {}
    for number, table in enumerate(tables, start=1):
        for run in _product({**content, **table}, f"{path}, [[ladder]] number {number}"):
            runs[run] = None
    hashes = {name: data.digest(name) for name in dict.fromkeys(run.data for run in runs) if name != "none"}
    due = [Due(run, run.identity({n: h for n, h in hashes.items() if n == run.data})) for run in runs]
    return Ladder(Path(path).name, tuple(due))


def _product(table: Mapping[str, object], where: str) -> list[Run]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in table.items()}
    if empty := [name for name, values in lists.items() if not values]:
        raise InputError(f"{where}: {empty[0]} is an empty list")
    telling = [
        name for name, value in table.items() if isinstance(value, list) and len(value) > 1 and name not in SIZES
    ]
    runs = []
    for values in itertools.product(*lists.values()):
        one = dict(zip(lists, values, strict=True))
        words = [str(one.get("family", "")), *(_word(name, one[name]) for name in telling if name != "family")]
        runs.append(Run.of({**one, "family": " ".join(filter(None, words))}, where))
    return runs


def _word(name: str, value: object) -> str:
    return value if isinstance(value, str) else f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
