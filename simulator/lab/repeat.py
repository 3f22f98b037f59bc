"""How a cell is run again and shown beside its theorem: a command line, or a call where only this process can."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ratecheck.problems.errors import InputError

from .. import held
from ..cells.cell import DEFAULTS
from ..cells.evidence import Result
from ..cells.spec import Spec
from ..files import near
from ..judge.outcome import Verdict
from ..plugins import find, home_of, is_own, is_path, plain_name
from ..theorem import Theorem
from ..theorems import find_theorem
from ..theorems.naming import sigma_of, spec_names
from ..words import power
from .copies import FOLDER
from .folder import Folder
from .judging import Judgement

NUMBERS = ("dim", "steps", "replicas", "seed", "noise", "smoothness", "gap", "sigma", "dtype")


def failing_lines(folder: Folder, judgement: Judgement) -> Iterator[str]:
    """The smallest failing case of each theorem that should hold, and the commands that show it again."""
    for name, verdict in zip(judgement.theorems, judgement.verdicts, strict=True):
        if not verdict.as_expected:
            yield from smallest_lines(folder, name, verdict)


def smallest_lines(folder: Folder, name: str, verdict: Verdict) -> Iterator[str]:
    """The smallest failing case of the theorem *name*, where it has one, and the commands that show it again."""
    case = verdict.numbers.get("smallest_failing")
    if case is None:
        return
    cells = {result.key: result for result in folder.results}
    units = " in other units" if case["constants"] else ""
    # ignored: to mypy a constant's name may be any field's
    specs = [replace(cells[key].spec, **(case["constants"] or {})) for key in case["cells"]]  # type: ignore[arg-type]
    try:
        commands = [
            again(folder, name, replace(cells[key], spec=spec)) for key, spec in zip(case["cells"], specs, strict=True)
        ]
    except InputError:  # who reads results runs no code that others wrote, and so doesn't know what its defaults are
        commands = []
    yield f"{verdict.claim} fails on {case['where']}{units}.{' To see it again:' if commands else ''}"
    yield from (f"  {command}" for command in commands)
    if len(case["cells"]) == 2:
        first, last = (cells[key].spec for key in case["cells"])
        yield f"  {_grows(first, last, *case['ratios'])}"


def _grows(first: Spec, last: Spec, less: float, more: float) -> str:
    """What two runs show together that neither shows alone; with a power where they differ in d or in K alone."""
    told = f"There measured/rate goes from {less:.4g} to {more:.4g}"
    axes = [(s, getattr(first, a), getattr(last, a)) for a, s in (("dim", "d"), ("steps", "K"))]
    differing = [(symbol, before, after) for symbol, before, after in axes if before != after]
    if len(differing) == 1 and 0 < less < math.inf and 0 < more < math.inf:
        [(symbol, before, after)] = differing
        told += f", like {power(symbol, math.log(more / less) / math.log(after / before))}"
    return f"{told}."


def again(folder: Folder, theorem: str, result: Result) -> str:
    """What runs a cell of *folder* again: a command where its theorem, problem and noise have names or files, the
    folder's copies included, else a call in Python."""
    spec = result.spec
    theorem_there = next((place for place in _places(folder, theorem) if _same(theorem, place)), None)
    places = {what: next(_places(folder, getattr(spec, what)), None) for what in ("problem", "noise")}
    if theorem_there is None or None in places.values():
        return _call(theorem, result)
    return run_line(theorem, result, theorem_there, {what: place for what, place in places.items() if place})


def run_line(theorem: str, result: Result, place: str = "", places: Mapping[str, str] | None = None) -> str:
    """``ratecheck run --theorem …`` for a cell; *theorem* is its name in the plan, and *place*, like *places* of the
    problem and the noise, where the command finds it, if that is another one.

    What has its default is left out.
    """
    spec = result.spec
    shown = {"problem": spec.problem, "noise": spec.noise, **(places or {})}
    words = ["ratecheck", "run", "--theorem", place or theorem, "--problem", shown["problem"]]
    if spec.schedule != spec_names(theorem)[1]:
        words += ["--schedule", spec.schedule]
    for name, value in _departures(theorem, result).items():
        words += [f"--{name}", shown.get(name) or _text(value)]
    for what, arguments in _arguments(result).items():
        words += [word for name, value in arguments.items() for word in (f"--{what}-arg", f"{name}={_text(value)}")]
    return shlex.join(words)


def _call(theorem: str, result: Result) -> str:
    """``ratecheck.run(…)``, to be typed where the objects are."""

    def shown(value: object) -> str:
        return plain_name(value) if isinstance(value, str) and is_own(value) else repr(value)

    words = [plain_name(theorem), f"problem={shown(result.spec.problem)}"]
    words += [f"{name}={shown(value)}" for name, value in _departures(theorem, result).items()]
    words += [f"{what}_args={dict(arguments)!r}" for what, arguments in _arguments(result).items() if arguments]
    return f"ratecheck.run({', '.join(words)})"


def _departures(theorem: str, result: Result) -> dict[str, object]:
    filled_in = {**DEFAULTS, "sigma": sigma_of(theorem)}
    found = {name: getattr(result.spec, name) for name in NUMBERS}
    return {name: value for name, value in found.items() if value != filled_in.get(name)}


def _arguments(result: Result) -> dict[str, Mapping[str, object]]:
    return {what: result.told.get(f"{what}_args", {}) for what in ("problem", "optimizer", "noise")}


def _places(folder: Folder, name: str) -> Iterator[str]:
    """Where a command may find what a plan calls *name*, the best first: of what lies in a module the user's own file,
    then the folder's copy."""
    home = home_of(name)
    if not is_own(name) or is_path(home):
        yield name
        return
    if (file := held.file_of(name)) and _unchanged(own := f"{near(file)}:{plain_name(name)}", name):
        yield own
    if plugin := folder.plan.plugins.get(home) if folder.plan else None:
        yield f"{folder.directory / FOLDER / plugin.file}:{plain_name(name)}"


def _unchanged(place: str, name: str) -> bool:
    """Whether the file of *place* runs by itself, and has what was made of the same function as what is held as
    *name*."""
    try:
        found = find({}, place, "object", object)
    except InputError:
        return False
    mine, there = held.function_of(held.get(name)), held.function_of(found)
    return mine is not None and there is not None and mine.__code__.co_code == there.__code__.co_code


def _same(theorem: str, place: str) -> bool:
    """Whether the theorem at *place* runs, and runs as *theorem* does."""
    if place == theorem:
        return True
    try:
        here, there = find_theorem(theorem), find_theorem(place)
    except InputError:
        return False
    if not isinstance(here, Theorem) or not isinstance(there, Theorem):
        return False
    same = here.optimizer.update.digest == there.optimizer.update.digest
    return same and here.measures.digest == there.measures.digest and here.statement == there.statement


def _text(value: object) -> str:
    return repr(value) if isinstance(value, float) else str(value)
