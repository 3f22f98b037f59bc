"""DIR/verdicts.json: the verdicts, and what each user's theorem says of each cell, so that a folder stands alone.

Shipped theorems are there for programs that read the file; ``verify`` and ``report`` judge them by this package's code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..judge.copies import Copies
from ..judge.outcome import Verdict, exit_code
from ..judge.statement import Judgeable
from ..judge.stored import to_dict
from ..judge.stored_theorem import StoredTheorem, from_dict, sample_to_dict
from ..sample_theorem import SampleTheorem
from ..sealed import read_sealed, write_sealed
from ..theorems import THEOREMS

FILE, FORMAT = "verdicts.json", "ratecheck verdicts 3"
MANY = 200_000  # bearings in a file, some 150 bytes each


def write_verdicts(
    directory: Path,
    verdicts: Sequence[Verdict],
    theorems: Mapping[str, Judgeable | SampleTheorem],
    results: Sequence[Result],
    rows: Sequence,
    partial: str = "",
    incomplete: bool = False,
    copies: Mapping[str, Mapping[str, Copies]] | None = None,
) -> Path:
    """Write verdicts.json and return its path; *theorems*, and what they say of the cells' rescaled *copies*, by the
    names that the plan has for them.

    *partial* says which cells are missing, in words; *incomplete*, whether anything is, for the exit code.
    Where all would be too much to read again, shipped theorems are left out: their code is at hand. Raises InputError
    when it can't be written.
    """
    known = copies or {}
    records = {given: _record(given, t, results, rows, known.get(given, {})) for given, t in theorems.items()}
    content = {
        "exit_code": exit_code(verdicts, partial=incomplete or bool(partial)),
        "partial": partial,
        "verdicts": [v.to_dict() | {"numbers": v.numbers} for v in verdicts],
        "theorems": list(records.values()),
    }
    if len(results) * len(records) > MANY:
        content["theorems"] = [record for given, record in records.items() if given not in THEOREMS]
    write_sealed(directory / FILE, FORMAT, content)
    return directory / FILE


def read_stored(directory: Path) -> dict[str, StoredTheorem | SampleTheorem]:
    """The users' theorems that a folder holds, by the plan's names for them; none when there is no file.

    Raises InputError for a file that ``write_verdicts`` can't have written.
    """
    path = directory / FILE
    try:
        records = read_sealed(path, FORMAT, "a file of verdicts").get("theorems")
    except FileNotFoundError:
        return {}
    except InputError as error:
        raise InputError(f"{error}; run the sweep again: it writes the verdicts anew and keeps the cells") from error
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise InputError(f"{path} has no list of theorems")
    try:
        mine = [r for r in records if isinstance(r.get("given"), str) and r["given"] not in THEOREMS]
        return {record["given"]: _own_name(record["given"], from_dict(record)) for record in mine}
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _own_name(given: str, theorem: StoredTheorem | SampleTheorem) -> StoredTheorem | SampleTheorem:
    """What a folder holds is never shown under the name of a shipped theorem."""
    return replace(theorem, name=given) if theorem.name in THEOREMS else theorem


def _record(
    given: str,
    theorem: Judgeable | SampleTheorem,
    results: Sequence[Result],
    rows: Sequence,
    copies: Mapping[str, Copies],
) -> dict:
    if isinstance(theorem, SampleTheorem):
        return {"given": given, **sample_to_dict(theorem, rows)}
    record = {"given": given, **to_dict(theorem, results, copies)}
    if given not in THEOREMS:
        seen = sorted(theorem.seen) if isinstance(theorem, StoredTheorem) else [cell.key for cell in results]
        record["seen"] = seen
    return record
