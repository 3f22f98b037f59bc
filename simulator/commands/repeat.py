"""The command line that runs a cell again and shows it beside its theorem."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from ..cells.cell import DEFAULTS
from ..cells.evidence import Result
from ..theorems.naming import sigma_of, spec_names


def run_line(theorem: str, result: Result) -> str:
    """``ratecheck run --theorem …`` for a cell; *theorem* is a shipped name or FILE.py:NAME.

    What has its default is left out.
    """
    spec, told = result.spec, json.loads(result.identity)
    filled_in = {**DEFAULTS, "sigma": sigma_of(theorem)}
    words = ["ratecheck", "run", "--theorem", theorem, "--problem", spec.problem]
    if spec.schedule != spec_names(theorem)[1]:
        words += ["--schedule", spec.schedule]
    for name in ("dim", "steps", "replicas", "seed", "noise", "smoothness", "gap", "sigma", "dtype"):
        value = getattr(spec, name)
        if value != filled_in.get(name):
            words += [f"--{name}", _text(value)]
    for what in ("problem", "optimizer", "noise"):
        words += _arguments(what, told.get(f"{what}_args", {}))
    return shlex.join(words)


def _arguments(what: str, arguments: Mapping[str, object]) -> list[str]:
    return [word for name, value in arguments.items() for word in (f"--{what}-arg", f"{name}={_text(value)}")]


def _text(value: object) -> str:
    return repr(value) if isinstance(value, float) else str(value)
