"""Dask: a cluster of this machine's processes on loopback, or one that runs already, by its scheduler's address."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from distributed import Client, Future, LocalCluster, as_completed

from .spawned import no_interrupt

LOOPBACK = {"host": "127.0.0.1", "dashboard_address": None, "worker_dashboard_address": None}
ONCE = {"scheduler_kwargs": {"allowed_failures": 0}}  # who hands tasks out knows which to try again


class Dask:
    def __init__(self, client: Client):
        self._client = client

    def submit(self, function: Callable, *arguments: object) -> Future:
        return self._client.submit(function, *arguments, pure=False)

    def as_completed(self, tasks: Iterable[Future]) -> Iterator[Future]:
        return iter(as_completed(tasks, loop=self._client.loop))


@contextmanager
def opened(argument: str, jobs: int) -> Iterator[tuple[Dask, int]]:
    if argument:
        with Client(argument, set_as_default=False) as client:
            client.wait_for_workers(1)
            yield Dask(client), sum(client.nthreads().values())
        return
    quiet = logging.ERROR  # that tasks are cancelled is what Ctrl-C asks for
    with no_interrupt():  # its threads inherit this, and the processes that they spawn
        cluster = LocalCluster(n_workers=jobs, threads_per_worker=1, silence_logs=quiet, **LOOPBACK, **ONCE)
    with cluster, Client(cluster, set_as_default=False) as client:
        yield Dask(client), jobs
