"""Train the networks of a ladder, measure their exact gradients, and judge how ‖∇f‖₁/(√d‖∇f‖₂) goes with d."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..lines import say
from ..words import count
from .options import number

HELP = "train a ladder of networks and judge norms of their gradients"
EPILOG = """examples:
  ratecheck networks --list
  ratecheck networks smoke --out results/networks
  ratecheck networks my_ladder.toml --out results/networks -j 2

LADDER is a shipped one or a TOML file. Each run leaves a recording in
OUT/recordings; what is there is not run again, so a ladder that was interrupted
goes on where it was. `ratecheck report OUT` writes the page. Networks need
torch and the packages of their data: pip install ratecheck[networks].

exit code: that of `ratecheck verify OUT`; 3 while runs are missing."""
LADDERS = Path(__file__).parents[1] / "networks" / "ladders"


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("ladder", nargs="?", metavar="LADDER", help="a shipped ladder, or a TOML file")
    add("--list", action="store_true", help="list the shipped ladders and exit")
    add("--out", default="results/networks", metavar="DIR", help="the results folder (default results/networks)")
    add("-j", "--jobs", type=number, metavar="N", help="worker processes, which share the cores (default 1)")
    add("--executor", metavar="NAME", help="where the workers are, as of `ratecheck sweep` (see docs/scaling.md)")
    add("--minutes", type=number, metavar="M", help="begin no further run after M minutes")


def execute(args: argparse.Namespace) -> int:
    from ratecheck.problems.errors import InputError, choose, require_number

    from ..lab.executors.place import Place
    from ..lab.folder import open_folder
    from ..lab.judging import code, judge_folder, write_judgement
    from ..networks.climbing import climb, todo
    from ..networks.ladder import load_ladder
    from ..plugins import only
    from .verdicts import show_state, show_verdicts

    shipped = {path.stem: path for path in sorted(LADDERS.glob("*.toml"))}
    if args.list:
        return _list(shipped)
    if args.ladder is None:
        raise InputError(f"name a ladder ({', '.join(shipped)}), or a TOML file; --list says what they are")
    path = Path(args.ladder)
    if path.suffix != ".toml":
        path = choose(shipped, args.ladder, "ladder")
    place = Place.of(args.executor, args.jobs)
    limit = None if args.minutes is None else 60 * require_number(args.minutes, "--minutes", above=0)
    ladder, directory = load_ladder(path), Path(args.out)
    waiting = todo(ladder, directory)
    say(f"{path.name}: {count(len(ladder.due), 'run')}, {len(ladder.due) - len(waiting)} of them done already")
    try:
        climb(ladder, directory, place, _told, limit)
    except KeyboardInterrupt:
        say(f"interrupted: what is done is stored in {args.out}; run the same command again to go on")
        return 130
    with only(()):
        folder = open_folder(directory)
        judgement = judge_folder(folder)
        write_judgement(folder, judgement)
    show_verdicts(judgement.every)
    show_state(folder, judgement)
    say(f"Next: ratecheck report {args.out}")
    return code(folder, judgement)


def _list(shipped: dict[str, Path]) -> int:
    for name, path in shipped.items():
        first = path.read_text(encoding="utf-8").splitlines()[0]
        say(f"{name}: {first.removeprefix('# ')}", rest="    ")
    return 0


def _told(due, recording, left: int) -> None:
    run = due.run
    if run.task == "vectors":  # of which there are hundreds in a second
        return
    last = len(recording.steps) - 1
    seconds = recording.provenance.get("seconds", 0.0)
    say(
        f"{run.family}, seed {run.seed}, d = {recording.dim(last)}: ρ = {recording.rho(0):.3f} at first, "
        f"{recording.rho(max(recording.rows(1))):.3f} at last, {seconds:.1f} s; {count(left, 'run')} left"
    )
