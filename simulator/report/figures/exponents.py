"""Measured exponents of the mean norm in σ, L and Δ, beside those of C = (σ²LΔ)^(1/4)."""

from __future__ import annotations

from collections.abc import Sequence

from ratecheck.problems import PROBLEMS

from ...cells.evidence import Result
from ...judge.fit import EXPECTED, LEAST_VALUES, SYMBOLS, ConstantExponent, constant_exponents
from .pages import L2_OPTIMIZERS, order, replicas, short
from .panels import blank, headline, legend, line_key
from .style import INK, LEVEL, TWO_COLUMN, Drawing, Skipped, named

NAME, TITLE = "exponents", "Exponents of the constants"
MOST = 24


def exponents(results: Sequence[Result], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """A point with its interval for each optimizer, problem and constant."""
    found = [e for e in constant_exponents(sorted(results, key=order)) if e.norm == claimed_norm(e)]
    if not found:
        return [Skipped(NAME, TITLE, f"no constant was run at {LEAST_VALUES} values or more, all else equal")]
    labels = list(dict.fromkeys(map(place, found)))
    shown = labels[:MOST]
    constants = [c for c in EXPECTED if any(e.constant == c for e in found)]
    figure = blank(TWO_COLUMN, 1.15 + 0.29 * len(shown))
    axes = figure.subplots(1, len(constants), sharey=True, squeeze=False)[0]
    looks = named(list(dict.fromkeys(e.settings["optimizer"] for e in found)))
    for ax, constant in zip(axes, constants, strict=True):
        ax.axvline(EXPECTED[constant], color=INK, linestyle="--", linewidth=0.9, zorder=1.5)
        own = [e for e in found if e.constant == constant and place(e) in shown]
        for e in own:
            _point(ax, e, shown.index(place(e)), looks[e.settings["optimizer"]])
        ax.set_title(f"in {SYMBOLS[constant]}: expected {EXPECTED[constant]:g}", pad=3)
        ax.set_xlabel("measured exponent")
        seen = [EXPECTED[constant], *(v for e in own for v in (e.exponent.low(LEVEL), e.exponent.high(LEVEL)))]
        pad = max(0.06, 0.2 * (max(seen) - min(seen)))
        ax.set_xlim(min(seen) - pad, max(seen) + pad)
    axes[0].set_yticks(range(len(shown)), shown)
    axes[0].set_ylim(len(shown) - 0.4, -0.6)
    legend(figure, [line_key(r"exponent in $C=(\sigma^2L\Delta)^{1/4}$")])
    used = replicas(_cells(results, found))
    headline(figure, f"{used}; bars: 95 % t-intervals, bootstrap over replicas")
    more = f"{len(labels) - MOST} further settings are in the table. " if len(labels) > MOST else ""
    caption = (
        "Exponents of σ, L and Δ in the measured mean norm (‖·‖₂ for SGD and momentum, ‖·‖₁ for the "
        "others), one constant varied at a time with the horizon schedule that knows it. Dashed: the "
        "exponents 1/2, 1/4 and 1/4 of C = (σ²LΔ)^(1/4). Expected: on the dashed line on the ramp, where the "
        "rate is tight; elsewhere the terms that die faster than K^(−1/4) have exponents of their own. "
        f"{more}{used}; bars are 95 % t-intervals from a bootstrap over replicas."
    )
    return [Drawing(NAME, TITLE, caption, figure)]


def claimed_norm(e: ConstantExponent) -> str:
    """The norm that the optimizer's claim is about."""
    return "l2" if e.settings["optimizer"] in L2_OPTIMIZERS else "l1"


def place(e: ConstantExponent) -> str:
    """'adamw · rational, d = 64, K = 16000': what was held, where it is no default."""
    s = e.settings
    defaults = {**PROBLEMS[s["problem"]].parameters} if s["problem"] in PROBLEMS else {}
    held = {a: v for a, v in s["problem_args"].items() if v != defaults.get(a)}
    held |= {SYMBOLS[c]: s[c] for c in EXPECTED if s.get(c, 1.0) != 1.0} | {"d": s["dim"], "K": s["steps"]}
    noise = [] if s["noise"] == "gaussian" else [f"{short(s['noise'])} noise"]
    return ", ".join(
        [
            f"{short(s['optimizer'])} · {short(s['problem'])}",
            *noise,
            *(f"{name} = {value:.7g}" for name, value in held.items()),
        ]
    )


def _point(ax, e: ConstantExponent, y: float, look) -> None:
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


def _cells(results: Sequence[Result], found: Sequence[ConstantExponent]) -> list[Result]:
    """The cells behind the exponents."""
    specs = [(cell, cell.spec.to_dict()) for cell in results]
    return [
        cell
        for cell, spec in specs
        if any(
            spec[e.constant] in e.values and all(spec[name] == value for name, value in e.settings.items())
            for e in found
        )
    ]
