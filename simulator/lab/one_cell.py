"""One cell as somebody asks for it: its Spec, and what a theorem fills in or what of the asking contradicts it."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ratecheck.problems.errors import InputError

from ..cells.spec import Spec
from ..engines.schedules import SCHEDULES
from ..optimizers import OPTIMIZERS, Optimizer
from ..plugins import find
from ..theorem import Theorem
from ..theorems import THEOREMS
from ..theorems.naming import find_runs, hard_instance, horizon_theorem, replicas_of, sigma_of, spec_names


def asked(
    args: argparse.Namespace, option: str = "--{}", see: str = " (see: ratecheck run --help)"
) -> tuple[Spec, Theorem | None]:
    """The Spec of the options of ``ratecheck run``, and the theorem that it is asked about.

    *option*: how errors write an option's name; *see*: where one that is missing is explained. Raises InputError for
    what is missing or out of range, and for an optimizer or a schedule that the theorem is not about.
    """
    theorem = _fill(args, option) if args.theorem else None
    for name in ("problem", "optimizer"):
        if getattr(args, name) is None:
            raise InputError(f"{option.format(name)} is required{_why(name, theorem, option)}{see}")
    if args.replicas is None:
        raise InputError(f"{option.format('replicas')} is required, or a {option.format('theorem')}{see}")
    spec = Spec.of(
        args.problem,
        args.optimizer,
        args.dim,
        args.steps,
        args.replicas,
        noise=args.noise,
        schedule=args.schedule or "horizon",
        smoothness=args.smoothness,
        gap=args.gap,
        sigma=1.0 if args.sigma is None else args.sigma,
        dtype=args.dtype,
        seed=args.seed,
        problem_args=dict(args.problem_arg),
        optimizer_args=dict(args.optimizer_arg),
        noise_args=dict(args.noise_arg),
    )
    return spec, theorem


def _why(name: str, theorem: Theorem | None, option: str) -> str:
    if theorem is None:
        return f", or a {option.format('theorem')}" if name == "optimizer" else ""
    return f": theorem {theorem.name!r} names no hard instance that could stand in"


def _fill(args: argparse.Namespace, option: str) -> Theorem:
    """Put optimizer, schedule and, where nothing else is given, σ, the replicas and the hard instance of
    ``args.theorem`` in *args*.

    Returns the theorem.
    """
    theorem = find_runs(args.theorem)
    optimizer, schedule, given = spec_names(args.theorem)
    if args.optimizer is not None and find(OPTIMIZERS, args.optimizer, "optimizer", Optimizer) is not theorem.optimizer:
        raise InputError(
            f"theorem {args.theorem!r} is about the optimizer {optimizer!r}, and {option.format('optimizer')} is "
            f"{args.optimizer!r}; leave {option.format('optimizer')} out"
        )
    if args.schedule is not None and not _agrees(args.schedule, theorem, optimizer):
        raise InputError(
            f"theorem {args.theorem!r} is about the schedule {schedule!r}, and {option.format('schedule')} is "
            f"{args.schedule!r}; leave {option.format('schedule')} out"
        )
    args.optimizer, args.schedule = optimizer, args.schedule or schedule
    args.sigma = sigma_of(args.theorem) if args.sigma is None else args.sigma
    args.replicas = replicas_of(args.theorem) if args.replicas is None else args.replicas
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
