"""The exponents that are judged: how measured/rate grows in K and in d, theorem by theorem and family by family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ...judge.fit import GRID, SYMBOLS
from ...judge.outcome import GroupNumbers, Verdict
from ...words import count
from ..wording import signed
from .breaches import exponent_of
from .drawing import Drawing, Skipped
from .labels import headline
from .material import Material
from .names import short
from .sheet import Sheet, sheet_of
from .style import BREACH, FAINT, INK, NAMED, NARROW, PAPER
from .text import plain, printable, signed_exponent

NAME, TITLE = "forest", "Growth of measured/rate: what is judged"
MOST = 40  # rows of a figure
LINE, CLOSE = 0.2, 0.15  # inches of a row, in a column of a paper
REST = "other problems"
SHORT = 24  # letters of a label in a column of a paper
FEW = 3  # rows of families that convict a theorem without witnesses


@dataclass(frozen=True)
class Dot:
    """An exponent with its limits. ``solid``: on a witness; ``breach``: it shows the theorem false."""

    value: float
    low: float
    high: float
    where: str
    solid: bool
    breach: bool

    @property
    def text(self) -> str:
        """'+0.250 ± 0.001', half the way between the limits."""
        return signed_exponent(self.value, (self.high - self.low) / 2)


@dataclass(frozen=True)
class Row:
    """A theorem on a witness, on a family that convicts it, or on all its other families; dots by axis."""

    verdict: Verdict
    label: str
    single: bool
    dots: dict[str, list[Dot]]

    def has(self, what: str) -> bool:
        """Whether a dot is 'solid', or a 'breach'."""
        return any(getattr(dot, what) for own in self.dots.values() for dot in own)


def forest(material: Material) -> list[Drawing | Skipped]:
    """A row for each theorem and witness, the theorem's other families in one more; panels for K and d."""
    judged = sorted((v for v in material.verdicts if v.numbers.get("groups")), key=lambda v: v.expected != "holds")
    rows = [row for verdict in judged for row in _rows(verdict)]
    if not rows:
        why = "no exponent could be measured" if material.verdicts else "nothing was judged"
        return [Skipped(NAME, TITLE, why)]
    parts = _parts(rows)
    return [_drawing(part, i) for i, part in enumerate(parts, start=1)]


def _parts(rows: Sequence[Row]) -> list[list[Row]]:
    """At most MOST rows each, those of a theorem together."""
    parts: list[list[Row]] = [[]]
    for claim in dict.fromkeys(row.verdict.claim for row in rows):
        own = [row for row in rows if row.verdict.claim == claim]
        if parts[-1] and len(parts[-1]) + len(own) > MOST:
            parts.append([])
        parts[-1] += own
    return parts


def _rows(verdict: Verdict) -> list[Row]:
    every = []
    for group in verdict.numbers["groups"]:
        dots = {axis: [_dot(group, axis)] for axis in GRID if "exponent" in exponent_of(group, axis)}
        if dots:
            every.append(Row(verdict, _family(group), True, dots))
    found = [row for row in every if row.has("solid")] or [row for row in every if row.has("breach")][:FEW]
    rest = [row for row in every if row not in found]
    if rest:
        dots = {axis: [dot for row in rest for dot in row.dots.get(axis, [])] for axis in GRID}
        label = rest[0].label if len(rest) == 1 else f"{len(rest)} {REST}" if found else f"{len(rest)} problems"
        found.append(Row(verdict, label, len(rest) == 1, dots))
    return found


def _family(group: GroupNumbers) -> str:
    problem = str(group["settings"].get("problem", ""))
    told = printable(group["group"].removeprefix(problem))
    return " ".join(filter(None, (short(problem) if problem else "", told)))


def _dot(group: GroupNumbers, axis: str) -> Dot:
    e = exponent_of(group, axis)
    return Dot(e["exponent"], e["low"], e["high"], _family(group), e["evidence"], e["convicts"])


def _drawing(rows: Sequence[Row], number: int) -> Drawing:
    name = NAME if number == 1 else f"{NAME}-{number}"
    return Drawing(name, TITLE, _caption(rows), _result(rows), partial(_figure, rows))


def _figure(rows: Sequence[Row], width: float) -> Sheet:
    beside = width > NARROW
    places = _places(rows)
    high = (LINE if beside else CLOSE) * (places[-1] + 3)
    figure = Sheet(width, 0.85 + high * (1 if beside else 2) + (0 if beside else 0.4))
    axes = figure.subplots(*((1, 2) if beside else (2, 1)), sharey=True, squeeze=False).flat
    reach = [d for row in rows for own in row.dots.values() for d in own]
    low, top = min(min(d.value for d in reach), -0.05), max(max(d.value for d in reach), 0.1)
    room = (0.75 if beside else 1.0) * (top - low)  # for the numbers beside the dots
    for ax, axis in zip(axes, GRID, strict=True):
        ax.axvspan(low - 9, rows[0].verdict.numbers["margin"], color=FAINT, alpha=0.16, linewidth=0)
        ax.axvline(0.0, color=INK, linestyle="--", linewidth=0.9, zorder=1.5)
        ax.grid(axis="y", visible=False)
        for y, row in zip(places, rows, strict=True):
            _row(ax, y, row, axis)
        ax.set_xlim(low - 0.06 * (top - low), top + room)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.set_xlabel(f"exponent of measured/rate in ${SYMBOLS[axis]}$")
        ax.set_ylim(places[-1] + 1, -2.8 if rows[0].verdict.expected != "holds" else -1.8)
        ax.tick_params(axis="y", length=0, labelleft=not beside or axis == GRID[0])
    axes[0].set_yticks(*_ticks(rows, places, 40 if beside else SHORT))
    headline(figure, "± and bars: one-sided 95 % limits on either side; shaded: allowed to a rate")
    return figure


def _ticks(rows: Sequence[Row], places: Sequence[float], letters: int) -> tuple[list[float], list[str]]:
    """A label at the head of each theorem's rows, and one at each row."""
    at, texts = [], []
    for i, (y, row) in enumerate(zip(places, rows, strict=True)):
        before = rows[i - 1].verdict if i else None
        if row.verdict.expected != "holds" and (before is None or before.expected == "holds"):
            at.append(y - 2)
            texts.append("FALSE CONTROLS")
        if before is None or before.claim != row.verdict.claim:
            at.append(y - 1)
            texts.append(_head(row.verdict, letters))
        at.append(y)
        texts.append(_short(row.label, letters))
    return at, texts


def _head(verdict: Verdict, letters: int) -> str:
    """The theorem, with its outcome where there is room."""
    return _short(f"{verdict.claim}: {verdict.outcome.value}" if letters > SHORT else verdict.claim, letters)


def _short(text: str, letters: int) -> str:
    text = printable(text)
    return plain(text if len(text) <= letters else f"{text[: letters - 1]}…")


def _places(rows: Sequence[Row]) -> list[float]:
    """A line for each row, one more for the head of each theorem, and space before false controls."""
    places, y = [], 0.0
    for i, row in enumerate(rows):
        if i and rows[i - 1].verdict.claim != row.verdict.claim:
            y += 1.3
            if rows[i - 1].verdict.expected != row.verdict.expected:
                y += 1.2
        places.append(y)
        y += 1
    return places


def _row(ax: Axes, y: float, row: Row, axis: str) -> None:
    own = row.dots.get(axis, [])
    for dot in own:
        ax.plot([dot.low, dot.high], [y, y], color=BREACH if dot.breach else NAMED[0], linewidth=1.0, zorder=2)
        (line,) = ax.plot(
            [dot.value],
            [y],
            linestyle="none",
            marker="D" if dot.breach else "o",
            markersize=5 if dot.breach or dot.solid else 4,
            markerfacecolor=NAMED[0] if dot.solid and not dot.breach else "none",
            markeredgecolor=BREACH if dot.breach else NAMED[0],
            markeredgewidth=1.0,
            zorder=3,
        )
        sheet_of(ax).tell(line, [f"{row.verdict.claim} on {dot.where}, exponent in {SYMBOLS[axis]}: {dot.text}"])
    if row.single and own:
        (dot,) = own
        spot = max(dot.high, dot.value), y
        box = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.5}
        ax.annotate(dot.text, spot, (6, 0), textcoords="offset points", fontsize=7.2, va="center", bbox=box)


def _result(rows: Sequence[Row]) -> str:
    """The largest exponent of each theorem on a witness, and of each that is shown false the largest breach."""
    parts = []
    for claim in dict.fromkeys(row.verdict.claim for row in rows):
        dots = [
            (d, axis) for row in rows if row.verdict.claim == claim for axis in GRID for d in row.dots.get(axis, [])
        ]
        told = [pair for pair in dots if pair[0].breach] or [pair for pair in dots if pair[0].solid]
        if told:
            top, axis = max(told, key=lambda pair: pair[0].value)
            parts.append(f"{claim} {signed(top.value)} in {SYMBOLS[axis]} on {top.where}")
    return f"The largest exponent that is evidence: {'; '.join(parts)}." if parts else "No exponent is evidence."


def _caption(rows: Sequence[Row]) -> str:
    verdicts = list({row.verdict.claim: row.verdict for row in rows}.values())
    margin = verdicts[0].numbers["margin"]
    text = (
        "Exponents of measured/rate in K and in d. Filled: families on which growth is evidence, because a true rate "
        f"is level there (witnesses). Hollow: others, {REST} of a theorem in one row; growth there may be a transient. "
        f"Shaded: what a rate allows, up to the judge's margin of {margin:g}. Diamonds: growth whose lower limit lies "
        "above it, of a rate that is VIOLATED: it shows that rate false; the theorem's reasons name them. "
    )
    if explicit := [v.claim for v in verdicts if v.numbers.get("bound") == "explicit"]:
        text += (
            f"{printable(', '.join(explicit))}: judged cell by cell against a bound with constants, so that the "
            "exponents say only whether the rate is attained. "
        )
    if controls := [v.claim for v in verdicts if v.expected != "holds"]:
        text += f"{count(len(controls), 'false control')}, known to be wrong, below: {printable(', '.join(controls))}. "
    text += "Expected: filled dots in the shaded part for theorems, a diamond for each false control on a rate. "
    return text + "± is half the way between one-sided 95 % limits, from a bootstrap over the replicas of each cell."
