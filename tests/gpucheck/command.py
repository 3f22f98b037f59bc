"""The command line. Exit codes: 0 all as it must be, 1 something is not, 2 no GPU or wrong usage, 130 interrupted."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from problems.errors import InputError, choose
from simulator.cli import Parser, complain
from simulator.commands.options import words
from simulator.engines.gpu.device import Device, cupy_device
from simulator.files import require_writable, write_whole
from tests.bench.command import say
from tests.bench.machine import machine, versions
from tests.bench.page import Section

from .findings import Findings
from .large import flagship, largest
from .peers import beside
from .sanitizer import sanitizer
from .sizes import FULL, Sizes
from .speed import speed
from .suite import bits

CHECKS: dict[str, Callable[[Device, Sizes, Callable[[str], None]], Findings]] = {
    "bits": bits,
    "speed": speed,
    "flagship": flagship,
    "largest": largest,
    "peers": beside,
    "sanitizer": sanitizer,
}
PAGES = Path("docs/gpu")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Checked arguments; raises InputError."""
    parser = Parser(prog="python -m tests.gpucheck", description="Check the GPU engine on this machine's card.")
    add = parser.add_argument
    add("--only", type=words, default=list(CHECKS), metavar="A,B", help=f"what to check (of {', '.join(CHECKS)})")
    add("--out", type=Path, default=PAGES, metavar="DIR", help=f"folder for DEVICE.json and .md (default {PAGES})")
    args = parser.parse_args(argv)
    for name in args.only:
        choose(CHECKS, name, "check")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Check the current CUDA device; returns the exit code."""
    try:
        args = parse(argv)
        device = cupy_device()
        require_writable(args.out)
        return check(device, FULL, args.only, args.out)
    except InputError as error:
        return complain(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def check(device: Device, sizes: Sizes, names: Sequence[str], out: Path) -> int:
    """Run the checks, print what they find, write the page and the numbers; returns the exit code."""
    found = []
    for name in dict.fromkeys(names):
        begin = time.perf_counter()
        device.release()  # what one check kept is not the next one's, nor another process's
        found.append(attempt(name, device, sizes))
        found[-1].section.show()
        print(f"{name}: {time.perf_counter() - begin:.0f} s", flush=True)
    wrong = [f"{f.name}: {text}" for f in found for text in f.wrong]
    title = re.sub(r"[^a-z0-9]+", "-", device.name.lower()).strip("-")
    paths = [out / f"{title}{suffix}" for suffix in (".json", ".md")]
    for path, text in zip(paths, (numbers(device, found, wrong), page(device, found, wrong)), strict=True):
        write_whole(path, text.encode())
    print("written: " + ", ".join(map(str, paths)))
    for text in wrong:
        complain(text)
    return 1 if wrong else 0


def attempt(name: str, device: Device, sizes: Sizes) -> Findings:
    """Run a check; one that fails is something wrong, and no reason to lose what the others found.

    One that is too large for the card is not wrong.
    """
    try:
        return CHECKS[name](device, sizes, say)
    except InputError as error:
        return Findings(name, Section(name, f"Not run: {error}.", ("",), []), {"not_run": str(error)})
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return Findings(name, Section(name, f"Failed: {what}", ("",), []), {"failed": what}, (f"failed: {what}",))


def facts(device: Device) -> dict[str, str]:
    """What the numbers were taken on."""
    return {
        "device": device.name,
        "machine": machine(),
        "versions": f"{versions(['numba', 'numpy'])}, NVRTC {'.'.join(map(str, device.compiler))}",
        "date": str(datetime.now(UTC).date()),
    }


def numbers(device: Device, found: Sequence[Findings], wrong: Sequence[str]) -> str:
    content = {**facts(device), "wrong": list(wrong), **{f.name: f.data for f in found}}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def page(device: Device, found: Sequence[Findings], wrong: Sequence[str]) -> str:
    """The Markdown page."""
    lines = "\n".join(f"- {text}" for text in list(facts(device).values())[1:])
    verdict = "All is as it must be." if not wrong else "Not as it must be:\n\n" + "\n".join(f"- {w}" for w in wrong)
    head = f"# {device.name}\n\nWritten by `make gpu-check`, which measures again and replaces this page.\n\n{lines}"
    return "\n\n".join([head, verdict, *(f.section.markdown() for f in found)]) + "\n"
