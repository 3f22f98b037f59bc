"""Run one cell: one optimizer on one problem with one noise, for one dimension and one horizon."""

from __future__ import annotations

import argparse
import functools
import sys
from contextlib import nullcontext

from ..lines import say
from .options import add_backend, argument, number, pair

HELP = "one cell, for people and scripts"
EPILOG = """examples:
  ratecheck run --problem rational --optimizer adamw --dim 64 --steps 4000 --replicas 8
  ratecheck run --theorem sgd-l2 --problem rational --dim 64 --steps 4000 --replicas 8
  ratecheck run --theorem adamw-l1 --dim 64 --steps 64000 --replicas 8 --json
  ratecheck run --problem cosine --optimizer adam --schedule constant --optimizer-arg lr=0.01 \\
      --dim 16 --steps 1000 --replicas 2
  ratecheck run --problem my_problem.py:well --optimizer sgd --dim 64 --steps 4000 --replicas 8

--theorem fills in optimizer and schedule, the sigma of the theorem's grid where that has one, and where the
theorem names hard instances and no --problem is given, the first; then what the theorem measures is
printed beside its bound, or its rate.

--json prints one object: spec, constants, hyperparameters (null where the optimizer has none, a text where
one changes with the step), mean_grad_l1 and mean_grad_l2 (values: one per replica, the average over k = 1..K
of the true gradient's norm), ratio_l1 = mean_grad_l1/(sqrt(d) C K^(-1/4)), ratio_l2 = mean_grad_l2/(C K^(-1/4)),
max_abs_x (the largest |x_i| at about 64 log-spaced steps, the first and the last included), status (ok, escaped or
diverged, the worst of the replicas), replicas_escaped, backend, device and fast (null but on a GPU) and seconds.
Escaped: f, averaged over the last half of those steps, lies above its start's, or x went 10⁶ times its start's size
away, where a small gradient says nothing. With --theorem also theorem: its name, the quantity that it is
about, measured (mean, sem, values), bound, rate, ratio (measured over bound, or over rate where there is no
bound), level (what measured over rate attains on the theorem's hard instance, null elsewhere) and void (null, or
why the theorem says nothing here). Infinity is written 1e999; what does not exist is null, as sigma where the
noise's variance grows with the gradient (sigma_0, sigma_1) and smoothness where L does not exist."""


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    name = "a name of `ratecheck list`, or FILE.py:NAME"
    add("--theorem", metavar="NAME", help=f"the theorem that the cell is about: {name}")
    add("--problem", metavar="NAME", help=f"{name} (default: the theorem's hard instance, where it names one)")
    add("--optimizer", metavar="NAME", help=f"{name} (default: the theorem's)")
    add("--noise", default="gaussian", metavar="NAME", help="law of the gradient noise (default gaussian)")
    add(
        "--schedule",
        metavar="NAME",
        help="horizon: the hyper-parameters of the optimizer's theorem; constant: yours; or the name of a theorem "
        "with a rule (default: the theorem's, else horizon)",
    )
    add("--dim", required=True, type=number, metavar="D", help="dimension d")
    add("--steps", required=True, type=number, metavar="K", help="number of steps, the horizon")
    add("--replicas", required=True, type=number, metavar="R", help="independent runs; 8 or more for intervals")
    add("--smoothness", default=1.0, type=number, metavar="L", help="Lipschitz constant of the gradient (default 1)")
    add("--gap", default=1.0, type=number, metavar="Δ", help="f(x¹) − inf f (default 1)")
    add(
        "--sigma", type=number, metavar="σ_s", help="noise of the whole gradient: √Σσ_i² (default: the theorem's, or 1)"
    )
    add_backend(parser)
    add(
        "--fast",
        action="store_true",
        help="on a GPU, let multiplications and additions fuse; digits differ from the cpu's (docs/gpu.md)",
    )
    add("--dtype", default="float64", metavar="NAME", help="float64 or float32 (default float64)")
    add("--seed", default=0, type=number, metavar="N", help="seed of the noise (default 0)")
    for what, kind in (("problem", argument), ("optimizer", pair), ("noise", argument)):
        text = f"an argument of the {what}; may be repeated"
        add(f"--{what}-arg", action="append", default=[], type=kind, metavar="k=v", help=text)
    add("--json", action="store_true", help="print one JSON object and nothing else")


def execute(args: argparse.Namespace) -> int:
    from ..engines import AUTO, require_backend
    from ..lab.one_cell import asked
    from .cell_summary import show, summary

    require_backend(args.backend, args.fast)
    spec, theorem = asked(args)
    if args.backend == AUTO:
        from ..engines.auto import pick

        args.backend, reason = pick(spec)
        say(f"auto: {args.backend} ({reason})", sys.stderr)
    result = _run(spec, args.backend, args.fast and args.backend == "gpu", theorem, quiet=args.json)
    content = summary(result, theorem)
    if args.json:
        from ..strict_json import dumps

        print(dumps(content))
    else:
        show(content, theorem)
    return 0


def _run(spec, backend: str, fast: bool, theorem, quiet: bool):
    """Run a cell where Ctrl-C is heard at once, with a bar unless *quiet*."""
    from ..engines import run
    from ..lab.cost import work
    from ..lab.executors import open_executor, report
    from ..lab.progress import simple_bar

    asked = () if theorem is None else theorem.quantities  # objects: a name may be another quantity's
    done, total = 0, work(spec)
    with (
        nullcontext() if quiet else simple_bar(f"{spec.optimizer} on {spec.problem}") as update,
        open_executor(1) as executor,
    ):

        def progress(amount: int) -> None:
            nonlocal done
            report(amount)
            done += amount
            if update:
                update(done, total)

        future = executor.submit(functools.partial(run, quantities=asked), spec, backend, None, progress, fast)
        return next(executor.as_completed([future])).result()
