"""Counts, ranges and small numbers in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import WRAPPING

from simulator.words import brief, count, ends, large, limit, number, p_value, power, short, span

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "number, noun, words",
    [
        (0, "cell", "0 cells"),
        (1, "row", "1 row"),
        (96, "cell", "96 cells"),
        (1, "rescaled copy", "1 rescaled copy"),
        (3, "rescaled copy", "3 rescaled copies"),
        (2, "axis way", "2 axis ways"),
        (2, "box", "2 boxes"),
        (5165928, "sample", "5.2 million samples"),
    ],
)
def test_count(number, noun, words):
    assert count(number, noun) == words


def test_large_numbers_are_rounded_and_small_ones_exact():
    assert large(99_999) == "99999" and large(860_988) == "861 thousand" and large(123_456_789) == "123 million"
    assert (
        large(999_400) == "999 thousand" and large(999_960) == "1.0 million" and large(2_500_000_000) == "2.5 billion"
    )


def test_span():
    assert span([1000, 4000, 16000, 64000, 256000]) == "1k…256k (5)" and span([16, 64]) == "16, 64"
    assert span([250]) == "250" and span([1234, 10**6]) == "1234, 1M" and span([0.5, 1.0, 2.0]) == "0.5…2 (3)"
    assert ends([16]) == "16" and ends([16, 64, 256]) == "16…256" and ends([1000, 256000]) == "1k…256k"


def test_sizes_are_short_where_that_is_exact():
    sizes = (1, 16, 1024, 1000, 1500, 16384, 256000, 1048576, 10**6, 10**9)
    assert [short(v) for v in sizes] == ["1", "16", "1024", "1k", "1.5k", "16384", "256k", "1048576", "1M", "1G"]


def test_no_short_size_is_longer_than_the_whole():
    assert [short(v) for v in (18_400, 33_920, 55_050, 3_243_520)] == ["18.4k", "33920", "55050", "3243520"]


def test_three_digits_do_where_room_is_short():
    sizes = (16, 4096, 9999, 10_000, 13_002, 221_056, 999_900, 3_243_520, 17_088_522, 2 * 10**9)
    told = ["16", "4096", "9999", "10k", "13k", "221k", "1M", "3.24M", "17.1M", "2G"]
    assert [brief(size) for size in sizes] == told


def test_numbers():
    assert number(0.35712) == "0.357" and number(4.05e7) == "4.05·10⁷" and number(-2.5e-7) == "-2.5·10⁻⁷"
    assert number(float("inf")) == "inf" and number(23.8612, 4) == "23.86"


def test_p_values():
    assert p_value(0.0132) == "p = 0.013" and p_value(2.34e-8) == "p = 2.3·10⁻⁸"
    assert p_value(2e-43) == p_value(0.0) == "p < 10⁻¹⁵" and p_value(1e-15) == "p = 1·10⁻¹⁵"


def test_powers():
    assert power("K", 0.25, (0.249, 0.251, 0.9)) == "K^0.250 (90 % interval from 0.249 to 0.251)"
    assert power("K", 0.25, (0.2499, 0.2501, 0.9)) == "K^0.250"
    assert power("d", -0.0001) == "d^0.000" and power("d", -0.25) == "d^-0.250"


def test_a_limit_that_is_the_value_is_not_said():
    assert limit(1.42, 1.4567) == ", at most 1.457" and limit(1.5, 1.50001) == ""
    assert limit(1.42, 1.4, "at least") == ", at least 1.4"


def test_no_text_has_both_numbers_in_one():
    """'cell(s)' is what a program says that can't count."""
    own = [*(ROOT / "simulator").rglob("*.py"), *(ROOT / "problems").rglob("*.py")]
    report = ROOT / "simulator" / "report"
    found = [
        f"{path.name}: {text}"
        for path in own
        if report not in path.parents
        for text in re.findall(r"\b[a-z]{2,}\(s\)", path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_the_tests_know_who_takes_the_width():
    """Or one of them would keep the width that a test was given."""
    root = ROOT / "simulator"
    takers = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in root.rglob("*.py")
        if re.search(r"^from \.+lines import .*\bwidth\b", path.read_text(encoding="utf-8"), re.M)
    }
    assert takers == set(WRAPPING)
