"""Which parameters of a model are recorded, and under which layer's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

Groups = Callable[[str], str]
ABSENT, SPARSE = "a gradient of None", "a sparse gradient"  # which are left out of d


@dataclass(frozen=True)
class Layers:
    """``names`` of the layers; ``parameters`` with their numbers of coordinates ``sizes`` and the index ``of`` the
    layer that each belongs to; ``left_out``: which parameters are not recorded, and why, a line each; ``frozen``: those
    among them, with their names, that may be trained later."""

    names: tuple[str, ...]
    parameters: tuple[Any, ...]
    sizes: NDArray[np.int64]
    of: NDArray[np.int64]
    left_out: tuple[str, ...] = ()
    frozen: tuple[tuple[str, Any], ...] = ()

    def sums(self, values: NDArray) -> NDArray:
        """Sums over each layer's parameters of *values*, shape (rows, parameters) → (rows, layers)."""
        total = np.zeros((len(values), len(self.names)), dtype=values.dtype)
        np.add.at(total.T, self.of, values.T)
        return total


def module_of(name: str) -> str:
    """The layer of a parameter by default: the module that it belongs to, weight and bias together."""
    return name.rpartition(".")[0] or name


def layers_of(model: Any, optimizer: Any = None, groups: Groups | None = None) -> Layers:
    """The parameters of *model* that are trained (by *optimizer*, where one is given), tied ones once.

    Raises InputError where there are none, and for FSDP's flat parameters: which process has which part of one, and
    how much of it is padding, can't be seen.
    """
    if any(type(module).__name__ == "FullyShardedDataParallel" for module in model.modules()):
        raise InputError(
            "watch can't tell the parts of FullyShardedDataParallel's flat parameters; shard by "
            "torch.distributed.fsdp.fully_shard, whose parts are added up"
        )
    own = None if optimizer is None else {id(p) for group in optimizer.param_groups for p in group["params"]}
    chosen, left_out, frozen = [], [], []
    for name, parameter in model.named_parameters():  # which names a tied parameter once
        if not parameter.requires_grad:
            left_out.append(f"{name}: frozen")
            frozen.append((name, parameter))
        elif own is not None and id(parameter) not in own:
            left_out.append(f"{name}: not in this optimizer")
        else:
            chosen.append((name, parameter))
    if not chosen:
        whose = "" if own is None else " that are also the optimizer's"
        raise InputError(f"the model has no trained parameters{whose}; give the model and the optimizer of one loop")
    layers = arranged([(name, p, p.numel()) for name, p in chosen], groups, left_out)
    return replace(layers, frozen=tuple(frozen))


def arranged(chosen: Iterable[tuple[str, Any, int]], groups: Groups | None, left_out: Iterable[str] = ()) -> Layers:
    """(name, parameter, number of coordinates) under their layers' names, which *groups* makes of a name."""
    chosen = list(chosen)
    if groups is not None and not callable(groups):
        raise InputError(f"groups must be a function of a parameter's name, got {groups!r:.100}")
    label = groups or module_of
    labels = [label(name) for name, *_ in chosen]
    if wrong := [one for one in labels if not isinstance(one, str) or not one.isprintable()]:
        raise InputError(f"groups must make a printable name of a parameter's name, got {wrong[0]!r:.100}")
    names = tuple(dict.fromkeys(labels))
    place = {name: index for index, name in enumerate(names)}
    return Layers(
        names,
        tuple(parameter for _, parameter, _ in chosen),
        np.array([size for *_, size in chosen], dtype=np.int64),
        np.array([place[one] for one in labels], dtype=np.int64),
        tuple(left_out),
    )
