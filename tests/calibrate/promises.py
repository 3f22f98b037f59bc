"""What the judge promises of populations, and where it is not so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from scipy.stats import binomtest

from simulator.judge.intervals import ALPHA

from .statements import HELD, Statement

SETTLED = 124  # κK of the shortest horizon that is fitted, from which on runs keep 0.9 of the ramp
BEYOND = 3.3  # a ratio of a wrong rule from which on it must be seen: 1.1 times twice the level of 1.5
POWER = 0.95
TIGHT = 0.9  # of its bound: of a true one that is attained so far α of the verdicts may be wrong
SURE = 0.01  # p-value of more of them than that
SLACK = 1.5  # times the nominal rate is what limits may miss


def shows(statement: Statement, content: dict) -> bool:
    """Whether a setting can show that a false statement is false: a wrong rule where its ratio lies beyond twice the
    level and noise is not too rare, the others where the witnesses are settled."""
    if statement.kind == "rule":
        return content["settled"] > 0 and (content["verdicts"][statement.name]["largest"] or 0.0) > BEYOND
    return content["settled"] >= SETTLED


def broken_promises(found: Sequence[dict], limits: Sequence[dict], statements: Sequence[Statement]) -> Iterator[str]:
    """What the judge promises of populations, where it isn't so, in words."""
    kinds: dict[str, list[str]] = defaultdict(list)
    tight: dict[str, list[str]] = defaultdict(list)
    for s in statements:
        for content in found:
            verdict = content["verdicts"][s.name]
            outcome, where = verdict["outcome"], f"{s.name}, setting {content['setting']['seed']}"
            if s.true and s.theorem.kind != "none" and (verdict["largest"] or 0.0) >= TIGHT:
                tight[s.name].append(outcome)
            elif s.true and outcome == "VIOLATED":
                yield f"{where}: true, and VIOLATED: {verdict['why']}"
            if s.kind == "weaker" and outcome == "TIGHT":
                yield f"{where}: weaker than what is true, and TIGHT"
            if not s.true and shows(s, content):
                kinds[s.kind].append(outcome)
                if outcome in HELD:
                    yield f"{where}: false ({s.kind}), and {outcome}"
    for name, outcomes in tight.items():
        guilty = outcomes.count("VIOLATED")
        if binomtest(guilty, len(outcomes), ALPHA, "greater").pvalue < SURE:
            yield f"{name}: true, and VIOLATED in {guilty} of {len(outcomes)} settings in which it is attained"
    for kind, outcomes in kinds.items():
        share = outcomes.count("VIOLATED") / len(outcomes)
        if share < POWER:
            yield f"{kind}: VIOLATED in {100 * share:.1f} % of {len(outcomes)}, promised is {100 * POWER:g} %"
    guilty = sum(content["outcome"] == "VIOLATED" for content in limits)
    if binomtest(guilty, len(limits), ALPHA, "greater").pvalue < SURE:
        yield f"a tight bound is VIOLATED in {guilty} of {len(limits)} settings, promised is {100 * ALPHA:g} %"
    for what in ("means", "exponents"):
        count = sum(content[what][0] for content in limits)
        for side, name in ((1, "lower"), (2, "upper")):
            missed = sum(content[what][side] for content in limits) / count
            if missed > SLACK * ALPHA:
                yield f"{name} limits of {what} miss in {100 * missed:.2f} %, promised is {100 * SLACK * ALPHA:g} %"
