"""Runs of the GPU engine that are cut by steps, replicas and groups of coordinates: the bits of whole ones."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from emulated_device import EmulatedDevice
from planted import plant
from test_engines import assert_identical, spec

from problems.errors import InputError
from simulator.cells.quantities import READINGS, weighted
from simulator.engines import loop
from simulator.engines.cpu import engine as cpu
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.sizes import Room, Shape
from simulator.engines.measures import Measures
from simulator.engines.parts import Part, group_count
from simulator.engines.pieces import split
from simulator.engines.resolve import resolve


def over_step(k):
    return 1.0 / k


WEIGHTED = weighted("weighted_f_gap", READINGS["f_gap"], over_step)


class TestPieces:
    """A run that is cut by steps, replicas and groups of coordinates gives the bits of a whole one."""

    CELL = resolve(spec(optimizer="adam", noise="student", dim=5 * 1024 + 7, steps=37, replicas=2))
    SHAPE = Shape(64, 2, 512)  # two of them are a group of the parts
    ASKED = ("max_f_gap", "min_grad_linf", "mean_grad_linf", WEIGHTED)

    def engine(self, order=0, **options):
        return gpu.Engine(EmulatedDevice(order), shape=self.SHAPE, **options)

    def begin(self):
        return loop.begin(self.engine(), self.CELL, self.ASKED)

    @pytest.fixture
    def whole(self):
        return self.run_whole()

    @classmethod
    @cache
    def run_whole(cls):
        run = loop.advance(cls().begin())
        return loop.finish(cls.CELL, [run]), run.values()

    def test_by_steps(self, whole):
        run = self.begin()
        for stop in (1, 3, 17, 31, 37):
            loop.advance(run, stop)
        assert_identical(loop.finish(self.CELL, [run]), whole[0])
        np.testing.assert_array_equal(run.values(), whole[1])

    @pytest.mark.parametrize(("cuts", "first"), [([1], 20), ([4], 0), ([2, 3], 20), ([1, 2, 5], 3)])
    def test_by_groups_and_replicas(self, whole, cuts, first):
        assert group_count(self.CELL.spec.dim) == 6
        run = loop.advance(self.begin(), first)
        ends = [0, *cuts, 6]
        groups = [range(*pair) for pair in zip(ends, ends[1:], strict=False)]
        parts = [Part(range(1), mine) for mine in groups] + [Part(range(1, 2), range(6))]
        runs = [split(run, [part], self.engine(order=i % 3, chunk=16))[0] for i, part in enumerate(parts)]
        for run_of_part in runs:
            loop.advance(run_of_part)
        assert_identical(loop.finish(self.CELL, runs), whole[0])
        size = 1024
        for part, run_of_part in zip(parts, runs, strict=True):
            columns = slice(part.groups.start * size, part.groups.stop * size)
            wanted = whole[1][part.replicas.start : part.replicas.stop, :, columns]
            np.testing.assert_array_equal(run_of_part.values(), wanted)

    def test_on_to_the_cpu_and_back(self, whole):
        """x and the state have the same bits on both engines, so a run may change from one to the other."""
        everything = Part.whole(self.CELL.spec)
        run = loop.advance(self.begin(), 10)
        (run,) = split(run, [everything], cpu.Engine())
        (run,) = split(loop.advance(run, 23), [everything], self.engine())
        np.testing.assert_array_equal(loop.advance(run).values(), whole[1])

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("unsigned(origin + base + place)", "unsigned(base + place)"),
            ("folds + ((replica * stride + first + part * FAN)", "folds + ((replica * stride + part * FAN)"),
            ("for (int half = 1; half < FAN; half *= 2)", "for (int half = FAN / 2; half >= 1; half /= 2)"),
            ("unsigned(first_replica + replica)", "unsigned(replica)"),
        ],
    )
    def test_a_bug_is_seen(self, whole, old, new, monkeypatch):
        plant(monkeypatch, old, new)
        with pytest.raises(AssertionError):
            self.test_by_groups_and_replicas(whole, [1, 2, 5], 20)


def test_a_part_that_does_not_fit_says_so():
    cell = resolve(spec(dim=3000, replicas=4))
    measures, whole = Measures.of((), cell.optimizer), Part.whole(cell.spec)
    least = Room.of(cell, measures, whole, Shape.of(3000), 0).least
    engine = gpu.Engine(EmulatedDevice(), memory=2 * least)
    assert engine.most_replicas(cell, measures) in (2, 3)
    with pytest.raises(InputError, match=r"a part of 4 replicas was to begin on emulated device and [23] fit; give"):
        engine.begin(cell, whole, measures)


def test_a_shape_that_cuts_groups_is_for_whole_runs():
    cell = resolve(spec(dim=3000))
    engine = gpu.Engine(EmulatedDevice(), shape=Shape(32, 1, 96))
    loop.begin(engine, cell)
    with pytest.raises(InputError, match="leave the shape out"):
        loop.begin(engine, cell, part=Part(range(1), range(1)))
