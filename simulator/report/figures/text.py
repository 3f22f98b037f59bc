"""Words and formulas in figures: text that comes from data is shown as it is, never read as mathtext."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.mathtext import MathTextParser

from ...judge.intervals import Estimate
from .style import LEVEL

MOST = 300  # characters; a longer formula is shown as words


def printable(text: object) -> str:
    """*text* in one line, without what no font and no XML can hold."""
    line = re.sub(r"[ \t\n\r\f\v]+", " ", str(text)).strip()
    return "".join(c if c.isprintable() or c == "\u00a0" else "?" for c in line)


def broken(text: object, letters: int) -> list[str]:
    """``printable`` in lines of at most *letters*, broken between words, and within a word that is longer; a number
    stays with its name, its equals sign and its percent sign."""
    glued = re.sub(r" (?=[=%]|\d)|(?<==) ", "\u00a0", printable(text))
    return [line.replace("\u00a0", " ") for line in textwrap.wrap(glued, letters, break_on_hyphens=False)]


def plain(text: object) -> str:
    """*text*, from anywhere, for a figure: a dollar sign starts no formula."""
    return printable(text).replace("$", r"\$")


@lru_cache(maxsize=1000)
def formula(tex: str, otherwise: str) -> str:
    """*tex*, mathtext without dollar signs, as a formula; *otherwise* in words if it can't be drawn."""
    if not tex or len(tex) > MOST or "$" in tex or tex.endswith("\\") or printable(tex) != tex:
        return plain(otherwise)
    try:
        MathTextParser("path").parse(f"${tex}$")
    except Exception:  # a formula of a user's file, and the parser raises what it likes
        return plain(otherwise)
    return f"${tex}$"


def with_interval(e: Estimate) -> str:
    """'0.2301 ± 0.0004', half the 95 % interval; '0.2301' where there is none, '∞' where a replica diverged."""
    half = e.high(LEVEL) - e.value
    if not math.isfinite(e.value):
        return "∞"
    if not math.isfinite(half) or half <= 0:
        return f"{e.value:.4g}"
    digits = min(8, max(0, 1 - math.floor(math.log10(half))))
    if abs(e.value) < 1e-4:
        return f"{e.value:.3g} ± {half:.1g}"
    return f"{e.value:.{digits}f} ± {half:.{digits}f}"


def number_range(values: Sequence[float]) -> str:
    """'1.484 to 1.500'; one number where both ends are the same."""
    ends = list(dict.fromkeys(f"{v:#.4g}".rstrip(".") for v in (min(values), max(values))))
    return " to ".join(ends)


def signed_exponent(value: float, half: float) -> str:
    """'+0.250 ± 0.001', with four digits where three would leave nothing of the interval."""
    digits = 3 if half >= 0.0005 else 4
    rounded = round(value, digits) or 0.0  # no −0.000
    width = max(half, 10.0**-digits)  # rounded up where nothing would be left
    return f"{rounded:+.{digits}f} ± {width:.{digits}f}".replace("-", "−")
