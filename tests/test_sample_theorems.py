"""Theorems about random vectors, on rows of norm checks with made-up numbers."""

import math
from dataclasses import replace

import pytest

from problems import InputError
from simulator.decorators import sample_theorem
from simulator.judge import Outcome, judge
from simulator.sample_theorem import SampleTheorem
from simulator.samples.rows import NormRow
from simulator.theorems import THEOREMS

ROW = NormRow(
    "gaussian",
    dim=100,
    samples=1000,
    mean_l1=79.8,
    sem_l1=0.2,
    exact_l1=79.788456,
    mean_l2=9.98,
    sem_l2=0.025,
    exact_l2=9.975031,
    ratio_mean=0.7997,
    ratio_sem=0.001,
    violations=0,
)


def outcomes(*rows):
    return {v.claim: v.outcome for v in judge([], rows)}


def test_norm_theorems():
    assert isinstance(THEOREMS["norms"], SampleTheorem) and isinstance(THEOREMS["gaussian"], SampleTheorem)
    assert outcomes(ROW) == {"norms": Outcome.HOLDS, "gaussian": Outcome.HOLDS}
    assert outcomes(ROW, replace(ROW, violations=1)) == {"norms": Outcome.VIOLATED, "gaussian": Outcome.HOLDS}
    assert outcomes(replace(ROW, law="laplace")) == {"norms": Outcome.HOLDS}
    assert outcomes() == {}
    [asked] = judge([], theorems=["gaussian"])
    assert asked.outcome is Outcome.INCONCLUSIVE


def test_gaussian_theorem_refuted_by_sample_or_by_exact_values():
    low = replace(ROW, mean_l1=60.0, exact_l1=60.0)  # as of a sparse law: E‖g‖₁ < √(2d/π) E‖g‖₂
    assert outcomes(low)["gaussian"] is Outcome.VIOLATED
    assert outcomes(replace(ROW, mean_l1=60.0))["gaussian"] is Outcome.VIOLATED
    assert outcomes(replace(ROW, exact_l1=79.0))["gaussian"] is Outcome.VIOLATED
    # a gap below 0 by less than the sampling error refutes nothing
    assert outcomes(replace(ROW, mean_l1=79.5))["gaussian"] is Outcome.HOLDS


def test_gaussian_theorem_undecided_when_sample_and_exact_values_disagree():
    [verdict] = judge([], [ROW, replace(ROW, mean_l1=81.5)], theorems=["gaussian"])
    assert verdict.outcome is Outcome.INCONCLUSIVE and "sampler or the formula" in verdict.reasons[0]


def test_every_sample_is_held_against_the_exact_means():
    """Of a theorem without exact values and of every law: what a wrong sampler shows is shown of nothing."""
    for wrong in (replace(ROW, law="laplace", mean_l1=81.5), replace(ROW, law="student(nu=5)", mean_l2=9.8)):
        [verdict] = judge([], [ROW, wrong], theorems=["norms"])
        assert verdict.outcome is Outcome.INCONCLUSIVE and verdict.reasons[0].startswith(f"{wrong.law}, d = 100: ")


def test_gaussian_theorem_in_the_limit():
    """At d = 10⁹ the exact gap is 2.5e-10 of E‖g‖₁: rounding must not refute it."""
    dim = 10**9
    l1, l2 = dim * math.sqrt(2 / math.pi), math.sqrt(dim) * (1 - 1 / (4 * dim))
    far = replace(ROW, dim=dim, mean_l1=l1, sem_l1=1.0, exact_l1=l1, mean_l2=l2, sem_l2=1e-3, exact_l2=l2)
    [verdict] = judge([], [far], theorems=["gaussian"])
    assert verdict.outcome is Outcome.HOLDS


def ordered():
    @sample_theorem(source="a book")
    def ordered(row):
        """‖g‖₂ ≤ ‖g‖₁."""
        return row.mean_l1 - row.mean_l2, row.sem_l1 + row.sem_l2, None

    return ordered


def test_a_false_control_must_come_out_violated():
    theorem = ordered()

    @theorem.control
    def reversed_order(row):
        """FALSE: ‖g‖₁ ≤ ‖g‖₂."""
        return row.mean_l2 - row.mean_l1, row.sem_l1 + row.sem_l2, None

    assert theorem.controls == [reversed_order] and reversed_order.name == "ordered-reversed-order"
    assert (theorem.expected, reversed_order.expected, reversed_order.source) == ("holds", "fails", "a book")
    verdicts = judge([], [ROW], theorems=[theorem, *theorem.controls])
    assert [v.outcome for v in verdicts] == [Outcome.HOLDS, Outcome.VIOLATED] and all(v.as_expected for v in verdicts)
    assert theorem.control(name="mine")(reversed_order.gap).name == "mine"
    with pytest.raises(InputError, match="docstring"):
        theorem.control(lambda row: (1.0, 0.0, None))


@pytest.mark.parametrize("gap", [lambda row: row.nosuch, lambda row: 1.0, lambda row: (1.0, None, None)])
def test_a_faulty_theorem_is_named(gap):
    with pytest.raises(
        InputError, match="theorem 'ordered': its function must return .* fails for gaussian at d = 100"
    ):
        judge([], [ROW], theorems=[replace(ordered(), gap=gap)])


def test_a_sample_theorem_needs_its_statement():
    with pytest.raises(InputError, match="docstring"):
        sample_theorem()(lambda row: (1.0, 0.0, None))
