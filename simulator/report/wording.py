"""Numbers of a table, and powers set as powers."""

from __future__ import annotations

import math
import re

from markupsafe import Markup, escape

INDEX = re.compile(r"(?P<base>\b[A-Za-z]|[Α-ω])_(?P<index>[a-z])(?![A-Za-z0-9_])")
CODE = re.compile(r"`([^`]+)`")
POWER = re.compile(
    r"(?P<base>[A-Za-zΔσηγλβθε‖)₁₂∞])\^"
    r"(?:\((?P<inside>[^()<>]{1,20})\)|(?P<plain>[-−+]?\d+(?:\.\d+)?(?:/\d+)?|[A-Za-z*]))"
)


def number(value: float) -> str:
    """Four digits, zeros included: '1.500'; '∞' for an infinite one."""
    return "∞" if value == math.inf else f"{value:#.4g}".rstrip(".")


def signed(value: float) -> str:
    """'+0.250', '−0.139', and '0.000' for what rounds to it."""
    text = f"{value:+.3f}"
    return "0.000" if float(text) == 0 else text.replace("-", "−")


def powers(text: object) -> Markup:
    """*text*, escaped, with each 'K^(1/4)', 'd^0.500' or 'x^k' as a superscript, 'σ_s' with an index, and `names`."""

    def sup(found: re.Match[str]) -> str:
        exponent = found["inside"] or found["plain"]
        return f"{found['base']}<sup>{exponent.replace('-', '−')}</sup>"

    safe = POWER.sub(sup, str(escape(text)))
    return Markup(CODE.sub(r"<code>\1</code>", INDEX.sub(r"\g<base><sub>\g<index></sub>", safe)))
