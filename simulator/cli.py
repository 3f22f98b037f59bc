"""The command line: ``ratecheck``, also ``python -m simulator``.

Exit codes: 0 all is well, 1 something is not as expected, 2 wrong input or usage (a message on stderr,
no traceback), 3 something is inconclusive, 130 interrupted,
141 the reader of the output went away.

What is slow to import is imported inside ``main``, where Ctrl-C is answered with one line.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from .help_text import reflow
from .lines import say, width
from .streams import drop, safe_streams

MODULES = {
    "run": "run",
    "sweep": "sweep",
    "verify": "verify",
    "report": "report",
    "status": "status",
    "merge": "merge",
    "norms": "norms",
    "networks": "networks",
    "check": "check",
    "list": "list",
}
DESCRIPTION = (
    "pytest for convergence theorems: runs optimizers on problems with exactly known constants and judges whether a "
    "theorem's rate holds."
)
EPILOG = """examples:
  ratecheck list
  ratecheck verify adamw-l1 --quick
  ratecheck sweep my_sweep.toml --out results && ratecheck report results

Every command has its own --help."""


class Parser(argparse.ArgumentParser):
    """argparse's, with its complaints as InputError, and no option abbreviated in silence."""

    def __init__(self, **options: Any):
        super().__init__(**{"allow_abbrev": False, "formatter_class": _Help, **options})

    def error(self, message: str) -> NoReturn:
        from ratecheck.problems.errors import InputError

        raise InputError(f"{message} (see: {self.prog} --help)")

    def _print_message(self, message: str, file=None) -> None:
        (file or sys.stdout).write(message)  # argparse's own says nothing of a full disk


class _Help(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal, at most 79 columns, the prose of the epilogs too."""

    def __init__(self, prog: str):
        super().__init__(prog, width=width())

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return reflow(text, width)


class _Version(argparse.Action):
    """argparse's own would look the version up for every command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from .version import version

        print(f"ratecheck {version()}")
        parser.exit()


def build_parser() -> tuple[Parser, dict[str, Parser]]:
    """The parser, and those of the commands by name."""
    parser = Parser(prog="ratecheck", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    made = {}
    for name, file in MODULES.items():
        module = importlib.import_module(f".commands.{file}", __package__)
        made[name] = commands.add_parser(name, help=module.HELP, description=module.__doc__, epilog=module.EPILOG)
        module.arguments(made[name])
        made[name].set_defaults(execute=module.execute)
    return parser, made


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parsed arguments, those of --help where none are given; raises InputError for what is unknown, with the nearest
    name."""
    from ratecheck.problems.errors import InputError, known_names, nearest

    if argv and not argv[0].startswith("-") and argv[0] not in MODULES:
        raise InputError(f"unknown command {argv[0]!r}{known_names(argv[0], MODULES, 'ratecheck --help')}")
    parser, commands = build_parser()
    if argv and argv[0] in commands:  # before argparse misses a required option that was only misspelt
        options = [option for action in commands[argv[0]]._actions for option in action.option_strings]
        for text in argv[1:]:
            given = text.partition("=")[0]
            if given.startswith("--") and len(given) > 2 and given not in options:
                commands[argv[0]].error(f"unknown option {given!r}{nearest(given, options)}")
    args, unknown = parser.parse_known_args(argv or ["--help"])
    if unknown:
        command = commands[args.command]
        given = unknown[0].partition("=")[0]
        options = [option for action in command._actions for option in action.option_strings]
        what = "option" if given.startswith("-") else "argument"
        command.error(f"unknown {what} {given!r}{nearest(given, options) if what == 'option' else ''}")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code. Unexpected exceptions keep their traceback."""
    alone = argv is None  # the program's own command line, and not a call from somebody's Python
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        with safe_streams():
            try:
                code = _execute(given)
            except KeyboardInterrupt:
                _ignore_interrupts(alone)
                print("interrupted", file=sys.stderr)
                code = 130
    except KeyboardInterrupt:  # the second, while the first was being dealt with
        code = 130
    if code >= 128:
        _ignore_interrupts(alone)
        if alone:
            _leave_threads(code)
    return code


def _execute(argv: Sequence[str]) -> int:
    with _interrupts_wait():
        from ratecheck.problems.errors import InputError

    try:
        try:
            args = parse(argv)
        except SystemExit:  # of --help
            sys.stdout.flush()
            raise
        code = args.execute(args)
        sys.stdout.flush()
        return code
    except InputError as error:
        return complain(str(error))
    except BrokenPipeError:  # the reader, such as head, has enough; what it did not see may have been bad news
        drop(sys.stdout)
        return 141
    except OSError as error:
        if error.filename is not None:
            raise
        if isinstance(error, FileNotFoundError):  # of os.getcwd(), which a worker process begins with
            return complain("the current folder is gone; go to one that is there")
        drop(sys.stdout)  # no file's error but the standard output's: a full disk, say
        return complain(f"can't write the output: {error.strerror or error}")


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold Ctrl-C back for NumPy's import, a twentieth of a second: of an interrupt it makes an error of many lines."""
    heard = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
    if heard and before is not signal.SIG_IGN:
        raise KeyboardInterrupt


def _ignore_interrupts(alone: bool) -> None:
    """All is over: one more Ctrl-C would only disturb Python's own last steps and leave a traceback."""
    if alone:
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave_threads(code: int) -> None:
    """End the program here where a task's thread didn't end in time.

    A compiler that is still at work while Python takes itself down aborts the process.
    """
    import os
    import threading

    if threading.active_count() > 1:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def complain(message: str, code: int = 2) -> int:
    """Print a message on stderr, wrapped; returns *code*."""
    say("error: " + " ".join(message.splitlines()), sys.stderr)
    return code
