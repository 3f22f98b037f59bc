"""Words and formulas in figures: text that comes from data is shown as it is, never read as mathtext."""

from __future__ import annotations

import re
from functools import lru_cache

from matplotlib.mathtext import MathTextParser

MOST = 300  # characters; a longer formula is shown as words


def printable(text: object) -> str:
    """*text* in one line, without what no font and no XML can hold."""
    line = re.sub(r"[ \t\n\r\f\v]+", " ", str(text)).strip()
    return "".join(c if c.isprintable() or c == "\u00a0" else "?" for c in line)


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
