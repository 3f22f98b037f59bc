"""A sweep file (TOML) to the plan it means.

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

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ratecheck.problems.errors import InputError

from .grid import FIELDS, quick_values, require_keys
from .plan import Norms, Plan, plan_of


def load_plan(path: str | Path, *, quick: bool = False, seed: int | None = None, override: Iterable[str] = ()) -> Plan:
    """The plan of a sweep file. *override* are texts ``key=value`` that win over every table.

    Raises InputError, naming the file and the table, for what can't be read, is unknown or out of range.
    """
    content = read_toml(path)
    forced = {**_overrides(override), **({} if seed is None else {"seed": seed})}
    require_keys(content, {*FIELDS, "theorems", "claims", "norms", "quick", "sweep"}, str(path))
    tables = content.get("sweep")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise InputError(f"{path}: a sweep file has at least one [[sweep]] table (with double brackets)")
    top = {k: v for k, v in content.items() if k in FIELDS}
    top_quick = quick_values(content, True, str(path))
    place = "[[sweep]] number"
    merged = []
    for number, table in enumerate(tables, start=1):
        own_quick = quick_values(table, True, f"{path}, {place} {number}")
        merged.append({**top, **table, **forced, "quick": {**top_quick, **own_quick, **forced}})
    seed = forced.get("seed", top.get("seed", 0))
    norms = _norms(content, quick, seed, f"{path}, [norms]")
    return plan_of(merged, _theorems(content, str(path)), path, quick, norms, place)


def read_toml(path: str | Path) -> dict:
    """The content of a TOML file; raises InputError for a missing file or a syntax error."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text: {error}") from error
    except (ValueError, RecursionError) as error:  # of the syntax, or of what Python can't hold
        raise InputError(f"{path} is not valid TOML: {error}") from error


def _overrides(texts: Iterable[str]) -> dict:
    """``dim=[16,64]`` or ``optimizer_args={lr=0.1}`` as a dict; a bare word is a string."""
    found = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise InputError(f"--set takes key=value such as dim=[16,64], got {text!r}")
        require_keys({name: value}, FIELDS, "--set")
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
    return tuple(dict.fromkeys(names))


def _norms(content: Mapping[str, object], quick: bool, seed: object, where: str) -> Norms | None:
    table = content.get("norms")
    if table is None:
        return None
    if not isinstance(table, dict):
        raise InputError(f"{where}: must be a table with laws, dims and samples (all optional), got {table!r}")
    known = ("laws", "dims", "samples")
    require_keys(table, {*known, "quick"}, where)
    from ..samples import DIMS, LAWS, require_laws  # late: few sweep files ask for norm checks

    table = {"laws": list(LAWS), "dims": list(DIMS), **table, **quick_values(table, quick, where, known)}
    laws, dims = table["laws"], table["dims"]
    if not isinstance(laws, list) or not laws or not isinstance(dims, list) or not dims:
        raise InputError(f"{where}: laws and dims must be lists with at least one entry")
    require_laws([law if isinstance(law, str) else repr(law) for law in laws], where)
    seed = seed[0] if isinstance(seed, list) and seed else seed
    return Norms.of(laws, dims, table.get("samples"), seed, where)
