"""A cell as the bytes of its file, and back: an npz archive without pickle, which ``np.load`` reads by itself.

Entries: ``identity`` (the text that the key is the hash of), ``spec``, ``constants``, ``hyper`` and ``provenance``
(JSON), and the arrays of ``Stats``. Reading runs no code and looks nothing up: what a theorem needs is in the file.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.cell import NUMERICS
from ..cells.constants import Constants
from ..cells.evidence import Result
from ..cells.hyper import Hyper
from ..cells.quantities import ALWAYS
from ..cells.spec import Spec, canonical_json, key_of
from ..cells.stats import FIELDS, PREFIX, Stats
from ..plugins import plain_name
from ..strict_json import dumps

TEXTS = ("identity", "spec", "constants", "hyper", "provenance")
AVERAGES = tuple(PREFIX + quantity.name for quantity in ALWAYS)  # of norms
NAMES = ("problem", "optimizer", "noise", "schedule")


class CellError(Exception):
    """A cell file that can't be trusted, and why; it is never read as data."""


def encode(result: Result) -> bytes:
    """The file of a cell."""
    constants = {"values": dict(result.constants), "missing": dict(result.constants.missing)}
    hyper = {name: value if isinstance(value, (int, float)) else str(value) for name, value in result.hyper.items()}
    texts = {
        "identity": result.identity,
        "spec": canonical_json(result.spec.to_dict()),
        "constants": dumps(constants, indent=0),
        "hyper": dumps(hyper, indent=0),
        "provenance": dumps(dict(result.provenance), indent=0),
    }
    content = io.BytesIO()
    np.savez(content, **{name: np.array(text) for name, text in texts.items()}, **result.stats.arrays())
    return content.getvalue()


def decode(content: bytes, key: str) -> Result:
    """The cell of a file; raises CellError for a file that is damaged, or is not the cell *key*."""
    texts, arrays = _entries(content)
    identity = texts.pop("identity")
    if key_of(identity) != key:
        raise CellError(f"it holds another cell ({key_of(identity)})")
    try:
        told = json.loads(identity)
        parts = {name: json.loads(text) for name, text in texts.items()}
        spec = Spec.from_dict(parts["spec"])
        constants = Constants(_numbers(parts["constants"]["values"]), _words(parts["constants"]["missing"]))
        hyper = Hyper({name: v if isinstance(v, str) else float(v) for name, v in parts["hyper"].items()})
    except (InputError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise CellError(f"damaged: {type(error).__name__}: {error!s:.200}") from error
    _check_spec(spec, told)
    _check_arrays(arrays, spec)
    _check_provenance(parts["provenance"])
    return Result(spec, constants, hyper, Stats.from_arrays(arrays), identity, parts["provenance"])


def _entries(content: bytes) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise CellError("no cell file: its entries are compressed")  # a small file might unpack to gigabytes
            broken = archive.testzip()  # before a header with a wrong shape asks for memory
        if broken:
            raise CellError(f"damaged: the checksum of {broken} is wrong")
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            names = [name for name in archive.files if not name.startswith(PREFIX)]
            if sorted(names) != sorted([*TEXTS, *FIELDS]) or not {*AVERAGES} <= {*archive.files}:
                raise CellError(f"no cell file: it has the entries {', '.join(archive.files) or 'none'!s:.200}")
            arrays = {name: archive[name] for name in archive.files}
        return {name: str(arrays.pop(name)) for name in TEXTS}, arrays
    except (zipfile.BadZipFile, EOFError) as error:
        raise CellError(f"truncated or no cell file ({len(content)} bytes: {error})") from error
    except (ValueError, KeyError, OSError, NotImplementedError, RuntimeError, MemoryError) as error:
        raise CellError(f"damaged or no cell file ({type(error).__name__}: {error!s:.200})") from error


def _check_spec(spec: Spec, told: object) -> None:
    """The spec says what the identity says."""
    if not isinstance(told, dict) or not isinstance(told.get("formulas"), dict):
        raise CellError("damaged: its identity is none")
    if told.get("numerics") != NUMERICS:
        raise CellError("it was computed by another version of ratecheck")
    own = spec.to_dict()
    for name in NAMES:
        own[name] = plain_name(own[name])
    for name, value in own.items():
        if name in told and told[name] != value and not isinstance(value, Mapping):
            raise CellError(f"damaged: its spec has {name}={value!r}, its identity {told[name]!r:.100}")


def _check_arrays(arrays: Mapping[str, np.ndarray], spec: Spec) -> None:
    points = arrays["checkpoints"]
    if points.dtype != np.int64 or points.ndim != 1 or points.size == 0:
        raise CellError(f"checkpoints are {points.dtype} {points.shape}, expected int64 (P,)")
    if points[0] != 1 or points[-1] != spec.steps or np.any(np.diff(points) <= 0):
        raise CellError(f"checkpoints do not rise from 1 to {spec.steps}")
    for name, array in arrays.items():
        shape = (spec.replicas,) if name.startswith(PREFIX) else (spec.replicas, points.size)
        if name != "checkpoints" and (array.dtype != np.float64 or array.shape != shape):
            raise CellError(f"{name} is {array.dtype} {array.shape}, expected float64 {shape}")
        if name in AVERAGES and not np.all(array >= 0):
            raise CellError(f"{name} has values that are no averages of norms: {array}")
        if np.isnan(array).any():
            raise CellError(f"{name} has entries that are no numbers")


def _check_provenance(provenance: object) -> None:
    if not isinstance(provenance, dict):
        raise CellError("damaged: the provenance is no JSON object")
    versions = provenance.get("versions", {})
    if not isinstance(versions, dict) or not all(isinstance(v, str) for v in versions.values()):
        raise CellError("damaged: the versions in its provenance are no names with texts")


def _numbers(values: Mapping[str, object]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def _words(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
