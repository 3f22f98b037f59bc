"""Rounds: every peer once a round, in rotating order, so that a slow minute of the machine hits all alike."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .peers import RATECHECK, load
from .processes import PeerError, Worker
from .results import Outcome, Series, compare
from .workloads import Task, Workload

LONGEST = 8.0  # seconds; a peer that needs more runs a tenth or a hundredth of the steps
FEWEST = 48  # replicas that a mean is of, of ratecheck always and of a peer where that takes at most PATIENCE
PATIENCE = 15.0  # seconds


def measure(workload: Workload, workers: dict[str, Worker], rounds: int, say: Callable[[str], None]) -> Outcome:
    """Prepare and time *workers*, ratecheck's among them, on *workload*; failing peers are named and left out."""
    seeds = itertools.count(1)  # no two runs share one
    ours, failures = workers[RATECHECK], []
    tasks: dict[tuple[str, str], Task] = {}  # (peer, form) → what is timed
    for name, worker in workers.items():
        task = workload.task(load(name).FORM)
        try:
            if name != RATECHECK:
                say(f"{workload.name}: preparing {name}")
                tasks[name, task.form] = affordable(worker, task)
            tasks.setdefault((RATECHECK, task.form), task)
        except PeerError as error:
            failures.append(str(error))
    for (name, _), task in tasks.items():
        if name == RATECHECK:
            ours.prepare(task)

    found = {key: ([], []) for key in tasks}
    order = list(tasks)
    for index in range(rounds):
        say(f"{workload.name}: round {index + 1} of {rounds}")
        for key in order[index % len(order) :] + order[: index % len(order)]:
            seconds, norms = workers[key[0]].run(tasks[key], next(seeds))
            found[key][0].append(seconds)
            found[key][1].extend(norms)
    series = {
        key: Series(key[0], load(key[0]).TITLE, tasks[key], tuple(seconds), np.array(norms))
        for key, (seconds, norms) in found.items()
    }

    say(f"{workload.name}: comparing the norms")
    samples: dict[Task, list] = {tasks[key]: found[key][1] for key in tasks if key[0] == RATECHECK}
    comparisons = []
    for (name, form), theirs in series.items():
        if name != RATECHECK:
            sample = samples.setdefault(theirs.task, [])
            extend(sample, ours, theirs.task, seeds)
            rows = found[name, form][1]
            if max(theirs.seconds) * (FEWEST - len(rows)) / theirs.task.replicas <= PATIENCE:
                extend(rows, workers[name], theirs.task, seeds)
            theirs = replace(theirs, norms=np.array(rows))
            comparisons.append(compare(theirs, series[RATECHECK, form], np.array(sample)))
    for worker in workers.values():
        worker.forget()
    return Outcome(
        workload,
        {form: s for (name, form), s in series.items() if name == RATECHECK},
        tuple(comparisons),
        tuple(failures),
    )


def affordable(worker: Worker, task: Task) -> Task:
    """*task*, prepared, with its steps divided by 1, 10 or 100 so that a run takes at most LONGEST."""
    trial = task.shortened(max(1, task.steps // 100, min(task.steps, 10)))
    worker.prepare(trial)
    seconds = min(worker.run(trial, 0)[0] for _ in range(3))
    worker.forget()
    expected = seconds / trial.steps
    steps = next((n for n in (task.steps, task.steps // 10) if n and n * expected <= LONGEST), trial.steps)
    chosen = task.shortened(steps)
    worker.prepare(chosen)
    return chosen


def extend(sample: list, worker: Worker, task: Task, seeds) -> None:
    """Add runs of *worker* to *sample* until it has FEWEST replicas."""
    if len(sample) < FEWEST:
        worker.prepare(task)
    while len(sample) < FEWEST:
        sample.extend(worker.run(task, next(seeds))[1])
