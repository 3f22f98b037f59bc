"""MPI, by mpi4py.futures: ``mpiexec -n 9 python -m mpi4py.futures -m simulator …`` has eight workers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import as_completed
from contextlib import contextmanager
from typing import Any

from mpi4py import MPI
from mpi4py.futures import MPIPoolExecutor


class Mpi:
    as_completed = staticmethod(as_completed)

    def __init__(self, pool: MPIPoolExecutor):
        self.submit: Any = pool.submit


@contextmanager
def opened(argument: str, jobs: int) -> Iterator[tuple[Mpi, int]]:
    pool = MPIPoolExecutor(max_workers=jobs if MPI.COMM_WORLD.size == 1 else None)
    try:
        yield Mpi(pool), pool.num_workers
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
