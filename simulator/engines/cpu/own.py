"""A coordinate's numbers in compiled code: those that it shares with all others, and those of its own."""

from __future__ import annotations

from typing import Any

from ratecheck.problems.formulas.elementary import COMPILE

from ..numbers import CENTER, INVERSE_SCALE, PROFILE, SIGMA, Layout

# places in what ``own`` returns
OF_SIGMA, OF_CENTER, OF_INVERSE, OF_ARGUMENTS, OF_SCALE, OF_LEAST, OF_AFFINITY = range(7)


def compile_own(layout: Layout, slopes: int, lanes: int):
    """``own(w, lane, shared)`` → (σ_i, centre, 1/scale, the profile's arguments as a tuple, scale, min φ, ρ) of a lane.

    *shared* is a tuple of the shared numbers; the row of *slopes* in the block w is followed by one for each place of
    ``layout.own``. Nothing is computed here, so that it costs what is used of it.
    """

    def at(place: int) -> str:
        if place in layout.own:
            return f"w[{(slopes + 1 + layout.own.index(place)) * lanes} + lane]"
        return f"shared[{place}]"

    arguments = "".join(f"{at(PROFILE + j)}, " for j in range(layout.arguments))
    places = [at(SIGMA), at(CENTER), at(INVERSE_SCALE), f"({arguments})", at(layout.scale), at(layout.least)]
    places.append(at(layout.affinity) if layout.affine else "shared[0]")
    namespace: dict[str, Any] = {}
    exec(f"def own(w, lane, shared): return {', '.join(places)}", namespace)
    return COMPILE(namespace["own"])
