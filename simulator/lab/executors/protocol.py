"""What an executor is: something to hand tasks to, and to get them back from in the order in which they are done.

A task is a function that the other processes can import, with arguments that can be pickled. What a task says of its
progress it says in the results folder; an executor only runs it. One that loses a task, because its process was
killed, lets ``result`` raise what it likes; the next ``submit`` works again, if anything does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Refused:
    """The answer of a task that wrong input or a disk keeps from its work, and all others with it: some executors wrap
    what a task raises in errors of their own."""

    why: str


class Task(Hashable, Protocol):
    """A task that was handed over."""

    def result(self) -> Any:
        """What the function returned; raises what it raised."""


class Executor(Protocol):
    """Where tasks run. Each file has ``opened(argument, jobs)``, a context with an executor and its number of workers;
    an exception that leaves the context, Ctrl-C too, ends what is running."""

    def submit(self, function: Callable, *arguments: object) -> Task: ...

    def as_completed(self, tasks: Iterable[Any]) -> Iterator[Any]: ...
