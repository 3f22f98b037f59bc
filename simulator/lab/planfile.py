"""DIR/sweep.json: the plan that a results folder was made for. Reading it resolves nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path, PurePath

from ratecheck.problems import NOISES
from ratecheck.problems.errors import InputError, choose, require_integer

from ..cells.spec import Spec
from ..files import printable
from ..plugins import home_of, is_own
from ..sealed import read_sealed, write_sealed
from ..strict_json import as_list, as_table
from .copies import DIGEST, PlugIn, copy_name, write_copies
from .plan import MOST_CELLS, Due, Norms, Plan

FORMAT = "ratecheck sweep 2"
PLAN = "sweep.json"
REMEDY = "run the sweep again: it writes the plan anew and keeps the cells"


def write_plan(directory: Path, plan: Plan) -> None:
    """Write *plan* and copies of its plug-ins in the place of any earlier; raises InputError when they can't be."""
    write_copies(directory, plan.plugins)
    content = {
        "source": plan.source,
        "quick": plan.quick,
        "theorems": None if plan.theorems is None else list(plan.theorems),
        "norms": None if plan.norms is None else asdict(plan.norms),
        "plugins": [{"given": path, "file": p.file, "sha256": p.sha256} for path, p in plan.plugins.items()],
        "left_out": [{"reason": reason, "cells": count} for reason, count in plan.left_out.items()],
        "narrowed": dict(plan.narrowed),
        "cells": [{"key": due.key, "spec": due.spec.to_dict()} for due in plan.cells],
    }
    write_sealed(directory / PLAN, FORMAT, content)


def read_plan(directory: Path) -> Plan | None:
    """The plan of a folder, None when it has none; raises InputError for a file that is no plan."""
    path = directory / PLAN
    try:
        data = read_sealed(path, FORMAT, "a plan of a sweep")
    except FileNotFoundError:
        return None
    except InputError as error:
        raise InputError(f"{error}; {REMEDY}") from error
    try:
        return _plan(data)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{path} is damaged: {type(error).__name__}: {error!s:.300}; {REMEDY}") from error


def _plan(data: Mapping[str, object]) -> Plan:
    told = as_list(data["cells"])
    if len(told) > MOST_CELLS:
        raise InputError(f"it has {len(told)} cells, and {MOST_CELLS} are the most")
    cells = [Due(_key(cell["key"]), Spec.from_dict(cell["spec"])) for cell in map(as_table, told)]
    theorems, norms = data["theorems"], data["norms"]
    plugins = {_text(each["given"]): _plug_in(each) for each in map(as_table, as_list(data["plugins"]))}
    return Plan(
        _text(data["source"]),
        bool(data["quick"]),
        tuple(cells),
        None if theorems is None else tuple(map(_text, as_list(theorems))),
        None if norms is None else _norms(as_table(norms), plugins),
        plugins,
        left_out={
            printable(_text(each["reason"])): require_integer(each["cells"], "cells left out", least=1, most=2**32)
            for each in map(as_table, as_list(data.get("left_out", [])))  # an older plan has none
        },
        narrowed={_text(name): printable(_text(why)) for name, why in as_table(data.get("narrowed", {})).items()},
    )


def _norms(data: Mapping[str, object], plugins: Mapping[str, PlugIn]) -> Norms:
    laws = tuple(map(_text, as_list(data["laws"])))
    for law in laws:
        if not is_own(law):
            choose(NOISES, law, "noise law")
        elif home_of(law) not in plugins:
            raise InputError(f"it has no plug-in {home_of(law)!r:.100}, which its norm checks name")
    return Norms.of(laws, as_list(data["dims"]), data["samples"], data["seed"])


def _plug_in(data: Mapping[str, object]) -> PlugIn:
    file, sha256 = _text(data["file"]), _text(data["sha256"])
    if not DIGEST.fullmatch(sha256) or file != copy_name(PurePath(_text(data["given"])).name, sha256):
        raise InputError(f"its copy of the plug-in {data['given']!r:.100} can't be named {file!r:.100}")
    return PlugIn(file, sha256)


def _key(value: object) -> str:
    if not isinstance(value, str) or len(value) != 32 or set(value) - set("0123456789abcdef"):
        raise InputError(f"a cell's key is 32 hexadecimal digits, got {value!r:.100}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 10_000:
        raise InputError(f"a text is expected, got {value!r:.100}")
    return value
