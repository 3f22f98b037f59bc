"""A model that is measured and left as it was: modes, buffers and random numbers; its parameters are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ratecheck.problems.errors import InputError

from .needs import torch_for


@contextmanager
def untouched(model: Any, parameters: Sequence[Any]) -> Iterator[None]:
    """*model* in eval mode, with gradients; raises InputError at the end where *parameters* have other bits than at
    the beginning."""
    torch = torch_for("probe")
    before = [_state(torch, p) for p in parameters]
    modes = [(module, module.training) for module in model.modules()]
    # what forward changes in place has other contents then, what it assigns anew is another tensor
    buffers = [
        (module, name, buffer, None if buffer is None else buffer.clone())
        for module in model.modules()
        for name, buffer in module._buffers.items()
    ]
    devices = sorted({p.device.index or 0 for p in parameters if p.device.type == "cuda"})
    try:
        model.eval()
        with torch.random.fork_rng(devices), torch.enable_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for module, name, buffer, kept in buffers:
                module._buffers[name] = buffer
                if kept is not None:
                    buffer.copy_(kept)
    if [_state(torch, p) for p in parameters] != before:
        raise InputError("loss_of changed a parameter of the model; a probe must leave it as it is")


def _state(torch: Any, parameter: Any) -> tuple[int, int]:
    """How often it was changed, and the sum of its bits as integers: ``.data`` can be changed without being counted."""
    integers = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[parameter.element_size()]
    return parameter._version, int(parameter.detach().view(integers).sum(dtype=torch.int64))
