"""Tables of lists to the cells that they mean: every choice of one value from each list.

A table's keys are the fields of ``Spec``, and ``quick``: what replaces others in a quick run. Lists inside
``problem_args``, ``optimizer_args`` and ``noise_args`` count too. Sweep files and theorems' grids are such tables.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields

from ratecheck.problems.errors import InputError, known_names

from ..cells.cell import Cell
from ..cells.constants import MissingConstant
from ..cells.spec import Spec
from ..engines.resolve import resolve

FIELDS = tuple(f.name for f in fields(Spec))
NAMES = ("problem", "optimizer", "noise", "schedule", "dtype")
ARGUMENTS = ("problem_args", "optimizer_args", "noise_args")
EXAMPLES = {"problem_args": "start = 2.0", "optimizer_args": "lr = 0.1", "noise_args": "nu = 5.0"}
REQUIRED = ("problem", "optimizer", "dim", "steps", "replicas")


def cells(
    table: Mapping[str, object], quick: bool, where: str, leave_out: Callable[[Spec, MissingConstant], None]
) -> Iterator[Cell]:
    """The cells of one table, each resolved.

    A cell whose rule asks for a constant that is not there goes to *leave_out*, with the reason. Raises InputError,
    saying *where*, for what is missing, unknown or out of range.
    """
    require_keys(table, {*FIELDS, "quick"}, where)
    table = {**{k: v for k, v in table.items() if k != "quick"}, **quick_values(table, quick, where)}
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise InputError(f"{where}: {', '.join(missing)} missing; give it here or at the top of the file")
    for row in product(table, where):
        for name in NAMES:
            if not isinstance(row.get(name, ""), str):
                raise InputError(f"{where}: {name} must be a name in quotes, got {row[name]!r}")
        try:
            spec = Spec.of(**row)
            cell = resolve(spec)
        except MissingConstant as lacking:
            leave_out(spec, lacking)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        else:
            yield cell


def product(table: Mapping[str, object], where: str) -> Iterator[dict]:
    """Every choice of one value from each list of *table*, nested argument tables included, last key fastest."""
    choices: list[list[object]] = []
    for name, value in table.items():
        if name in ARGUMENTS:
            if not isinstance(value, Mapping):
                raise InputError(
                    f"{where}: {name} must be a table such as {name} = {{ {EXAMPLES[name]} }}, got {value!r}"
                )
            choices.append(list(product(value, f"{where}, {name}")))
        else:
            choices.append(value if isinstance(value, list) else [value])
        if not choices[-1]:
            raise InputError(f"{where}: {name} is an empty list, which means no cell; give a value")
    for row in itertools.product(*choices):
        yield dict(zip(table, row, strict=True))


def quick_values(table: Mapping[str, object], quick: bool, where: str, known: Iterable[str] = FIELDS) -> dict:
    """The replacements of a quick run; checked even when they are not used."""
    replacements = table.get("quick", {})
    if not isinstance(replacements, Mapping):
        raise InputError(f"{where}: quick must be a table of keys to replace, got {replacements!r}")
    require_keys(replacements, known, f"{where}, quick")
    return dict(replacements) if quick else {}


def require_keys(table: Mapping[str, object], known: Iterable[str], where: str) -> None:
    """Raise InputError for the first key of *table* that is not *known*, with the nearest that is."""
    for name in table:
        if name not in known:
            raise InputError(f"{where}: unknown key {name!r}{known_names(name, sorted(known))}")
