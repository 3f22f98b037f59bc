"""``with ratecheck.watch(model, optimizer, out="runs") as record:`` around a training loop that stays as it is."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ratecheck.problems.errors import InputError

from ..files import require_writable
from .layers import Groups, layers_of
from .loop import Hook
from .plain import Plain, loop_integer
from .probe import Probe
from .record import Record


def watch(
    model: Any = None,
    optimizer: Any = None,
    *,
    out: str | os.PathLike,
    every: int = 10,
    family: str = "",
    seed: int = 0,
    settings: Mapping[str, object] | None = None,
    samples: int = 0,
    groups: Groups | None = None,
    probe: Probe | None = None,
    at: Iterable[int] = (),
) -> Record:
    """Record ‖g‖₁, ‖g‖₂ and exact zeros of a training loop's gradients by layer, into the results folder *out*.

    *model*, *optimizer*: a torch module and its torch optimizer. Before step k = 1, 1 + *every*, 1 + 2 *every*, … of
    the optimizer its gradients are added up as they are then: accumulated, averaged over processes, and clipped if the
    loop clips them. No parameter, gradient or random number is changed. Without a model nothing of torch is needed,
    and ``record.update(gradients, step)`` takes arrays.

    *family* names what is the same in several recordings: those of one family are judged together, over their sizes d,
    with *seed* to tell replicas apart. *settings* are further plain values that say what was run; *samples*, how many
    samples a gradient is the mean of. *groups* makes a layer's name of a parameter's; by default its module.
    *probe* (``ratecheck.probe``) measures the exact gradient before the steps *at*.

    Returns a context manager; printed, it is a table by layer. ``ratecheck report OUT`` and ``verify OUT`` read what it
    writes. Raises InputError for wrong arguments, a folder that takes no files, or missing torch.
    """
    every = loop_integer(every, "every", least=1)
    if not isinstance(at, Iterable):
        raise InputError(f"at must be steps such as [1, 100], got {at!r:.100}")
    steps = frozenset(loop_integer(step, "at", least=1) for step in at)
    if (model is None) != (optimizer is None):
        raise InputError("give a model with its optimizer, or neither, for record.update(gradients, step)")
    if model is not None and not (hasattr(model, "named_parameters") and hasattr(optimizer, "param_groups")):
        raise InputError(
            f"watch takes a torch module and then its optimizer, got {type(model).__name__} and "
            f"{type(optimizer).__name__}; for arrays leave both out and use record.update(gradients, step)"
        )
    if probe is not None and not isinstance(probe, Probe):
        raise InputError(f"probe must be ratecheck.probe(loss_of, batches), got {type(probe).__name__}")
    if bool(steps) != (probe is not None) or probe is not None and model is None:
        raise InputError(
            "probe=ratecheck.probe(…) needs a model, and at=[1, 100, …], the steps before which it measures"
        )
    if not isinstance(family, str) or not family.isprintable():
        raise InputError(f"family must be a name, got {family!r:.100}")
    told = {
        **_plain(settings or {}),
        "family": family,
        "seed": loop_integer(seed, "seed", least=0, most=2**63 - 1),
    }
    samples = loop_integer(samples, "samples", least=0, most=2**62)
    if not isinstance(out, (str, os.PathLike)):
        raise InputError(f"out must be the path of a folder, got {out!r:.100}")
    directory = Path(out)
    require_writable(directory)
    if model is None:
        return Plain(directory, told, every, samples, groups)
    return Hook(directory, told, every, samples, layers_of(model, optimizer, groups), model, optimizer, probe, steps)


def _plain(settings: Mapping[str, object]) -> dict[str, object]:
    if not isinstance(settings, Mapping):
        raise InputError(f"settings are names and plain values, got {settings!r:.100}")
    for name, value in settings.items():
        plain = isinstance(value, (str, int, float, bool)) and math.isfinite(value if isinstance(value, float) else 0)
        if not isinstance(name, str) or not plain or not str(value).isprintable():
            raise InputError(f"settings are names and plain values, got {name!r:.100}: {value!r:.100}")
    if taken := {"family", "seed"} & set(settings):
        raise InputError(f"settings can't have {taken.pop()!r}: it is an argument of its own")
    return dict(settings)
