"""Types of options that several commands share."""

from __future__ import annotations

import argparse


def number(text: str) -> int | float:
    """'4096', '1e6' or '0.5' as a number; its range is checked where it is used."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    raise argparse.ArgumentTypeError(f"expected a number, got {text!r}")


def add_backend(parser: argparse.ArgumentParser) -> None:
    """The option --backend."""
    parser.add_argument(
        "--backend",
        default="cpu",
        metavar="NAME",
        help="cpu, gpu (CUDA), auto (gpu if there is one and it is faster) or reference (NumPy, slow); default cpu",
    )


def pair(text: str) -> tuple[str, int | float]:
    """'lr=0.1' as ('lr', 0.1)."""
    name, value = _halves(text, "name=number such as lr=0.1")
    return name, number(value)


def argument(text: str) -> tuple[str, int | float | str]:
    """'start=2', 'kind=narrow' or 'center=0.5 -1 1' as a name and a number, a name, or a vector as text."""
    name, value = _halves(text, 'name=value such as start=2 or center="0.5 -1 1"')
    try:
        return name, number(value)
    except argparse.ArgumentTypeError:
        return name, value


def _halves(text: str, expected: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
    return name.strip(), value


def numbers(text: str) -> list[int | float]:
    """'1,10,1e6' as numbers."""
    return [number(part) for part in text.split(",")]


def words(text: str) -> list[str]:
    """'gaussian,laplace' as names."""
    return [part.strip() for part in text.split(",")]
