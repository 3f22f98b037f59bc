"""``run --theorem``: what the theorem fills in, and what of the user's contradicts it."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ratecheck.problems.errors import InputError

from ..engines.schedules import SCHEDULES
from ..optimizers import OPTIMIZERS, Optimizer
from ..plugins import find
from ..theorem import Theorem
from ..theorems import THEOREMS
from ..theorems.naming import find_runs, hard_instance, horizon_theorem, sigma_of, spec_names


def fill(args: argparse.Namespace) -> Theorem:
    """Put optimizer, schedule and, where nothing else is given, σ and the hard instance of ``args.theorem`` in *args*.

    Returns the theorem. Raises InputError for an optimizer or a schedule that it is not about.
    """
    theorem = find_runs(args.theorem)
    optimizer, schedule, given = spec_names(args.theorem)
    if args.optimizer is not None and find(OPTIMIZERS, args.optimizer, "optimizer", Optimizer) is not theorem.optimizer:
        raise InputError(
            f"theorem {args.theorem!r} is about the optimizer {optimizer!r}, and --optimizer is {args.optimizer!r}; "
            "leave --optimizer out"
        )
    if args.schedule is not None and not _agrees(args.schedule, theorem, optimizer):
        raise InputError(
            f"theorem {args.theorem!r} is about the schedule {schedule!r}, and --schedule is {args.schedule!r}; "
            "leave --schedule out"
        )
    args.optimizer, args.schedule = optimizer, args.schedule or schedule
    args.sigma = sigma_of(args.theorem) if args.sigma is None else args.sigma
    if args.schedule == "constant":
        args.optimizer_arg = [*given.items(), *args.optimizer_arg]
    if args.problem is None and (hard := hard_instance(args.theorem)):
        args.problem = hard.problem
        args.problem_arg = [*hard.arguments.items(), *args.problem_arg]
    return theorem


def _agrees(schedule: str, theorem: Theorem, optimizer: str) -> bool:
    """Whether *schedule* gives what the theorem is about: its rule, or anything if it is true for all."""
    if theorem.any_hyper:
        return True
    if schedule == "constant":
        return theorem.rule is None
    if schedule == "horizon":
        found = horizon_theorem(optimizer, theorem.optimizer)
        return found is not None and found.rule is theorem.rule
    named = {**SCHEDULES, **{name: found for name, found in THEOREMS.items() if isinstance(found, Theorem)}}
    rule = find(named, schedule, "schedule", (Theorem, Callable))  # type: ignore[arg-type]  # mypy takes it for no class
    return (rule.rule if isinstance(rule, Theorem) else rule) is theorem.rule
