"""A figure's SVG as part of an HTML page: ids of its own, and colours that follow the page's light or dark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from .drawing import Drawing
from .style import BREACH, FAINT, INK, NAMED, NAMED_DARK, PAPER, RAMP, RAMP_DARK

# colour in the file → (name of the CSS variable, its value on light and on dark pages)
COLORS = {INK: ("ink", INK, "#e4e4ea"), PAPER: ("paper", PAPER, "#17171c"), FAINT: ("faint", FAINT, "#8f8f9c")}
COLORS |= {BREACH: ("breach", BREACH, "#ff8a80")}
COLORS |= {light: (f"ramp{i}", light, dark) for i, (light, dark) in enumerate(zip(RAMP, RAMP_DARK, strict=True))}
COLORS |= {light: (f"named{i}", light, dark) for i, (light, dark) in enumerate(zip(NAMED, NAMED_DARK, strict=True))}


def inline(drawing: Drawing, svg: bytes) -> str:
    """*svg*, the drawing's file, as an ``<svg>`` element of a page that holds other such figures too.

    It is described by the element with the id ``caption-NAME``. Markers that stand for a value have it as their title,
    and nothing else has a title.
    """
    text = svg.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<title>.*?</title>\s*", "", text, flags=re.DOTALL)
    for name, texts in drawing.figure.told.items():
        text = _told(text, name, texts)
    prefix = f"{drawing.name}-"
    text = re.sub(r'\bid="', f'id="{prefix}', text)
    text = re.sub(r'xlink:href="#', f'href="#{prefix}', text)
    text = re.sub(r"url\(#", f"url(#{prefix}", text)
    text = re.sub(r"#[0-9a-f]{6}\b", lambda found: _variable(found.group()), text)
    text = re.sub(r'^<svg xmlns:xlink="[^"]*" width="[^"]*" height="[^"]*"', "<svg", text)
    label = escape(drawing.title, quote=True)
    width = drawing.figure.get_figwidth()
    # as wide as its type wants to be read; on a phone it scrolls instead of shrinking to nothing
    style = f"max-width: {8.6 * width:.1f}rem; min-width: {min(5.2 * width, 36):.1f}rem"
    about = f'role="img" aria-label="{label}" aria-describedby="caption-{drawing.name}"'
    return re.sub(r"^<svg", f'<svg {about} style="{style}"', text)


def css(dark: bool) -> str:
    """The declarations of the variables, for light or for dark pages."""
    return " ".join(f"--{name}: {(light, night)[dark]};" for name, light, night in COLORS.values())


def _variable(color: str) -> str:
    return f"var(--{COLORS[color][0]})" if color in COLORS else color


def _told(svg: str, name: str, texts: Sequence[str]) -> str:
    """*svg* whose group *name* has a marker for each of *texts*, with these on them."""
    start = svg.index(f'<g id="{name}">')
    marks = list(re.compile(r"<use ([^>]*)/>").finditer(svg, start))[: len(texts)]
    if len(marks) < len(texts):
        raise ValueError(f"{name} has {len(marks)} markers for {len(texts)} values: one lies outside of the figure")
    parts, end = [], 0
    for found, value in zip(marks, texts, strict=True):
        said = escape(value, quote=False)
        parts += [
            svg[end : found.start()],
            f"<use {found[1]}><title>{said}</title></use>",
        ]
        end = found.end()
    return "".join([*parts, svg[end:]])
