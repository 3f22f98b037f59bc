"""A theorem with the cells that it is shown on, in families, and its rate without the power of K."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ...judge.fit import groups, labels
from ...judge.outcome import Outcome, Verdict
from ...judge.statement import Judgeable
from ...words import count
from ..shown import Shown
from .material import Material
from .names import order, problem_rank, short
from .page import escaped
from .powers import power_of
from .style import NAMED
from .text import printable

SAME = 0.01  # relative: theorems whose measured values and rates are closer are drawn once
NEAR = 0.05  # where their bounds are, too


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
class Subject:
    """What a panel is about: a theorem, its verdict if it was judged, and its cells in families."""

    theorem: Judgeable
    verdict: Verdict | None
    families: Sequence[Family]

    @property
    def name(self) -> str:
        return printable(self.theorem.name)

    @property
    def explicit(self) -> bool:
        """Whether it has a bound with its constants."""
        return self.theorem.kind != "none"

    @property
    def divided(self) -> str:
        """What its ratio is: 'measured/bound', or 'measured/rate'."""
        return "measured/bound" if self.explicit else "measured/rate"

    @property
    def cells(self) -> list[Shown]:
        return [shown for family in self.families for shown in family.cells]


@dataclass(frozen=True)
class Claim(Subject):
    """A theorem that is shown on its own cells; ``same``: by name what is said of theorems so close to it that one is
    drawn, ``aside``: how many of its cells are left out."""

    same: Mapping[str, str] = field(default_factory=dict)
    aside: int = 0

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
    def without_constant(self) -> bool:
        """Whether it is a rate that was shown wrong, for any constant."""
        return not self.explicit and self.verdict is not None and self.verdict.outcome is Outcome.VIOLATED

    @property
    def above(self) -> list[Shown]:
        """The cells whose mean lies above their bound."""
        return [s for s in self.cells if self.explicit and s.bound is not None and s.measured.value > s.bound]

    @property
    def title(self) -> str:
        """'adamw-l1 (TIGHT)', and which others it stands for."""
        outcome = f" ({self.verdict.outcome.value})" if self.verdict else ""
        return " and ".join([f"{self.name}{outcome}", *self.same])

    @property
    def agreement(self) -> str:
        """A sentence on the theorems that it stands for, '' where there are none."""
        return "".join(f"{name}, which isn't drawn, agrees with {self.name} {how}. " for name, how in self.same.items())


def claims(material: Material) -> list[Claim]:
    """The theorems that cells are shown under, in the order of their verdicts, then of the cells; false controls only
    where there is nothing else."""
    own: dict[int, tuple[Judgeable, list[Shown]]] = {}
    for shown in sorted(material.cells, key=lambda shown: order(shown.result)):
        if shown.theorem is not None and shown.rate is not None and shown.limit is not None:
            own.setdefault(id(shown.theorem), (shown.theorem, []))[1].append(shown)
    verdicts = {verdict.claim: verdict for verdict in material.verdicts}
    colors = problem_colors(material.cells)
    rank = {name: i for i, name in enumerate(verdicts)}
    found = [Claim(t, verdicts.get(t.name), families(cells, colors)) for t, cells in own.values()]
    found.sort(key=lambda claim: rank.get(claim.theorem.name, len(rank)))
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
            if said := _agreement(other, claim):
                kept[i] = replace(other, same={**other.same, claim.name: said})
                break
        else:
            kept.append(claim)
    return kept


def _agreement(one: Claim, two: Claim) -> str:
    """'to 0.4 % in all of its 96 cells' if *two* measured what *one* did, on cells that *one* has too, and the two are
    about the same quantity and rate, with bounds that are near and not exceeded; else ''."""
    alike = one.theorem.measures.digest == two.theorem.measures.digest and one.theorem.kind == two.theorem.kind
    first, second = _table(one), _table(two)
    whole = len(first) == len(one.cells) and len(second) == len(two.cells) and second.keys() <= first.keys()
    if not alike or one.theorem.expected != two.theorem.expected or not whole or one.above or two.above:
        return ""
    pairs = [(first[key], own) for key, own in second.items()]
    measured = [(a.measured.value, b.measured.value) for a, b in pairs]
    if not all(0 < v < math.inf for pair in measured for v in pair) or any(map(escaped, (*one.cells, *two.cells))):
        return ""
    far = _apart(measured)
    bounds = _apart([(_of(a.limit), _of(b.limit)) for a, b in pairs])
    if max(far, _apart([(_of(a.rate), _of(b.rate)) for a, b in pairs])) > SAME or bounds > NEAR:
        return ""
    also = f", its bound to {100 * bounds:.2g} %" if one.explicit and bounds > 0 else ""
    return f"to {100 * far:.2g} % in all of its {count(len(pairs), 'cell')}{also}"


def _apart(pairs: Sequence[tuple[float, float]]) -> float:
    """The largest relative difference."""
    return max(abs(b / a - 1) for a, b in pairs)


def _of(number: float | None) -> float:
    assert number is not None  # a claim's cells have both
    return number


def _table(claim: Claim) -> Mapping[str, Shown]:
    """The cells by what they are, whatever their optimizer."""
    return {
        repr(sorted((k, str(v)) for k, v in shown.spec.to_dict().items() if not k.startswith("optimizer"))): shown
        for shown in claim.cells
    }
