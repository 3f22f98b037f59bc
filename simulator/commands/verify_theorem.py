"""``verify NAME``: run a theorem's own grid, judge it with its false controls, report, and show where it fails."""

from __future__ import annotations

import argparse

from ..lines import say


def execute(args: argparse.Namespace) -> int:
    from ..lab.judging import code
    from ..lab.repeat import failing_lines
    from ..lab.theorem_plan import default_folder, theorem_plan, with_controls
    from .pages import write_pages
    from .sweep import perform
    from .verdicts import show_judgement
    from .where import place_of

    args.out = args.out or str(default_folder(args.target))
    place_of(args)  # what is wrong with it is said before the theorem runs
    changes = {} if args.seed is None else {"seed": args.seed}
    plan = theorem_plan(with_controls(args.target), args.target, quick=args.quick, changes=changes)
    done = perform(plan, args)
    if isinstance(done, int):
        return done
    folder, judgement = done
    write_pages(folder, judgement, list(judgement.theorems.values()))
    show_judgement(folder, judgement)
    for line in failing_lines(folder, judgement):
        if line.startswith(" "):  # a command, whole
            print(line)
        else:
            say(line)
    say(f"report: {folder.directory / 'report.html'}")
    return code(folder, judgement)
