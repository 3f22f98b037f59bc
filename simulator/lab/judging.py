"""The verdicts on a results folder: which theorems, from where, and what is said where one can't be judged.

Shipped theorems are this package's code. A user's theorem is judged from the bounds that the folder holds, and by its
code only where the user gave the file: on the command line, or in the sweep that has just run it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from ratecheck.problems.errors import InputError

from ..judge import judge
from ..judge.copies import Copies
from ..judge.ladders import judge_ladders
from ..judge.outcome import Cells, Outcome, Verdict, exit_code
from ..judge.statement import Judgeable
from ..networks.claims import LADDER_THEOREMS
from ..plugins import content_of, full_name, home_of, is_own, is_path, only, plain_name
from ..sample_theorem import SampleTheorem
from ..theorems import THEOREMS, find_theorem
from ..words import count
from .copies import FOLDER
from .folder import Folder
from .rescaled import Rescaler
from .verdicts import write_verdicts

Any = Judgeable | SampleTheorem
ACQUITS = (Outcome.HOLDS, Outcome.TIGHT)


@dataclass(frozen=True)
class Judgement:
    """``theorems`` by the plan's names, their ``verdicts``; ``notes`` say where bounds came from, ``missing`` which
    theorems were not judged and how they can be; ``copies`` what they say of rescaled copies, as ``theorems``;
    ``recorded``: the verdicts on recordings of training loops."""

    theorems: Mapping[str, Any]
    verdicts: Sequence[Verdict]
    copies: Mapping[str, Mapping[str, Copies]]
    notes: Sequence[str] = ()
    missing: Sequence[str] = ()
    recorded: Sequence[Verdict] = ()

    @property
    def every(self) -> list[Verdict]:
        """All verdicts, those on recordings last."""
        return [*self.verdicts, *self.recorded]


def left_out(folder: Folder, judgement: Judgement) -> list[str]:
    """A line for each file that can't be trusted, and for each theorem that wasn't judged."""
    return [*(f"{fault}; it is left out" for fault in folder.faults), *judgement.missing]


def incomplete(folder: Folder, judgement: Judgement) -> bool:
    """Whether something is missing, so that a verdict on the rest is none on the whole."""
    return bool(folder.partial or left_out(folder, judgement))


def code(folder: Folder, judgement: Judgement) -> int:
    """The exit code of a command that judged: as ``exit_code``, 3 also where something is missing."""
    return exit_code(judgement.every, incomplete(folder, judgement))


def judge_folder(
    folder: Folder, allow: Iterable[str] = (), names: Iterable[str] | None = None, ran: Mapping[str, Any] | None = None
) -> Judgement:
    """Judge the theorems that the plan names, or *names*; by default all shipped ones.

    *allow* are files that the user lets run, each of which must be one that the plan recorded. Files in *names* are
    the user's as well. *ran*: theorems that are here as code already, of a plan whose files have just run. Raises
    InputError for unknown names and for a file that the plan knows nothing of; nothing else is run.
    """
    allow = tuple(allow)
    permitted = {path: _recorded(folder, path) for path in allow}
    names = None if names is None else list(names)
    asked = [] if names is None else [name for name in names if name in LADDER_THEOREMS]
    wanted = [LADDER_THEOREMS[name] for name in asked] if names is not None else LADDER_THEOREMS.values()
    recorded = judge_ladders(folder.recordings, wanted, asked=names is not None)
    rest = None if names is None else [name for name in names if name not in asked]
    if asked and not rest:
        return Judgement({}, [], {}, recorded=recorded)
    own = {} if rest is None else {name: name for name in (full_name(THEOREMS, n, "theorem") for n in rest)}
    running = () if ran is None or folder.plan is None else folder.plan.plugins
    with only([*allow, *running, *(home_of(name) for name in own if is_own(name))]):
        return replace(_judge(folder, permitted, own, ran or {}), recorded=recorded)


def write_judgement(folder: Folder, judgement: Judgement) -> Path:
    """Write verdicts.json, return its path. Theorems that weren't judged now keep what the folder holds of them."""
    kept = {name: theorem for name, theorem in folder.stored.items() if name not in judgement.theorems}
    return write_verdicts(
        folder.directory,
        judgement.every,
        {**judgement.theorems, **kept},
        folder.results,
        folder.norm_rows,
        folder.partial.removeprefix("partial: "),
        incomplete(folder, judgement),
        {**judgement.copies, **{name: theorem.copies for name, theorem in kept.items() if hasattr(theorem, "copies")}},
    )


def _judge(folder: Folder, permitted: Mapping, own: Mapping[str, str], ran: Mapping[str, Any]) -> Judgement:
    planned = folder.plan.theorems if folder.plan else None
    theorems, notes, missing = {}, [], []
    for name in own or planned or ():
        try:
            theorem, words = _theorem(folder, name, permitted, own, ran)
        except InputError as error:
            if own or name in ran or _given(name, permitted):
                raise
            missing.append(f"{name}: {error}")
            continue
        theorems[name] = theorem
        notes += words
    asked = list(theorems.values()) if own or planned is not None else None
    verdicts, copies = _verdicts(folder, list(THEOREMS.values()) if asked is None else asked, asked)
    if asked is None:
        judged = {verdict.claim for verdict in verdicts}
        theorems = {name: t for name, t in THEOREMS.items() if name in judged}
    told = {name: copies.get(id(theorem), {}) for name, theorem in theorems.items()}
    return Judgement(theorems, _with_what_was_not_run(folder, theorems, verdicts), told, notes, missing)


def _with_what_was_not_run(folder: Folder, theorems: Mapping[str, Any], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """*verdicts*; one that acquits says which problems of the theorem's grid it is silent about."""
    narrowed = folder.plan.narrowed if folder.plan else {}
    told = {theorem.name: narrowed[name] for name, theorem in theorems.items() if name in narrowed}
    return [
        replace(v, reasons=(*v.reasons, told[v.claim])) if v.outcome in ACQUITS and v.claim in told else v
        for v in verdicts
    ]


def _verdicts(folder: Folder, every: Sequence[Any], asked: Sequence[Any] | None) -> tuple[Sequence[Verdict], dict]:
    """The verdicts on *asked*, and by the theorems' identities what they say of the cells' rescaled copies."""
    if folder.recordings and not folder.results and asked is not None:
        return [_of_no_loop(theorem) for theorem in asked], {}
    find = Rescaler(folder.results)
    copies = {id(theorem): find(theorem) for theorem in every if not isinstance(theorem, SampleTheorem)}
    return judge(folder.results, folder.norm_rows, asked, copies=lambda theorem: copies.get(id(theorem), {})), copies


def _of_no_loop(theorem: Any) -> Verdict:
    """What a theorem says of a folder of recordings: nothing."""
    why = "recordings of training loops are all there is: of no network are L, Δ and σ known, so no rate can be judged"
    return Verdict(theorem.name, Outcome.VOID, theorem.expected, theorem.statement, (why,), cells=Cells())


def _theorem(folder: Folder, name: str, permitted: Mapping, own: Mapping, ran: Mapping) -> tuple[Any, list[str]]:
    """The theorem *name* and what is to be said of it; raises InputError where it isn't to be had."""
    if name in THEOREMS:
        return THEOREMS[name], []
    if name in ran:
        return ran[name], []
    if name in own and (name not in folder.stored or not is_path(home_of(name)) or Path(home_of(name)).exists()):
        return find_theorem(name), []
    if path := _given(name, permitted):
        differs = f"{path} is not what the sweep ran (that is {_expected(folder, name)})"
        words = [] if permitted[path][1] else [f"{name}: judged anew with {path}, though {differs}"]
        return find_theorem(f"{path}:{plain_name(name)}"), words
    stored = folder.stored.get(name)
    if stored is None:
        if not is_own(name):
            return find_theorem(name), []
        raise InputError(
            f"not judged: the folder holds no bounds of it; judge anew with --allow-code {_code(folder, name)} "
            f"(expected: {_expected(folder, name)})"
        )
    words = [f"{name}: judged from the bounds that the folder holds; --allow-code {_code(folder, name)} judges anew"]
    if isinstance(stored, SampleTheorem):
        for row in folder.norm_rows:
            if stored.about(row):
                stored.gap(row)  # raises InputError where there is none
    elif late := sum(cell.key not in stored.seen for cell in folder.results):
        raise InputError(
            f"not judged: {count(late, 'cell')} came after its bounds were stored; sweep again, or judge anew with "
            f"--allow-code {_code(folder, name)} (expected: {_expected(folder, name)})"
        )
    return stored, words


def _given(name: str, permitted: Mapping[str, tuple[str, bool]]) -> str | None:
    """The permitted file that stands for the one that *name* is in."""
    return next((path for path, (given, _) in permitted.items() if is_own(name) and home_of(name) == given), None)


def _recorded(folder: Folder, path: str) -> tuple[str, bool]:
    """The plan's spelling of the file at *path*, by content or else by name, and whether the content is the same."""
    digest = hashlib.sha256(content_of(path)).hexdigest()
    known = folder.plan.plugins if folder.plan else {}
    holders = {home_of(name) for name in (folder.plan.theorems or ()) if is_own(name)} if folder.plan else set()
    for given, plugin in known.items():
        if given in holders and plugin.sha256 == digest:
            return given, True
    for given in holders:
        if PurePath(given).name == PurePath(path).name:
            return given, False
    expected = "; ".join(_describe(folder, given) for given in sorted(holders))
    raise InputError(
        f"--allow-code {path}: the plan of {folder.directory} names no theorem of this file, so it was not run "
        f"(expected: {expected or 'none, all its theorems are shipped'})"
    )


def _code(folder: Folder, name: str) -> str:
    """The file that has the code of a user's theorem: the one that was named, of a module its copy."""
    home = home_of(name)
    plugin = folder.plan.plugins.get(home) if folder.plan else None
    return home if is_path(home) or plugin is None else str(folder.directory / FOLDER / plugin.file)


def _expected(folder: Folder, name: str) -> str:
    return _describe(folder, home_of(name))


def _describe(folder: Folder, given: str) -> str:
    plugin = folder.plan.plugins.get(given) if folder.plan else None
    if plugin is None:
        return given
    copy = folder.directory / FOLDER / plugin.file
    return f"{Path(given).name} with sha256 {plugin.sha256[:12]}…, copied to {copy}"
