"""Bugs put into the GPU's kernels on purpose."""

from __future__ import annotations

from simulator.engines.gpu import batch
from simulator.engines.gpu.source import kernel_source


def plant(monkeypatch, old: str, new: str) -> None:
    """Kernels have *new* in the place of *old* from now on."""

    def broken(*arguments):
        source = kernel_source(*arguments)
        assert old in source, f"no kernel has {old!r} any more"
        return source.replace(old, new)

    monkeypatch.setattr(batch, "kernel_source", broken)
