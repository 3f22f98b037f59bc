"""Test files run in a tree, until one fails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .tree import Done, Tree

FILE_LIMIT, SUITE_LIMIT = 900.0, 3600.0  # seconds; what runs longer hangs
FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+(?:\[.*?\](?= - |$))?)", re.MULTILINE)
# -m: what ``make test`` runs. No plug-in's cache: nothing is to be left behind.
PYTEST = ("-m", "pytest", "-x", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider", "-m", "not slow")
NOTHING_THERE = 5


def first_failure(tree: Tree, files: Sequence[str]) -> str:
    """The first test of *files* (or of FILE::NAME), one after the other, that fails, '' where all pass."""
    for file in files:
        done = tree.python(*PYTEST, "-o", "addopts=--strict-markers", file, limit=FILE_LIMIT)
        if failure := _failure(done, file):
            return failure
    return ""


def first_failure_of_all(tree: Tree) -> str:
    """The same of all that ``make test`` runs, on all cores."""
    return _failure(tree.python(*PYTEST, limit=SUITE_LIMIT), "tests")


def _failure(done: Done, what: str) -> str:
    """The name of what failed, '' for success: *what* where a process that hangs or dies names no test."""
    if done.code in (0, NOTHING_THERE):
        return ""
    found = FAILED.search(done.output)
    return found[1] if found else what
