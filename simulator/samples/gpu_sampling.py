"""Norms of random vectors on a GPU: ``norms.cu`` in the place of the compiled loop of sampling.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems import Noise

from ..engines.gpu.device import Device
from ..engines.gpu.sizes import WARP
from ..engines.gpu.source import norms_source
from ..engines.rng import TILE

THREADS = 128
GPU_BLOCK = 1 << 29  # coordinates, about, of a launch: milliseconds
PER_THREAD, MOST_GROUPS = 16, 1 << 12  # coordinates of a thread, at least; groups of a sample


def gpu_norms(device: Device, noise: Noise):
    """``run(l1, l2, dim, first, replica, k0, k1, arguments)``, as ``compile_norms`` has it, on *device*."""
    module = device.load(norms_source(noise, THREADS))

    def run(l1: NDArray, l2: NDArray, dim: int, first, replica, k0, k1, arguments: NDArray) -> None:
        if arguments.size:
            module.constant("law_arguments", arguments)
        size = THREADS * PER_THREAD
        while -(-dim // size) > MOST_GROUPS:
            size *= 2
        groups, tiles = -(-dim // size), l1.size // TILE
        sums = device.zeros((tiles, groups, 2, TILE), float)
        shared_bytes = THREADS // WARP * 2 * TILE * 8
        words = np.uint32(replica), np.uint32(k0), np.uint32(k1)
        sizes = np.int64(dim), np.int64(size), np.int64(groups)
        module.launch("norms", tiles * groups, THREADS, shared_bytes, sums, *sizes, np.uint64(first), *words)
        found = device.get(sums).sum(axis=1)
        l1[:], l2[:] = found[:, 0].ravel(), found[:, 1].ravel()

    return run
