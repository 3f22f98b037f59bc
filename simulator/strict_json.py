"""JSON that every parser reads: NaN as null, infinities as the numbers 1e999 and -1e999.

Python's own writer puts the words NaN and Infinity, which are no JSON. A number too large for float64
is, and reads as infinity in Python, JavaScript, R, jq and C.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import numpy as np


def dumps(value: object, indent: int = 2) -> str:
    """*value* (mappings, sequences, NumPy arrays and scalars, str, numbers, bool, None) as JSON text.

    Lists of plain values stay on one line. Raises TypeError for anything else.
    """
    return _write(value, indent, "")


def as_table(value: object) -> Mapping[str, object]:
    """*value* of a parsed text, if it is a JSON object; raises TypeError otherwise."""
    if not isinstance(value, dict):
        raise TypeError(f"a JSON object is expected, got {value!r:.100}")
    return value


def as_list(value: object) -> list[object]:
    """*value* of a parsed text, if it is a JSON array; raises TypeError otherwise."""
    if not isinstance(value, list):
        raise TypeError(f"a JSON array is expected, got {value!r:.100}")
    return value


def _write(value: object, indent: int, margin: str) -> str:
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, float):
        if math.isnan(value):
            return "null"
        return repr(value) if math.isfinite(value) else ("1e999" if value > 0 else "-1e999")
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    inner = margin + " " * indent
    if isinstance(value, Mapping):
        items = [f"{_quoted(str(k))}: {_write(v, indent, inner)}" for k, v in value.items()]
        return _join("{", items, "}", inner, margin) if items else "{}"
    if isinstance(value, (list, tuple)):
        items = [_write(v, indent, inner) for v in value]
        if any(isinstance(v, (Mapping, list, tuple, np.ndarray)) for v in value):
            return _join("[", items, "]", inner, margin)
        return f"[{', '.join(items)}]"
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


def _quoted(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair, as Python has it in names of files that are no UTF-8
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False)


def _join(left: str, items: list[str], right: str, inner: str, margin: str) -> str:
    return f"{left}\n{inner}" + f",\n{inner}".join(items) + f"\n{margin}{right}"
