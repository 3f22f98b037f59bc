"""Compare Monte Carlo norms of random vectors with their exact values, and give a verdict for each inequality."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..lines import say
from ..words import count
from .options import number, numbers, words

HELP = "compare norms of random vectors with their exact values"
EPILOG = """examples:
  ratecheck norms
  ratecheck norms --laws gaussian,laplace --dims 1,100,1e6 --samples 4096

Writes norms.json and a figure into the folder. Memory does not grow with the
dimension or the number of samples. The exit code is that of `ratecheck
verify`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--out",
        default="results/norms",
        metavar="DIR",
        help="the folder for norms.json and the figure (default results/norms)",
    )
    add("--laws", type=words, metavar="A,B,…", help="laws of the coordinates, also FILE.py:NAME (default: all)")
    add("--dims", type=numbers, metavar="D,D,…", help="dimensions (default 1,10,…,1000000)")
    add(
        "--samples",
        type=number,
        metavar="N",
        help="vectors for each law and dimension (default: 2^26 coordinates in all)",
    )
    add("--seed", type=number, default=0, metavar="N", help="the seed of the random numbers (default 0)")
    add("--backend", default="cpu", metavar="NAME", help="cpu, gpu (CUDA), or auto: gpu if there is one (default cpu)")


def execute(args: argparse.Namespace) -> int:
    from ratecheck.problems.errors import choose

    from ..files import require_writable
    from ..judge import exit_code, judge
    from ..lab.progress import simple_bar
    from ..samples import DIMS, LAWS, check_key, norm_check, norm_table, save_rows
    from .verdicts import show_verdicts

    device = _device(choose({name: name for name in ("cpu", "gpu", "auto")}, args.backend, "backend"))
    directory = Path(args.out)
    require_writable(directory)
    laws, dims = args.laws or LAWS, args.dims or DIMS
    with simple_bar(f"norm checks of {count(len(laws), 'law')} at {count(len(dims), 'dimension')}") as progress:
        rows = norm_check(laws, dims, args.samples, args.seed, progress=progress, device=device)
    written = [save_rows(rows, directory, check_key(laws, dims, args.samples, args.seed)), *_figure(rows, directory)]
    _show(norm_table(rows))
    verdicts = judge([], rows)
    show_verdicts(verdicts)
    print("written:", *(f"  {path}" for path in written), sep="\n")
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
        say(f"auto: cpu ({error})", sys.stderr)
        return None
    if backend == "auto":
        say(f"auto: gpu ({device.name})", sys.stderr)
    return device


def _show(table) -> None:
    """The measured norms on stdout, a table for each law; z says how far they are from the exact ones."""
    from .tables import show_table

    say(f"{table.title}; z: the difference in standard errors; {table.caption}", rest="")
    law, *_, limit, broken = range(len(table.columns))
    rows = list(zip(*(column.cells for column in table.columns), strict=True))
    shown = [i for i, column in enumerate(table.columns) if column.header not in ("exact", "d→∞", "law", "broken")]
    for name in dict.fromkeys(row[law] for row in rows):
        own = [row for row in rows if row[law] == name]
        wrong = sum(int(row[broken]) for row in own)
        title = f"{name} (the last column tends to {own[0][limit]} with d)"
        if wrong:
            title += f", {count(wrong, 'vector')} against ‖g‖₂ ≤ ‖g‖₁ ≤ √d ‖g‖₂"
        show_table(title, [str(table.columns[i].header) for i in shown], [[row[i] for i in shown] for row in own])


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
