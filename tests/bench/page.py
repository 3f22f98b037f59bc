"""Results as sections, each a paragraph and a table: for the terminal, and for the page as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.commands.tables import show_table
from simulator.report.render import escape_markdown

from .machine import machine, versions
from .measure import FEWEST, LONGEST
from .results import LIMIT, NORMS, Comparison, Outcome, Series, Spread
from .workloads import FORMS

HEADS = ("simulated with", "AdamW of", "K run", "ns per coordinate-step", "times ratecheck")
OURS, THEIRS = "the paper", "PyTorch, optax"
WHOSE = {"adamw": OURS, "adamw_torch": THEIRS}


@dataclass(frozen=True)
class Section:
    """A heading, a paragraph below it, and a table."""

    title: str
    text: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    def show(self) -> None:
        show_table(self.title, self.heads, self.rows)

    def markdown(self) -> str:
        lines = [self.heads, ["---"] * len(self.heads), *(map(escape_markdown, row) for row in self.rows)]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join(filter(None, [f"## {self.title}", self.text, table]))


def workload_section(outcome: Outcome) -> Section:
    """Times and ratios of one workload."""
    w = outcome.workload
    rows = [time_row(series, "1") for series in outcome.ours.values()]
    rows += [time_row(c.series, spread(c.ratio)) for c in outcome.comparisons]
    return Section(f"{w.name}: d = {w.dim:,}, K = {w.steps:,}, R = {w.replicas}", "", HEADS, rows)


def agreement_section(outcomes: Sequence[Outcome]) -> Section:
    """How far each peer's mean norms are from ratecheck's."""
    rows = [
        [o.workload.name, c.series.title, *(f"{e:+.1f}" for e in c.errors), "yes" if c.agrees else "NO"]
        for o in outcomes
        for c in o.comparisons
    ]
    text = (
        "Mean norm over all replicas and rounds, every run with a seed of its own: the difference from ratecheck's "
        f"(same form, hyper-parameters and K; at least {FEWEST} replicas of it, and of a peer that has the time) in "
        f"standard errors. Up to {LIMIT:g} counts as agreement."
    )
    return Section("Agreement", text, ("workload", "simulated with", *NORMS, "agrees"), rows)


def page(sections: Sequence[Section], packages: Sequence[str], rounds: int, missing: Sequence[str]) -> str:
    """The Markdown page."""
    left_out = [f"Left out, not installed: {escape_markdown('; '.join(missing))}."] if missing else []
    return "\n\n".join([HEADER.format(**facts(packages, rounds)), *left_out, *(s.markdown() for s in sections)]) + "\n"


def facts(packages: Sequence[str], rounds: int) -> dict[str, object]:
    forms = "; ".join(f"{WHOSE[form]}: {words.partition(': ')[2]}" for form, words in FORMS.items())
    return {
        "machine": machine(),
        "versions": versions(packages),
        "date": datetime.now(UTC).date(),
        "rounds": rounds,
        "longest": f"{LONGEST:g}",
        "forms": forms,
    }


def time_row(series: Series, ratio: str) -> list[str]:
    values = spread(Spread.of(series.nanoseconds))
    return [series.title, WHOSE[series.task.form], f"{series.task.steps:,}", values, ratio]


def spread(s: Spread) -> str:
    """'1.31 (1.29–1.40)', three digits."""
    return f"{number(s.median)} ({number(s.least)}–{number(s.most)})"


def number(x: float) -> str:
    """Three digits, or all before the point."""
    return f"{x:.0f}" if x >= 100 else f"{x:#.3g}"


def disagreements(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, Comparison]]:
    return [(o, c) for o in outcomes for c in o.comparisons if not c.agrees]


HEADER = """# Benchmarks

Written by `make bench`, which measures again and replaces this page.

The CPU engine beside what else one would use for the same simulation: AdamW on `rational` with Gaussian noise,
float64, hyper-parameters of the paper's horizon rule, and both norms of the true gradient at every step, averaged.

- {machine}; {date}
- {versions}
- Every peer runs in a process of its own and uses as many cores as serves it. A time is that of a whole run from the
  start point to the mean norms, in a process that is warm: imports and compilation are not counted.
- {rounds} rounds; in each, every peer runs once, in rotating order. Numbers are median (least–most) of the rounds.
  A ratio divides a peer's time by ratecheck's in the same round and the same form of AdamW.
- A peer that would take more than {longest} s runs a tenth or a hundredth of the K steps (column "K run").
- AdamW of {forms}."""
