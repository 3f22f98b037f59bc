"""One plan of several folders' plans: what was asked of any of them is asked of the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..words import count
from .copies import FOLDER, PlugIn
from .plan import MOST_CELLS, Plan

MOST_LETTERS = 1000  # of the names of the sweeps' files


def joined_plan(plans: Sequence[Plan], places: Iterable[Path]) -> tuple[Plan, list[str]]:
    """Their cells, their theorems, the norm checks of the first that has some; and a line about each thing in which
    they contradict each other. *places*: folders with copies of the plug-ins. Raises InputError for too many cells."""
    places, conflicts = list(places), []
    cells = {due.key: due for plan in plans for due in plan.cells}
    if len(cells) > MOST_CELLS:
        raise InputError(f"together they have {len(cells)} cells, and {MOST_CELLS} are the most; merge fewer folders")
    named = [plan.theorems for plan in plans]
    theorems = None if None in named else tuple(dict.fromkeys(name for each in named for name in each or ()))
    norms = list(dict.fromkeys(plan.norms for plan in plans if plan.norms))
    if len(norms) > 1:
        conflicts.append("the plans ask for different norm checks; those of the first are kept")
    plugins: dict[str, PlugIn] = {}
    for plan in plans:
        for path, plugin in plan.plugins.items():
            known = plugins.setdefault(path, _with_content(plugin, places))
            if known.sha256 != plugin.sha256:
                conflicts.append(f"the plans were made with different plug-ins {path}; the first is kept")
    left_out: dict[str, int] = {}
    for plan in plans:
        for reason, number in plan.left_out.items():  # shards of one sweep left out the same cells
            left_out[reason] = max(number, left_out.get(reason, 0))
    whole = Plan(
        joined_source([plan.source for plan in plans]),
        all(plan.quick for plan in plans),
        tuple(cells.values()),
        theorems,
        norms[0] if norms else None,
        plugins,
        left_out=left_out,
        narrowed=_narrowed(plans),
    )
    return whole, conflicts


def joined_source(sources: Iterable[str]) -> str:
    """'a.toml, b.toml', each once, and of many the first and how many there are."""
    names = list(dict.fromkeys(name for source in sources for name in source.split(", ")))
    text = ", ".join(names)
    return text if len(text) <= MOST_LETTERS else f"{names[0][:MOST_LETTERS]} and {count(len(names) - 1, 'other')}"


def _narrowed(plans: Sequence[Plan]) -> Mapping[str, str]:
    """The theorems of which no plan has the whole grid, with all that is said of it."""
    told: dict[str, list[str]] = {}
    for plan in plans:
        for name, sentence in plan.narrowed.items():
            told.setdefault(name, []).append(sentence)
    whole = {name for plan in plans for name in plan.theorems or told if name not in plan.narrowed}
    return {name: "; ".join(dict.fromkeys(lines)) for name, lines in told.items() if name not in whole}


def _with_content(plugin: PlugIn, places: Iterable[Path]) -> PlugIn:
    """*plugin* with the content of a copy that is what its digest says."""
    for place in places:
        try:
            content = (place / FOLDER / plugin.file).read_bytes()
        except OSError:
            continue
        if hashlib.sha256(content).hexdigest() == plugin.sha256:
            return replace(plugin, content=content)
    return plugin
