"""What the numbers were taken on: processor, memory, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path

from simulator.cores import cores
from simulator.version import version


def machine() -> str:
    """Processor, cores and memory, as far as the system tells."""
    parts = [processor(), f"{cores()} cores" if cores() > 1 else "1 core"]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        parts.append(f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB of memory")
    return ", ".join([*parts, platform.system()])


def processor() -> str:
    """The processor's name, or its architecture where the system has no name for it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, [*names, platform.processor(), platform.machine()]), "unknown processor")


def versions(packages: Iterable[str]) -> str:
    """Python's version and those of *packages*."""
    named = [f"{name} {importlib.metadata.version(name)}" for name in dict.fromkeys(packages)]
    return ", ".join([f"Python {platform.python_version()}", f"ratecheck {version()}", *named])
