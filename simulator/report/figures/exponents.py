"""Measured exponents of a theorem's quantity in σ, L and Δ, beside those of its own rate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from ratecheck.problems import PROBLEMS

from ...cells.cell import DEFAULTS
from ...cells.spec import Spec
from ...judge.fit import CONSTANTS, LEAST_VALUES, SYMBOLS, ConstantExponent, constant_exponents
from ...judge.statement import Judgeable
from ...words import count
from ..shown import Shown
from .drawing import Drawing, Skipped
from .labels import headline, legend, line_key
from .material import Material
from .names import order, short, value_text
from .page import replicas
from .panels import panel_title
from .sheet import Sheet, sheet_of
from .style import INK, LEVEL, NARROW, PAPER, Look, named
from .text import printable, signed_exponent

NAME, TITLE = "exponents", "Exponents of the constants"
MOST = 24

Found = tuple[Judgeable, ConstantExponent]


def exponents(material: Material) -> list[Drawing | Skipped]:
    """A point with its interval for each optimizer, problem and constant."""
    found = measured_exponents(material.cells)
    if not found:
        return [Skipped(NAME, TITLE, f"no constant was run at {LEAST_VALUES} values or more, all else equal")]
    rows = list(dict.fromkeys(places(found)))
    by_key = {shown.result.key: shown for shown in material.cells}
    used = replicas([by_key[result.key] for _, e in found for result in e.cells])
    about = dict.fromkeys(f"{t.measures.text} ({t.name})" for t, _ in found)
    more = f"{count(len(rows) - MOST, 'further setting')} in the table alone. " if len(rows) > MOST else ""
    caption = (
        "Exponents of σ, L and Δ in what a theorem is about, one constant varied at a time with hyper-parameters that "
        f"follow it: {printable('; '.join(about))}. Dashed: the exponent of the theorem's rate over the same cells. "
        "Expected: on the dashed line on a hard instance, where the rate is tight; elsewhere terms that die faster "
        f"have exponents of their own. {more}{used}; numbers and bars are 95 % t-intervals from a bootstrap over "
        "replicas."
    )
    seen = [
        f"in {SYMBOLS[e.constant]} {_value(e)} for {label}" for label, (_, e) in zip(places(found), found, strict=True)
    ]
    result = f"Measured exponents: {'; '.join(seen[:MOST])}."
    return [Drawing(NAME, TITLE, caption, result, partial(_figure, found, used))]


def _figure(found: Sequence[Found], used: str, width: float) -> Sheet:
    labels = places(found)
    rows = list(dict.fromkeys(labels))[:MOST]
    constants = [c for c in CONSTANTS if any(e.constant == c for _, e in found)]
    beside = width > NARROW
    figure = Sheet(width, (1.15 + 0.3 * len(rows)) * (1 if beside else len(constants)))
    axes = figure.subplots(*((1, len(constants)) if beside else (len(constants), 1)), sharey=True, squeeze=False)
    looks = named(list(dict.fromkeys(_spec(e).optimizer for _, e in found)))
    for ax, constant in zip(axes.flat, constants, strict=True):
        points = [
            (rows.index(label), e, looks[_spec(e).optimizer])
            for label, (_, e) in zip(labels, found, strict=True)
            if e.constant == constant and label in rows
        ]
        _panel(ax, constant, points)
    letters = 24 if beside else 20
    axes[0, 0].set_yticks(range(len(rows)), [panel_title(row, letters) for row in rows])
    axes[0, 0].set_ylim(len(rows) - 0.4, -0.6)
    legend(figure, [line_key("exponent in the theorem's rate")])
    headline(figure, f"{used}; 95 % t-intervals, bootstrap over replicas")
    return figure


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
    middle, reach = (min(seen) + max(seen)) / 2, (max(seen) - min(seen)) / 2 + 1.6 * pad  # room for the numbers
    ax.set_xlim(middle - reach, middle + reach)
    ax.xaxis.set_major_locator(MaxNLocator(4))


def _point(ax: Axes, e: ConstantExponent, y: float, look: Look) -> None:
    low, high = e.exponent.low(LEVEL), e.exponent.high(LEVEL)
    drawn = ax.errorbar(
        [e.exponent.value],
        [y],
        xerr=[[e.exponent.value - low], [high - e.exponent.value]],
        color=look.color,
        marker=look.marker,
        markersize=4,
        elinewidth=1.0,
        capsize=2.2,
    )
    sheet_of(ax).tell(drawn.lines[0], [f"{_place(e)}, exponent in {SYMBOLS[e.constant]}: {_value(e)}"])
    spot, box = (e.exponent.value, y), {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.5}
    ax.annotate(_value(e), spot, (0, 5), textcoords="offset points", fontsize=7.2, ha="center", bbox=box)


def _value(e: ConstantExponent) -> str:
    """'0.688 ± 0.002', for the intervals are narrower than the point."""
    return signed_exponent(e.exponent.value, e.exponent.high(LEVEL) - e.exponent.value).removeprefix("+")
