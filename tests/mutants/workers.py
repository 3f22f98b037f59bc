"""The mutants that are not done yet, some at a time, each worker with a tree of its own."""

from __future__ import annotations

import math
import queue
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from .mutant import Misfit, Mutant
from .record import Catch, Notice, Records
from .tree import Processes, Tree
from .trial import Sound, catch, notice

Task = tuple[Mutant, Callable[[Mutant, Tree, Sound], Catch | Notice]]


class Interrupted(Exception):
    """Somebody pressed Ctrl-C; the message says how far it came."""


def work(
    mutants: Sequence[Mutant],
    records: Records,
    out: Path,
    root: Path,
    jobs: int,
    tests: bool,
    sweeps: bool,
    minutes: float = math.inf,
) -> None:
    """Find and keep what *records* lack of *mutants*, of *tests* and of quick *sweeps*; raises Interrupted. After
    *minutes* nothing more is begun."""
    end = time.monotonic() + 60 * minutes
    tasks: list[Task] = [(mutant, catch) for mutant in mutants if tests and records.catch(mutant) is None]
    if sweeps:
        tasks += [(mutant, notice) for mutant in mutants if mutant.reaches and records.notice(mutant) is None]
    print(f"{len(mutants)} mutants, {len(tasks)} runs of tests or of the quick sweep to do", flush=True)
    if not tasks:
        return
    processes, done = Processes(), 0
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # or it would leave the processes behind
    with tempfile.TemporaryDirectory(prefix="ratecheck-mutants-") as scratch, ThreadPoolExecutor(jobs) as pool:
        try:
            sound = Sound(Tree(root, Path(scratch) / "sound", processes), out / "sound", records.contents)
            sound.tree.require_own_modules()
            trees: queue.SimpleQueue[Tree] = queue.SimpleQueue()
            for number in range(min(jobs, len(tasks))):
                trees.put(Tree(root, Path(scratch) / f"worker-{number}", processes))
            futures = {pool.submit(_do, task, trees, sound, records, end): task for task in tasks}
            for future in as_completed(futures):
                if (found := future.result()) is None:
                    continue
                done += 1
                print(f"{done} of {len(tasks)}  {line(futures[future][0], found)}", flush=True)
        except KeyboardInterrupt:
            raise Interrupted(f"{done} of {len(tasks)} runs are done") from None
        finally:
            processes.end()
            pool.shutdown(cancel_futures=True)
            signal.signal(signal.SIGTERM, before)


def _do(
    task: Task, trees: queue.SimpleQueue[Tree], sound: Sound, records: Records, end: float
) -> Catch | Notice | None:
    if time.monotonic() > end:
        return None
    mutant, run = task
    tree = trees.get()
    try:
        found = run(mutant, tree, sound)
    except Misfit as misfit:  # its tests say so too
        found = Notice(str(misfit))
    finally:
        trees.put(tree)
    records.keep(mutant, found)
    return found


def line(mutant: Mutant, found: Catch | Notice) -> str:
    """What was found, in a line."""
    if isinstance(found, Catch):
        what = f"caught by {found.by}" if found.by else found.misfit or "CAUGHT BY NO TEST"
    else:
        what = f"quick sweep: {found.told or 'no verdict changes'}" + (f"; ratio {found.moved}" if found.moved else "")
    return f"{mutant.title}: {what} ({found.seconds:.0f} s)"
