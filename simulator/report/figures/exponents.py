"""Measured exponents of a theorem's quantity in σ, L and Δ, beside those of its own rate."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from ratecheck.problems import PROBLEMS

from ...cells.cell import DEFAULTS
from ...cells.spec import Spec
from ...judge.fit import CONSTANTS, LEAST_VALUES, SYMBOLS, ConstantExponent, constant_exponents
from ...judge.statement import Judgeable
from ..shown import Shown
from .labels import headline, legend, line_key
from .names import order, short, value_text
from .page import replicas
from .panels import blank
from .style import INK, LEVEL, TWO_COLUMN, Drawing, Look, Skipped, named
from .text import plain, printable

NAME, TITLE = "exponents", "Exponents of the constants"
MOST = 24

Found = tuple[Judgeable, ConstantExponent]


def exponents(cells: Sequence[Shown], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """A point with its interval for each optimizer, problem and constant."""
    found = measured_exponents(cells)
    if not found:
        return [Skipped(NAME, TITLE, f"no constant was run at {LEAST_VALUES} values or more, all else equal")]
    labels = places(found)
    rows = list(dict.fromkeys(labels))
    constants = [c for c in CONSTANTS if any(e.constant == c for _, e in found)]
    figure = blank(TWO_COLUMN, 1.15 + 0.29 * len(rows[:MOST]))
    axes = figure.subplots(1, len(constants), sharey=True, squeeze=False)[0]
    looks = named(list(dict.fromkeys(_spec(e).optimizer for _, e in found)))
    for ax, constant in zip(axes, constants, strict=True):
        points = [
            (rows.index(label), e, looks[_spec(e).optimizer])
            for label, (_, e) in zip(labels, found, strict=True)
            if e.constant == constant and label in rows[:MOST]
        ]
        _panel(ax, constant, points)
    axes[0].set_yticks(range(len(rows[:MOST])), map(plain, rows[:MOST]))
    axes[0].set_ylim(len(rows[:MOST]) - 0.4, -0.6)
    legend(figure, [line_key("exponent in the theorem's rate")])
    by_key = {shown.result.key: shown for shown in cells}
    used = replicas([by_key[result.key] for _, e in found for result in e.cells])
    headline(figure, f"{used}; bars: 95 % t-intervals, bootstrap over replicas")
    about = dict.fromkeys(f"{t.measures.text} ({t.name})" for t, _ in found)
    more = f"{len(rows) - MOST} further settings are in the table. " if len(rows) > MOST else ""
    caption = (
        "Exponents of σ, L and Δ in what a theorem is about, one constant varied at a time with hyper-parameters that "
        f"follow it: {printable('; '.join(about))}. Dashed: the exponent of the theorem's rate over the same cells. "
        "Expected: on the dashed line on a hard instance, where the rate is tight; elsewhere terms that die faster "
        f"have exponents of their own. {more}{used}; bars are 95 % t-intervals from a bootstrap over replicas."
    )
    return [Drawing(NAME, TITLE, caption, figure)]


def measured_exponents(cells: Sequence[Shown]) -> list[Found]:
    """The exponents of each theorem's quantity over the cells that are shown under it."""
    by_theorem: dict[int, tuple[Judgeable, list[Shown]]] = {}
    for shown in sorted(cells, key=lambda shown: order(shown.result)):
        if shown.theorem is not None and not shown.void:
            by_theorem.setdefault(id(shown.theorem), (shown.theorem, []))[1].append(shown)
    return [
        (theorem, e)
        for theorem, own in by_theorem.values()
        for e in constant_exponents([s.result for s in own], [s.values for s in own], [s.rate for s in own])
    ]


def places(found: Sequence[Found]) -> list[str]:
    """For each exponent, 'adamw · rational, d = 64, K = 16000': what was held, where it is no default.

    The theorem is named where several are about one optimizer.
    """
    about: dict[str, set[str]] = {}
    for theorem, e in found:
        about.setdefault(_spec(e).optimizer, set()).add(theorem.name)
    return [
        _place(e) + (f" ({printable(theorem.name)})" if len(about[_spec(e).optimizer]) > 1 else "")
        for theorem, e in found
    ]


def _spec(e: ConstantExponent) -> Spec:
    """A Spec of the cells, whose settings all have."""
    return e.cells[0].spec


def _place(e: ConstantExponent) -> str:
    spec = _spec(e)
    defaults = PROBLEMS[spec.problem].parameters if spec.problem in PROBLEMS else {}
    held = {printable(a): v for a, v in spec.problem_args.items() if v != defaults.get(a)}
    held |= {printable(a): v for a, v in spec.optimizer_args.items()}
    held |= {SYMBOLS[c]: getattr(spec, c) for c in CONSTANTS if c != e.constant and getattr(spec, c) != 1.0}
    noise = [] if spec.noise == DEFAULTS["noise"] else [f"{short(spec.noise)} noise"]
    schedule = [] if spec.schedule == DEFAULTS["schedule"] else [f"{short(spec.schedule)} schedule"]
    return ", ".join(
        [
            f"{short(spec.optimizer)} · {short(spec.problem)}",
            *noise,
            *schedule,
            *(f"{name} = {value_text(value)}" for name, value in held.items()),
            f"d = {spec.dim}, K = {spec.steps}",
        ]
    )


def _panel(ax: Axes, constant: str, points: Sequence[tuple[int, ConstantExponent, Look]]) -> None:
    """The exponents in one constant, (row, exponent, look) each, with those of the rates dashed."""
    expected = {e.expected for _, e, _ in points if e.expected is not None}
    title = f"in {SYMBOLS[constant]}"
    if expected and max(expected) - min(expected) < 1e-6 and all(e.expected is not None for _, e, _ in points):
        ax.axvline(next(iter(expected)), color=INK, linestyle="--", linewidth=0.9, zorder=1.5)
        title += f": expected {next(iter(expected)):.3g}"
    else:
        for y, e, _ in points:
            if e.expected is not None:
                ax.plot([e.expected] * 2, [y - 0.45, y + 0.45], "--", color=INK, linewidth=0.9, zorder=1.5)
    for y, e, look in points:
        _point(ax, e, y, look)
    ax.set_title(title, pad=3)
    ax.set_xlabel("measured exponent")
    seen = [*expected, *(v for _, e, _ in points for v in (e.exponent.low(LEVEL), e.exponent.high(LEVEL)))]
    pad = max(0.06, 0.2 * (max(seen) - min(seen)))
    ax.set_xlim(min(seen) - pad, max(seen) + 1.5 * pad)  # room for the last number


def _point(ax: Axes, e: ConstantExponent, y: float, look: Look) -> None:
    low, high = e.exponent.low(LEVEL), e.exponent.high(LEVEL)
    ax.errorbar(
        [e.exponent.value],
        [y],
        xerr=[[e.exponent.value - low], [high - e.exponent.value]],
        color=look.color,
        marker=look.marker,
        markersize=4,
        elinewidth=1.0,
        capsize=2.2,
    )
    ax.annotate(f"{e.exponent.value:.3f}", (e.exponent.value, y), (4, 3.5), textcoords="offset points", fontsize=7.5)
