"""What a call was given, in the words of a sweep file: objects by their names, sequences as lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..theorems.naming import given_name

NAMED = {"problem": "problem", "optimizer": "optimizer", "noise": "noise", "schedule": "theorem"}


def table(options: Mapping[str, Any]) -> dict[str, object]:
    """*options* as a table of a sweep file; those that are None are left out.

    Objects that are in no registry are held by this process from here on. Raises InputError for what has no name.
    """
    return {name: _value(name, value) for name, value in options.items() if value is not None}


def _value(name: str, value: Any) -> object:
    if isinstance(value, Mapping):
        return {own: _value(own, inner) for own, inner in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple, range, set, frozenset)):
        return [_one(name, each) for each in _ordered(value)]
    return _one(name, value)


def _ordered(values: Iterable[Any]) -> list[Any]:
    return sorted(values) if isinstance(values, (set, frozenset)) else list(values)


def _one(name: str, value: Any) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if name in NAMED and not isinstance(value, (int, float)):
        return given_name(value, NAMED[name])
    return value
