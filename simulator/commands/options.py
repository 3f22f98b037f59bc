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
        help="cpu, gpu (CUDA), auto (gpu where it is there and pays) or reference (NumPy, slow) (default cpu)",
    )


def pair(text: str) -> tuple[str, int | float]:
    """'lr=0.1' as ('lr', 0.1)."""
    name, equals, value = text.partition("=")
    if not (equals and name.strip()):
        raise argparse.ArgumentTypeError(f"expected name=number such as lr=0.1, got {text!r}")
    return name.strip(), number(value)


def numbers(text: str) -> list[int | float]:
    """'1,10,1e6' as numbers."""
    return [number(part) for part in text.split(",")]


def words(text: str) -> list[str]:
    """'gaussian,laplace' as names."""
    return [part.strip() for part in text.split(",")]
