"""A rate without a constant: growth of measured/rate convicts where no transient can imitate it, and settles there.

1. On copies, exactly: a ratio that has no limit along rescaled copies of one cell has none at all.
2. On witnesses (``witness``): an exponent above MARGIN that is not about to fall below it.
3. On other families the same, above twice the level that a witness could keep (of a squared quantity four times: a
   statement and its square are one), and only where no transient can be: in K among runs whose f falls no more, in d on
   copies of one coordinate.
4. In κ = LΔ/σ², which no copy changes, on witnesses, in both directions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..words import count, p_value, power
from .copies import constants_text
from .eligible import Judged, degrees
from .failing import ends
from .fit import SYMBOLS
from .growth import MARGIN, Growth
from .hard import declared_level
from .intervals import Estimate, holm
from .kappa import kappa_trends
from .rest import at_rest, spent
from .ruling import Ruling
from .settle import a_constant, what_would_settle
from .statement import Judgeable
from .witness import Family

FACTOR = 2.0  # times the attainable level, of a quantity of first order: above it a fixed function convicts too
ATTAINABLE = "the most that a witness could keep"
ATTAINED = "a level that is attained"


def judge_rate(theorem: Judgeable, sound: Sequence[Judged], found: Sequence[Family], alpha: float) -> Ruling:
    """The ruling on a rate from its families."""
    level = attained_level(theorem, found, alpha)
    factor = FACTOR ** degrees(theorem.measures)[0]
    most = attainable_level(theorem, found)
    beyond = None if most is None else factor * most
    able = [(f, axis, *f.convicts_by(axis)) for f in found for axis in theorem.axes]
    able.sort(key=lambda test: not test[0].evidence(test[1]))  # witnesses first
    tests = [(f, axis, grows, cells) for f, axis, grows, cells in able if axis in grows.exponents]
    kappas = kappa_trends([j for f in found if f.witness for j in f.fitted])
    adjusted = holm([_p(*test, beyond) for test in tests] + [t.p for t in kappas])
    violations, failing = _unlimited(sound)
    growing = set()
    for (f, axis, grows, cells), p in zip(tests, adjusted[: len(tests)], strict=True):
        if p < alpha:
            above = "" if f.evidence(axis) else f", to above {factor:g} × {most:.4g}, {ATTAINABLE}"
            violations.append(
                f"{f.name}: measured/rate goes like {_power(SYMBOLS[axis], grows.exponents[axis], alpha)} and doesn't "
                f"slow down as {SYMBOLS[axis]} grows{above} "
                f"({p_value(p)} after Holm over {count(len(adjusted), 'test')})"
            )
            failing.append(ends(cells, axis))
            growing.add((f.name, axis))
    for t, p in zip(kappas, adjusted[len(tests) :], strict=True):
        if p < alpha:
            violations.append(
                f"{t.where}: measured/rate goes like {_power('κ', t.exponent, alpha)}, κ = LΔ/σ², and doesn't slow "
                f"down at the end of the range ({p_value(p)} after Holm over {count(len(adjusted), 'test')})"
            )
            failing.append(t.ends)
    doubts, notes = _climbing(theorem, found, level, alpha)
    blind = not any(f.settles(theorem.axes, alpha) for f in found)
    if blind:
        doubts = [*what_would_settle(theorem, sound, found, alpha), *doubts]
    elif doubts:
        doubts += a_constant(sound, alpha)
    told = tuple(violations), tuple(doubts), tuple(notes)
    return Ruling(*told, len(adjusted), tuple(failing), blind, growing=frozenset(growing))


def attained_level(theorem: Judgeable, found: Sequence[Family], alpha: float) -> float | None:
    """The level that is known to be attained: the largest of the declared one, the witnesses', and that of runs at rest
    on functions where the ratio grows no more; None for none."""
    levels = [declared_level(theorem), *(w.mean.value for w in map(_least, found) if w is not None)]
    levels += [_top(f.fitted).value for f in found if _is_settled_floor(theorem, f, alpha)]
    return max((level for level in levels if level is not None), default=None)


def attainable_level(theorem: Judgeable, found: Sequence[Family]) -> float | None:
    """The level that the witnesses say could be attained: the declared one, else the largest of theirs, each times what
    a steeper one could add; None for none.

    A run that stayed has spent a share s of its gap. f falls by η‖∇f‖² a step, or by η‖∇f‖ where steps are normalised,
    so that with all of the gap to spend slopes could be up to 1/s times as steep. One that left counts as well.
    """
    declared = declared_level(theorem)
    if declared is not None:
        return declared
    power = degrees(theorem.measures)[0]
    least = [j for f in found if f.witness for j in (_least(f), min(f.members, key=_size)) if j is not None]
    levels = [j.mean.value / s**power if (s := spent(j.result)) > 0 else math.inf for j in least]
    return max(levels, default=None)


def _least(f: Family) -> Judged | None:
    """The cell of a witness at the least d and K that are fitted, or that stay on the hard part where these are too few
    to fit; None for other families."""
    if not (f.witness and f.fitted):
        return None
    inside = [j for j in f.fitted if _in_half(f, j)] or f.fitted
    return min(inside, key=_size)


def _size(judged: Judged) -> tuple[int, int]:
    return judged.result.spec.steps, judged.result.spec.dim


def _is_settled_floor(theorem: Judgeable, f: Family, alpha: float) -> bool:
    """Whether a fixed function's runs are at rest where measured/rate grows in none of the theorem's axes."""
    settled = all(axis in f.growth.exponents and f.settled(axis, alpha) for axis in theorem.axes)
    return not f.witness and settled and all(at_rest(j.result) for j in f.fitted if _in_half(f, j))


def _power(symbol: str, b: Estimate, alpha: float) -> str:
    return power(symbol, b.value, (b.low(alpha), b.high(alpha), 1 - 2 * alpha))


def _p(f: Family, axis: str, grows: Growth, cells: Sequence[Judged], beyond: float | None) -> float:
    """p-value of the conviction of the rate by growth in *axis* of *cells* of a family; where that is no evidence by
    itself, by a ratio above *beyond* as well."""
    if f.evidence(axis):
        return f.p_grows(axis)
    return 1.0 if beyond is None else max(grows.p_grows(axis), _top(cells).p_above(beyond))


def _top(cells: Sequence[Judged]) -> Estimate:
    return max((j.mean for j in cells), key=lambda mean: mean.value)


def _in_half(f: Family, judged: Judged) -> bool:
    return all(getattr(judged.result.spec, axis) >= floor for axis, floor in f.growth.floors.items())


def _unlimited(sound: Sequence[Judged]) -> tuple[list[str], list[tuple[Judged, ...]]]:
    """Violations that need no statistics: cells on whose copies the ratio has no limit; the first of them is named."""
    guilty = [(j, found) for j in sound if j.mean.value > 0 and (found := j.copies.divergence()) is not None]
    if not guilty:
        return [], []
    judged, (point, exponent) = min(guilty, key=lambda pair: (pair[0].result.spec.dim, pair[0].result.spec.steps))
    symbol, size = ("c", point[0]) if point[1] == 1 else ("s", point[1])
    sign = 1 if size > 1 else -1
    constants = constants_text(point, judged.result.spec)
    what = "(cσ, cL, cΔ)" if symbol == "c" else "(sσ, s²L, Δ)"
    words = (
        f"{judged.where}, the same run in other units: measured/rate goes like {symbol}^{sign * exponent:.3g} with "
        f"(σ, L, Δ) → {what} and has no limit; it is {judged.mean.value * judged.copies.factors[point]:.3g} at "
        f"{constants}; so on {count(len(guilty), 'cell')}, exactly"
    )
    return [words], [(judged,)]


def _climbing(
    theorem: Judgeable, found: Sequence[Family], level: float | None, alpha: float
) -> tuple[list[str], list[str]]:
    """Doubts and notes about families whose exponents are not shown to be below MARGIN.

    A witness that climbs is a doubt; another family that climbs below the attained level is a note.
    """
    doubts, notes = [], []
    for f in found:
        for axis in theorem.axes:
            if axis not in f.growth.exponents or f.growth.settled(axis, alpha):
                continue
            climbs = f"{f.name}: measured/rate goes like {_power(SYMBOLS[axis], f.growth.exponents[axis], alpha)}"
            high = _top(f.members).high(alpha)
            if f.evidence(axis):
                doubts.append(
                    f"{climbs}: the grid can't settle whether that exceeds {MARGIN:g}; more replicas or larger "
                    f"{SYMBOLS[axis]} would"
                )
            elif level is not None and high < level:
                notes.append(f"{climbs}: still climbing, at most {high:.3g}, below {level:.4g}, {ATTAINED}")
            else:
                known = (
                    "and nothing says how large it may be"
                    if level is None
                    else f"up to {high:.3g}, above {level:.4g}, {ATTAINED}"
                )
                doubts.append(f"{climbs}, {known}: on a fixed function that is no evidence, and no support")
    return doubts, notes
