"""Numbers and counts as a reader wants them, and powers set as powers."""

from __future__ import annotations

import math
import re

from markupsafe import Markup, escape

LEAST_P = 15  # p-values below 10 to minus this say no more than that they are below it
LARGE = 1_000_000
NAMES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
COUNTED = re.compile(r"(?P<count>\b[\d,.]+) (?P<noun>[a-z ]*?[a-z])\(s\)")
OVER_ONE = re.compile(r"\bover 1 (cells|rows|tests|exponents)\b")
SAMPLES = re.compile(r"\b(\d{7,})\b(?= samples| vectors)")
TINY = re.compile(r"\b(?P<mantissa>\d(?:\.\d+)?)e(?P<power>[-+]?\d+)\b")
ZERO = re.compile(r"(?<![\d.])-(?=0\.0+\b)")
P_VALUE = re.compile(r"\bp = (?P<value>\d+(?:\.\d+)?(?:e-?\d+)?)(?!\.?\d)")
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


def amount(count: int) -> str:
    """'459', '5.2 million'."""
    for size, name in NAMES:
        if count >= size:
            return f"{count / size:.1f} {name}"
    return str(count)


def plural(count: int, one: str, many: str = "") -> str:
    """'1 cell', '3 cells', '5.2 million cells'."""
    return f"{amount(count)} {one if count == 1 else many or f'{one}s'}"


def span(values: list[str]) -> str:
    """'16…4096' for sorted texts, '16' for one."""
    return values[0] if len(values) == 1 else f"{values[0]}…{values[-1]}"


def polished(text: str) -> str:
    """*text*, a sentence of the judge's, with real plurals, long counts in words, no e-notation and no −0.000, and
    p-values that mean something."""
    text = COUNTED.sub(lambda m: f"{m['count']} {m['noun']}{'' if m['count'] == '1' else 's'}", text)
    text = OVER_ONE.sub(lambda m: f"over 1 {m[1][:-1]}", text)
    text = SAMPLES.sub(lambda m: amount(int(m[1])), text)
    text = P_VALUE.sub(lambda m: _p(float(m["value"])) or m[0], text)
    return ZERO.sub("", TINY.sub(lambda m: _scientific(m["mantissa"], int(m["power"])), text))


def _p(value: float) -> str:
    """'p < 10⁻¹⁵' for a tiny one, '' for another."""
    return f"p < 10{str(-LEAST_P).translate(SUPERSCRIPT)}" if value < 10.0**-LEAST_P else ""


def _scientific(mantissa: str, power: int) -> str:
    return f"{mantissa} × 10{str(power).translate(SUPERSCRIPT)}"


def powers(text: object) -> Markup:
    """*text*, escaped, with each 'K^(1/4)', 'd^0.500' or 'x^k' as a superscript, 'σ_s' with an index, and `names`."""

    def sup(found: re.Match[str]) -> str:
        exponent = found["inside"] or found["plain"]
        return f"{found['base']}<sup>{exponent.replace('-', '−')}</sup>"

    safe = POWER.sub(sup, str(escape(text)))
    return Markup(CODE.sub(r"<code>\1</code>", INDEX.sub(r"\g<base><sub>\g<index></sub>", safe)))
