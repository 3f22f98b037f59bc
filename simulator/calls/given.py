"""What a call was given, in the words of a sweep file: objects by their names, sequences as lists."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import numpy as np
from ratecheck.problems.errors import InputError, require_known

from ..theorems.naming import given_name

P = ParamSpec("P")
T = TypeVar("T")
NAMED = {"problem": "problem", "optimizer": "optimizer", "noise": "noise", "schedule": "theorem"}


def known_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Decorator: InputError for an argument that *function* hasn't, with the nearest that it has."""
    known = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*given: P.args, **named: P.kwargs) -> T:
        require_known(named, known, f"ratecheck.{function.__name__}")
        return function(*given, **named)

    return call


def table(options: Mapping[str, Any]) -> dict[str, object]:
    """*options* as a table of a sweep file; those that are None are left out.

    Objects that are in no registry are held by this process from here on. Raises InputError for what has no name, and
    for two objects of one.
    """
    held: dict[str, object] = {}
    return {name: _value(name, value, held) for name, value in options.items() if value is not None}


def _value(name: str, value: Any, held: dict[str, object]) -> object:
    if isinstance(value, Mapping):
        return {own: _value("", inner, held) for own, inner in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple, range)):
        return [_one(name, each, held) for each in value]
    return _one(name, value, held)


def _one(name: str, value: Any, held: dict[str, object]) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if name not in NAMED or isinstance(value, (int, float)):
        return value
    found = given_name(value, NAMED[name])
    if not isinstance(value, str) and held.setdefault(found, value) is not value:
        raise InputError(f"two different things are named {found}; rename one")
    return found
