"""The GPU engine's kernels, run by this machine's processor, against the CPU engine: the same bits of x and state."""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict

import numpy as np
import pytest
from covering import covering
from emulated_device import EmulatedDevice
from test_engines import assert_close, assert_identical, spec

from problems import NOISES, PROBLEMS
from simulator.cells.quantities import QUANTITIES
from simulator.cells.spec import DTYPES, Spec
from simulator.engines.cpu import engine as cpu
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.sizes import MOST_GROUPS, Room, Shape, launches
from simulator.engines.measures import Measures
from simulator.engines.parts import Part
from simulator.engines.resolve import resolve
from simulator.optimizers import OPTIMIZERS
from simulator.samples import norm_check
from tests.gpucheck.same import SUMS, final_state


@pytest.fixture(params=[0, 1, 2], ids=["up", "down", "shuffled"])
def device(request):
    return EmulatedDevice(order=request.param)


def assert_same_run(cell, device, quantities=(), **options):
    stats, state = final_state(gpu.simulate, cell, device=device, quantities=quantities, **options)
    expected, wanted = final_state(cpu.simulate, cell, quantities=quantities)
    assert state.dtype == wanted.dtype == cell.spec.dtype
    np.testing.assert_array_equal(state, wanted)
    np.testing.assert_array_equal(stats.max_abs_x, expected.max_abs_x)
    np.testing.assert_array_equal(stats.grad_linf, expected.grad_linf)
    assert_close(stats, expected, SUMS[cell.spec.dtype])
    return stats


PAIRS = covering(PROBLEMS, OPTIMIZERS, NOISES, DTYPES)


def combinations() -> list:
    """PAIRS and, slow, every fifth of the others; on a card ``make gpu-check`` runs them all."""
    others = [chosen for chosen in itertools.product(PROBLEMS, OPTIMIZERS, NOISES, DTYPES) if chosen not in PAIRS]
    marked = [*((chosen, []) for chosen in PAIRS), *((chosen, pytest.mark.slow) for chosen in others[::5])]
    return [pytest.param(*chosen, marks=marks, id="-".join(chosen)) for chosen, marks in marked]


@pytest.mark.parametrize(("problem", "optimizer", "noise", "dtype"), combinations())
def test_combinations_have_the_bits_of_the_cpu_engine(problem, optimizer, noise, dtype):
    cell = resolve(spec(problem, optimizer, noise, dim=37, steps=20, replicas=1, dtype=dtype))
    assert_same_run(cell, EmulatedDevice(order=list(NOISES).index(noise) % 3))


def test_every_pair_is_among_the_combinations_that_are_not_slow():
    factors = PROBLEMS, OPTIMIZERS, NOISES, DTYPES
    for (i, some), (j, others) in itertools.combinations(enumerate(factors), 2):
        assert {(row[i], row[j]) for row in PAIRS} == set(itertools.product(some, others))
    assert len(PAIRS) <= 1.1 * math.prod(sorted(map(len, factors))[-2:])  # all pairs of the longest two are as many


@pytest.mark.parametrize("threads", [32, 64, 128, 256])
@pytest.mark.parametrize("coordinates", [1, 2])  # four would take more shared memory than 256 threads may
def test_any_size_of_block(threads, coordinates):
    for dim in (1, 31, 32, 33, 100):
        cell = resolve(spec(dim=dim, steps=33, replicas=1, problem_args={"spectrum": 0.7}))
        block = threads * coordinates
        assert_same_run(cell, EmulatedDevice(), shape=Shape(threads, coordinates, block))


@pytest.mark.parametrize("optimizer", ["adamw", "adamw_torch"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_groups_of_several_blocks(device, optimizer, dtype):
    """Three groups of a replica, of three blocks each but the last, in batches of half tiles and a rest."""
    cell = resolve(spec(optimizer=optimizer, noise="student", dim=500, steps=150, replicas=2, dtype=dtype))
    assert_same_run(cell, device, shape=Shape(32, 2, 192))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_bits_do_not_depend_on_chunks_memory_or_the_order_of_threads(optimizer):
    cell = resolve(spec(optimizer=optimizer, noise="sparse", dim=70, steps=203, replicas=5))
    whole = gpu.simulate(cell, device=EmulatedDevice())
    measures = Measures.of((), cell.optimizer)
    one = Room.of(cell, measures, Part.whole(cell.spec), Shape.of(70), 0).least
    for order, chunk, memory in [(1, 16, None), (2, 48, None), (0, 208, 2 * one), (0, 64, one)]:
        assert_identical(gpu.simulate(cell, device=EmulatedDevice(order), chunk=chunk, memory=memory), whole)


def test_launches_cover_every_step_once_and_begin_at_marks():
    for first, stop, marks in [(0, 1, [0]), (0, 203, [0, 1, 2, 5, 40, 202]), (64, 90, []), (64, 90, [70])]:
        found = list(launches(first, stop, np.array(marks, dtype=np.int64)))
        assert [low for marked, low, _ in found if marked] == marks
        assert [found[0][1], *(high for *_, high in found)] == [low for _, low, _ in found] + [stop]


def test_a_diverged_replica_is_infinite():
    cell = resolve(Spec.of("quadratic", "sgd", 20, 3000, 2, schedule="constant", optimizer_args={"lr": 5.0}))
    stats = gpu.simulate(cell, device=EmulatedDevice())
    assert np.isposinf(stats.mean_grad_l1).all() and not any(np.isnan(a).any() for a in stats.arrays().values())
    assert np.array_equal(stats.diverged, cpu.simulate(cell).diverged)


def test_places_beyond_the_end_never_reach_the_norms():
    """No noise, ε = 0 and a zero gradient make 0/0 in the places that hold no coordinate."""
    given = {"lr": 0.02, "beta1": 0.9, "beta2": 0.97, "eps": 0.0, "weight_decay": 0.1}
    cell = resolve(Spec.of("quadratic", "adamw", 17, 60, 1, schedule="constant", sigma=0.0, optimizer_args=given))
    assert_same_run(cell, EmulatedDevice())


def test_progress_adds_up():
    done = []
    gpu.simulate(resolve(spec(dim=40, steps=300, replicas=3)), progress=done.append, device=EmulatedDevice())
    assert sum(done) == 40 * 300 * 3


@pytest.mark.parametrize(
    ("noise", "dtype", "tolerance"),
    [("rademacher", "float64", 1e-13), ("gaussian", "float64", 1e-6), ("gaussian", "float32", 1e-5)],
)
def test_fast_differs_by_roundings_alone(noise, dtype, tolerance):
    """Fused operations round once instead of twice: in float64, but for the noise, where a law of several operations
    computes in float32 (the bounds of docs/gpu.md)."""
    cell = resolve(spec(noise=noise, dtype=dtype, dim=64, steps=1000))
    exact, fused = (gpu.simulate(cell, device=EmulatedDevice(), fast=fast) for fast in (False, True))
    assert (fused.grad_l1 != exact.grad_l1).any()
    assert_close(fused, exact, tolerance)


def test_a_device_that_is_too_small_says_so():
    cell = resolve(spec(dim=1000))
    with pytest.raises(Exception, match=r"dim=1000 needs .* GiB on the GPU and emulated device has .* choose"):
        gpu.simulate(cell, device=EmulatedDevice(memory=1000))


@pytest.mark.parametrize("dim", [1, 64, 65, 10**6, 124 * 10**6, 10**9, 2**32])
def test_sizes_of_launches(dim):
    shape = Shape.of(dim)
    groups = -(-dim // shape.group)
    assert groups <= MOST_GROUPS and shape.group % (shape.threads * shape.coordinates) == 0
    assert groups * shape.group >= dim and shape.divides(dim)
    assert all(shape.shared_bytes(5, slots, 8) <= 48 << 10 for slots in (2, 6, 16))
    cell = resolve(spec(dim=dim, steps=1000, replicas=3))
    for quantities in ((), QUANTITIES):
        given = cell, Measures.of(quantities, cell.optimizer), Part.whole(cell.spec), shape
        room = Room.of(*given, 2**38)
        assert room.replicas in (2, 3) and room.chunk % 16 == 0 and 16 <= room.chunk <= 1008
        assert Room.of(*given, room.least).replicas == 1 and Room.of(*given, room.least - 1).replicas == 0


@pytest.mark.parametrize("law", [name for name in NOISES if name != "pareto"])  # it has no exact norms
def test_norms_of_random_vectors(law):
    """The same samples as the CPU's, at sizes that fill no block and at one of two groups; other sums."""
    noise = NOISES[law]()
    dims, samples = [5, 33, 128, 1000, 5000], 35
    rows = norm_check([noise], dims, samples, seed=7, device=EmulatedDevice(order=2))
    for row, expected in zip(rows, norm_check([noise], dims, samples, seed=7), strict=True):
        assert row.violations == expected.violations == 0
        for name, value in asdict(row).items():
            if name.startswith(("mean", "ratio_mean")):
                assert value == pytest.approx(getattr(expected, name), rel=1e-13)
