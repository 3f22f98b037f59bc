"""A rate without a constant: growth of measured/rate convicts where no transient can imitate it, and settles there.

1. On copies, exactly: a ratio that has no limit along rescaled copies of one cell has none at all.
2. On witnesses (``witness``): an exponent above MARGIN that is not about to fall below it.
3. On other families the same, above twice the level that is known to be attained (of a squared quantity four times: a
   statement and its square are one), and only where no transient can be: in K among runs whose f falls no more, in d on
   copies of one coordinate.
4. In κ = LΔ/σ², which no copy changes, on witnesses, in both directions.
"""

from __future__ import annotations

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
from .ruling import Ruling
from .settle import a_constant, what_would_settle
from .statement import Judgeable
from .witness import Family

FACTOR = 2.0  # times the attained level, of a quantity of first order: above it a fixed function convicts too
WITNESSED = "its value on problems where a true rate stays level"


def judge_rate(theorem: Judgeable, sound: Sequence[Judged], found: Sequence[Family], alpha: float) -> Ruling:
    """The ruling on a rate from its families."""
    level = attained_level(theorem, found)
    factor = FACTOR ** degrees(theorem.measures)[0]
    beyond = None if level is None else factor * level
    able = [(f, axis, *f.convicts_by(axis)) for f in found for axis in theorem.axes]
    tests = [(f, axis, grows, cells) for f, axis, grows, cells in able if axis in grows.exponents]
    kappas = kappa_trends([j for f in found if f.witness for j in f.fitted])
    adjusted = holm([_p(*test, beyond) for test in tests] + [t.p for t in kappas])
    violations, failing = _unlimited(sound)
    for (f, axis, grows, cells), p in zip(tests, adjusted[: len(tests)], strict=True):
        if p < alpha:
            above = "" if f.evidence(axis) else f", and it exceeds {factor:g} times {level:.4g}, {WITNESSED}"
            violations.append(
                f"{f.name}: measured/rate goes like {_power(SYMBOLS[axis], grows.exponents[axis], alpha)} and doesn't "
                f"slow down as {SYMBOLS[axis]} grows{above} "
                f"({p_value(p)} after Holm over {count(len(adjusted), 'test')})"
            )
            failing.append(ends(cells, axis))
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
    return Ruling(tuple(violations), tuple(doubts), tuple(notes), len(adjusted), tuple(failing), blind)


def attained_level(theorem: Judgeable, found: Sequence[Family]) -> float | None:
    """The level that is known to be attained: the largest declared one, else the witnesses' largest mean ratio at the
    least d and K that are fitted, or that stay on the hard part where these are too few to fit; None for none."""
    declared = declared_level(theorem)
    if declared is not None:
        return declared
    levels = []
    for f in found:
        if f.witness and f.fitted:
            inside = [j for j in f.fitted if _in_half(f, j)] or f.fitted
            least = min(inside, key=lambda j: (j.result.spec.steps, j.result.spec.dim))
            levels.append(least.mean.value)
    return max(levels, default=None)


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
                notes.append(f"{climbs}: still climbing, at most {high:.3g}, below {level:.4g}, {WITNESSED}")
            else:
                known = (
                    "and nothing says how large it may be"
                    if level is None
                    else f"up to {high:.3g}, above {level:.4g}, {WITNESSED}"
                )
                doubts.append(f"{climbs}, {known}: on a fixed function that is no evidence, and no support")
    return doubts, notes
