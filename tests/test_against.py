"""make bench AGAINST=<commit>: pairs and their interval, and a comparison of the last commit with the working tree."""

from __future__ import annotations

import math
import os
import re

import numpy as np
import pytest

from problems.errors import InputError
from tests.bench import against, pairs
from tests.bench.results import Spread
from tests.bench.workloads import Workload

TINY = Workload("T", 8, 50, 40)


def test_the_interval_of_a_median():
    """For 15 values the 4th from either end: fewer than 4 below the median have a chance of 576/2¹⁵ = 1.8 %."""
    assert sum(math.comb(15, k) for k in range(4)) / 2**15 < 0.025 < sum(math.comb(15, k) for k in range(5)) / 2**15
    values = np.random.default_rng(1).permutation(np.arange(1.0, 16.0))
    assert pairs.median(values) == Spread(8.0, 4.0, 12.0)
    with pytest.raises(ValueError, match="5 values have no interval"):
        pairs.median([1.0] * 5)


def test_the_interval_holds_what_it_promises():
    samples = np.random.default_rng(2).exponential(size=(2000, 20))
    inside = [s.least <= math.log(2) <= s.most for s in map(pairs.median, samples)]
    assert 0.95 <= np.mean(inside) <= 0.97  # exactly 95.9 % for 20 values


class Fake:
    """A side that takes *seconds* for a run, and notes when it ran."""

    def __init__(self, name: str, seconds: float, log: list[str]):
        self.name, self.each, self.log = name, seconds, log

    def seconds(self, workload, seed, times):
        self.log.append(f"{self.name}{seed}x{times}")
        return self.each, 1.0


def test_the_order_alternates_and_short_runs_are_repeated():
    log = []
    found = pairs.measure(TINY, Fake("old", 0.1, log), Fake("new", 0.25, log), 4, lambda text: None)
    assert log[4:] == ["old0x4", "new0x4", "new1x4", "old1x4", "old2x4", "new2x4", "new3x4", "old3x4"]
    assert found.old == (0.1,) * 4 and found.new == (0.25,) * 4 and found.same


def test_slower_by_more_than_the_limit_is_exit_code_1(monkeypatch, capsys):
    def code(ratio):
        found = pairs.Pairs(TINY, (1.0,) * 15, (ratio,) * 15, same=True)
        monkeypatch.setattr(against, "export", lambda commit, folder: "abc1234")
        monkeypatch.setattr(against, "Side", Nothing)
        monkeypatch.setattr(against, "measure", lambda *_: found)
        return against.main(["HEAD", "--only", "A"])

    assert code(1.04) == 0
    assert code(1.06) == 1
    assert "T: takes 1.060 times as long as at abc1234, expected at most 1.05" in capsys.readouterr().err


class Nothing:
    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture(scope="module")
def checkout():
    try:
        against.git("rev-parse", "HEAD")
    except InputError as error:
        pytest.skip(str(error))


def test_the_last_commit_beside_the_working_tree(checkout, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(against, "WORKLOADS", {"T": TINY})
    shared = os.environ.get("RATECHECK_CACHE", str(tmp_path))  # code is named by the source it is of
    monkeypatch.setattr(against, "Side", lambda name, root, cache: pairs.Side(name, root, shared))
    code = against.main(["HEAD"])
    output = capsys.readouterr()
    title, heads, row = output.out.splitlines()
    assert re.fullmatch(r"The working tree beside [0-9a-f]{7,}, 15 pairs:", title) and "new/old" in heads
    old, new, ratio, interval = re.split(r"\s{2,}", row.strip())[1:5]
    least, most = map(float, interval.split("–"))
    assert 0 < least <= float(ratio) <= most and all(float(text.split()[0]) > 0 for text in (old, new))
    assert code == (1 if "times as long" in output.err else 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMIT"),
        (["no-such-commit"], "can't give the commit to compare with"),
        (["HEAD", "--pairs", "14"], "--pairs must be an integer ≥ 15, got 14"),
        (["HEAD", "--only", "E"], "unknown workload 'E'"),
    ],
)
def test_wrong_usage(checkout, capsys, arguments, message):
    assert against.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
