"""The command line. Exit codes: 0 all well, 1 a peer disagrees or fails, 2 wrong usage, 130 interrupted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from problems.errors import InputError, choose, require_integer
from simulator.cli import Parser, complain
from simulator.commands.options import number, words
from simulator.files import require_writable, write_whole

from .hook import hook_sections
from .measure import measure
from .page import Section, agreement_section, disagreements, page, workload_section
from .parts import parts_sections
from .peers import PEERS, RATECHECK, load, missing
from .processes import PeerError, Worker
from .results import LIMIT, Outcome
from .sweeps import sweeps_section
from .variants import variants_section
from .workloads import WORKLOADS

ALONE: dict[str, Callable[[int], list[Section]]] = {  # what is timed without peers; takes the number of rounds
    "parts": parts_sections,
    "variants": lambda rounds: [variants_section(rounds)],
    "sweeps": lambda rounds: [sweeps_section(rounds)],
    "hook": hook_sections,
}


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Checked arguments; raises InputError."""
    parser = Parser(prog="python -m tests.bench", description="Time the CPU engine beside its peers.")
    add = parser.add_argument
    everything = [*WORKLOADS, *ALONE]
    add("--only", type=words, default=everything, metavar="A,B", help=f"what to time (of {', '.join(everything)})")
    add(
        "--peers",
        type=words,
        default=list(PEERS),
        metavar="P,Q",
        help=f"peers (of {', '.join(PEERS)}); ratecheck is always there",
    )
    add("--rounds", type=number, default=5, metavar="N", help="rounds, each of which runs every peer once (default 5)")
    add("--page", type=Path, metavar="FILE", help="also write the results as Markdown")
    args = parser.parse_args(argv)
    chosen = dict.fromkeys(choose({name: name for name in everything}, name, "workload") for name in args.only)
    args.workloads = [WORKLOADS[name] for name in chosen if name in WORKLOADS]
    args.alone = [name for name in chosen if name in ALONE]
    known = {name: name for name in PEERS}
    args.peers = list(dict.fromkeys([RATECHECK, *(choose(known, name, "peer") for name in args.peers)]))
    args.rounds = require_integer(args.rounds, "--rounds", least=2)
    if args.page:
        require_writable(args.page.parent)
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write the page; returns the exit code."""
    try:
        return bench(parse(argv))
    except InputError as error:
        return complain(str(error))
    except PeerError as error:
        return complain(str(error), 1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def bench(args: argparse.Namespace) -> int:
    there, absent = [], []
    for name in args.peers:
        lacking = missing(load(name))
        if lacking:
            absent.append(f"{name} (needs {', '.join(lacking)})")
        else:
            there.append(name)
    for text in absent:
        print(f"left out: {text}", file=sys.stderr)
    outcomes = []
    if args.workloads:
        with ExitStack() as stack:
            workers = {name: stack.enter_context(Worker(name)) for name in there}
            outcomes = [show(measure(workload, workers, args.rounds, say)) for workload in args.workloads]
    sections = list(map(workload_section, outcomes))
    if outcomes:
        sections.append(agreement_section(outcomes))
        sections[-1].show()
    for name in args.alone:
        say(f"timing {name}")
        more = ALONE[name](3 * args.rounds)
        for section in more:
            section.show()
        sections += more
    if args.page:
        packages = [package for name in there for package in load(name).PACKAGES]
        write_whole(args.page, page(sections, packages, args.rounds, absent).encode())
        print(f"written: {args.page}")
    return judge(outcomes)


def judge(outcomes: Sequence[Outcome]) -> int:
    """Print what is wrong, a line each; returns the exit code."""
    wrong = [text for outcome in outcomes for text in outcome.failures]
    for outcome, c in disagreements(outcomes):
        errors = ", ".join(f"{e:+.1f}" for e in c.errors)
        wrong.append(
            f"{outcome.workload.name}: {c.series.name} disagrees with ratecheck by {errors} standard errors, "
            f"expected at most {LIMIT:g}"
        )
    for text in wrong:
        complain(text)
    return 1 if wrong else 0


def show(outcome: Outcome) -> Outcome:
    workload_section(outcome).show()
    return outcome


def say(text: str) -> None:
    """Progress, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\r", file=sys.stderr, flush=True)
