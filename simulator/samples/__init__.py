"""Monte Carlo of ‖g‖₁, ‖g‖₂ and their ratio for vectors of iid noise, beside the exact values.

Memory is bounded whatever the dimension and the number of samples (simulator/samples/sampling.py), and the
moments of the blocks are merged in order, so the numbers do not depend on the threads.

If the noise is exact, every z-score is standard normal: of the 84 of the default rows the largest is
below 4 in size with probability 0.995. The noise is float32 with |z| ≤ 6.66, which moves its moments by
less than 2e-7 relative (problems/words.py computes them). The default budget of 2²⁶ coordinates
a row has standard errors of about 1e-4, so that shifts a z-score by some 0.003; 10¹² would see it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ratecheck.problems import Noise
from ratecheck.problems.errors import InputError, require_integer

from ..cells.cell import NUMERICS
from ..cells.spec import canonical_json
from ..cores import cores
from ..engines.gpu.device import Device
from ..plugins import home_of, is_own, plain_name, ran
from .exact import mean_l1, mean_l2
from .laws import label, named_laws, require_laws
from .rows import NormRow, load_rows, norm_table, save_rows

__all__ = [
    "NormRow",
    "label",
    "load_rows",
    "named_laws",
    "norm_check",
    "norm_table",
    "require_laws",
    "samples_for",
    "save_rows",
]

LAWS = ("gaussian", "uniform", "laplace", "rademacher", "sparse", "student")
DIMS = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
BUDGET, LEAST, MOST = 2**26, 32, 2**18  # coordinates a row; samples at least and at most

Progress = Callable[[int, int], None]


def samples_for(dim: int) -> int:
    """Samples of a row by default: BUDGET coordinates in all, but at least LEAST and at most MOST samples."""
    return max(LEAST, min(MOST, BUDGET // dim))


def norm_check(
    laws: Iterable[str | Noise] = LAWS,
    dims: Iterable[int] = DIMS,
    samples: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    threads: int | None = None,
    device: Device | None = None,
) -> list[NormRow]:
    """Rows for every law at every dimension, dimensions fastest.

    *samples* is the number of vectors of every row, ``samples_for(dim)`` by default. ``progress(done,
    total)`` counts coordinates. Rows draw separate random numbers, and always the same for the same
    law, dimension and seed. They are drawn on *device*, a GPU, if one is given; sums then differ by their rounding.
    Raises InputError for unknown laws, those without exact values, infinite variance or sizes out of range.
    """
    from .gpu_sampling import GPU_BLOCK, gpu_norms
    from .sampling import BLOCK, Moments, blocks, compile_norms  # late: who reads rows needs no Numba

    seed = require_integer(seed, "seed", least=0, most=2**64 - 1)
    dims = [require_integer(dim, "dims", least=1, most=2**32) for dim in dims]
    if samples is not None:
        samples = require_integer(samples, "samples", least=2, most=2**32)
    named = named_laws(laws)
    cells = [(name, dim, samples or samples_for(dim)) for name in named for dim in dict.fromkeys(dims)]
    exact = [(mean_l1(named[name], dim), mean_l2(named[name], dim)) for name, dim, _ in cells]
    total, done = sum(dim * count for _, dim, count in cells), 0
    rows = []
    with ThreadPoolExecutor(1 if device else threads or cores()) as pool:
        for (name, dim, count), (exact_l1, exact_l2) in zip(cells, exact, strict=True):
            noise, sums = named[name], [Moments(), Moments(), Moments()]
            violations = 0
            # The replica separates rows, by name and not by place or path: a row is the same in any selection.
            replica = zlib.crc32(f"{plain_name(name)} {dim}".encode())
            run = gpu_norms(device, noise) if device else compile_norms(noise.formula, noise.draws)
            work = GPU_BLOCK if device else BLOCK
            for size, block in blocks(pool, run, noise, dim, count, seed, replica, work):
                sums = [a.merge(b) for a, b in zip(sums, block[:3], strict=True)]
                violations += block[3]
                done += size * dim
                if progress:
                    progress(done, total)
            l1, l2, ratio = sums
            if ratio.count < 2:
                raise InputError(
                    f"norms of {name} at d={dim}: {ratio.count} of {count} samples are not 0, "
                    "so their ratio has no error; take more samples"
                )
            rows.append(
                NormRow(
                    name,
                    dim,
                    count,
                    l1.mean,
                    l1.sem,
                    exact_l1,
                    l2.mean,
                    l2.sem,
                    exact_l2,
                    ratio.mean,
                    ratio.sem,
                    violations,
                )
            )
    return rows


def check_key(
    laws: Iterable[str | Noise],
    dims: Iterable[int],
    samples: int | None,
    seed: int,
    files: Mapping[str, str] | None = None,
) -> str:
    """What determines the rows of ``norm_check``: equal keys, equal rows.

    *files*: sha256 of the user's files by their paths, as they ran unless given. No file is run, for it is results that
    are read by a key.
    """
    content = {
        "numerics": NUMERICS,
        "laws": [_identity(law, files or {}) for law in laws],
        "dims": [[dim, samples or samples_for(dim)] for dim in dims],
        "seed": seed,
    }
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:32]


def _identity(law: str | Noise, files: Mapping[str, str]) -> list[object]:
    if isinstance(law, str) and is_own(law):
        return [law, files.get(home_of(law)) or hashlib.sha256(ran(home_of(law))).hexdigest()]
    [(name, noise)] = named_laws([law]).items()
    return [name, noise.draws, noise.formula.digest, [f"{float(c):.12g}" for c in noise.formula_arguments]]
