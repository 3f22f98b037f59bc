"""A peer in a process of its own: ``python -m tests.bench.worker NAME``, one JSON object a line in and out.

``{"prepare": task}`` → ``{"ready": true}``; ``{"run": task, "seed": n}`` → ``{"seconds": …, "norms": […]}``;
``{"forget": true}`` → ``{"ready": true}``. What fails answers ``{"error": …}``. It ends when its input ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from .peers import load
from .workloads import Task


def main(name: str) -> None:
    """Serve the peer *name* until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which then ends us
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    runs = {}
    for line in sys.stdin:
        try:
            answer = serve(load(name), runs, json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def serve(peer, runs: dict, message: dict) -> dict:
    """The answer to one message; *runs* holds the callables of the tasks that are prepared."""
    if message.get("forget"):
        runs.clear()
        return {"ready": True}
    if "prepare" in message:
        task = Task(**message["prepare"])
        runs[task] = peer.prepare(task)
        return {"ready": True}
    run = runs[Task(**message["run"])]
    begin = time.perf_counter()
    norms = run(message["seed"])
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "norms": norms.tolist()}


if __name__ == "__main__":
    main(sys.argv[1])
