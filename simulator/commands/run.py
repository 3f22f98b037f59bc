"""Run one cell: one optimizer on one problem under one noise law, for one dimension and one horizon."""

from __future__ import annotations

import argparse
import functools
import sys
from contextlib import nullcontext

from ..lines import say
from .options import add_backend, argument, number, pair

HELP = "run one cell and print its numbers"
EPILOG = """examples:
  ratecheck run --theorem adamw-l1 --dim 64 --steps 64000 --json
  ratecheck run --theorem sgd-l2 --problem rational --dim 64 --steps 4000
  ratecheck run --problem rational --optimizer adamw --dim 64 --steps 4000 \\
      --replicas 8
  ratecheck run --problem cosine --optimizer adam --schedule constant \\
      --optimizer-arg lr=0.01 --dim 16 --steps 1000 --replicas 2
  ratecheck run --problem my_problem.py:well --optimizer sgd --dim 64 \\
      --steps 4000 --replicas 8

--theorem fills in the optimizer and the schedule, the sigma and the replicas
of the theorem's grid, and, if no --problem is given, the theorem's first hard
instance. What the theorem measures is then printed beside its bound or rate.

--json prints one object with these keys:
  spec, constants
  hyperparameters   null if the optimizer has none of that name, a text if it
                    changes with the step
  mean_grad_l1, mean_grad_l2
                    the norm of the true gradient, averaged over k = 1..K:
                    mean, sem, and values, one for each replica
  ratio_l1          mean_grad_l1 / (sqrt(d) C K^(-1/4))
  ratio_l2          mean_grad_l2 / (C K^(-1/4))
  max_abs_x         the largest |x_i| at about 64 log-spaced steps, the first
                    and the last among them
  status            ok, escaped or diverged: the worst of the replicas
  replicas_escaped
  backend, device, fast, seconds
                    device and fast are null unless it ran on a GPU
  theorem           with --theorem: its name, the quantity, measured (mean,
                    sem, values), bound, rate, ratio (measured over the bound,
                    or over the rate if there is no bound), level (what
                    measured over rate attains on a hard instance, else null)
                    and void (null, or why the theorem does not apply)

A replica escaped if f, averaged over the last half of those steps, lies above
its value at the start, or if x went 10⁶ times the size of its start away; a
small gradient means nothing there. Infinity is written 1e999, and what does
not exist is null: sigma if the variance of the noise grows with the gradient
(sigma_0 and sigma_1 stand for it), smoothness if L does not exist."""


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    name = "a name of `ratecheck list`, or FILE.py:NAME"
    add("--theorem", metavar="NAME", help=f"the theorem that the cell is about, {name}")
    add("--problem", metavar="NAME", help=f"{name} (default: the theorem's hard instance, where it names one)")
    add("--optimizer", metavar="NAME", help=f"{name} (default: the theorem's)")
    add("--noise", default="gaussian", metavar="NAME", help="the law of the gradient noise (default gaussian)")
    add(
        "--schedule",
        metavar="NAME",
        help="horizon: the rule that goes with the optimizer here, not necessarily one from a paper; constant: your "
        "own values; or a theorem, for its rule (default: the theorem's, else horizon)",
    )
    add("--dim", required=True, type=number, metavar="D", help="the dimension d")
    add("--steps", required=True, type=number, metavar="K", help="the number of steps, which is the horizon")
    add(
        "--replicas",
        type=number,
        metavar="R",
        help="independent runs; intervals need 8 or more (default: those of the theorem's grid)",
    )
    add("--smoothness", default=1.0, type=number, metavar="L", help="Lipschitz constant of the gradient (default 1)")
    add("--gap", default=1.0, type=number, metavar="Δ", help="f(x¹) − inf f (default 1)")
    add(
        "--sigma", type=number, metavar="σ_s", help="noise of the whole gradient: √Σσ_i² (default: the theorem's, or 1)"
    )
    add_backend(parser)
    add(
        "--fast",
        action="store_true",
        help="on a GPU, let multiplications and additions fuse; the digits then differ from the CPU's (docs/gpu.md)",
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
    from ..plugins import plain_name

    asked = () if theorem is None else theorem.quantities  # objects: a name may be another quantity's
    done, total = 0, work(spec)
    with (
        nullcontext() if quiet else simple_bar(f"{plain_name(spec.optimizer)} on {plain_name(spec.problem)}") as update,
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
