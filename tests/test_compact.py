"""Figures with shared outlines and styles: every reference finds something, and what is said and drawn stays."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from figure_results import grid, norm_rows

from simulator.report.compact import compact
from simulator.report.figures import Drawing, Material, draw
from simulator.report.figures.inline import inline
from simulator.report.paths import shorter
from simulator.report.shown import show

SVG = (
    '<svg role="img" viewBox="0 0 9 9"><!-- a --><defs><path id="f-m1" d="M 0.123456 1 \nL 2 3 \nz" '
    'style="stroke: red; stroke-width: 1"/><clipPath id="f-c"><rect x="1.23456" y="2" width="3" height="4"/></clipPath>'
    '</defs><g id="f-g"><g clip-path="url(#f-c)"><use href="#f-m1" x="0.0149" '
    'style="fill: blue; stroke: green"><title>1 &lt; 2</title></use></g></g><g/></svg>'
)


def test_what_is_shared_is_moved_and_an_outlines_own_style_goes_first():
    (svg,), sheets = compact([SVG])
    assert svg == (
        '<svg role="img" viewBox="0 0 9 9"><defs><clipPath id="f-c"><rect x="1.23" y="2" width="3" height="4"/>'
        '</clipPath></defs><g class="c0"><use href="#o0" x="0.01" class="s0">'
        "<title>1 &lt; 2</title></use></g></svg>"
    )
    assert sheets.css == ".s0{fill:blue;stroke:red;stroke-width:1}.c0{clip-path:url(#f-c)}"
    assert '<path id="o0" d="M.12 1l1.88 2z"/>' in sheets.svg


def test_a_word_that_two_figures_have_is_there_once():
    letters = '<use href="#g"/><use href="#h" transform="translate(9)"/>'
    word = f'<g transform="translate(1.2345 2) scale(0.0812345)">{letters}</g>'
    (one, two), sheets = compact([f"<svg>{word}</svg>", f"<svg>{word}</svg>"])
    assert one == two == '<svg><use x="1.23" y="2" href="#o0"/></svg>'
    assert sheets.svg.count('<use href="#h" x="9"/>') == 1
    assert 'transform="scale(0.0812345)"' in sheets.svg


def test_lines_that_look_alike_are_one_path_unless_something_is_seen_through_them():
    def lines(style: str) -> str:
        paths = "".join(f'<path d="M {x} 2 L {x} 5.5" style="{style}"/>' for x in (1, 4.25))
        return f"<svg>{paths}</svg>"

    (one,), _ = compact([lines("fill: none; stroke: red")])
    assert one == '<svg><path d="M1 2v3.5m3.25-3.5v3.5" class="s0"/></svg>'
    for style in ("fill: none; stroke: red; stroke-opacity: 0.3", "stroke: red"):
        (two,), _ = compact([lines(style)])
        assert two.count("<path") == 2


def test_a_tick_is_drawn_where_it_is_used():
    tick = '<defs><path id="m" d="M 0 0 \nL 0 -3.5 \n" style="stroke: red"/></defs><use href="#m" x="10" y="20"/>'
    (svg,), sheets = compact([f"<svg>{tick}</svg>"])
    assert svg == '<svg><path d="M10 20v-3.5" class="s0"/></svg>' and "o0" not in sheets.svg


@pytest.mark.parametrize(
    ("outline", "short"),
    [
        ("M 0.5 1 L 2.5 1 L 2.5 -0.25 z", "M.5 1h2v-1.25z"),
        ("M 1 1 L 2 3 L 3 5", "M1 1l1 2 1 2"),
        ("M 1 1 Q 2 3 3 1 C 1 1 2 2 0 0.128 z M 5 5 L 6 5", "M1 1q1 2 2 0c-2 0-1 1-3-.87zm4 4h1"),
        ("M 0 0 L 0.004 0.004 L 0.008 0.008", "M0 0v0l.01 .01"),  # rounded, then subtracted: no error adds up
        ("M 1 1 A 5 5 0 0 1 2 2", "M 1 1 A 5 5 0 0 1 2 2"),
    ],
)
def test_an_outline_is_told_in_steps(outline, short):
    assert shorter(outline) == short


@pytest.fixture(scope="module")
def page():
    material = Material(show(grid(("ramp",), ("sgd",), factor=0.5)), norm_rows())
    drawn = [d for d in draw(material) if isinstance(d, Drawing)]
    before = [inline(d, d.svg) for d in drawn]
    return before, *compact(before)


def test_every_reference_of_real_figures_finds_what_it_names(page):
    _, after, sheets = page
    whole = f"<p>{sheets.svg}{''.join(after)}</p>"
    ids = re.findall(r'\bid="([^"]+)"', whole)
    assert len(ids) == len(set(ids)) > 10
    wanted = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', whole + sheets.css))
    assert {a or b for a, b in wanted} <= set(ids)
    classes = {c for names in re.findall(r'class="([^"]+)"', "".join(after)) for c in names.split()}
    assert classes <= {*sheets.styles.values(), *sheets.clips.values()}
    ElementTree.fromstring(whole)


def test_real_figures_say_the_same_in_a_third_of_the_bytes(page):
    before, after, sheets = page
    for one, other in zip(before, after, strict=True):
        assert re.findall("<title>(.*?)</title>", other) == re.findall("<title>(.*?)</title>", one)
    size = len(sheets.svg) + len(sheets.css) + sum(map(len, after))
    assert size < 0.34 * sum(map(len, before))
