"""A cell as the bytes of its file, and back: an npz archive without pickle, which ``np.load`` reads by itself.

Entries: ``identity`` (the text that the key is the hash of), ``spec``, ``constants``, ``hyper`` and ``provenance``
(JSON), and the arrays of ``Stats``. Reading runs no code and looks nothing up: what a theorem needs is in the file.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.cell import DEFAULTS, NUMERICS
from ..cells.constants import Constants
from ..cells.evidence import Result
from ..cells.hyper import Hyper
from ..cells.quantities import ALWAYS
from ..cells.spec import Spec, canonical_json, key_of
from ..cells.stats import FIELDS, PREFIX, Stats
from ..plugins import plain_name
from ..strict_json import dumps
from .archive import MOST, Archive, CellError

__all__ = ["CellError", "decode", "encode", "require_room"]

TEXTS = ("identity", "spec", "constants", "hyper", "provenance")
MOST_TEXT = 2**22  # bytes
MOST_CHECKPOINTS = 4096
NAMES = ("problem", "optimizer", "noise", "schedule")
HEADER = 4096  # bytes of an entry besides its numbers, at most


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
    entries = {name: np.array(text) for name, text in texts.items()} | result.stats.arrays()
    np.savez(content, **entries)  # type: ignore[arg-type]  # to the stubs any entry may be allow_pickle
    return content.getvalue()


def require_room(spec: Spec) -> None:
    """Raise InputError for a cell whose file would be larger than what ``decode`` takes."""
    expected = 8 * spec.replicas * (len(FIELDS) * min(spec.steps, 64) + 16)
    if expected > MOST:
        raise InputError(
            f"replicas={spec.replicas} makes a cell file of about {expected / 2**30:.1f} GiB and "
            f"{MOST / 2**30:.0f} GiB are the most; choose fewer replicas, with several seeds"
        )


def decode(file: BinaryIO, key: str) -> Result:
    """The cell of a file; raises CellError for a file that is damaged, or is not the cell *key*.

    Nothing large is read before the file has shown to be that cell and its entries to be of the right size.
    """
    archive = Archive(file)
    missing = [name for name in (*TEXTS, *FIELDS) if name not in archive.sizes]
    unknown = [n for n in archive.sizes if n not in TEXTS and n not in FIELDS and not n.startswith(PREFIX)]
    if missing or unknown:
        raise CellError(f"no cell file: it has the entries {', '.join(archive.sizes) or 'none'!s:.200}")
    texts = {name: archive.text(name, MOST_TEXT) for name in TEXTS}
    identity = texts.pop("identity")
    if key_of(identity) != key:
        raise CellError(f"it holds another cell ({key_of(identity)})")
    try:
        told = json.loads(identity)
        parts = {name: json.loads(text) for name, text in texts.items()}
        spec = Spec.from_dict(parts["spec"])
        constants = Constants(_numbers(parts["constants"]["values"]), _words(parts["constants"]["missing"]))
        hyper = Hyper({name: v if isinstance(v, str) else float(v) for name, v in parts["hyper"].items()})
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise CellError(f"damaged: {type(error).__name__}: {error!s:.200}") from error
    _check_identity(spec, told, hyper)
    for name in ("dim", "steps", "smoothness", "gap"):
        known = name in constants or not (name == "smoothness" and name in constants.missing)
        if known and constants.get(name) != getattr(spec, name):
            raise CellError(f"damaged: its constants have {name}={constants.get(name)}, its spec {getattr(spec, name)}")
    _check_provenance(parts["provenance"])
    arrays = {
        name: archive.array(name, HEADER + 8 * (1 if name == "checkpoints" else spec.replicas) * MOST_CHECKPOINTS)
        for name in archive.sizes
        if name not in TEXTS
    }
    _check_arrays(arrays, spec)
    return Result(spec, constants, hyper, Stats.from_arrays(arrays), identity, parts["provenance"])


def _check_identity(spec: Spec, told: object, hyper: Hyper) -> None:
    """The spec and the hyper-parameters say what the identity says."""
    if (
        not isinstance(told, dict)
        or not isinstance(told.get("formulas"), dict)
        or not all(isinstance(digest, str) for digest in told["formulas"].values())
    ):
        raise CellError("damaged: its identity is none")
    if told.get("numerics") != NUMERICS:
        raise CellError("it was computed by another version of ratecheck")
    own = spec.to_dict()
    for name in NAMES:
        own[name] = plain_name(own[name])
    for name, value in own.items():
        expected = told.get(name, DEFAULTS.get(name))
        if isinstance(value, Mapping) and name != "optimizer_args" and isinstance(expected, Mapping):
            value = {entry: value.get(entry) for entry in expected}  # the others are defaults
        if value != expected:
            raise CellError(f"damaged: its spec has {name}={value!r}, its identity {expected!r:.100}")
    shown = told.get("hyper")
    if not isinstance(shown, dict) or set(shown) != set(hyper):
        raise CellError("damaged: its hyper-parameters are not those of its identity")
    for name, value in hyper.items():
        if isinstance(value, float) != isinstance(shown[name], str) or (
            isinstance(value, float) and f"{value:.12g}" != shown[name]
        ):
            raise CellError(f"damaged: its hyper-parameters have {name}={value}, its identity {shown[name]!r:.100}")


def _check_arrays(arrays: Mapping[str, np.ndarray], spec: Spec) -> None:
    always = [PREFIX + quantity.name for quantity in ALWAYS]
    if lacking := [name for name in always if name not in arrays]:
        raise CellError(f"no cell file: it lacks the entries {', '.join(lacking)}")
    points = arrays["checkpoints"]
    if points.dtype != np.int64 or points.ndim != 1 or points.size == 0:
        raise CellError(f"checkpoints are {points.dtype} {points.shape}, expected int64 (P,)")
    if points[0] != 1 or points[-1] != spec.steps or np.any(np.diff(points) <= 0):
        raise CellError(f"checkpoints do not rise from 1 to {spec.steps}")
    for name, array in arrays.items():
        shape = (spec.replicas,) if name.startswith(PREFIX) else (spec.replicas, points.size)
        if name != "checkpoints" and (array.dtype != np.float64 or array.shape != shape):
            raise CellError(f"{name} is {array.dtype} {array.shape}, expected float64 {shape}")
        if name in always and not np.all(array >= 0):
            raise CellError(f"{name} has values that are no averages of norms: {array!s:.100}")
        if np.isnan(array).any():
            raise CellError(f"{name} has entries that are no numbers")


def _check_provenance(provenance: object) -> None:
    """What tables and figures take for granted of it."""
    if not isinstance(provenance, dict):
        raise CellError("damaged: the provenance is no JSON object")
    for name in ("versions", "quantities"):
        inside = provenance.get(name, {})
        if not isinstance(inside, dict) or not all(isinstance(v, str) for v in inside.values()):
            raise CellError(f"damaged: the {name} in its provenance are no names with texts")
    seconds = provenance.get("seconds", 0.0)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < 1e15:
        raise CellError("damaged: the seconds in its provenance are no number")


def _numbers(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def _words(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
