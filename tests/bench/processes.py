"""The parent's side of a process that answers one line of JSON with one line of JSON: start, ask, end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from .peers import load
from .workloads import Task

ROOT = Path(__file__).resolve().parents[2]  # where a process finds this package, wherever its parent was started


class PeerError(Exception):
    """A peer that is there and fails; the message is one line."""


class Process:
    """A process that answers. A context manager: it is gone at the end, whatever happened."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]):
        """Start this Python with *arguments*; *environment* is added to this process's own."""
        self.name = name
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            env={**os.environ, **environment},
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        self._log.close()

    def ask(self, message: dict) -> dict:
        """The answer to *message*; raises PeerError if there is none or it is an error."""
        try:
            print(json.dumps(message), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PeerError(f"{self.name}: its process ended{self._last_words()}")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(f"{self.name}: {' '.join(answer['error'].split())[:300]}")
        return answer

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").split("\n")
        words = [line for line in lines if line.strip()]
        return f" with {self._process.wait()}: {words[-1][:300]}" if words else f" with {self._process.wait()}"


class Worker(Process):
    """A peer's process."""

    def __init__(self, name: str):
        super().__init__(name, ["-m", "tests.bench.worker", name], getattr(load(name), "ENVIRONMENT", {}))

    def prepare(self, task: Task) -> None:
        """Compile and warm up."""
        self.ask({"prepare": asdict(task)})

    def run(self, task: Task, seed: int) -> tuple[float, list[list[float]]]:
        """Seconds of one run of a prepared task, and its mean norms, one row a replica."""
        answer = self.ask({"run": asdict(task), "seed": seed})
        return answer["seconds"], answer["norms"]

    def forget(self) -> None:
        """Let go of the prepared tasks."""
        self.ask({"forget": True})
