"""Counts and numbers as sentences have them: real plurals, no more digits than a reader wants, small p-values.

Who prints a sentence, in a terminal, a page or a notebook, takes them from here. Nothing of ratecheck is imported, so
that anything may import it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

EXACT = 100_000  # from here on a count is rounded: nobody reads its last digits
SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
SIGNS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))
LEAST_P = -15  # the power of ten below which no digits are shown: they depend on the far tail of a law
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def count(number: int, noun: str) -> str:
    """'96 cells', '1 row', '5.2 million samples': *noun* in its singular, of a phrase the last word is made plural."""
    return f"{large(number)} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """'cells', 'rescaled copies', 'boxes'."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def large(number: int) -> str:
    """'4096', '861 thousand', '5.2 million'."""
    if abs(number) < EXACT:
        return str(number)
    size, name = next((size, name) for size, name in SCALES if abs(number) >= 0.9995 * size)
    share = number / size
    return f"{share:.0f} {name}" if abs(share) >= 99.95 else f"{share:.1f} {name}"


def short(number: float) -> str:
    """'16', '4k', '1.5M' where room is short; in full where that is not exact or not shorter."""
    full = f"{number:g}" if isinstance(number, float) else str(number)
    for size, sign in SIGNS:
        text = f"{number / size:g}{sign}"
        if number >= size and number * 100 % size == 0 and len(text) <= len(full):
            return text
    return full


def brief(number: float) -> str:
    """'4096', '13.4k', '1.86M' where room is short and three digits will do."""
    for size, sign in SIGNS:
        if number >= max(10_000, 0.9995 * size):
            return f"{float(f'{number / size:.3g}'):g}{sign}"
    return short(number)


def span(values: list[int] | list[float]) -> str:
    """'16', '16, 64', of more '1k…256k (5)': least, largest and how many."""
    if len(values) > 2:
        return f"{ends(values)} ({len(values)})"
    return ", ".join(map(short, values))


def ends(values: Sequence[float], text: Callable[[float], str] = short) -> str:
    """'16', of more '1k…256k': the first and the last of sorted numbers, as *text* has them."""
    return "…".join(dict.fromkeys(text(value) for value in (values[0], values[-1])))


def p_value(p: float) -> str:
    """'p = 0.013', 'p = 2.3·10⁻⁸', 'p < 10⁻¹⁵'."""
    return f"p = {number(p, 2)}" if p >= 10.0**LEAST_P else f"p < {_ten_to(LEAST_P)}"


def number(value: float, digits: int = 3) -> str:
    """'0.357', '4.05·10⁷', '2.5·10⁻⁷': so many significant digits."""
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return f"{mantissa}·{_ten_to(int(exponent))}" if exponent else mantissa


def limit(value: float, bound: float, word: str = "at most") -> str:
    """', at most 1.45', for after the value; '' where the two are the same in four digits."""
    return "" if f"{bound:.4g}" == f"{value:.4g}" else f", {word} {bound:.4g}"


def power(symbol: str, exponent: float, interval: tuple[float, float, float] | None = None) -> str:
    """'K^0.250 (90 % interval from 0.249 to 0.251)', 'd^0.000' without an interval or where its ends are the same in
    three digits. *interval*: its ends, and the level 0.9 at which it holds the exponent."""
    value = _fixed(exponent)
    if interval is None or {_fixed(end) for end in interval[:2]} == {value}:
        return f"{symbol}^{value}"
    low, high, level = interval
    return f"{symbol}^{value} ({100 * level:g} % interval from {_fixed(low)} to {_fixed(high)})"


def _fixed(number: float) -> str:
    return f"{round(number, 3) + 0.0:.3f}"  # never '-0.000'


def _ten_to(exponent: int) -> str:
    return "10" + str(exponent).translate(SUPERSCRIPTS)
