"""The report of a results folder: one page, one Markdown file, the figures, all cells as CSV, verdicts as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..files import write_whole
from ..judge.outcome import Verdict, exit_code
from ..judge.statement import Judgeable
from ..lab.folder import missing_parts
from ..sample_theorem import SampleTheorem
from ..theorems import THEOREMS
from .figures import FIGURES, Drawing, draw
from .figures.inline import css, inline
from .provenance import provenance
from .results_csv import tidy_csv
from .shown import show
from .tables import (
    cell_table,
    constant_table,
    growth_table,
    norm_rows_table,
    run_table,
    verdict_table,
)

TONES = {0: "good", 1: "bad", 3: "open"}
TEMPLATES = Path(__file__).with_name("templates")


def write_report(
    directory: str | Path,
    results: Sequence[Result],
    verdicts: Sequence[Verdict],
    norm_rows: Sequence = (),
    plan=None,
    notes: Sequence[str] = (),
    theorems: Sequence[Judgeable | SampleTheorem] | None = None,
) -> list[Path]:
    """Write report.html (self-contained), report.md, results.csv and figures/*.svg, *.png.

    *plan* (``simulator.lab.plan.Plan``) says which cells were due, so that the report can say how partial
    it is; *notes* are lines for the head of the page, such as files that can't be trusted. *theorems*, the shipped
    ones by default, are what the cells are shown under. Returns the paths. Raises InputError when the folder can't be
    written. Equal results give equal figures, byte for byte.
    """
    theorems = list(THEOREMS.values() if theorems is None else theorems)
    directory = Path(directory)
    figures = directory / "figures"
    try:
        figures.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't write to {directory}: {error.strerror}; choose another folder") from error
    cells = show(results, theorems)
    drawings = draw(cells, norm_rows)
    shown, files = [], []
    for drawing in drawings:
        if not isinstance(drawing, Drawing):
            continue
        drawn = drawing.files()
        for name, data in drawn.items():
            files.append(figures / name)
            write_whole(files[-1], data)
        shown.append(
            {
                "name": drawing.name,
                "title": drawing.title,
                "caption": drawing.caption,
                "svg": Markup(inline(drawing, drawn[f"{drawing.name}.svg"])),
            }
        )
    _remove_stale(figures, {file.name for file in files})
    missing = missing_parts(plan, results, norm_rows)
    content = {
        "title": f"ratecheck: {Path(plan.source).name}" if plan is not None else "ratecheck report",
        "quick": plan is not None and plan.quick,
        "partial": f"{missing}: verdicts and figures are of what is there." if missing else "",
        "notes": [*(plan.notes if plan is not None else ()), *notes],
        "summary": summary(verdicts, missing),
        "tone": "open" if missing else TONES[exit_code(verdicts)],
        "verdicts": verdict_table(verdicts),
        "figures": shown,
        "skipped": [d for d in drawings if not isinstance(d, Drawing)],
        "runs": run_table(cells, plan),
        "growth": growth_table(verdicts),
        "constants": constant_table(cells),
        "norms": norm_rows_table(norm_rows),
        "cells": cell_table(cells),
        "provenance": provenance(results, plan),
        "light": Markup(css(dark=False)),
        "dark": Markup(css(dark=True)),
    }
    texts = {
        "report.html": render("report.html.j2", content),
        "report.md": render("report.md.j2", content),
        "results.csv": tidy_csv(cells),
    }
    for name, text in texts.items():
        write_whole(directory / name, text.encode())
    return [directory / name for name in texts] + files


def render(template: str, content: dict) -> str:
    """A template with *content*; text is escaped in HTML, and by the filter ``md`` in Markdown."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=template.endswith(".html.j2"),
        keep_trailing_newline=True,
    )
    environment.filters["md"] = escape_markdown
    return environment.get_template(template).render(content)


def escape_markdown(value: object) -> str:
    """*value* in one line of Markdown, where nothing of it is markup."""
    text = " ".join(str(value).split())
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return text


def summary(verdicts: Sequence[Verdict], missing: str = "") -> str:
    """One sentence: whether all is as expected, and what is not."""
    if not verdicts:
        return "Nothing was judged."
    true = [v for v in verdicts if v.expected == "holds"]
    controls = [v for v in verdicts if v.expected != "holds"]
    wrong = [v for v in verdicts if not v.as_expected]
    if wrong:
        return (
            f"{len(wrong)} of {len(verdicts)} verdicts are not as expected: "
            + ", ".join(f"{v.claim} ({v.outcome.value})" for v in wrong)
            + "."
        )
    parts = [f"{len(true)} of {len(true)} theorems hold"] * bool(true)
    parts += [f"{len(controls)} of {len(controls)} false controls are violated"] * bool(controls)
    return f"{'So far as' if missing else 'As'} expected: {' and '.join(parts)}."


def _remove_stale(figures: Path, written: set[str]) -> None:
    """Remove figures of an earlier report that this one doesn't have."""
    for name in FIGURES:
        for path in [*figures.glob(f"{name}.*"), *figures.glob(f"{name}-[0-9].*")]:
            if path.name not in written and path.suffix in (".svg", ".png"):
                with suppress(OSError):  # a folder of that name is not ours, and a file that stays does no harm
                    path.unlink()
