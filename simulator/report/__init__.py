"""The report of a results folder: one page, one Markdown file, the figures, all cells as CSV, verdicts as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from markupsafe import Markup
from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..cells.recording import Recording
from ..files import write_whole
from ..judge.outcome import Verdict
from ..judge.statement import Judgeable
from ..lab.folder import missing_parts
from ..sample_theorem import SampleTheorem
from ..theorems import THEOREMS
from .cell_tables import cell_table, run_table
from .claims import claim_columns, claim_groups
from .compact import compact
from .figures import FIGURES, MAIN, RECORDED, Drawing, Material, Skipped, draw, left_out
from .figures.inline import css, inline
from .figures.paper import remove_paper, write_paper
from .finding import explanations, finding, scope, sources, tone
from .gradient_tables import layer_table, noise_table, population_table
from .ladder_tables import average_table, trend_table
from .provenance import provenance
from .recordings_csv import recordings_csv
from .render import render
from .results_csv import tidy_csv
from .shown import Shown, show
from .tables import constant_table, growth_table, norm_rows_table, provenance_table


def write_report(
    directory: str | Path,
    results: Sequence[Result],
    verdicts: Sequence[Verdict],
    norm_rows: Sequence = (),
    plan=None,
    notes: Sequence[str] = (),
    theorems: Sequence[Judgeable | SampleTheorem] | None = None,
    recordings: Sequence[Recording] = (),
    paper: bool = False,
) -> list[Path]:
    """Write report.html (self-contained), report.md, figures/*.svg, *.png, and results.csv of the cells or
    recordings.csv of the *recordings*, or both; for a *paper* also figures/paper/*.pdf, *.svg and *.png, else what an
    earlier report has there is removed.

    *plan* (``simulator.lab.plan.Plan``) says which cells were due, so that the report can say how partial
    it is; *notes* are lines for the head of the page, such as files that can't be trusted. *theorems*, the shipped
    ones by default, are what the cells are shown under; *recordings* are of training loops. Returns the paths.
    Raises InputError when the folder can't be written. Equal results give equal figures, byte for byte.
    """
    theorems = list(THEOREMS.values() if theorems is None else theorems)
    directory = Path(directory)
    figures = directory / "figures"
    try:
        figures.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't write to {directory}: {error.strerror}; choose another folder") from error
    cells = show(results, theorems)
    judged = {v.claim for v in verdicts}
    material = Material(cells, norm_rows, verdicts, [t for t in theorems if t.name in judged], recordings)
    drawings, files = draw(material), []
    shown = []
    made = [d for d in drawings if isinstance(d, Drawing)]
    for drawing in made:
        drawn = drawing.files()
        for name, data in drawn.items():
            files.append(figures / name)
            write_whole(files[-1], data)
        shown.append(_figure(drawing, drawn))
    svgs, shared = compact([figure["svg"] for figure in shown])
    shown = [figure | {"svg": Markup(svg)} for figure, svg in zip(shown, svgs, strict=True)]
    _remove_stale(figures, {file.name for file in files})
    if paper:
        files += write_paper(directory, made)
    else:
        remove_paper(directory)
    numbers = {"results.csv": tidy_csv(cells)} if cells or not recordings else {}
    numbers |= {"recordings.csv": recordings_csv(recordings)} if recordings else {}
    content = {
        "numbers": list(numbers),
        **_head(cells, results, verdicts, norm_rows, plan, notes, theorems, recordings),
        "main": [f for f in shown if f["main"]],
        "more": [f for f in shown if not f["main"]],
        "skipped": [d for d in drawings if isinstance(d, Skipped) and _is_missed(d, results, norm_rows, recordings)],
        "left_out": left_out(material),
        "outlines": Markup(shared.svg),
        "styles": Markup(shared.css),
        "runs": run_table(cells, plan),
        "growth": growth_table(verdicts),
        "constants": constant_table(cells),
        "norms": norm_rows_table(norm_rows),
        "trends": trend_table(verdicts),
        "layers": layer_table(recordings),
        "averages": average_table(recordings),
        "noise": noise_table(recordings),
        "population": population_table(recordings),
        "cells": cell_table(cells),
        "provenance": provenance_table(provenance(results, plan)),
    }
    texts = {
        "report.html": render("report.html.j2", content),
        "report.md": render("report.md.j2", content),
        **numbers,
    }
    for name, text in texts.items():
        write_whole(directory / name, text.encode())
    return [directory / name for name in texts] + files


def _head(
    cells: Sequence[Shown],
    results: Sequence[Result],
    verdicts: Sequence[Verdict],
    norm_rows: Sequence,
    plan,
    notes: Sequence[str],
    theorems: Sequence[Judgeable | SampleTheorem],
    recordings: Sequence[Recording],
) -> dict:
    """What the first screen says."""
    missing = missing_parts(plan, results, norm_rows)
    there = "verdicts and figures are of what is there" if results or norm_rows else "there is nothing to show yet"
    by_name = {theorem.name: theorem for theorem in reversed(theorems)}  # of one name the first, as ``show`` has it
    claims = claim_groups(verdicts, by_name, results)
    return {
        "sweep": "" if plan is None else Path(plan.source).name + (" (quick)" if plan.quick else ""),
        "title": finding(verdicts, missing),
        "tone": tone(verdicts, missing),
        "scope": scope(cells, norm_rows, recordings),
        "partial": f"{missing}: {there}." if missing else "",
        "notes": [*(plan.notes if plan is not None else ()), *notes],
        "claims": claims,
        "columns": claim_columns(claims),
        "explanations": explanations(verdicts),
        "sources": sources(verdicts, by_name),
        "light": Markup(css(dark=False)),
        "dark": Markup(css(dark=True)),
    }


def _is_missed(skipped: Skipped, results: Sequence, norm_rows: Sequence, recordings: Sequence) -> bool:
    """Whether a figure is news by not being there: of cells in a folder of recordings, and the other way, it isn't."""
    cells = results or norm_rows or not recordings
    return bool(recordings or not (results or norm_rows) if skipped.name in RECORDED else cells)


def _figure(drawing: Drawing, drawn: dict[str, bytes]) -> dict:
    """A figure as the templates want it. Of a main figure on several sheets the first alone is main."""
    return {
        "name": drawing.name,
        "title": drawing.title,
        "result": drawing.result,
        "caption": drawing.caption,
        "files": [(name.rpartition(".")[2].upper(), name) for name in drawn],
        "main": drawing.name in MAIN,
        "tall": drawing.figure.get_figheight() > drawing.figure.get_figwidth(),
        "svg": inline(drawing, drawn[f"{drawing.name}.svg"]),
    }


def _remove_stale(figures: Path, written: set[str]) -> None:
    """Remove figures of an earlier report that this one doesn't have."""
    for name in FIGURES:
        for path in [*figures.glob(f"{name}.*"), *figures.glob(f"{name}-[0-9].*")]:
            if path.name not in written and path.suffix in (".svg", ".png"):
                with suppress(OSError):  # a folder of that name is not ours, and a file that stays does no harm
                    path.unlink()
