"""How much the checks do: what a card takes minutes for, and the same so small that an emulated device can do it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Combinations are all, or every *stride*-th; sizes are (dim, steps, replicas)."""

    stride: int
    wide: tuple[int, ...]  # dimensions for which bits are compared too
    speed: dict[str, tuple[int, int, int]]
    rounds: int
    limit_blocks: int
    limit_tiles: int
    peers: tuple[int, int, int]
    flagship: tuple[int, int, int]
    small: tuple[int, int, int]  # what the flagship's ratio is compared with
    largest: tuple[int, int, int]
    norms: tuple[int, int]  # dimension, samples


FULL = Sizes(
    stride=1,
    wide=(300_001, 600_001, 9_000_001),  # 2 and 4 coordinates a thread; groups of several blocks
    speed={
        "d = 2^24": (1 << 24, 5000, 1),
        "d = 10^6": (10**6, 20_000, 1),
        "d = 4096, R = 4096": (4096, 4096, 4096),
        "d = 64, R = 65536": (64, 4096, 65536),
    },
    rounds=3,
    limit_blocks=4096,
    limit_tiles=256,
    peers=(10**6, 10_000, 1),
    flagship=(124_000_000, 100_000, 1),
    small=(4096, 100_000, 64),
    largest=(10**9, 1000, 1),
    norms=(10**9, 32),
)
TINY = Sizes(
    stride=97,
    wide=(70,),
    speed={"d = 64": (64, 40, 1)},
    rounds=2,
    limit_blocks=1,
    limit_tiles=1,
    peers=(8, 50, 1),
    flagship=(256, 64, 2),
    small=(16, 64, 8),
    largest=(300, 16, 1),
    norms=(100, 16),
)
