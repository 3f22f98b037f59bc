"""PyTorch, imported when it is needed and not before."""

from __future__ import annotations

import importlib
from typing import Any

from ratecheck.problems.errors import InputError


def torch_for(what: str) -> Any:
    """The module torch; raises InputError, in which *what* needs it, where it is not installed."""
    return package("torch", what, "torch")


def package(module: str, what: str, name: str) -> Any:
    """A module of an optional package; raises InputError, naming the package *name*, where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"{what} needs {name}, which can't be imported ({error}); pip install {name}, or ratecheck[networks]"
        ) from error
