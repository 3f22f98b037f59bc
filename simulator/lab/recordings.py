"""Recordings on disk: ``recordings/<key>.npz`` in a results folder, written whole and believed no more than cells are.

Entries: ``identity``, ``layers`` and ``provenance`` (texts, the last two JSON), and the arrays of ``Recording``.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import BinaryIO

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.recording import ARRAYS, FORMAT, INTEGERS, OF_ROWS, Recording
from ..cells.spec import key_of
from ..files import open_regular, write_whole
from ..strict_json import dumps
from .archive import MOST, Archive, CellError

FOLDER = "recordings"
TEXTS = ("identity", "layers", "provenance")
MOST_TEXT = 2**24  # bytes: a network may have thousands of layers with long names
PLAIN = (str, int, float, bool, type(None))


def path_of(directory: Path, key: str) -> Path:
    return directory / FOLDER / f"{key}.npz"


def save(directory: Path, recording: Recording) -> Path:
    """Write a recording into a results folder; raises InputError when the disk refuses."""
    path = path_of(directory, recording.key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't write to {path.parent}: {error.strerror}; choose another folder") from error
    write_whole(path, encode(recording))
    return path


def keys(directory: Path) -> list[str]:
    """The keys of all files of recordings, trusted or not, sorted."""
    return sorted(path.stem for path in (directory / FOLDER).glob("*.npz") if not path.name.startswith("."))


def load(directory: Path, key: str) -> Recording | None:
    """The recording *key*, None when there is none; raises CellError for a file that is not that recording."""
    path = path_of(directory, key)
    try:
        with open_regular(path, MOST) as file:
            return decode(file, key)
    except FileNotFoundError:
        return None
    except (InputError, CellError, OSError) as error:
        raise CellError(f"{path}: {error}" if str(path) not in str(error) else str(error)) from error


def load_all(directory: Path) -> tuple[list[Recording], list[str]]:
    """The recordings of a folder, by family, size and seed, and a line about each file that can't be trusted."""
    found, faults = [], []
    for key in keys(directory):
        try:
            recording = load(directory, key)
        except CellError as error:
            faults.append(str(error))
        else:
            found += [recording] if recording is not None else []
    return sorted(found, key=lambda r: (r.family, int(r.sizes.sum(axis=1).max(initial=0)), r.seed, r.key)), faults


def encode(recording: Recording) -> bytes:
    """The file of a recording."""
    texts = {
        "identity": recording.identity,
        "layers": dumps(list(recording.layers), indent=0),
        "provenance": dumps(dict(recording.provenance), indent=0),
    }
    content = io.BytesIO()
    entries = {name: np.array(text) for name, text in texts.items()} | recording.arrays()
    np.savez(content, **entries)  # type: ignore[arg-type]  # to the stubs any entry may be allow_pickle
    return content.getvalue()


def decode(file: BinaryIO, key: str) -> Recording:
    """The recording of a file; raises CellError for a file that is damaged, or is not the recording *key*."""
    archive = Archive(file)
    if set(archive.sizes) != {*TEXTS, *ARRAYS}:
        raise CellError(f"no recording: it has the entries {', '.join(archive.sizes) or 'none'!s:.200}")
    texts = {name: archive.text(name, MOST_TEXT) for name in TEXTS}
    if key_of(texts["identity"]) != key:
        raise CellError(f"it holds another recording ({key_of(texts['identity'])})")
    try:
        told, layers, provenance = (json.loads(texts[name]) for name in TEXTS)
    except (ValueError, RecursionError) as error:
        raise CellError(f"damaged: {type(error).__name__}: {error!s:.200}") from error
    _check_texts(told, layers, provenance)
    arrays = {name: archive.array(name, MOST) for name in ARRAYS}
    _check_arrays(arrays, len(layers))
    return Recording(texts["identity"], tuple(layers), **arrays, provenance=provenance)


def _check_texts(told: object, layers: object, provenance: object) -> None:
    if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("settings"), dict):
        raise CellError("its identity is none, or of another version of ratecheck")
    settings = told["settings"]
    # they are printed: a text that is not printable could speak to the terminal
    plain = all(isinstance(value, PLAIN) and str(value).isprintable() for value in settings.values())
    if not plain or type(settings.get("seed", 0)) is not int:
        raise CellError("damaged: its settings are not plain values with an integer seed")
    if not isinstance(layers, list) or not layers or not all(isinstance(n, str) and n.isprintable() for n in layers):
        raise CellError("damaged: its layers are not a list of names")
    if not isinstance(provenance, dict):
        raise CellError("damaged: its provenance is none")


def _check_arrays(arrays: dict[str, np.ndarray], layers: int) -> None:
    rows = arrays["steps"].size
    for name, array in arrays.items():
        shape = (rows,) if name in OF_ROWS else (rows, layers)
        dtype = np.int64 if name in INTEGERS else np.float64
        if array.dtype != dtype or array.shape != shape:
            raise CellError(f"{name} is {array.dtype} {array.shape}, expected {np.dtype(dtype)} {shape}")
    sizes, zeros = arrays["sizes"], arrays["zeros"]
    if np.any(arrays["steps"] < 1) or np.any((arrays["kind"] < 0) | (arrays["kind"] > 1)):
        raise CellError("damaged: its steps or kinds can't be")
    if np.any(arrays["samples"] < 0) or np.any(sizes < 0) or np.any(zeros < 0) or np.any(zeros > sizes):
        raise CellError("damaged: its counts can't be")
    for l1, l2 in ((arrays["l1"], arrays["l2"]), (arrays["noise_l1"], arrays["noise_l2"])):
        finite = np.isfinite(l1) & np.isfinite(l2)
        # 1e-3: a loop's own sums are of float32
        if (
            np.any(l1[finite] < 0)
            or np.any((l2 > l1 * (1 + 1e-3))[finite])
            or np.any((l1 > np.sqrt(sizes) * l2 * (1 + 1e-3))[finite])
        ):
            raise CellError("damaged: its norms break ‖g‖₂ ≤ ‖g‖₁ ≤ √d ‖g‖₂")
