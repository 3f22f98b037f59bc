"""A sweep file (TOML) to the cells it means.

Keys at the top are defaults of every ``[[sweep]]`` table; the tables' keys are the fields of ``Spec``.
A list means each of its values, and a table is the Cartesian product of its lists, those inside
``problem_args``, ``optimizer_args`` and ``noise_args`` included. A ``quick`` table, at the top or in a
``[[sweep]]`` table, has the keys that replace others in a quick run. ``theorems`` names the theorems to
judge, and ``[norms]`` (laws, dims, samples; all optional) asks for the norm checks. For example::

    seed = 1
    replicas = 8
    steps = [1000, 4000]
    quick = { steps = 250 }

    [[sweep]]
    problem = ["rational", "ramp"]
    optimizer = ["sgd", "adamw"]
    dim = [16, 64]
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from ratecheck.problems import NOISES
from ratecheck.problems.errors import InputError, choose, nearest, require_integer

from ..cells.spec import Spec
from ..engines.resolve import resolve
from ..theorems import find_theorem

FIELDS = tuple(f.name for f in fields(Spec))
NAMES = ("problem", "optimizer", "noise", "schedule", "dtype")
ARGUMENTS = ("problem_args", "optimizer_args", "noise_args")
EXAMPLES = {"problem_args": "start = 2.0", "optimizer_args": "lr = 0.1", "noise_args": "nu = 5.0"}
REQUIRED = ("problem", "optimizer", "dim", "steps", "replicas")
MOST_CELLS = 100_000


@dataclass(frozen=True)
class Norms:
    """What the norm checks of a sweep are to do: laws, dimensions, samples of each (None: by dimension), the seed."""

    laws: tuple[str, ...]
    dims: tuple[int, ...]
    samples: int | None
    seed: int


@dataclass(frozen=True)
class Due:
    """A cell that is due: its key and its Spec, arguments filled in."""

    key: str
    spec: Spec


@dataclass(frozen=True)
class Plan:
    """The cells that are due, without duplicates and in the file's order; the theorems to judge (None: all)."""

    source: str
    quick: bool
    cells: tuple[Due, ...]
    theorems: tuple[str, ...] | None = None
    norms: Norms | None = None

    @property
    def specs(self) -> tuple[Spec, ...]:
        return tuple(due.spec for due in self.cells)


def load_plan(path: str | Path, *, quick: bool = False, seed: int | None = None, override: Iterable[str] = ()) -> Plan:
    """The plan of a sweep file. *override* are texts ``key=value`` that win over every table.

    Raises InputError, naming the file and the table, for what can't be read, is unknown or out of range.
    """
    content = read_toml(path)
    forced = {**_overrides(override), **({} if seed is None else {"seed": seed})}
    known = {*FIELDS, "theorems", "claims", "norms", "quick", "sweep"}
    _known(content, known, str(path))
    tables = content.get("sweep")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise InputError(f"{path}: a sweep file has at least one [[sweep]] table (with double brackets)")
    top = {k: v for k, v in content.items() if k in FIELDS}
    top_quick = _quick(content, quick, str(path))
    due: dict[str, Due] = {}
    for number, table in enumerate(tables, start=1):
        where = f"{path}, [[sweep]] number {number}"
        _known(table, {*FIELDS, "quick"}, where)
        own = {k: v for k, v in table.items() if k != "quick"}
        for cell in expand({**top, **own, **top_quick, **_quick(table, quick, where), **forced}, where):
            due.setdefault(cell.key, cell)
            if len(due) > MOST_CELLS:
                raise InputError(f"{where}: more than {MOST_CELLS} cells; shorten some lists")
    return Plan(
        str(path),
        quick,
        tuple(due.values()),
        _theorems(content, str(path)),
        _norms(content, quick, forced.get("seed", top.get("seed", 0)), f"{path}, [norms]"),
    )


def read_toml(path: str | Path) -> dict:
    """The content of a TOML file; raises InputError for a missing file or a syntax error."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text: {error}") from error
    except (ValueError, RecursionError) as error:  # of the syntax, or of what Python can't hold
        raise InputError(f"{path} is no valid TOML: {error}") from error


def product(table: Mapping[str, object], where: str) -> Iterator[dict]:
    """Every choice of one value from each list of *table*, nested argument tables included, last key fastest."""
    choices = []
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


def expand(table: Mapping[str, object], where: str) -> Iterator[Due]:
    """The cells of one table; raises InputError, saying *where*, for what is missing, unknown or out of range."""
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise InputError(f"{where}: {', '.join(missing)} missing; give it here or at the top of the file")
    for row in product(table, where):
        for name in NAMES:
            if not isinstance(row.get(name, ""), str):
                raise InputError(f"{where}: {name} must be a name in quotes, got {row[name]!r}")
        try:
            cell = resolve(Spec.of(**row))
            yield Due(cell.key, cell.spec)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error


def _known(table: Mapping[str, object], known: Iterable[str], where: str) -> None:
    for name in table:
        if name not in known:
            raise InputError(f"{where}: unknown key {name!r}{nearest(name, known)} (known: {', '.join(sorted(known))})")


def _quick(table: Mapping[str, object], quick: bool, where: str, known: Iterable[str] = FIELDS) -> dict:
    """The replacements of a quick run; checked even when they are not used."""
    replacements = table.get("quick", {})
    if not isinstance(replacements, dict):
        raise InputError(f"{where}: quick must be a table of keys to replace, got {replacements!r}")
    _known(replacements, known, f"{where}, quick")
    return replacements if quick else {}


def _overrides(texts: Iterable[str]) -> dict:
    """``dim=[16,64]`` or ``optimizer_args={lr=0.1}`` as a dict; a bare word is a string."""
    found = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise InputError(f"--set takes key=value such as dim=[16,64], got {text!r}")
        _known({name: value}, FIELDS, "--set")
        try:
            found[name] = tomllib.loads(f"value = {value}")["value"]
        except (ValueError, RecursionError) as error:
            if value[0] in "[{\"'":
                raise InputError(
                    f"--set {name}: {value!r} is no TOML value ({error}); names in a list are quoted, "
                    'as in --set \'problem=["ramp", "cosine"]\''
                ) from error
            found[name] = value
    return found


def _theorems(content: Mapping[str, object], where: str) -> tuple[str, ...] | None:
    if "theorems" in content and "claims" in content:
        raise InputError(f"{where}: claims is the old name of theorems; give one of the two")
    names = content.get("theorems", content.get("claims"))
    if names is None:
        return None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise InputError(f"{where}: theorems must be a list of names, got {names!r}")
    for name in names:
        try:
            find_theorem(name)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
    return tuple(dict.fromkeys(names))


def _norms(content: Mapping[str, object], quick: bool, seed: object, where: str) -> Norms | None:
    table = content.get("norms")
    if table is None:
        return None
    if not isinstance(table, dict):
        raise InputError(f"{where}: must be a table with laws, dims and samples (all optional), got {table!r}")
    known = ("laws", "dims", "samples")
    _known(table, {*known, "quick"}, where)
    from ..samples import DIMS, LAWS  # late: few sweep files ask for norm checks

    table = {"laws": list(LAWS), "dims": list(DIMS), **table, **_quick(table, quick, where, known)}
    laws, dims, samples = table["laws"], table["dims"], table.get("samples")
    if not isinstance(laws, list) or not laws or not isinstance(dims, list) or not dims:
        raise InputError(f"{where}: laws and dims must be lists with at least one entry")
    for law in laws:
        choose(NOISES, law if isinstance(law, str) else repr(law), f"noise law in {where}:")
    seed = seed[0] if isinstance(seed, list) and seed else seed
    return Norms(
        tuple(laws),
        tuple(require_integer(d, f"{where}: dims", least=1, most=2**32) for d in dims),
        None if samples is None else require_integer(samples, f"{where}: samples", least=2, most=2**32),
        require_integer(seed, f"{where}: seed", least=0, most=2**64 - 1),
    )
