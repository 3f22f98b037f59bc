"""A command line that is refused: exit code 2 and one line that says what was given and what to do."""

from __future__ import annotations

from unwrap import unwrapped

from simulator.cli import main

RUN = {
    "--problem": "rational",
    "--optimizer": "adamw",
    "--dim": "4",
    "--steps": "10",
    "--replicas": "2",
    "--backend": "reference",
}


def run(**changes: str | None) -> list[str]:
    """A small ``run`` on the reference engine with some options changed; None leaves an option out."""
    options = {**RUN, **{"--" + name.replace("_", "-"): value for name, value in changes.items()}}
    return ["run", *[text for pair in options.items() if pair[1] is not None for text in pair]]


def assert_refused(capsys, argv: list[str], *words: str) -> None:
    """Check that *argv* is refused with one line that has all the words."""
    assert main(argv) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = unwrapped(shown.err).splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), shown.err
    assert "Traceback" not in shown.err
    assert all(word in lines[0] for word in words), lines[0]
