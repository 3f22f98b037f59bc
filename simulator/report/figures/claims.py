"""A theorem with the cells that it is shown on, in families, and its rate without the power of K."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...judge.fit import groups, labels
from ...judge.outcome import Verdict
from ...judge.statement import Judgeable
from ..shown import Shown
from .material import Material
from .names import order, problem_rank, short
from .page import escaped
from .powers import power_of
from .style import NAMED
from .text import printable

SAME = 0.01  # relative: closer theorems are drawn once


@dataclass(frozen=True)
class Family:
    """Cells that differ in d and K only; ``usual``: no other family of the ``problem`` has as many."""

    problem: str
    label: str
    color: str
    usual: bool
    cells: Sequence[Shown]

    def by_dim(self) -> Iterator[tuple[int, list[Shown]]]:
        """For each d the cells by rising K."""
        for dim in sorted({shown.spec.dim for shown in self.cells}):
            yield dim, sorted((s for s in self.cells if s.spec.dim == dim), key=lambda s: s.spec.steps)


@dataclass(frozen=True)
class Claim:
    """A theorem, its verdict if it was judged, its families, and theorems so close to it that one is drawn: their
    names, how far they are from it at most, and in how many cells."""

    theorem: Judgeable
    verdict: Verdict | None
    families: Sequence[Family]
    same: Sequence[tuple[str, float, int]] = ()

    @property
    def name(self) -> str:
        return printable(self.theorem.name)

    @property
    def explicit(self) -> bool:
        """Whether it has a bound with its constants."""
        return self.theorem.kind != "none"

    @property
    def cells(self) -> list[Shown]:
        return [shown for family in self.families for shown in family.cells]

    @property
    def dims(self) -> list[int]:
        return sorted({shown.spec.dim for shown in self.cells})

    @property
    def steps(self) -> list[int]:
        return sorted({shown.spec.steps for shown in self.cells})

    @cached_property
    def power(self) -> float:
        """The exponent of K in the rate, 0 where it is no power of K, or only one K was run."""
        return power_of([[(s.spec.steps, s.rate) for s in own] for f in self.families for _, own in f.by_dim()])

    def unit(self, shown: Shown) -> float:
        """The rate of a cell without its power of K."""
        assert shown.rate is not None
        return shown.rate / shown.spec.steps**self.power

    @property
    def above(self) -> list[Shown]:
        """The cells whose mean lies above their bound."""
        return [s for s in self.cells if self.explicit and s.bound is not None and s.measured.value > s.bound]

    @property
    def words(self) -> str:
        """'adamw-l1 (TIGHT)', and what it stands for."""
        same = "".join(f"; {name} agrees to {100 * far:.2g} % in all of its {n} cells" for name, far, n in self.same)
        return f"{self.name}{f' ({self.verdict.outcome.value})' if self.verdict else ''}{same}"


def claims(material: Material) -> list[Claim]:
    """The theorems that cells are shown under, in the order of the cells; false controls only where there is nothing
    else."""
    own: dict[int, tuple[Judgeable, list[Shown]]] = {}
    for shown in sorted(material.cells, key=lambda shown: order(shown.result)):
        if shown.theorem is not None and shown.rate is not None and shown.limit is not None:
            own.setdefault(id(shown.theorem), (shown.theorem, []))[1].append(shown)
    verdicts = {verdict.claim: verdict for verdict in material.verdicts}
    colors = problem_colors(material.cells)
    found = [Claim(t, verdicts.get(t.name), families(cells, colors)) for t, cells in own.values()]
    return _without_twins([c for c in found if c.theorem.expected == "holds"] or found)


def problem_colors(cells: Iterable[Shown]) -> dict[str, str]:
    """A colour for each problem, the same in every panel."""
    problems = sorted({shown.spec.problem for shown in cells}, key=lambda p: (problem_rank(p), p))
    return {problem: NAMED[i % len(NAMED)] for i, problem in enumerate(problems)}


def families(cells: Sequence[Shown], colors: Mapping[str, str]) -> list[Family]:
    """The families of *cells* in the order of *colors*; of cells that differ in replicas the one with most."""
    of = {id(shown.result): shown for shown in cells}
    found = groups(shown.result for shown in cells)
    most: dict[str, int] = {}
    for group in found:
        problem = str(group.settings["problem"])
        most[problem] = max(len(group.cells), most.get(problem, 0))
    made: dict[str, list[Family]] = {problem: [] for problem in colors}
    for group, label in zip(found, labels(found), strict=True):
        problem = str(group.settings["problem"])
        usual = len(group.cells) == most[problem] and not any(family.usual for family in made[problem])
        best: dict[tuple[int, int], Shown] = {}
        for shown in sorted((of[id(r)] for r in group.cells), key=lambda s: s.spec.replicas):
            best[shown.spec.dim, shown.spec.steps] = shown
        told = short(problem) + " " * (label != problem) + printable(label.removeprefix(problem))
        made[problem].append(Family(short(problem), told, colors[problem], usual, list(best.values())))
    return [family for own in made.values() for family in own]


def _without_twins(found: Sequence[Claim]) -> list[Claim]:
    """Each claim with those that say the same of the same cells to within SAME, which are left out."""
    kept: list[Claim] = []
    for claim in found:
        for i, other in enumerate(kept):
            if (far := _apart(other, claim)) is not None:
                kept[i] = Claim(
                    other.theorem, other.verdict, other.families, [*other.same, (claim.name, far, len(claim.cells))]
                )
                break
        else:
            kept.append(claim)
    return kept


def _apart(one: Claim, two: Claim) -> float | None:
    """The largest relative difference of what was measured on the cells of *two*, None where more than SAME or where
    *one* lacks some of them, or the two claims are not about the same quantity and rate, or their bounds differ."""
    alike = one.theorem.measures.digest == two.theorem.measures.digest and one.theorem.kind == two.theorem.kind
    if not alike or one.theorem.expected != two.theorem.expected:
        return None
    first, second = _table(one), _table(two)
    if len(first) != len(one.cells) or len(second) != len(two.cells) or not second.keys() <= first.keys():
        return None
    pairs = [(first[key], own) for key, own in second.items()]
    limits = [abs(_of(b.limit) / _of(a.limit) - 1) for a, b in pairs]
    rates = [abs(_of(b.rate) / _of(a.rate) - 1) for a, b in pairs]
    values = [(a.measured.value, b.measured.value) for a, b in pairs]
    if not all(0 < a < math.inf and 0 < b < math.inf for a, b in values):
        return None
    far = max(abs(b / a - 1) for a, b in values)
    return far if max(far, *limits, *rates) <= SAME and not any(map(escaped, (*one.cells, *two.cells))) else None


def _of(number: float | None) -> float:
    assert number is not None  # a claim's cells have both
    return number


def _table(claim: Claim) -> Mapping[str, Shown]:
    """The cells by what they are, whatever their optimizer."""
    return {
        repr(sorted((k, str(v)) for k, v in shown.spec.to_dict().items() if not k.startswith("optimizer"))): shown
        for shown in claim.cells
    }
