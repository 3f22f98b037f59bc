"""What a mutant is, and the files that list them: one of TOML for each area."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from problems.errors import InputError, require_known

PLANTED = Path(__file__).with_name("planted")
REACHES = ("", "cells", "judge")
ENTRIES = dict.fromkeys(("name", "file", "old", "new", "tests", "reaches"))


class Misfit(InputError):
    """A mutant that does not fit the code: its text is not there exactly once, or it changes nothing."""


@dataclass(frozen=True)
class Mutant:
    """A bug: in *file* the text *old*, which is there exactly once, becomes *new*.

    ``name`` says what is wrong, in words. ``tests``: the test files of its area, the likeliest first, or tests
    of them as FILE::NAME. ``reaches``: what
    of the quick sweep it changes: what is measured ("cells"), only how that is judged ("judge"), or nothing ('').
    """

    area: str
    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    reaches: str = ""

    @property
    def title(self) -> str:
        return f"{self.area}: {self.name}"

    def planted(self, text: str) -> str:
        """*text*, of its file, with the bug; raises Misfit."""
        count = text.count(self.old)
        if count != 1:
            raise Misfit(
                f"{self.title}: expected its text once in {self.file}, found it {count} times; find the same bug in "
                f"the code as it is now: {self.old!r:.200}"
            )
        if self.new == self.old:
            raise Misfit(f"{self.title}: it changes nothing")
        return text.replace(self.old, self.new)


def load(folder: Path = PLANTED) -> list[Mutant]:
    """All mutants of *folder*, by area; raises InputError for entries that are none and for a name that comes twice."""
    found: list[Mutant] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise InputError(f"{path}: expected a [[mutant]] table for each mutant ({error})") from error
        found += (_mutant(path, number, table) for number, table in enumerate(tables, start=1))
    titles = [mutant.title for mutant in found]
    if twice := {title for title in titles if titles.count(title) > 1}:
        raise InputError(f"two mutants are named {min(twice)!r}; rename one")
    return found


def chosen(mutants: Iterable[Mutant], pattern: str) -> list[Mutant]:
    """Those whose title has *pattern* in it, in whatever case; raises InputError where none has."""
    found = [mutant for mutant in mutants if pattern.casefold() in mutant.title.casefold()]
    if not found:
        raise InputError(f"no mutant has {pattern!r} in its area or name")
    return found


def _mutant(path: Path, number: int, table: dict) -> Mutant:
    where = f"{path.name}, mutant {number}"
    require_known(table, ENTRIES, where)
    texts = {name: table.get(name) for name in ("name", "file", "old", "new")}
    for name, value in texts.items():
        if not isinstance(value, str) or not (value or name == "new"):
            raise InputError(f"{where}: {name} must be a text, got {value!r}")
    tests, reaches = table.get("tests"), table.get("reaches", "")
    if not (isinstance(tests, list) and tests and all(isinstance(test, str) for test in tests)):
        raise InputError(f"{where}: tests must be a list of test files, got {tests!r}")
    if reaches not in REACHES:
        raise InputError(f"{where}: reaches must be one of {', '.join(REACHES[1:])}, or not there; got {reaches!r}")
    return Mutant(path.stem, **texts, tests=tuple(tests), reaches=reaches)
