"""The figures as a paper takes them: one column wide and two, as PDF, SVG and PNG."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ratecheck.problems.errors import InputError

from ...files import write_whole
from . import FIGURES
from .drawing import KINDS, PAPER_WIDTHS, Drawing


def write_paper(directory: Path, drawings: Sequence[Drawing]) -> list[Path]:
    """Write *directory*/figures/paper/NAME-WIDTHin.KIND of every figure; returns the paths.

    What an earlier report has there is removed. Raises InputError when the folder can't be written. Equal results give
    equal files, byte for byte.
    """
    folder = directory / "figures" / "paper"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't write to {folder}: {error.strerror}; choose another folder") from error
    remove_paper(directory)
    written = []
    for drawing in drawings:
        for name, content in drawing.paper().items():
            written.append(folder / name)
            write_whole(written[-1], content)
    return written


def remove_paper(directory: Path) -> None:
    """Remove the paper's figures of an earlier report, which may be of other results."""
    for name in FIGURES:
        for width in PAPER_WIDTHS:
            for stem in (name, f"{name}-[0-9]"):
                for path in (directory / "figures" / "paper").glob(f"{stem}-{width:g}in.*"):
                    if path.suffix[1:] in KINDS:
                        with suppress(OSError):  # a folder of that name is not ours, and a file that stays does no harm
                            path.unlink()
