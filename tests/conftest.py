"""For all tests: Hypothesis without deadlines, lines whole, and files in the order in which they are done soonest."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from hypothesis import settings

# What a test's first example compiles takes seconds, and on a machine that others use any example may.
settings.register_profile("ratecheck", parent=settings(), deadline=None)
settings.load_profile("ratecheck")

# A file is one worker's: a long one that begins last is what all others wait for.
LONGEST_FIRST = (
    "test_gpu_kernels.py",
    "test_machine_code.py",
    "test_nvrtc.py",
    "test_readme.py",
    "test_gpucheck.py",
    "test_engines.py",
    "test_limits.py",
    "test_plots.py",
    "test_fit.py",
    "test_cuda_formulas.py",
    "test_faults.py",
    "test_executors.py",
    "test_two_sweeps.py",
    "test_sweep.py",
    "test_extending.py",
    "test_python_pages.py",
    "test_pytest_plugin.py",
    "test_offered.py",
    "test_formula.py",
)


# who takes the width from simulator.lines: imported before that is changed, or they would take the changed one for good
WRAPPING = (
    "cli",
    "commands.tables",
    "commands.verdicts",
    "lab.progress",
    "present.words",
    "testing.checker",
    "testing.table",
)


@pytest.fixture(autouse=True)
def whole_lines(monkeypatch) -> None:
    """What a command says is whole for tests that look for words in it; test_terminal.py looks at how it is wrapped."""
    found = {name: importlib.import_module(f"simulator.{name}") for name in ("lines", *WRAPPING)}
    for name in ("lines", "commands.tables", "commands.verdicts"):
        monkeypatch.setattr(found[name], "width", lambda: 10_000)


def pytest_configure(config) -> None:
    if hasattr(config.option, "loadscopereorder"):  # xdist would begin with the files of the most tests
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items) -> None:
    rank = {name: index for index, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(Path(item.path).name, len(rank)))
