"""Figures for a page in a third of the bytes: outlines and styles that many have are there once, and no number has more
digits than a screen shows. What is seen stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

REFERENCE = re.compile(r"#([^)\"]+)")
LONG = re.compile(r"-?\d+\.\d{3,}")
GAP = re.compile(r"\s*([MLQCHVZz])\s*")
PLACES = ("d", "x", "y", "width", "height")
SHIFT = re.compile(r"translate\([^)]*\)")
JOINS = "*{stroke-linejoin: round; stroke-linecap: butt}"  # Matplotlib's, in each figure; the page's style has it


@dataclass
class Sheets:
    """What the figures of one page share: outlines of markers, glyphs and words, and styles, by what they are."""

    outlines: dict[str, str] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)

    def outline(self, element: Element) -> str:
        """The id under which *element*, which has none, is on the page."""
        name = f"o{len(self.outlines)}"
        return self.outlines.setdefault(_markup(element), name)

    def style(self, style: str) -> str:
        return self.styles.setdefault(style, f"s{len(self.styles)}")

    @property
    def svg(self) -> str:
        """The outlines, in an element that takes no room."""
        made = "".join(re.sub(r"^<\w+", rf'\g<0> id="{name}"', text) for text, name in self.outlines.items())
        return f'<svg class="outlines" aria-hidden="true"><defs>{made}</defs></svg>' if made else ""

    @property
    def css(self) -> str:
        return "".join(f".{name}{{{style}}}" for style, name in self.styles.items())


def compact(svgs: Sequence[str]) -> tuple[list[str], Sheets]:
    """*svgs*, each the ``<svg>`` of an HTML page as ``figures.inline`` makes it, and what they share."""
    sheets = Sheets()
    return [_one(svg, sheets) for svg in svgs], sheets


def _one(svg: str, sheets: Sheets) -> str:
    root = ElementTree.fromstring(re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg))
    moved = _take_outlines(root, sheets)
    used = {found for e in root.iter() for a, v in e.items() if a != "id" for found in REFERENCE.findall(v)}
    for element in root.iter():
        element.tail = None
        element.text = element.text.strip() or None if element.text else None
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if element is not root:
            _shorten(element, moved, sheets)
    _flatten(root)
    for element in list(root.iter("g")):
        _share_words(element, sheets)
    return _markup(root)


def _markup(element: Element) -> str:
    return ElementTree.tostring(element, encoding="unicode").replace(" />", "/>")


def _take_outlines(root: Element, sheets: Sheets) -> dict[str, tuple[str, str]]:
    """Move the outlines of markers and glyphs out of *root*: their old ids to the new ones and their styles."""
    moved = {}
    for element in list(root.iter("defs")):
        for child in list(element):
            if child.tag == "style" and (child.text or "").strip() == JOINS:
                element.remove(child)
            elif child.tag == "path" and child.get("id"):
                kept = {"d": _rounded(child.get("d", "")), "transform": child.get("transform")}
                outline = Element("path", {name: value for name, value in kept.items() if value is not None})
                moved[child.get("id", "")] = sheets.outline(outline), child.get("style", "")
                element.remove(child)
    return moved


def _share_words(group: Element, sheets: Sheets) -> None:
    """Make *group*, if it is a word of glyphs, a use of that word: tick labels are in many panels."""
    if "transform" not in group.attrib or any(child.tag != "use" or len(child) for child in group):
        return
    word = Element("g")
    word.extend(group)
    name = sheets.outline(word)
    group[:] = []
    group.tag = "use"
    group.set("href", f"#{name}")


def _shorten(element: Element, moved: dict[str, tuple[str, str]], sheets: Sheets) -> None:
    own = element.get("style", "")
    target = moved.get(element.get("href", "")[1:])
    if target is not None:
        element.set("href", f"#{target[0]}")
        own = _merged(own, target[1])  # an outline's own style goes before that of its place
    for name in PLACES:
        if name in element.attrib:
            element.set(name, _rounded(element.get(name, "")))
    if "transform" in element.attrib:
        element.set("transform", SHIFT.sub(lambda m: _rounded(m[0]), element.get("transform", "")))
    element.attrib.pop("style", None)
    if clip := element.attrib.pop("clip-path", ""):
        own = _merged(own, f"clip-path: {clip}")
    if own:
        name = sheets.style(own.replace(": ", ":").replace("; ", ";"))
        element.set("class", " ".join(filter(None, [element.get("class"), name])))
    element.attrib.pop("data-value", None)  # the title says the same


def _merged(first: str, second: str) -> str:
    """Two lists of declarations as one, the *second* before the *first* where both have a property."""
    pairs = [part.partition(":") for text in (first, second) for part in text.split(";") if part.strip()]
    return "; ".join(f"{name}: {value}" for name, value in {n.strip(): v.strip() for n, _, v in pairs}.items())


def _rounded(text: str) -> str:
    """Two digits behind the point: a hundredth of a point of print."""
    short = LONG.sub(lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), text)
    return GAP.sub(r"\1", short).strip()


def _flatten(element: Element) -> None:
    """Replace groups that say nothing by what is in them."""
    children: list[Element] = []
    for child in element:
        _flatten(child)
        if child.tag in ("g", "defs") and not len(child):
            continue
        children.extend(child if child.tag == "g" and not child.attrib else [child])
    element[:] = children
