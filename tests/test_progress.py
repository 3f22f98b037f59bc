"""A sweep as it is watched: one measure, and a time left that doesn't jump."""

from __future__ import annotations

import re

import pytest

from simulator.cells.spec import Spec
from simulator.lab.cost import TimeLeft, costs, roughly, total_seconds
from simulator.lab.progress import Monitor, _Lines


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 0.0

    monkeypatch.setattr("simulator.lab.progress.time.monotonic", lambda: Clock.now)
    return Clock


def cells():
    sizes = [(dim, steps) for steps in (1000, 4000, 16000) for dim in (16, 64, 256)]
    return [Spec.of("rational", "adamw", dim, steps, 8, seed=seed) for dim, steps in sizes for seed in range(9)]


@pytest.mark.parametrize("slower", [0.5, 1.0, 2.0, 4.0])
def test_the_time_left_goes_over_to_the_measured_speed_without_a_jump(slower):
    seconds, expected = [0.2 + 0.01 * (i % 7) for i in range(459)], sum(0.2 + 0.01 * (i % 7) for i in range(459))
    left = TimeLeft(expected, startup=5.0)
    assert left.seconds(0.0, 0.0) == expected + 5.0  # the plan's
    now = 5.0 * slower  # compilation goes by without progress
    assert left.seconds(now, 0.0) <= expected + 5.0
    done, told = 0.0, []
    for cost in seconds:
        done, now = done + cost, now + slower * cost
        told.append((done / expected, left.seconds(now, done), slower * (expected - done)))
    early = [shown for share, shown, _ in told if share < 0.05]
    assert max(b / a for a, b in zip([expected, *early], early, strict=False)) < 1 + 0.1 * slower  # by and by
    lowest = float("inf")
    for share, shown, truth in told:
        if share >= 0.05:
            lowest = min(lowest, shown)
            assert shown <= (1.04 if slower <= 2 else 1.12) * lowest
        if share >= 0.2:
            assert shown == pytest.approx(truth, rel=0.15, abs=1e-6)
        if share >= 0.6:
            assert shown == pytest.approx(truth, rel=0.05, abs=1e-6)
    assert told[-1][1] == pytest.approx(0.0, abs=1e-6)


def test_before_any_progress_it_falls_to_the_cells_own_time_and_stays():
    left = TimeLeft(100.0, startup=10.0)
    assert [left.seconds(t, 0.0) for t in (0.0, 4.0, 10.0, 60.0)] == [110.0, 106.0, 100.0, 100.0]


def test_compilation_is_on_the_first_cell_of_a_kind():
    one, other = (Spec.of(problem, "adamw", 64, 1000, 8) for problem in ("rational", "cosine"))
    seconds, startup = costs([one, one, other, one])
    assert startup > 0 and seconds[0] == seconds[1] == seconds[3] < seconds[2] - 0.05
    assert sum(seconds) + startup == pytest.approx(total_seconds([one, one, other, one]))
    assert costs([]) == ([], 0.0)


def test_the_monitor_says_one_measure(clock):
    specs = cells()
    seconds, _ = costs(specs, "reference")
    monitor = Monitor(specs, "reference", 1, 1)
    share, _, text = monitor._state()
    assert share == 0 and text == f"0 of 81 cells, 0 % of the work, about {roughly(sum(seconds))} left"
    for spec, cost in zip(specs, seconds, strict=True):
        clock.now += cost
        monitor.finished([spec])
        share, _, text = monitor._state()
        assert re.fullmatch(r"\d+ of 81 cells, \d+ % of the work, about .* left", text) and len(text) <= 79
    assert share == 1.0 and text == "81 of 81 cells, 100 % of the work, about 0 s left"


def test_running_cells_count(clock):
    specs, reported = cells(), [0]
    monitor = Monitor(specs, "reference", 1, 1, look=lambda: ((), reported[0]))
    before = monitor._state()[0]
    reported[0] = 10**6
    assert 0 == before < monitor._state()[0] < 1
    reported[0] = 10**15  # more than there is: cells that were run again
    assert monitor._state()[0] == 1.0


def test_lines_of_a_log_are_few(capsys):
    lines = _Lines()
    for second in range(1000):
        lines.update(0.0, float(second), f"line {second}")
    told = [int(line.split()[1]) for line in capsys.readouterr().err.splitlines()]
    assert told[0] == 10 and all(10 <= b - a <= 120 for a, b in zip(told, told[1:], strict=False))


def test_rough_times():
    for seconds, words in ((3.4, "3 s"), (43, "45 s"), (100, "2 min"), (1000, "17 min"), (5990, "1 h 40 min")):
        assert roughly(seconds) == words
