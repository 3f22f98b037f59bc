"""Which process wrote a file, and whether it is still there: names of unfinished files and of markers say it."""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache


@cache
def host() -> str:
    """This host without dots, as it stands in names of files: its name, and a digest of its boot and of the namespace
    that its process numbers are of, for containers often have one name, and number 1 each."""
    told = []
    for read in (_boot, _namespace):
        try:
            told.append(read())
        except OSError:  # no /proc here, or not to be read
            told.append("")
    return f"{socket.gethostname().replace('.', '-')}-{hashlib.sha256(repr(told).encode()).hexdigest()[:6]}"


def host_name(host: str) -> str:
    """What ``host`` begins with."""
    return host.rpartition("-")[0] or host


def this() -> str:
    """This process: its number and when it began, for numbers are given again."""
    _, begun = _state(os.getpid())
    return f"{os.getpid()}-{begun}" if begun else f"{os.getpid()}"


def number(process: str) -> int:
    """The number of a process as ``this`` told it; raises ValueError for another text."""
    pid, _, begun = process.partition("-")
    if not all(part.isascii() and part.isdecimal() for part in (pid, begun or "0")):
        raise ValueError(process)
    return int(pid)


def running(process: str) -> bool:
    """Whether a process of this host is alive, by what ``this`` told in it, or by its number alone. One that is dead
    and waits for its parent's notice is not.

    Raises ProcessLookupError, or another OSError for a process that is another user's.
    """
    pid = number(process)
    os.kill(pid, 0)
    state, begun = _state(pid)
    told = process.partition("-")[2]
    return state not in ("Z", "X", "x") and (not told or not begun or told == begun)


def _state(pid: int) -> tuple[str, str]:
    """The state of a process, and when it began, in the machine's own ticks; '' for both where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            told = file.read().rpartition(b")")[2].split()  # from the third entry on
        return told[0].decode(), told[19].decode()
    except (OSError, IndexError):
        return "", ""


def _boot() -> str:
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read()


def _namespace() -> str:
    return os.readlink("/proc/self/ns/pid")
