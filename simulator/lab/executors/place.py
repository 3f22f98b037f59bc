"""Where cells are computed, as a user says it: ``dask:tcp://10.0.0.1:8786``."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import ModuleType

from ratecheck.problems.errors import InputError, choose, require_integer

from ...cores import cores
from ...engines import AUTO, BACKENDS, require_backend
from .protocol import Executor

MODULES = {"inline": "inline", "pool": "pool", "dask": "dask", "mpi": "mpi", "submitit": "slurm"}
NEEDS = {"dask": ("distributed", "dask"), "mpi": ("mpi4py", "mpi"), "submitit": ("submitit", "slurm")}
BATCH = 3.0  # seconds, about, of small cells that a worker takes together
JOB = 600.0  # the same where each task is a job that a queue has to start


@dataclass(frozen=True)
class Place:
    """An executor by its name, what stands behind the colon, and the worker processes that somebody asks for."""

    name: str = "inline"
    argument: str = ""
    jobs: int = 1
    one_thread: bool = False  # in each worker, whatever the cores

    @classmethod
    def of(cls, text: str | None = None, jobs: int | None = None, backend: str = "cpu") -> Place:
        """*text* is the executor, by default this process or, for more than one of *jobs*, a pool of processes.

        Raises InputError for what is unknown, an argument that is missing, workers that would share a GPU, and a
        backend that this machine can't run where it is to.
        """
        jobs = None if jobs is None else require_integer(jobs, "-j", least=1)
        name, _, argument = (text or ("inline" if jobs in (None, 1) else "pool")).partition(":")
        choose(MODULES, name, "executor")
        if argument and name not in ("dask", "submitit"):
            raise InputError(f"the executor {name} takes nothing behind a colon, got {text!r}")
        if name == "submitit" and not argument:
            raise InputError("the executor submitit needs a file of its parameters, as in submitit:slurm.toml")
        if name == "inline" and jobs not in (None, 1):
            raise InputError(f"the executor inline is this process alone, got -j {jobs}; leave one of the two out")
        place = cls(name, argument, jobs or (cores() if name in ("pool", "dask") and not argument else 1))
        if place.elsewhere:
            choose({**BACKENDS, AUTO: AUTO}, backend, "backend")
        else:
            require_backend(backend)
            if place.jobs > 1 and backend in ("gpu", AUTO):
                raise InputError(
                    f"-j {place.jobs} with --backend {backend}: one process has all of a GPU; leave -j out"
                )
        return place

    @property
    def inline(self) -> bool:
        return self.name == "inline"

    @property
    def elsewhere(self) -> bool:
        """Whether the workers may be on other machines."""
        return self.name in ("mpi", "submitit") or bool(self.argument)

    @property
    def threads(self) -> int | None:
        """Threads of a worker: its share of this machine's cores; of others one, as they are started one a core, or
        None for all that a job has."""
        if self.one_thread:
            return 1
        if self.elsewhere:
            return None if self.name == "submitit" else 1
        return max(1, cores() // self.jobs)

    @property
    def batch(self) -> float:
        """Seconds, about, of small cells that make one task."""
        return JOB if self.name == "submitit" else BATCH

    @contextmanager
    def open(self) -> Iterator[tuple[Executor, int]]:
        """A context with the executor and how many workers it has; raises InputError where its package is missing, or
        it can't be started."""
        with ExitStack() as stack:
            try:
                found = stack.enter_context(self._module().opened(self.argument, self.jobs))
            except InputError:
                raise
            except Exception as error:  # each has its own
                said = f"{type(error).__name__}: {error!s:.300}"
                raise InputError(f"the executor {self.name} can't be started ({said})") from error
            yield found

    def _module(self) -> ModuleType:
        try:
            return importlib.import_module(f".{MODULES[self.name]}", __package__)
        except ImportError as error:
            package, extra = NEEDS.get(self.name, ("", ""))
            if not package:
                raise
            raise InputError(
                f"the executor {self.name} needs {package} ({error}); install it with: pip install 'ratecheck[{extra}]'"
            ) from error
