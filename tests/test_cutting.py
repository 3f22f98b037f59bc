"""One cell over many workers: when the cost model cuts it, into what, and that no bit tells."""

import pytest
from cells import same_bits

from simulator.cells.spec import Spec
from simulator.engines import run
from simulator.engines.parts import Part, group_count
from simulator.engines.resolve import resolve
from simulator.lab import cell_task, checkpoints
from simulator.lab import compute as compute_module
from simulator.lab.cell_task import How, State, compute_cells
from simulator.lab.compute import compute
from simulator.lab.cost import cell_seconds
from simulator.lab.cutting import Item, cut, grid_of, makespan, split
from simulator.lab.executors.place import Place
from simulator.lab.plan import Due
from simulator.lab.store import Store

BIG = Spec.of("rational", "adamw", 5000, 60, 2)
SMALL = Spec.of("rational", "adamw", 16, 60, 2)
MINUTE = checkpoints.INTERVAL


def due(spec):
    cell = resolve(spec)
    return Due(cell.key, cell.spec)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    return store


def covered(spec, parts):
    places = [(r, g) for part in parts for r in part.replicas for g in part.groups]
    return sorted(places) == [(r, g) for r in range(spec.replicas) for g in range(group_count(spec.dim))]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 100])
@pytest.mark.parametrize("spec", [BIG, SMALL, Spec.of("ramp", "sgd", 10**8, 10, 1), Spec.of("ramp", "sgd", 64, 10, 64)])
def test_parts_cover_a_cell(spec, count):
    parts = split(spec, count)
    if group_count(spec.dim) < 100:
        assert covered(spec, parts)
    room = spec.replicas * group_count(spec.dim)
    assert min(count, room) / 2 <= len(parts) <= min(count + spec.replicas, room)


def test_replicas_are_cut_before_coordinates():
    assert {part.groups for part in split(Spec.of("ramp", "sgd", 10**6, 100, 8), 4)} == {range(group_count(10**6))}
    assert len(split(Spec.of("ramp", "sgd", 10**6, 100, 1), 4)) == 4


def test_sums_of_every_step_must_fit():
    assert len(split(Spec.of("ramp", "sgd", 10**6, 10**8, 1), 4)) == 1
    assert len(split(Spec.of("ramp", "sgd", 10**6, 10**8, 2), 4)) == 2


def test_makespan():
    assert makespan([3, 3, 3], 2) == 6 and makespan([5], 4) == 5 and makespan([], 3) == 0
    assert makespan([4, 3, 2, 1], 2) == 5


def long(steps, count=1, replicas=8):
    return [due(Spec.of("rational", "adamw", 4096, steps, replicas, seed=seed)) for seed in range(count)]


def test_the_cost_model_decides(tmp_path):
    hour, minute = long(10**8), long(10**4)
    assert cell_seconds(hour[0].spec) > 3600 and cell_seconds(minute[0].spec) < MINUTE
    assert len(cut(hour, tmp_path, "cpu", 1, 4, MINUTE)[0]) == 4
    assert cut(hour, tmp_path, "cpu", 1, 1, MINUTE) == []  # nobody else waits
    assert cut(minute, tmp_path, "cpu", 1, 4, MINUTE) == []  # not worth it
    assert cut(long(10**8, 64), tmp_path, "cpu", 1, 4, MINUTE) == []  # there is enough for all
    assert len(cut(long(10**8, 3), tmp_path, "cpu", 1, 2, MINUTE)) == 3
    assert len(cut(hour + long(10**4, 9), tmp_path, "cpu", 1, 4, MINUTE)) == 1
    assert cut(hour, tmp_path, "gpu", 1, 4, MINUTE) == []


def items(spec, parts):
    """A cell in parts; *spec* may be a Due."""
    cell = spec if isinstance(spec, Due) else due(spec)
    return [Item(cell, part) for part in parts]


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_parts_of_replicas_and_coordinates_have_the_bits_of_the_whole(store, backend):
    parts = split(BIG, 6)
    assert len({part.groups for part in parts}) == 3 and len({part.replicas for part in parts}) == 2
    how = How(store.directory, backend, 1)
    assert {told.state for told in compute_cells(items(BIG, parts), how)} == {State.DONE} and store.keys() == []
    assert len(checkpoints.ends_saved(store.directory, backend)[due(BIG).key]) == 6
    compute_cells([Item(due(BIG), parts=tuple(parts))], how)
    result = store.load(due(BIG).key)
    assert same_bits(result.stats, run(BIG, backend).stats) and result.provenance["seconds"] > 0
    assert checkpoints.saved(store.directory) == {}


def test_a_part_that_is_lost_is_run_again(store):
    parts, how = split(BIG, 4), How(store.directory, "reference")
    compute_cells(items(BIG, parts[1:]), how)
    compute_cells([Item(due(BIG), parts=tuple(parts))], how)
    assert same_bits(store.load(due(BIG).key).stats, run(BIG, "reference").stats)


def test_what_was_cut_stays_cut_and_what_was_whole_whole(store):
    parts, how = split(BIG, 6), How(store.directory, "reference")
    compute_cells(items(BIG, parts[2:4]), how)
    [again] = cut([due(BIG)], store.directory, "reference", 1, 1, MINUTE)
    there = {(p.replicas.start, p.replicas.stop, p.groups.start, p.groups.stop) for p in (item.part for item in again)}
    assert set(checkpoints.ends_saved(store.directory, "reference").get(due(BIG).key, [])) <= there
    assert covered(BIG, [item.part for item in again])
    assert cut([due(BIG)], store.directory, "cpu", 1, 1, MINUTE) == []
    whole = [(0, BIG.replicas, 0, group_count(BIG.dim))]
    assert grid_of(BIG, whole) == [Part.whole(BIG)] == grid_of(BIG, [(0, 99, 0, 1)])


def test_a_sweep_of_one_cell_by_two_workers(store, monkeypatch):
    monkeypatch.setattr(compute_module, "cut", lambda todo, *others: [items(todo[0], split(BIG, 4))])
    compute([due(BIG), due(SMALL)], store, backend="reference", place=Place.of(jobs=2), quiet=True)
    for spec in (BIG, SMALL):
        assert same_bits(store.load(due(spec).key).stats, run(spec, "reference").stats)


def test_a_part_that_fails_fails_its_cell(store, monkeypatch):
    def broken(spec, part, *others):
        if part.groups.start:
            raise RuntimeError("no luck")
        return whole(spec, part, *others)

    whole = cell_task.run_part
    monkeypatch.setattr(cell_task, "run_part", broken)
    monkeypatch.setattr(compute_module, "cut", lambda todo, *others: [items(todo[0], split(BIG, 4))])
    with pytest.raises(compute_module.CellsFailed, match="1 of 2 cells failed.*no luck"):
        compute([due(BIG), due(SMALL)], store, backend="reference", quiet=True)
    monkeypatch.undo()
    compute([due(BIG)], store, backend="reference", quiet=True)
    assert same_bits(store.load(due(BIG).key).stats, run(BIG, "reference").stats)


@pytest.mark.slow
def test_a_hundred_million_coordinates_over_four_workers(store):
    huge = due(Spec.of("rational", "adamw", 10**8, 4, 1))
    place = Place.of("pool", 4)
    assert len(cut([huge], store.directory, "cpu", place.threads, 4, 0.5)[0]) >= 4
    compute([huge], store, place=place, interval=0.5, quiet=True)
    assert same_bits(store.load(huge.key).stats, run(huge.spec).stats)
