"""Parameters of which each process has a part: sums over the parts are added up when a ring's records are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from .needs import torch_for


def local(gradient: Any, parameter: Any) -> Any:
    """This process's part of a gradient: itself, unless it is distributed. What is placed otherwise than its
    *parameter*, a partial sum for example, is brought there first, as the optimizer would."""
    if not hasattr(gradient, "to_local"):
        return gradient
    placements = getattr(parameter, "placements", gradient.placements)
    if gradient.placements != placements:
        gradient = gradient.redistribute(placements=placements)
    return gradient.to_local()


@dataclass(frozen=True)
class Shards:
    """``split``: of each parameter, whether its parts lie in the processes of ``group``."""

    split: NDArray[np.bool_]
    group: Any = None

    @classmethod
    def of(cls, parameters: Sequence[Any]) -> Shards:
        """How *parameters* are distributed; raises InputError for a mesh of more than one dimension."""
        meshes, split = {}, []
        for parameter in parameters:
            mesh = getattr(parameter, "device_mesh", None)
            if mesh is None:
                split.append(False)
                continue
            if mesh.ndim != 1:
                raise InputError(f"watch adds up over a mesh of one dimension, and this one has {mesh.ndim}")
            meshes[id(mesh.get_group())] = mesh.get_group()
            split.append(any(placement.is_shard() for placement in parameter.placements))
        if len(meshes) > 1:
            raise InputError("watch adds up over one group of processes, and the parameters lie in several")
        return cls(np.array(split, dtype=bool), next(iter(meshes.values()), None))

    @property
    def any(self) -> bool:
        return bool(self.split.any())

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes: the first, of those that work together."""
        distributed = torch_for("watch").distributed
        return not (distributed.is_available() and distributed.is_initialized() and distributed.get_rank() > 0)

    def added(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """*sums*, shape (rows, 3, parameters), with the other processes' parts, by one message."""
        if not self.any:
            return sums
        torch = torch_for("watch")
        backend = torch.distributed.get_backend(self.group)
        device = torch.device("cuda", torch.cuda.current_device()) if backend == "nccl" else torch.device("cpu")
        part = torch.from_numpy(np.ascontiguousarray(sums[:, :, self.split])).to(device)
        torch.distributed.all_reduce(part, group=self.group)
        whole = sums.copy()
        whole[:, :, self.split] = part.cpu().numpy()
        return whole
