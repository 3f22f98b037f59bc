"""What would settle a rate that nothing here could have shown wrong: the runs it takes, or a constant to declare."""

from __future__ import annotations

from collections.abc import Sequence

from ..words import count
from .eligible import Judged
from .fit import SYMBOLS
from .growth import MARGIN
from .statement import Judgeable
from .witness import STAYS, Family


def what_would_settle(theorem: Judgeable, sound: Sequence[Judged], found: Sequence[Family], alpha: float) -> list[str]:
    """Doubts: why no witness is settled, and the least constant that these data allow."""
    witnesses = [f for f in found if f.witness]
    if witnesses:
        whys = list(dict.fromkeys(why for f in witnesses for why in _why_not(theorem, f, alpha)))
    else:
        whys = [
            "no problem here is made anew for each horizon (ramp, uneven-ramp, sawtooth), and growth on a "
            "fixed function is no evidence: sweep one on which the rate is attained"
        ]
    lines = ["nothing here could have shown the rate wrong: " + whys[0], *whys[1:]]
    return [*lines, *a_constant(sound, alpha)]


def a_constant(sound: Sequence[Judged], alpha: float) -> list[str]:
    """What may be declared instead: the least constant that these data allow."""
    if not sound:
        return []
    least = max(j.mean.high(alpha) * j.copies.worst[1] for j in sound)
    return [f"or declare a constant, against which each cell is judged: these data allow any of {least:.3g} or more"]


def _why_not(theorem: Judgeable, f: Family, alpha: float) -> list[str]:
    """Why the witness *f* settles nothing."""
    whys = []
    left = len(f.members) - len(f.fitted)
    if left:
        whys.append(f"{f.name}: {left} of {count(len(f.members), 'cell')} leave the hard part; {_remedy(f)}")
    for axis in theorem.axes:
        symbol = SYMBOLS[axis]
        if axis in f.growth.missing:
            whys.append(f"{f.name}: no growth exponent in {symbol}: {f.growth.missing[axis]}")
        elif axis == "dim" and f.alike:
            whys.append(
                f"{f.name}: its coordinates are copies of one, so in d it is level by construction; a problem whose "
                "coordinates differ (uneven-ramp) would show more"
            )
        elif not f.evidence(axis):
            whys.append(f"{f.name}: nothing says that {theorem.measures.name} is level in {symbol} on it")
        elif not f.settled(axis, alpha):
            whys.append(f"{f.name}: its exponent in {symbol} is not shown to be below {MARGIN:g}")
    return whys


def _remedy(f: Family) -> str:
    """The κK at which the share that is lost has fallen to what is allowed, where it falls; it does like 1/(κK)."""
    ordered = sorted(
        (j for j in f.members if j.result.key in f.share and j.result.spec.sigma > 0), key=lambda j: j.result.spec.steps
    )
    if ordered:
        last = ordered[-1].result
        lost, before = 1 - f.share[last.key], 1 - f.share[ordered[0].result.key]
        if 0 < lost < 0.9 * before and lost > 1 - STAYS:
            spec = last.spec
            kappa = spec.smoothness * spec.gap / spec.sigma**2
            return f"from κK of about {kappa * spec.steps * lost / (1 - STAYS):.3g} on they would stay (κ = LΔ/σ²)"
        if lost <= 1 - STAYS:
            return "longer horizons stay"
    return "a milder instance, or smaller steps, would stay"
