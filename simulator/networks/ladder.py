"""A ladder file (TOML) to its runs, and the runs to recordings, those that are there not again.

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

import importlib.util
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, fields
from multiprocessing import get_context
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.recording import Recording
from ..cells.spec import key_of
from ..cores import cores
from ..files import require_writable
from ..lab.archive import CellError
from ..lab.executors.spawned import start_worker
from ..lab.ladder_plan import LadderPlan, write_ladder
from ..lab.recordings import load, save
from ..lab.sweepfile import read_toml
from ..record.needs import torch_for
from . import data
from .run import Run
from .vectors import record

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


def climb(
    ladder: Ladder,
    directory: Path,
    jobs: int = 1,
    done: Callable[[Due, Recording, int], None] = lambda due, recording, left: None,
    limit: float | None = None,
) -> int:
    """Do the runs that *directory* lacks, and return how many; ``done(due, recording, runs left)`` after each.

    A file that can't be trusted is computed again. *limit*: seconds after which no run but the first is begun. Raises
    InputError where a run can't be done.
    """
    require_writable(directory)
    write_ladder(directory, ladder.plan)
    waiting = todo(ladder, directory)
    end = None if limit is None else time.monotonic() + limit
    finished = 0
    if jobs == 1:
        for due in waiting:
            if finished and end is not None and time.monotonic() > end:
                break
            finished += 1
            _keep(directory, due, perform(due), len(waiting) - finished, done)
        return finished
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_share, initargs=(jobs,)) as pool:
        futures = {pool.submit(perform, due): due for due in waiting}
        try:
            for future in as_completed(futures):
                finished += 1
                _keep(directory, futures[future], future.result(), len(waiting) - finished, done)
                if end is not None and time.monotonic() > end:
                    break
        except BrokenProcessPool:
            raise InputError(
                f"a worker died, for lack of memory perhaps; what is done is in {directory}: run it again with fewer -j"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)
    return finished


def perform(due: Due) -> Recording:
    """Do one run."""
    if due.run.task == "vectors":
        return record(due.run, due.identity)
    from .train import train

    return train(due.run, due.identity)


def _share(jobs: int) -> None:
    start_worker()
    if importlib.util.find_spec("torch"):
        torch_for("a network").set_num_threads(max(1, cores() // jobs))


def _there(directory: Path, key: str) -> bool:
    try:
        return load(directory, key) is not None
    except CellError:
        return False


def _keep(directory: Path, due: Due, recording: Recording, left: int, done: Callable) -> None:
    save(directory, recording)
    done(due, recording, left)


def todo(ladder: Ladder, directory: Path) -> Sequence[Due]:
    """The runs that *directory* lacks."""
    return [due for due in ladder.due if not _there(directory, due.key)]
