"""Run one cell: one optimizer on one problem with one noise, for one dimension and one horizon."""

from __future__ import annotations

import argparse
import math
import sys
from contextlib import nullcontext

from .options import add_backend, number, pair

HELP = "one cell, for people and scripts"
EPILOG = """examples:
  ratecheck run --problem rational --optimizer adamw --dim 64 --steps 4000 --replicas 8
  ratecheck run --problem ramp --problem-arg steepness=1.5 --optimizer adamw --dim 64 --steps 64000 --replicas 8 --json
  ratecheck run --problem cosine --optimizer adam --schedule constant --optimizer-arg lr=0.01 \\
      --dim 16 --steps 1000 --replicas 2
  ratecheck run --problem my_problem.py:well --optimizer sgd --dim 64 --steps 4000 --replicas 8

--json prints one object: spec, constants, hyperparameters (null where the optimizer has none),
mean_grad_l1 and mean_grad_l2 (values: one per replica, the average over k = 1..K of the true
gradient's norm), ratio_l1 = mean_grad_l1/(sqrt(d) C K^(-1/4)), ratio_l2 = mean_grad_l2/(C K^(-1/4)),
max_abs_x (the largest |x_i| at about 64 log-spaced steps, the first and the last included), status, backend,
device and fast (null but on a GPU) and seconds. Infinity is written 1e999; what does not exist is null."""
COMMON = ("lr", "beta1", "beta2", "eps", "weight_decay")


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--problem", required=True, metavar="NAME", help="a name of `ratecheck list`, or FILE.py:NAME")
    add("--optimizer", required=True, metavar="NAME", help="a name of `ratecheck list`, or FILE.py:NAME")
    add("--noise", default="gaussian", metavar="NAME", help="law of the gradient noise (default gaussian)")
    add(
        "--schedule",
        default="horizon",
        metavar="NAME",
        help="horizon: the theorem's hyper-parameters; constant: yours (default horizon)",
    )
    add("--dim", required=True, type=number, metavar="D", help="dimension d")
    add("--steps", required=True, type=number, metavar="K", help="number of steps, the horizon")
    add("--replicas", required=True, type=number, metavar="R", help="independent runs; 8 or more for intervals")
    add("--smoothness", default=1.0, type=number, metavar="L", help="Lipschitz constant of the gradient (default 1)")
    add("--gap", default=1.0, type=number, metavar="Δ", help="f(x¹) − inf f (default 1)")
    add("--sigma", default=1.0, type=number, metavar="σ_s", help="noise of the whole gradient: √Σσ_i² (default 1)")
    add_backend(parser)
    add(
        "--fast",
        action="store_true",
        help="on a GPU, let multiplications and additions fuse; digits differ from the cpu's (docs/gpu.md)",
    )
    add("--dtype", default="float64", metavar="NAME", help="float64 or float32 (default float64)")
    add("--seed", default=0, type=number, metavar="N", help="seed of the noise (default 0)")
    for what in ("problem", "optimizer", "noise"):
        add(
            f"--{what}-arg",
            action="append",
            default=[],
            type=pair,
            metavar="k=v",
            help=f"an argument of the {what}; may be repeated",
        )
    add("--json", action="store_true", help="print one JSON object and nothing else")


def execute(args: argparse.Namespace) -> int:
    from ..cells.spec import Spec
    from ..engines import AUTO, require_backend

    require_backend(args.backend, args.fast)
    spec = Spec.of(
        args.problem,
        args.optimizer,
        args.dim,
        args.steps,
        args.replicas,
        noise=args.noise,
        schedule=args.schedule,
        smoothness=args.smoothness,
        gap=args.gap,
        sigma=args.sigma,
        dtype=args.dtype,
        seed=args.seed,
        problem_args=dict(args.problem_arg),
        optimizer_args=dict(args.optimizer_arg),
        noise_args=dict(args.noise_arg),
    )
    if args.backend == AUTO:
        from ..engines.auto import pick

        args.backend, reason = pick(spec)
        print(f"auto: {args.backend} ({reason})", file=sys.stderr)
    result = _run(spec, args.backend, args.fast and args.backend == "gpu", quiet=args.json)
    content = summary(result)
    if args.json:
        from ..strict_json import dumps

        print(dumps(content))
    else:
        _show(content)
    return 0


def summary(result) -> dict:
    """What ``--json`` prints, of a ``Result``."""
    stats, constants = result.stats, result.constants
    c = constants.c if "sigma" in constants else math.inf
    rate = c * constants.steps**-0.25
    l1, l2 = average(stats.mean_grad_l1), average(stats.mean_grad_l2)
    return {
        "spec": result.spec.to_dict(),
        "constants": {
            "smoothness": constants.get("smoothness"),
            "gap": constants.get("gap"),
            "sigma": constants.get("sigma", math.inf),
            "C": c,
        },
        "hyperparameters": {**dict.fromkeys(COMMON), **result.hyper},
        "mean_grad_l1": l1,
        "mean_grad_l2": l2,
        "ratio_l1": _ratio(l1["mean"], math.sqrt(constants.dim) * rate),
        "ratio_l2": _ratio(l2["mean"], rate),
        "max_abs_x": float(stats.max_abs_x.max()),
        "status": result.status,
        **{name: result.provenance.get(name) for name in ("backend", "device", "fast", "seconds")},
    }


def average(values) -> dict:
    """Mean, its standard error (None for one replica or a diverged one) and the values themselves."""
    n, mean = len(values), float(values.mean())
    sem = float(values.std(ddof=1)) / math.sqrt(n) if n > 1 and math.isfinite(mean) else None
    return {"mean": mean, "sem": sem, "values": values.tolist()}


def _ratio(mean: float, bound: float) -> float | None:
    """None where the claim says nothing: an infinite C."""
    if math.isinf(bound):
        return None
    return mean / bound if bound > 0 else math.inf


def _run(spec, backend: str, fast: bool, quiet: bool):
    """Run a cell where Ctrl-C is heard at once, with a bar unless *quiet*."""
    from ..engines import run
    from ..lab.cost import work
    from ..lab.executors import open_executor, report
    from ..lab.progress import simple_bar

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

        future = executor.submit(run, spec, backend, None, progress, fast)
        return next(executor.as_completed([future])).result()


def _show(content: dict) -> None:
    from .tables import show_table

    spec, constants = content["spec"], content["constants"]

    def listed(values: dict) -> str:
        return ", ".join(f"{name}={value:.6g}" for name, value in values.items() if value is not None) or "none"

    def measured(name: str) -> str:
        mean, sem = content[name]["mean"], content[name]["sem"]
        return f"{mean:.6g}" + (f" ± {sem:.2g}" if sem is not None else "")

    def ratio(value: float | None) -> str:
        return "not applicable: C is infinite" if value is None else f"{value:.4f}"

    known = f"L={constants['smoothness']:g}, Δ={constants['gap']:g}, σ_s={constants['sigma']:g}, C={constants['C']:.6g}"
    title = f"{spec['optimizer']} on {spec['problem']}, {spec['noise']} noise, {spec['schedule']} schedule"
    show_table(
        title,
        (),
        [
            (
                "d, K, replicas",
                f"{spec['dim']}, {spec['steps']}, {spec['replicas']} (seed {spec['seed']}, {spec['dtype']})",
            ),
            ("problem arguments", listed(spec["problem_args"])),
            ("noise arguments", listed(spec["noise_args"])),
            ("constants", known),
            ("hyper-parameters", listed(content["hyperparameters"])),
            ("mean ‖∇f‖₁", measured("mean_grad_l1")),
            ("  over √d C K^(−1/4)", ratio(content["ratio_l1"])),
            ("mean ‖∇f‖₂", measured("mean_grad_l2")),
            ("  over C K^(−1/4)", ratio(content["ratio_l2"])),
            ("max |x_i|", f"{content['max_abs_x']:.6g}"),
            ("status", content["status"]),
            ("time", f"{content['seconds']:.2f} s, compilation included"),
        ],
    )
