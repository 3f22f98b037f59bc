"""Standard output and error that may be closed or full: a command goes on without them, or says so in one line."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


class _Quiet:
    """A stream for messages: what it can't take is lost, and nobody's work with it."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name: str):
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            drop(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            drop(self._stream)


@contextlib.contextmanager
def safe_streams() -> Iterator[None]:
    """For a command: a closed stream is as /dev/null, and an error stream that refuses doesn't stop the command."""
    before = sys.stdout, sys.stderr
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # also takes the free descriptor, which a file of results would get otherwise
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (it stays open to the end)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # σ on a terminal that knows ASCII only
    sys.stderr = _Quiet(sys.stderr)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stdout, sys.stderr = (old or new for old, new in zip(before, (sys.stdout, sys.stderr._stream), strict=True))


def drop(stream) -> None:
    """Send what is left in the buffers of *stream* nowhere, so that Python's exit does not fail on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
