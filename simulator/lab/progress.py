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
from ..lines import MOST, width
from ..words import count
from .cost import TimeLeft, costs, pace_of, roughly, work

if TYPE_CHECKING:
    from rich.console import Console

ROOM = 72  # columns from which on there is a bar beside the longest text
TICK = 0.25  # seconds between two looks at the counter
FIRST_LINE, LAST_PAUSE = 10.0, 120.0  # seconds before the first plain line, and at most between two


class Monitor:
    """Counts cells and the share of the work that is done and shows them with the time left, from a thread of its own.

    *todo* is in the order in which it is run. *look* returns the cells of *todo* that are done since its last call,
    and the coordinate-steps that running ones have done; *quiet* shows nothing.
    """

    def __init__(
        self,
        todo: list[Spec],
        backend: str,
        threads: int,
        jobs: int,
        look: Callable[[], tuple[Iterable[Spec], int]] = lambda: ((), 0),
        quiet: bool = False,
    ):
        self.total, self.cells = len(todo), 0
        self._look, self._work, self._finished_work = look, sum(map(work, todo)), 0
        seconds, startup = costs(todo, backend, threads, jobs)
        pace = 1.0 if quiet else pace_of(sum(seconds) + startup, backend, threads)
        self._todo = todo  # kept, so that its objects keep their identities
        self._costs = {id(spec): pace * cost for spec, cost in zip(todo, seconds, strict=True)}
        self._expected, self._done = pace * sum(seconds), 0.0
        self._left = TimeLeft(self._expected, pace * startup)
        self._begin = time.monotonic()
        self._show = _Nothing() if quiet else _live() or _Lines()
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
        """These, objects of *todo*, are done and stored."""
        for spec in specs:
            self.cells += 1
            self._finished_work += work(spec)
            self._done += self._costs[id(spec)]

    def _watch(self) -> None:
        while not self._end.wait(TICK):
            self._show.update(*self._state())

    def _state(self) -> tuple[float, float, str]:
        """The share of the work that is done, seconds since the start, and the text beside the bar."""
        elapsed = time.monotonic() - self._begin
        done_since, at_work = self._look()
        self.finished(done_since)
        rest = self._work - self._finished_work
        running = min(1.0, at_work / rest) if rest else 0.0
        done = self._done + running * (self._expected - self._done)
        share = min(1.0, done / self._expected) if self._expected else 1.0
        left = roughly(self._left.seconds(elapsed, done))
        cells = f"{self.cells} of {count(self.total, 'cell')}"
        return share, elapsed, f"{cells}, {100 * share:.0f} % of the work, about {left} left"


@contextmanager
def simple_bar(what: str, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal or in a notebook, nothing elsewhere, for a task that calls back with (done, total)."""
    bar, last = None if quiet else _live(), 0.0
    if bar is None:
        yield lambda done, total: None
        return
    bar.open()

    def update(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > TICK or done == total:
            last = time.monotonic()
            bar.update(done / total, 0.0, f"{what}, {100 * done / total:.0f} %")

    try:
        yield update
    finally:
        bar.close(1.0, 0.0, what)


class _Nothing:
    def open(self) -> None:
        pass

    def update(self, done: float, elapsed: float, text: str) -> None:
        pass

    def close(self, done: float, elapsed: float, text: str) -> None:
        pass


def _live() -> _Bar | None:
    """A bar for a notebook or a terminal, None elsewhere."""
    if _in_notebook():
        return _NotebookBar()
    return _Bar() if sys.stderr.isatty() else None


def _in_notebook() -> bool:
    """Whether this is a kernel that a notebook talks to; IPython is not imported to find out."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


class _Bar:
    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        bar = [BarColumn(None)] if width() >= ROOM else []
        self._progress = Progress(
            *bar,
            TextColumn("{task.description}", markup=False),
            console=self._console(),
            auto_refresh=False,
            expand=True,
        )
        self._task = self._progress.add_task("", total=1.0)

    def _console(self) -> Console:
        from rich.console import Console

        return Console(stderr=True, width=width())

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

        return Console(file=io.StringIO(), width=MOST, record=True, force_jupyter=False)

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
