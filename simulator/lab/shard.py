"""A share of a plan's cells that a process computes by itself, told by their keys: nobody has to agree with anybody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ratecheck.problems.errors import InputError

from .plan import Due


@dataclass(frozen=True)
class Shard:
    """Number ``number`` of ``of`` shares, the first being 1."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """'3/8' as the third of eight; raises InputError for another text."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise InputError(f"--shard takes i/n with i from 1 to n, such as 3/8, got {text!r}")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def whole(self) -> bool:
        return self.of == 1

    def mine(self, todo: Iterable[Due]) -> tuple[Due, ...]:
        """Those of *todo* that are in this share."""
        return tuple(due for due in todo if int(due.key, 16) % self.of == self.number - 1)
