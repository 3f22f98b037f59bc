"""Peers on the same card: JAX with optax, and PyTorch, each in a process of its own, on the same numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np

from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.device import Device
from simulator.engines.resolve import resolve
from tests.bench.page import WHOSE, Section, spread
from tests.bench.peers import GPU_PEERS, load, missing
from tests.bench.peers.ratecheck_peer import spec
from tests.bench.processes import PeerError, Worker
from tests.bench.results import LIMIT, Spread, standard_errors
from tests.bench.workloads import Task, Workload

from .findings import Findings
from .sizes import Sizes
from .speed import TARGET_CARD

TARGET = 20  # times the time of ratecheck


def beside(device: Device, sizes: Sizes, say: Callable[[str], None]) -> Findings:
    """Interleaved rounds; a peer that is not there, or fails, is named and left out."""
    workload = Workload("peers", *sizes.peers)
    heads = ("simulated with", "AdamW of", "ns per coordinate-step", "times ratecheck", "norms differ, standard errors")
    rows, wrong, out = [], [], []
    data: dict[str, object] = {"size": list(sizes.peers)}
    with ExitStack() as stack:
        for name in GPU_PEERS:
            peer = load(name)
            if lacking := missing(peer):
                out.append(f"{peer.TITLE} (needs {', '.join(lacking)})")
                continue
            task = workload.task(peer.FORM)
            worker = stack.enter_context(Worker(name))
            try:
                say(f"peers: {peer.TITLE}")
                worker.prepare(task)
                theirs, ours = _rounds(worker, device, task, sizes.rounds)
            except PeerError as error:
                out.append(str(error))
                continue
            ratio = Spread.of(theirs[0] / ours[0])
            errors = [standard_errors(theirs[1][:, j], ours[1][:, j]) for j in range(2)]
            per_step = [spread(Spread.of(t / task.work * 1e9)) for t in (theirs[0], ours[0])]
            rows.append(["ratecheck", WHOSE[peer.FORM], per_step[1], "1", ""])
            differ = ", ".join(f"{e:+.1f}" for e in errors)
            rows.append([peer.TITLE, WHOSE[peer.FORM], per_step[0], spread(ratio), differ])
            data[name] = {"times_ratecheck": ratio.median, "standard_errors": errors}
            if not all(abs(e) <= LIMIT for e in errors):
                wrong.append(f"{peer.TITLE} disagrees by {differ} standard errors, expected at most {LIMIT:g}")
            if ratio.median < TARGET and TARGET_CARD in device.name:
                wrong.append(f"{peer.TITLE} takes {ratio.median:.1f} times as long; the target is {TARGET}")
    left_out = f" Left out: {'; '.join(out)}." if out else ""
    text = f"d = {workload.dim:,}, K = {workload.steps:,}, float64, on this card; {sizes.rounds} rounds.{left_out}"
    return Findings("peers", Section("Peers on this card", text, heads, rows), {**data, "left_out": out}, tuple(wrong))


def _rounds(worker: Worker, device: Device, task: Task, rounds: int):
    """(seconds, norms of all rounds) of the peer and of ratecheck, one after the other in every round."""
    found = ([], []), ([], [])
    for index in range(rounds + 1):  # the first one warms up
        seconds, norms = worker.run(task, 2 * index)
        begin = time.perf_counter()
        stats = gpu.simulate(resolve(spec(task, 2 * index + 1)), device=device)
        mine = time.perf_counter() - begin, np.stack([stats.mean_grad_l1, stats.mean_grad_l2], axis=1).tolist()
        if index:
            for (times, rows), (t, r) in zip(found, ((seconds, norms), mine), strict=True):
                times.append(t)
                rows.extend(r)
    return tuple((np.array(times), np.array(rows)) for times, rows in found)
