"""Monte Carlo of the norms of random vectors beside their exact values, and a verdict for each inequality."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .options import number, numbers, words

HELP = "norms of random vectors against exact values"
EPILOG = """examples:
  ratecheck norms
  ratecheck norms --laws gaussian,laplace --dims 1,100,1e6 --samples 4096 --out results/norms

Writes norms.json and a figure into the folder. Memory does not depend on the dimension or the number
of samples. Exit code as of `ratecheck verify`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--out",
        default="results/norms",
        metavar="DIR",
        help="folder for norms.json and the figure (default results/norms)",
    )
    add("--laws", type=words, metavar="A,B,…", help="laws of the coordinates, FILE.py:NAME too (default: all)")
    add("--dims", type=numbers, metavar="D,D,…", help="dimensions (default 1,10,…,1000000)")
    add(
        "--samples",
        type=number,
        metavar="N",
        help="vectors of each law and dimension (default: 2^26 coordinates in all)",
    )
    add("--seed", type=number, default=0, metavar="N", help="seed of the random numbers (default 0)")
    add("--backend", default="cpu", metavar="NAME", help="cpu, gpu (CUDA), or auto: gpu if it is there (default cpu)")


def execute(args: argparse.Namespace) -> int:
    from ratecheck.problems.errors import choose

    from ..files import require_writable
    from ..judge import exit_code, judge
    from ..lab.progress import simple_bar
    from ..samples import DIMS, LAWS, check_key, norm_check, norm_table, save_rows
    from .tables import show_rich
    from .verdicts import show_verdicts

    device = _device(choose({name: name for name in ("cpu", "gpu", "auto")}, args.backend, "backend"))
    directory = Path(args.out)
    require_writable(directory)
    laws, dims = args.laws or LAWS, args.dims or DIMS
    with simple_bar(f"norm checks of {len(laws)} laws at {len(dims)} dimensions") as progress:
        rows = norm_check(laws, dims, args.samples, args.seed, progress=progress, device=device)
    written = [save_rows(rows, directory, check_key(laws, dims, args.samples, args.seed)), *_figure(rows, directory)]
    show_rich(norm_table(rows))
    verdicts = judge([], rows)
    show_verdicts(verdicts)
    print("written: " + ", ".join(map(str, written)))
    return exit_code(verdicts)


def _device(backend: str):
    """The GPU, or None for the CPU."""
    from ratecheck.problems.errors import InputError

    from ..engines.gpu.device import cupy_device

    if backend == "cpu":
        return None
    try:
        device = cupy_device()
    except InputError as error:
        if backend == "gpu":
            raise
        print(f"auto: cpu ({error})", file=sys.stderr)
        return None
    if backend == "auto":
        print(f"auto: gpu ({device.name})", file=sys.stderr)
    return device


def _figure(rows, directory: Path) -> list[Path]:
    from ..files import write_whole
    from ..report.figures import Drawing, Material, draw

    written = []
    for drawing in draw(Material((), rows)):
        if isinstance(drawing, Drawing):
            for name, content in drawing.files().items():
                written.append(directory / name)
                write_whole(written[-1], content)
    return written
