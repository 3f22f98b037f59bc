"""The outline of an SVG path in as few letters as say it: relative steps, no more digits than can be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator

TOKEN = re.compile(r"([A-Za-z])|(-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)")
NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}
SEGMENT = re.compile(r"\s*M\s*(\S+)\s+(\S+?)\s*L\s*(\S+)\s+(\S+)\s*")


def shorter(outline: str, places: int = 2, scale: float = 1.0) -> str:
    """*outline*, a path of absolute M, L, Q, C and z, times *scale* and with so many *places* behind the point.

    Points are rounded before their distances are taken, so that no error adds up. A path of other commands stays as it
    is.
    """
    try:
        steps = list(_steps(outline))
    except ValueError:
        return outline
    unit = 10**places
    said, last = "", ""
    here = start = (0, 0)
    for command, numbers in steps:
        points = [
            (round(x * scale * unit), round(y * scale * unit)) for x, y in zip(numbers[::2], numbers[1::2], strict=True)
        ]
        if command == "Z":
            said, last, here = f"{said}z", "z", start
            continue
        offsets = [(x - here[0], y - here[1]) for x, y in points]
        letter, values = command.lower(), [value for offset in offsets for value in offset]
        if command == "M":
            start = points[0]
            if not said:
                letter, values = "M", [*points[0]]
        elif command == "L" and 0 in values:
            letter, values = ("v", values[1:]) if values[0] == 0 else ("h", values[:1])
        said += _joined("" if letter == last and letter not in "mM" else letter, [_short(v, unit) for v in values])
        last, here = letter, points[-1]
    return said


def moved(segment: str, x: float, y: float) -> str:
    """The outline of a single straight *segment*, moved by (*x*, *y*); '' for any other outline."""
    found = SEGMENT.fullmatch(segment)
    if not found:
        return ""
    ends = [float(number) for number in found.groups()]
    return f"M {ends[0] + x} {ends[1] + y} L {ends[2] + x} {ends[3] + y}"


def _steps(outline: str) -> Iterator[tuple[str, list[float]]]:
    """(command, its numbers); raises ValueError for commands that Matplotlib doesn't write."""
    command, numbers = "", []  # type: tuple[str, list[float]]
    for letter, number in TOKEN.findall(outline):
        if letter:
            command, numbers = letter if letter != "z" else "Z", []
            if command not in NUMBERS or (not command and number):
                raise ValueError(letter)
            if command == "Z":
                yield command, []
            continue
        if not NUMBERS.get(command):
            raise ValueError(number)
        numbers.append(float(number))
        if len(numbers) == NUMBERS[command]:
            yield command, numbers
            command, numbers = "L" if command == "M" else command, []


def _short(value: int, unit: int) -> str:
    """'1.5', '-.25', '3': a whole number of 1/*unit*."""
    text = f"{value / unit:.{len(str(unit)) - 1}f}" if unit > 1 else str(value)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _joined(letter: str, numbers: list[str]) -> str:
    """A command with its numbers, apart where they would else run together."""
    said = letter
    for i, number in enumerate(numbers):
        apart = not number.startswith("-") and (i > 0 or not letter)
        said += f"{' ' * apart}{number}"
    return said
