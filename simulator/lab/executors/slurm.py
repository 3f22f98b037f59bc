"""Slurm, by submitit: each task is a job of its own, as a TOML file of submitit's parameters asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from submitit import AutoExecutor, Job
from submitit.helpers import as_completed

from ..sweepfile import read_toml


class Slurm:
    def __init__(self, executor: AutoExecutor):
        self._executor, self.jobs = executor, []  # type: tuple[AutoExecutor, list[Job]]

    def submit(self, function: Callable, *arguments: object) -> Job:
        self.jobs.append(self._executor.submit(function, *arguments))
        return self.jobs[-1]

    def as_completed(self, tasks: Iterable[Job]) -> Iterator[Job]:
        return as_completed(list(tasks), poll_frequency=1.0)


@contextmanager
def opened(argument: str, jobs: int) -> Iterator[tuple[Slurm, int]]:
    told = read_toml(argument)
    executor = AutoExecutor(folder=told.pop("folder", "ratecheck-jobs"), cluster=told.pop("cluster", None))
    executor.update_parameters(name=told.pop("name", "ratecheck"), **told)
    slurm = Slurm(executor)
    try:
        yield slurm, jobs
    except BaseException:
        for job in slurm.jobs:
            job.cancel(check=False)
        raise
