"""The rows of a norm check: what is in one, its file, and the table a reader sees."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ratecheck.problems.errors import InputError

from ..files import require_writable, write_whole

FORMAT = "ratecheck norms 2"
FILE = "norms.json"


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
    content = {"format": FORMAT, "key": key, "rows": [asdict(row) for row in rows]}
    require_writable(path.parent)
    write_whole(path, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
    return path


def load_rows(folder: str | Path, key: str | None = None) -> list[NormRow]:
    """The rows of FOLDER/norms.json, of the settings of *key* if it is given.

    Raises InputError, naming the entry, for a file that ``save_rows`` can't have written or of another key.
    """
    path = Path(folder) / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); make it again with ratecheck norms") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("rows"), list):
        raise InputError(f"{path} is not a file of norm checks (format {FORMAT!r}); make it again with ratecheck norms")
    if key is not None and data.get("key") != key:
        raise InputError(f"{path} holds norm checks of other settings or another version than the sweep's")
    return [_row(entry, f"{path}, row {index}") for index, entry in enumerate(data["rows"])]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _row(entry: object, where: str) -> NormRow:
    names = {f.name: f.type for f in fields(NormRow)}
    if not isinstance(entry, dict) or set(entry) != set(names):
        raise InputError(f"{where}: a row has exactly the entries {', '.join(names)}; got {entry!r:.200}")
    least = {"dim": 1, "samples": 2}
    for name, kind in names.items():
        value = entry[name]
        if kind == "str":
            good, wanted = isinstance(value, str) and value != "", "a name"
        elif kind == "int":
            good = type(value) is int and value >= least.get(name, 0)
            wanted = f"an integer ≥ {least.get(name, 0)}"
        else:
            good = type(value) in (int, float) and math.isfinite(value) and value >= 0
            wanted = "a finite number ≥ 0"
        if not good:
            raise InputError(f"{where}: {name} must be {wanted}, got {value!r}; make it again with ratecheck norms")
    given: dict[str, Any] = {n: float(entry[n]) if kind == "float" else entry[n] for n, kind in names.items()}
    return NormRow(**given)


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
