"""A verdict as a card in a notebook: its own colours, light and dark, no script and no network."""

from __future__ import annotations

from html import escape

from ..judge.outcome import Outcome, Verdict
from .numbers import rows
from .words import MEANS, constant_words

TONES = {True: "#1a7f37", False: "#cf222e", None: "#9a6700"}  # as expected, not, open


def to_html(verdict: Verdict) -> str:
    """A card: the outcome, the statement, numbers, reasons, the smallest failing case and the false controls."""
    open_ = verdict.outcome is Outcome.INCONCLUSIVE and not verdict.suspect
    tone = TONES[None if open_ and not verdict.as_expected else verdict.as_expected]
    style = f"border-left:4px solid {tone};padding:.4em .9em;margin:.4em 0;max-width:52em"
    badge = f"color:#fff;background:{tone};border-radius:3px;padding:.1em .5em;font-weight:600"
    reasons = [*verdict.reasons, *filter(None, [constant_words(verdict)])]
    parts = [
        f'<div style="{style}">',
        f'<div><span style="{badge}">{verdict.outcome}</span> <b>{escape(verdict.claim)}</b>'
        f"{'' if verdict.as_expected else ', not as expected'}: {escape(MEANS[verdict.outcome])}</div>",
        f"<div>{escape(verdict.statement)}</div>",
        _table(rows(verdict)),
        f"<details{' open' * (not verdict.as_expected)}><summary>why</summary><ul>",
        *(f"<li>{escape(reason)}</li>" for reason in reasons),
        "</ul></details>",
    ]
    rests = verdict.grounds
    if rests and rests.again:
        parts.append(f'<pre style="white-space:pre-wrap">{escape(chr(10).join(rests.again))}</pre>')
    for control in rests.controls if rests else ():
        word = "as it must be" if control.as_expected else "though it is known to be false"
        parts.append(f"<div>false control {escape(control.claim)}: <b>{control.outcome}</b>, {word}</div>")
    return "".join([*parts, "</div>"])


def _table(found: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th style='text-align:left'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in found)
    return f"<table>{cells}</table>" if cells else ""
