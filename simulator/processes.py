"""Which process wrote a file, and whether it is still there: names of unfinished files and of markers say it."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from functools import cache

SLACK = 5.0  # seconds by which a clock may have been set since


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


def running(pid: int, since: float = float("inf")) -> bool:
    """Whether the process of this host that wrote a file at the time *since* is alive. One that is dead and waits for
    its parent's notice is not, and one that began later only has the number of another.

    Raises ProcessLookupError, or another OSError for a process that is another user's.
    """
    os.kill(pid, 0)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            told = file.read().rpartition(b")")[2].split()  # from the third entry on
        with open("/proc/uptime", "rb") as file:
            age = float(file.read().split()[0]) - int(told[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):  # no /proc here, or not to be read
        return True
    return told[0] not in (b"Z", b"X", b"x") and time.time() - age < since + SLACK


def _boot() -> str:
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read()


def _namespace() -> str:
    return os.readlink("/proc/self/ns/pid")
