"""One side of ``make bench AGAINST=<commit>``: the engine of whatever commit PYTHONPATH names, in a process of its own.

``{"dim": d, "steps": K, "replicas": R, "seed": n, "times": m}`` → ``{"seconds": …, "norm": …}``, of the fastest of m
runs, and ‖∇f‖₁. What fails answers ``{"error": …}``. It ends when its input ends.

The file stands alone: the commit may be older than it, or have moved everything but what it imports here.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which then ends us
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    for line in sys.stdin:
        try:
            answer = timed(**json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def timed(dim: int, steps: int, replicas: int, seed: int, times: int) -> dict:
    """The fastest of *times* runs of AdamW on ``rational``: a Spec in, all diagnostics out, as a user waits for it.

    What else the machine does makes a run slower and never faster, so the fastest is the least noisy.
    """
    try:
        from simulator.cells.spec import Spec
    except ImportError:  # where it lay before simulator/ had rooms
        from simulator.spec import Spec
    from simulator.engines import run

    spec = Spec.of("rational", "adamw", dim, steps, replicas, seed=seed)
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        result = run(spec, backend="cpu")
        seconds.append(time.perf_counter() - begin)
    return {"seconds": min(seconds), "norm": float(result.stats.mean_grad_l1.mean())}


if __name__ == "__main__":
    main()
