"""A sweep as it goes: a live bar on a terminal and in a notebook, a line now and then elsewhere, on stderr."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from ..cells.spec import Spec
from .cost import TimeLeft, cell_seconds, human_seconds, total_seconds, work

if TYPE_CHECKING:
    from rich.console import Console

TICK = 0.25  # seconds between two looks at the counter
FIRST_LINE, LAST_PAUSE = 10.0, 120.0  # seconds before the first plain line, and at most between two


class Monitor:
    """Counts cells and coordinate-steps and shows rate and time left, from a thread of its own.

    *count* returns the coordinate-steps reported so far, by running cells too; *quiet* shows nothing.
    """

    def __init__(
        self,
        todo: list[Spec],
        backend: str,
        threads: int,
        jobs: int,
        count: Callable[[], int] = lambda: 0,
        quiet: bool = False,
    ):
        self.total, self.work = len(todo), sum(map(work, todo))
        self.cells, self.finished_work = 0, 0
        self.count = count
        self._cost = lambda spec: cell_seconds(spec, backend, threads) / jobs
        self._run, self._done = sum(map(self._cost, todo)), 0.0
        self._left = TimeLeft(total_seconds(todo, backend, threads, jobs))
        self._begin = time.monotonic()
        self._show = _Nothing() if quiet else _live(self.work) or _Lines()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._show.open()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._end.set()
        self._thread.join()
        self._show.close(*self._state())

    def finished(self, specs: Iterable[Spec]) -> None:
        """These of *todo* are done and stored."""
        for spec in specs:
            self.cells += 1
            self.finished_work += work(spec)
            self._done += self._cost(spec)

    def _watch(self) -> None:
        while not self._end.wait(TICK):
            self._show.update(*self._state())

    def _state(self) -> tuple[int, float, str]:
        """Coordinate-steps done, seconds since the start, and the text beside the bar."""
        elapsed = time.monotonic() - self._begin
        done = max(self.finished_work, min(self.count(), self.work))
        rest = self.work - self.finished_work
        running = (done - self.finished_work) / rest * (self._run - self._done) if rest else 0.0
        # compilation comes first and goes by without progress, so its share counts as done with the first cells
        share = self._left.expected / self._run if self._run else 1.0
        self._left.done = (self._done + running) * share
        left = human_seconds(self._left.seconds(elapsed))
        rate = f"{done / max(elapsed, 1e-9) / 1e6:.3g} M coordinate-steps/s"
        return done, elapsed, f"{self.cells}/{self.total} cells, {rate}, {left} left"


@contextmanager
def simple_bar(what: str, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal or in a notebook, nothing elsewhere, for a task that calls back with (done, total)."""
    bar, last = None if quiet else _live(1), 0.0
    if bar is None:
        yield lambda done, total: None
        return
    bar.open()

    def update(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > TICK or done == total:
            last = time.monotonic()
            bar.update(done / total, 0.0, what)

    try:
        yield update
    finally:
        bar.close(1, 0.0, what)


class _Nothing:
    def open(self) -> None:
        pass

    def update(self, done: float, elapsed: float, text: str) -> None:
        pass

    def close(self, done: float, elapsed: float, text: str) -> None:
        pass


def _live(total: int) -> _Bar | None:
    """A bar for a notebook or a terminal, None elsewhere."""
    if _in_notebook():
        return _NotebookBar(total)
    return _Bar(total) if sys.stderr.isatty() else None


def _in_notebook() -> bool:
    """Whether this is a kernel that a notebook talks to; IPython is not imported to find out."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


class _Bar:
    def __init__(self, total: int):
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._progress = Progress(
            BarColumn(None),
            TaskProgressColumn(),
            TextColumn("{task.description}"),
            console=self._console(),
            auto_refresh=False,
            expand=True,
        )
        self._task = self._progress.add_task("", total=total)

    def _console(self) -> Console:
        from rich.console import Console

        return Console(stderr=True)

    def open(self) -> None:
        self._progress.start()

    def update(self, done: float, elapsed: float, text: str) -> None:
        self._progress.update(self._task, completed=done, description=text if done else "compiling", refresh=True)

    def close(self, done: float, elapsed: float, text: str) -> None:
        self.update(done, elapsed, text)
        self._progress.stop()


class _NotebookBar(_Bar):
    """The same bar as HTML, in one output of the cell that is written anew; no widgets are needed."""

    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=io.StringIO(), width=100, record=True, force_jupyter=False)

    def open(self) -> None:
        from IPython.display import HTML, display

        self._output = display(HTML(""), display_id=True)

    def update(self, done: float, elapsed: float, text: str) -> None:
        from IPython.display import HTML

        self._progress.update(self._task, completed=done, description=text if done else "compiling")
        console = self._progress.console
        console.print(self._progress.get_renderable())
        self._output.update(HTML(console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")))

    def close(self, done: float, elapsed: float, text: str) -> None:
        self.update(done, elapsed, text)


class _Lines(_Nothing):
    """Lines at growing distances, so that a log of hours stays short."""

    def __init__(self) -> None:
        self._next = FIRST_LINE

    def update(self, done: float, elapsed: float, text: str) -> None:
        if elapsed >= self._next:
            self._next = elapsed + min(LAST_PAUSE, elapsed)
            print(text, file=sys.stderr, flush=True)
