"""What a check found: a table for people, numbers for programs, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.page import Section


@dataclass(frozen=True)
class Findings:
    """*name* of the check; *wrong* has a line for each thing that is not as it must be."""

    name: str
    section: Section
    data: Mapping[str, object]
    wrong: tuple[str, ...] = ()
