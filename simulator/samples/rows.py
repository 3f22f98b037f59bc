"""The rows of a norm check: what is in one, its file, and the table a reader sees."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ratecheck.problems import NOISES
from ratecheck.problems.errors import InputError, choose, require_integer, require_known, require_number

from ..files import require_writable
from ..plugins import is_own
from ..sealed import read_sealed, write_sealed

FORMAT = "ratecheck norms 3"
FILE = "norms.json"
AGAIN = "make it again with ratecheck norms, or run the sweep again"
INTEGERS = {"dim": (1, 2**32), "samples": (2, 2**32), "violations": (0, 2**32)}
ARGUMENT = r"\w{1,40}=[-+.\de]{1,30}"
LABEL = re.compile(rf"(?P<name>\w+)(\((?P<inside>{ARGUMENT}(, {ARGUMENT})*)\))?", re.ASCII)


@dataclass(frozen=True)
class NormRow:
    """One law at one dimension: Monte Carlo means over *samples* vectors g, beside exact values.

    ``sem_*`` are standard errors of the means. ``ratio_*`` is of ‖g‖₁/(√d‖g‖₂) over the samples with
    g ≠ 0. ``violations`` counts samples that break ‖g‖₂ ≤ ‖g‖₁ ≤ √d‖g‖₂ by more than the rounding
    of the sums.
    """

    law: str
    dim: int
    samples: int
    mean_l1: float
    sem_l1: float
    exact_l1: float
    mean_l2: float
    sem_l2: float
    exact_l2: float
    ratio_mean: float
    ratio_sem: float
    violations: int

    @property
    def z_l1(self) -> float:
        """(mean_l1 − exact_l1)/sem_l1: standard normal if the noise is exact."""
        return _z(self.mean_l1, self.sem_l1, self.exact_l1)

    @property
    def z_l2(self) -> float:
        """(mean_l2 − exact_l2)/sem_l2: standard normal if the noise is exact."""
        return _z(self.mean_l2, self.sem_l2, self.exact_l2)

    @property
    def ratio_limit(self) -> float:
        """lim_{d→∞} ‖g‖₁/(√d‖g‖₂) = E|g_i|."""
        return self.exact_l1 / self.dim


def _z(mean: float, sem: float, exact: float) -> float:
    # A law without spread (Rademacher) has sem 0: then only rounding may separate the two.
    rounding = 1e-14 * exact
    if sem > rounding:
        return (mean - exact) / sem
    return 0.0 if abs(mean - exact) <= rounding else math.copysign(math.inf, mean - exact)


def save_rows(rows: Sequence[NormRow], folder: str | Path, key: str) -> Path:
    """Write *rows* and the *key* of their settings (``check_key``) to FOLDER/norms.json; return the path.

    Raises InputError if it can't be written.
    """
    path = Path(folder) / FILE
    require_writable(path.parent)
    for number, row in enumerate(rows):
        if not all(math.isfinite(value) for value in asdict(row).values() if isinstance(value, float)):
            raise ValueError(f"row {number} has numbers that are not finite: {row}")
    write_sealed(path, FORMAT, {"key": key, "rows": [asdict(row) for row in rows]})
    return path


def load_rows(folder: str | Path, key: str | None = None) -> list[NormRow]:
    """The rows of FOLDER/norms.json, of the settings of *key* if it is given.

    Raises InputError, naming the entry, for a file that ``save_rows`` can't have written or of another key.
    """
    path = Path(folder) / FILE
    try:
        data = read_sealed(path, FORMAT, "a file of norm checks")
    except FileNotFoundError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    except InputError as error:
        raise InputError(f"{error}; {AGAIN}") from error
    if not isinstance(data.get("rows"), list):
        raise InputError(f"{path} has no list of rows; {AGAIN}")
    if key is not None and data.get("key") != key:
        raise InputError(f"{path} holds norm checks of other settings or another version than the sweep's")
    return [_row(entry, f"{path}, row {index}") for index, entry in enumerate(data["rows"])]


def _row(entry: object, where: str) -> NormRow:
    """A row that may be one: the digest finds damage, and this what somebody may have made up."""
    names = {f.name: f.type for f in fields(NormRow)}
    if not isinstance(entry, dict) or set(entry) != set(names):
        raise InputError(f"{where}: a row has exactly the entries {', '.join(names)}; got {entry!r:.200}")
    try:
        _require_law(entry["law"])
        made = {"law": entry["law"]}
        for name, (least, most) in INTEGERS.items():
            if type(entry[name]) is not int:
                raise InputError(f"{name} must be an integer, got {entry[name]!r:.100}")
            made[name] = require_integer(entry[name], name, least=least, most=most)
        for name in names:
            if name not in made:
                made[name] = require_number(entry[name], name, least=0)
        row = NormRow(**made)
        _require_sane(row)
    except InputError as error:
        raise InputError(f"{where}: {error}; {AGAIN}") from error
    return row


def _require_law(label: object) -> None:
    """The label of a shipped law, such as 'sparse(q=0.1)', or FILE.py:NAME; it goes into tables and figures."""
    if isinstance(label, str) and is_own(label) and label.isprintable() and len(label) < 5000:
        return  # the file is not run, nor need it be there
    found = LABEL.fullmatch(label) if isinstance(label, str) and len(label) < 200 else None
    if not found:
        raise InputError(f"law must be a name, got {label!r:.100}")
    make = choose(NOISES, found["name"], "noise law")
    given = [pair.partition("=")[0] for pair in (found["inside"] or "").split(", ") if pair]
    require_known(given, list(inspect.signature(make).parameters), f"noise {found['name']!r}")


def _require_sane(row: NormRow) -> None:
    """What holds for every law of variance 1: E‖g‖₁ ≤ d, E‖g‖₂ ≤ √d, a ratio of at most 1."""
    slack = 1 + 1e-6
    most = {
        "exact_l1": slack * row.dim,
        "exact_l2": slack * math.sqrt(row.dim),
        "mean_l1": 1e6 * row.dim,
        "mean_l2": 1e6 * math.sqrt(row.dim),
        "sem_l1": 1e6 * row.dim,
        "sem_l2": 1e6 * math.sqrt(row.dim),
        "ratio_mean": 1.01,
        "ratio_sem": 1.01,
        "violations": row.samples,
    }
    for name, limit in most.items():
        if getattr(row, name) > limit:
            raise InputError(f"{name} can't be more than {limit:g} at d = {row.dim}, got {getattr(row, name):g}")
    if row.exact_l1 == 0 or row.exact_l2 == 0:
        raise InputError("exact_l1 and exact_l2 must be above 0")


def norm_table(rows: Sequence[NormRow]):
    """A rich table: Monte Carlo beside exact, with z-scores; norms divided by d and √d to compare dimensions."""
    from rich.table import Table

    scores = [abs(z) for row in rows for z in (row.z_l1, row.z_l2)]
    table = Table(
        title="Norms of noise: Monte Carlo (standard error) beside exact values",
        caption=f"largest |z| of {len(scores)}: {max(scores, default=0.0):.2f} (standard normal if exact)",
    )
    for head in (
        "law",
        "d",
        "samples",
        "E‖g‖₁/d",
        "exact",
        "z",
        "E‖g‖₂/√d",
        "exact",
        "z",
        "‖g‖₁/(√d‖g‖₂)",
        "d→∞",
        "broken",
    ):
        table.add_column(head, justify="left" if head == "law" else "right", overflow="fold")
    for row in rows:
        root = math.sqrt(row.dim)
        table.add_row(
            row.law,
            f"{row.dim:,}",
            f"{row.samples:,}",
            measured(row.mean_l1 / row.dim, row.sem_l1 / row.dim),
            f"{row.exact_l1 / row.dim:.6f}",
            f"{row.z_l1:+.2f}",
            measured(row.mean_l2 / root, row.sem_l2 / root),
            f"{row.exact_l2 / root:.6f}",
            f"{row.z_l2:+.2f}",
            measured(row.ratio_mean, row.ratio_sem),
            f"{row.ratio_limit:.4f}",
            str(row.violations),
        )
    return table


def measured(mean: float, sem: float) -> str:
    """'0.79788(12)': the mean with its standard error in units of the last digits; '1.000000' for no error."""
    if not sem > 1e-9:
        return f"{mean:.6f}"
    digits = max(0, min(9, 1 - math.floor(math.log10(sem))))
    return f"{mean:.{digits}f}({round(sem * 10**digits)})"
