"""A verdict as a table for a paper. Plain LaTeX: no package is needed."""

from __future__ import annotations

from ..judge.outcome import Verdict
from ..plugins import plain_name
from .numbers import ratio_name

SPECIAL = {sign: f"\\{sign}" for sign in "&%$#_{}"}
SPECIAL |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "∞": r"$\infty$"}


def to_latex(verdict: Verdict) -> str:
    """A tabular with a row for the theorem and one for each false control that was judged with it."""
    controls = verdict.grounds.controls if verdict.grounds else ()
    body = [_row(each) for each in (verdict, *controls)]
    head = rf"theorem & verdict & {ratio_name(verdict)} & at & $d$ & $K$ & cells \\"
    return "\n".join([r"\begin{tabular}{llrlrrr}", r"\hline", head, r"\hline", *body, r"\hline", r"\end{tabular}"])


def _row(verdict: Verdict) -> str:
    top = verdict.numbers.get("max_ratio")
    numbers = (
        [_number(top["value"]), plain_name(top["problem"]), str(top["dim"]), str(top["steps"])] if top else [""] * 4
    )
    name = verdict.claim + " (false)" * (verdict.expected == "fails")
    cells = [_text(name), _text(verdict.outcome.lower()), numbers[0], _text(numbers[1]), *numbers[2:]]
    return " & ".join([*cells, str(verdict.cells.judged)]) + r" \\"


def _number(value: float) -> str:
    mantissa, _, power = f"{value:.3g}".partition("e")
    if "inf" in mantissa:
        return r"$\infty$"
    return f"${mantissa} \\cdot 10^{{{int(power)}}}$" if power else f"${mantissa}$"


def _text(text: str) -> str:
    return "".join(SPECIAL.get(sign, sign) for sign in text)
