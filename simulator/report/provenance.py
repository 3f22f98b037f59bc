"""Where the numbers come from, as a table; what a file from elsewhere says of it is taken with care."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from ..cells.evidence import Result


def provenance(results: Sequence[Result], plan) -> list[tuple[str, str]]:
    """Where the numbers come from: (what, value), without anything that names the host.

    What isn't of the kind that an engine writes, in a file from elsewhere, is left out.
    """
    sources = [result.provenance for result in results if isinstance(result.provenance, Mapping)]
    rows = [("sweep", plan.source + (" (quick)" if plan.quick else ""))] if plan is not None else []
    rows += [("seeds", spans(r.spec.seed for r in results)), ("precision", spans(r.spec.dtype for r in results))]
    known = "backend", "fast", "device", "machine"  # fast and device are a GPU's
    rows += [(what, spans(str(s[what]) for s in sources if what in s)) for what in known]
    versions = [own for s in sources if isinstance(own := s.get("versions"), Mapping)]
    names = dict.fromkeys(name for own in versions for name in own)
    rows += [(str(name), spans(str(own[name]) for own in versions if name in own)) for name in names]
    dates = sorted(str(s["date"]) for s in sources if "date" in s)
    rows += [("computed", f"{dates[0]} to {dates[-1]}" if len(set(dates)) > 1 else dates[0])] if dates else []
    seconds = [told for s in sources if _is_time(told := s.get("seconds"))]
    rows += [("engine time", f"{sum(seconds):.1f} s over {len(seconds)} cells")] if seconds else []
    return [(what, value) for what, value in rows if value]


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e12


def spans(values: Iterable) -> str:
    """'16, 64, 256': the distinct values in order."""
    return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in sorted(set(values)))
