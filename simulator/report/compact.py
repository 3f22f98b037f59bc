"""Figures for a page in a quarter of the bytes: outlines and styles that many have are there once, lines that look the
same are one path, and no number has more digits than a screen shows. What is seen stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from .paths import moved, shorter

REFERENCE = re.compile(r"#([^)\"]+)")
LONG = re.compile(r"-?\d+\.\d{3,}")
PLACES = ("x", "y", "width", "height")
SHIFT = re.compile(r"translate\([^)]*\)")
ONLY_SHIFT = re.compile(r"translate\(([-\d.]+)(?:[ ,]+([-\d.]+))?\)")
UPRIGHT = re.compile(r"translate\((?P<x>[-\d.]+) (?P<y>[-\d.]+)\) (?P<scale>scale\([-\d. ]+\))")
SCALE = re.compile(r"scale\(([\d.]+)\)")
GLYPHS = ("use", "path", "rect")  # letters, and the lines of fractions and roots
GLYPH = 5  # glyphs are drawn 100 high, so that a fifth is a fiftieth of a point of print
INK = "fill:var(--ink)"  # of letters, and in the page's style
JOINS = "*{stroke-linejoin: round; stroke-linecap: butt}"  # Matplotlib's, in each figure; the page's style has it


@dataclass
class Sheets:
    """What the figures of one page share: outlines of markers, glyphs and words, styles and clips, by what they are."""

    outlines: dict[str, str] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)
    clips: dict[str, str] = field(default_factory=dict)

    def outline(self, element: Element) -> str:
        """The id under which *element*, which has none, is on the page."""
        name = f"o{len(self.outlines)}"
        return self.outlines.setdefault(_markup(element), name)

    def style(self, style: str) -> str:
        return self.styles.setdefault(style, f"s{len(self.styles)}")

    def clip(self, where: str) -> str:
        return self.clips.setdefault(where, f"c{len(self.clips)}")

    @property
    def svg(self) -> str:
        """The outlines, in an element that takes no room."""
        made = "".join(re.sub(r"^<\w+", rf'\g<0> id="{name}"', text) for text, name in self.outlines.items())
        return f'<svg class="outlines" aria-hidden="true"><defs>{made}</defs></svg>' if made else ""

    @property
    def css(self) -> str:
        clips = {f"clip-path:{where}": name for where, name in self.clips.items()}
        return "".join(f".{name}{{{style}}}" for style, name in (self.styles | clips).items())


def compact(svgs: Sequence[str]) -> tuple[list[str], Sheets]:
    """*svgs*, each the ``<svg>`` of an HTML page as ``figures.inline`` makes it, and what they share."""
    sheets = Sheets()
    return [_one(svg, sheets) for svg in svgs], sheets


def _one(svg: str, sheets: Sheets) -> str:
    root = ElementTree.fromstring(re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg))
    outlines = _take_outlines(root)
    for group in root.iter("g"):
        if "matplotlib.axis_" in group.get("id", ""):
            _sort_ticks(group)
    used = {found for e in root.iter() for a, v in e.items() if a != "id" for found in REFERENCE.findall(v)}
    for element in root.iter():
        element.tail = None
        element.text = element.text.strip() or None if element.text else None
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if element is not root:
            _shorten(element, outlines, sheets)
    for group in root.iter("g"):
        _hoist(group)
    _flatten(root)
    seen_through = {name for style, name in sheets.styles.items() if "opacity" in style or "fill:none" not in style}
    for element in root.iter():
        _join_lines(element, seen_through)
    for path in root.iter("path"):
        path.set("d", shorter(path.get("d", "")))
    for element in list(root.iter("g")):
        _share_words(element, sheets)
    return _markup(root)


def _markup(element: Element) -> str:
    return ElementTree.tostring(element, encoding="unicode").replace(" />", "/>")


@dataclass(frozen=True)
class Outline:
    """An outline for all figures, its style, and its path as it was."""

    shared: Element
    style: str
    path: str


def _take_outlines(root: Element) -> dict[str, Outline]:
    """Take the outlines of markers and glyphs out of *root*; returns them by their ids."""
    found = {}
    for element in list(root.iter("defs")):
        for child in list(element):
            if child.tag == "style" and (child.text or "").strip() == JOINS:
                element.remove(child)
            elif child.tag == "path" and child.get("id"):
                path = child.get("d", "")
                style = child.get("style", "")
                shared = _outline(path, child.get("transform", ""), glyph=not style)  # markers have styles of their own
                found[child.get("id", "")] = Outline(shared, style, path)
                element.remove(child)
    return found


def _outline(path: str, transform: str, glyph: bool) -> Element:
    """An outline for all figures; that of a glyph in whole fifths of its units."""
    scale = SCALE.fullmatch(transform)
    if glyph and (scale or not transform):
        size = float(scale[1]) if scale else 1.0
        return Element("path", {"d": shorter(path, 0, GLYPH * size), "transform": f"scale({1 / GLYPH:g})"})
    return Element("path", {"d": shorter(path)} | ({"transform": transform} if transform else {}))


def _sort_ticks(axis: Element) -> None:
    """Have the grid lines of an axis, which don't cross, as one path, before its ticks and these before its labels."""
    lines = [group for group in axis.iter("g") if "line2d_" in group.get("id", "")]
    grids: dict[str, Element] = {}
    for line in lines:
        for path in line.findall("path"):
            first = grids.setdefault(repr({k: v for k, v in path.attrib.items() if k != "d"}), path)
            if first is not path:
                first.set("d", f"{first.get('d')} {path.get('d')}")
                line.remove(path)
    words = [group for group in axis.iter("g") if "text_" in group.get("id", "")]
    with_grid = [line for line in lines if line.find("path") is not None]
    axis[:] = [*with_grid, *(line for line in lines if line not in with_grid), *words]


def _join_lines(element: Element, seen_through: set[str]) -> None:
    """Make neighbours that are lines of one look, through which nothing is seen, one path."""
    children: list[Element] = []
    for child in element:
        last = children[-1] if children else None
        look = {name: value for name, value in child.attrib.items() if name != "d"}
        if (
            last is not None
            and last.tag == child.tag == "path"
            and look == {name: value for name, value in last.attrib.items() if name != "d"}
            and "class" in look
            and not seen_through & set(look["class"].split())
        ):
            last.set("d", f"{last.get('d')} {child.get('d')}")
        else:
            children.append(child)
    element[:] = children


def _hoist(group: Element) -> None:
    """Give *group* the look that all in it have, if these are the markers of a line."""
    looks = {child.get("class") if child.tag == "use" and len(child) else None for child in group}
    if len(group) > 1 and len(looks) == 1 and (look := looks.pop()):
        group.set("class", " ".join(filter(None, [look, group.get("class")])))
        for child in group:
            del child.attrib["class"]


def _share_words(group: Element, sheets: Sheets) -> None:
    """Make *group*, if it is a word or a formula, a use of that: tick labels and axes' are in many panels."""
    if "transform" not in group.attrib or any(child.tag not in GLYPHS or len(child) for child in group):
        return
    word = Element("g")
    word.extend(group)
    if at := UPRIGHT.fullmatch(group.attrib["transform"]):  # one size for nearly each word, so it goes with the word
        del group.attrib["transform"]
        group.attrib |= {"x": _rounded(at["x"]), "y": _rounded(at["y"])}
        word.set("transform", at["scale"])
    for glyph in word:
        if shift := ONLY_SHIFT.fullmatch(glyph.get("transform", "")):
            del glyph.attrib["transform"]
            for name, value in zip("xy", shift.groups(default="0"), strict=True):
                if float(short := f"{float(value):.1f}") != 0:
                    glyph.set(name, short.removesuffix(".0"))
    name = sheets.outline(word)
    group[:] = []
    group.tag = "use"
    group.set("href", f"#{name}")


def _shorten(element: Element, outlines: dict[str, Outline], sheets: Sheets) -> None:
    own = element.get("style", "")
    target = outlines.get(element.get("href", "")[1:])
    if target is not None:
        own = _merged(own, target.style)  # an outline's own style goes before that of its place
        line = moved(target.path, float(element.get("x", 0)), float(element.get("y", 0)))
        if line and not len(element) and "transform" not in element.attrib:  # a tick, or the end of a bar
            own = _merged(own, "fill: none")
            element.tag = "path"
            element.attrib = {name: value for name, value in element.attrib.items() if name not in ("href", "x", "y")}
            element.set("d", line)
        else:
            element.set("href", f"#{sheets.outline(target.shared)}")
    for name in PLACES:
        if name in element.attrib:
            element.set(name, _rounded(element.get(name, "")))
    if "transform" in element.attrib:
        element.set("transform", SHIFT.sub(lambda m: _rounded(m[0]), element.get("transform", "")))
    element.attrib.pop("style", None)
    own = own.replace(": ", ":").replace("; ", ";")
    style = sheets.style(own) if own not in ("", INK) else ""
    clip = sheets.clip(where) if (where := element.attrib.pop("clip-path", "")) else ""
    if names := [name for name in (element.get("class"), style, clip) if name]:
        element.set("class", " ".join(names))


def _merged(first: str, second: str) -> str:
    """Two lists of declarations as one, the *second* before the *first* where both have a property."""
    pairs = [part.partition(":") for text in (first, second) for part in text.split(";") if part.strip()]
    return "; ".join(f"{name}: {value}" for name, value in {n.strip(): v.strip() for n, _, v in pairs}.items())


def _rounded(text: str) -> str:
    """Two digits behind the point: a hundredth of a point of print."""
    return LONG.sub(lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), text).strip()


def _flatten(element: Element) -> None:
    """Replace groups that say nothing by what is in them."""
    children: list[Element] = []
    for child in element:
        _flatten(child)
        if child.tag in ("g", "defs") and not len(child):
            continue
        children.extend(child if child.tag == "g" and not child.attrib else [child])
    element[:] = children
