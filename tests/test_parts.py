"""The tree that sums are added along, and runs cut into parts: any cut gives the bits of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from engine_runs import assert_identical, spec

from problems.errors import InputError
from simulator.cells.quantities import QUANTITIES
from simulator.engines import loop, pieces, reference, saving
from simulator.engines.cpu.engine import Engine as Cpu
from simulator.engines.parts import JOIN, Part, group_count, group_size, join, join_nodes, nodes
from simulator.engines.resolve import resolve

ASKED = ("mean_grad_linf", "min_f_gap", "max_inner", "last_grad_l2", "mean_max_abs_x", "mean_grad_l1_squared")


@pytest.mark.parametrize("fold", JOIN)
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 64, 100])
def test_any_parts_of_the_groups_join_to_the_same_root(count, fold):
    rng = np.random.default_rng(count)
    leaves = rng.standard_normal((2, count, 3)) * 10.0 ** rng.integers(-8, 8, (2, count, 1))

    def joined(groups):
        array = leaves[:, groups.start : groups.stop].copy()
        join(array, groups, count, fold)
        return {n: array[:, n.start - groups.start] for n in nodes(groups, count)}

    whole = joined(range(count))
    assert list(whole) == [range(count)]
    for _ in range(20):
        ends = np.unique([0, count, *rng.integers(0, count + 1, rng.integers(0, 6))])
        found = {}
        for low, high in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            found |= joined(range(low, high))
            assert len(nodes(range(low, high), count)) <= 2 * max(1, count.bit_length())
        assert np.array_equal(join_nodes(found, count, fold), whole[range(count)])


def test_a_tree_is_no_sum_from_left_to_right():
    leaves = np.array([1.0, 1e-16, 1e-16, 0.0])[None, :, None]
    join(leaves, range(4), 4, "sum")
    assert leaves[0, 0, 0] == (1.0 + 1e-16) + (1e-16 + 0.0)
    thirds = np.array([1.0, 2.0**-53, 2.0**-53, 2.0**-53])[None, :, None]
    join(thirds, range(4), 4, "sum")
    assert thirds[0, 0, 0] == 1.0 + 2.0**-52 != ((1.0 + 2.0**-53) + 2.0**-53) + 2.0**-53


def test_groups_depend_on_the_dimension_alone():
    assert [(group_size(d), group_count(d)) for d in (1, 1024, 1025, 2**22, 2**22 + 1)] == [
        (1024, 1),
        (1024, 1),
        (1024, 2),
        (1024, 4096),
        (2048, 2049),
    ]


def test_a_missing_group_is_named():
    with pytest.raises(InputError, match="lack the group 2"):
        join_nodes({range(2): np.zeros(1)}, 3, "sum")


CELLS = {
    "several groups": {"dim": 5 * 1024 - 7, "steps": 70, "replicas": 3, "optimizer": "adamw_torch", "noise": "student"},
    "a spectrum": {"dim": 3 * 1024, "steps": 40, "replicas": 2, "optimizer": "sgd", "problem_args": {"spectrum": 0.5}},
    "float32": {"dim": 2 * 1024 + 1, "steps": 40, "replicas": 2, "dtype": "float32"},
    "one group": {"dim": 20, "steps": 100, "replicas": 5, "optimizer": "momentum", "noise": "sparse"},
}
ENGINES = {"cpu": lambda: Cpu(2), "cpu, small chunks": lambda: Cpu(1, chunk=7), "reference": reference.Engine}


def random_cut(rng, part, steps, now):
    """Some parts that tile *part*, and a later step."""

    def halves(r):
        middle = int(rng.integers(r.start + 1, r.stop)) if len(r) > 1 else r.stop
        return [range(r.start, middle), range(middle, r.stop)] if middle < r.stop else [r]

    parts = []
    for groups in halves(part.groups):
        parts += [Part(replicas, groups) for replicas in halves(part.replicas)]
    return parts, int(rng.integers(now, steps + 1))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CELLS)
def test_any_split_gives_the_bits_of_the_whole(name, engine):
    cell, make = resolve(spec(**CELLS[name])), ENGINES[engine]
    whole = loop.simulate(make(), cell, ASKED)
    values = loop.advance(loop.begin(make(), cell)).values()
    for seed in range(1 if engine == "reference" else 6):
        rng = np.random.default_rng(seed)
        runs = [loop.begin(make(), cell, ASKED)]
        for _ in range(4):
            chosen = runs.pop(int(rng.integers(len(runs))))
            parts, step = random_cut(rng, chosen.part, cell.spec.steps, chosen.step)
            loop.advance(chosen, int(rng.integers(chosen.step, step + 1)))
            for made in pieces.split(chosen, parts, make()):
                loop.advance(made, step)
                runs.append(saving.load(make(), cell, saving.save(made), ASKED))
        assert_identical(loop.finish(cell, [loop.advance(run) for run in runs]), whole)
        for run in runs:
            columns, rows = run.part.coordinates(cell.spec.dim), run.part.replicas
            assert np.array_equal(run.values(), values[rows.start : rows.stop, :, columns.start : columns.stop])


def test_a_run_goes_on_after_it_was_saved():
    cell, engine = resolve(spec(dim=70, steps=100)), Cpu()
    run = loop.advance(loop.begin(engine, cell, QUANTITIES), 37)
    content = saving.save(run)
    assert saving.save(saving.load(engine, cell, content, QUANTITIES)) == content
    resumed = loop.advance(saving.load(engine, cell, content, QUANTITIES))
    assert_identical(loop.finish(cell, [resumed]), loop.simulate(engine, cell, QUANTITIES))


def test_another_engine_may_go_on():
    """x and the state of a saved run have the same bits wherever it goes on, on the same noise."""
    from engine_runs import compiled_noise

    cell, engine = resolve(spec("quadratic", dim=20, steps=60)), reference.Engine(compiled_noise)
    run = loop.advance(loop.begin(Cpu(), cell), 30)
    resumed = loop.advance(saving.load(engine, cell, saving.save(run)))
    assert np.array_equal(resumed.values(), loop.advance(run).values())


def test_a_part_with_all_groups_keeps_no_sums():
    cell = resolve(spec(dim=2000, steps=200))
    all_groups = loop.advance(loop.begin(Cpu(chunk=16), cell, part=Part(range(1), range(2))))
    some = loop.advance(loop.begin(Cpu(chunk=16), cell, part=Part(range(1), range(1))))
    assert not all_groups.pieces and sum(piece.sums.steps.shape[-1] for piece in some.pieces) == 200


def test_splitting_leaves_the_run_as_it_is():
    cell = resolve(spec(dim=20, steps=70, replicas=3))
    whole = loop.advance(loop.begin(Cpu(), cell, ASKED), 20)
    (some,) = pieces.split(whole, [Part(range(1, 3), range(1))])
    loop.advance(some)
    assert whole.step == 20
    assert_identical(loop.finish(cell, [loop.advance(whole)]), loop.simulate(Cpu(), cell, ASKED))


def test_parts_of_different_histories_meet():
    """One half comes from a run that was whole for 20 steps, the other was a half from its start."""
    cell = resolve(spec(dim=2000, steps=70))
    left, right = (Part(range(2), groups) for groups in (range(1), range(1, 2)))
    (early,) = pieces.split(loop.advance(loop.begin(Cpu(), cell, ASKED), 20), [left])
    late = loop.begin(Cpu(), cell, ASKED, right)
    for order in ([early, late], [late, early]):
        stats = loop.finish(cell, [loop.advance(run) for run in order])
        assert_identical(stats, loop.simulate(Cpu(), cell, ASKED))


@pytest.fixture(scope="module")
def halves():
    cell = resolve(spec(dim=2000, steps=30, replicas=2))
    parts = [Part(range(2), range(1)), Part(range(2), range(1, 2))]
    return cell, [loop.advance(loop.begin(Cpu(), cell, part=part)) for part in parts]


def test_finish_says_what_is_missing(halves):
    cell, (left, right) = halves
    for runs, words in [
        ([], "got none"),
        ([left], "cover the groups"),
        ([left, right, right], "none twice"),
        ([left, loop.begin(Cpu(), cell, part=right.part)], "did 0 of 30 steps"),
        ([left, loop.advance(loop.begin(Cpu(), cell, ["mean_inner"], right.part))], "quantities differ"),
    ]:
        with pytest.raises(InputError, match=words):
            loop.finish(cell, runs)
    other = resolve(spec(dim=2000, steps=30, replicas=2, seed=12))
    with pytest.raises(InputError, match="not of one run"):
        loop.finish(cell, [left, loop.advance(loop.begin(Cpu(), other, part=right.part))])


@pytest.mark.parametrize("part", [Part(range(3), range(2)), Part(range(1, 1), range(2)), Part(range(2), range(1, 3))])
def test_a_part_lies_within_its_cell(halves, part):
    with pytest.raises(InputError, match="is no part of"):
        loop.begin(Cpu(), halves[0], part=part)


def test_a_run_does_not_go_back(halves):
    with pytest.raises(InputError, match="can't stop at 10"):
        loop.advance(halves[1][0], 10)


def test_foreign_bytes_are_no_run(halves):
    cell, (left, _) = halves
    content = saving.save(left)
    for broken in (b"", b"hello", content[:1000], content[:-100]):
        with pytest.raises(InputError, match="no saved run"):
            saving.load(Cpu(), cell, broken)
    with pytest.raises(InputError, match="give the cell it was saved with"):
        saving.load(Cpu(), resolve(spec(dim=2001, steps=30)), content)
    with pytest.raises(InputError, match="asked are mean_grad_l1, .*mean_inner"):
        saving.load(Cpu(), cell, content, ["mean_inner"])
