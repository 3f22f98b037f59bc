"""Figures with shared outlines and styles: every reference finds something, and what is said and drawn stays."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from figure_results import grid, norm_rows

from simulator.report.compact import compact
from simulator.report.figures import Drawing, Material, draw
from simulator.report.figures.inline import inline
from simulator.report.shown import show

SVG = (
    '<svg role="img" viewBox="0 0 9 9"><!-- a --><defs><path id="f-m1" d="M 0.123456 1 \nL 2 3 \nz" '
    'style="stroke: red; stroke-width: 1"/><clipPath id="f-c"><rect x="1.23456" y="2" width="3" height="4"/></clipPath>'
    '</defs><g id="f-g"><g clip-path="url(#f-c)"><use class="mark" data-value="1 &lt; 2" href="#f-m1" x="0.0149" '
    'style="fill: blue; stroke: green"><title>1 &lt; 2</title></use></g></g><g/></svg>'
)


def test_what_is_shared_is_moved_and_an_outlines_own_style_goes_first():
    (svg,), sheets = compact([SVG])
    assert svg == (
        '<svg role="img" viewBox="0 0 9 9"><defs><clipPath id="f-c"><rect x="1.23" y="2" width="3" height="4"/>'
        '</clipPath></defs><g class="s0"><use class="mark s1" href="#o0" x="0.01">'
        "<title>1 &lt; 2</title></use></g></svg>"
    )
    assert sheets.css == ".s0{clip-path:url(#f-c)}.s1{fill:blue;stroke:red;stroke-width:1}"
    assert '<path id="o0" d="M0.12 1L2 3z"/>' in sheets.svg


def test_a_word_that_two_figures_have_is_there_once():
    letters = '<use href="#g"/><use href="#h" transform="translate(9)"/>'
    word = f'<g transform="translate(1.2345 2) scale(0.0812345)">{letters}</g>'
    (one, two), sheets = compact([f"<svg>{word}</svg>", f"<svg>{word}</svg>"])
    assert one == two == '<svg><use transform="translate(1.23 2) scale(0.0812345)" href="#o0"/></svg>'
    assert sheets.svg.count('<use href="#h"') == 1


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
    classes = {c for names in re.findall(r'class="([^"]+)"', "".join(after)) for c in names.split()} - {"mark"}
    assert classes <= set(sheets.styles.values())
    ElementTree.fromstring(whole)


def test_real_figures_say_the_same_in_less_than_half_the_bytes(page):
    before, after, sheets = page
    for one, other in zip(before, after, strict=True):
        assert re.findall("<title>(.*?)</title>", other) == re.findall("<title>(.*?)</title>", one)
        assert other.count('class="mark') == one.count('class="mark')
    size = len(sheets.svg) + len(sheets.css) + sum(map(len, after))
    assert size < 0.5 * sum(map(len, before))
