"""The checks of noise laws: mean, variance, and what their functions accept."""

import numpy as np
import pytest

from problems import NOISES, Formula, Noise
from problems.checks import check_law, check_noise
from problems.checks.laws import makes_noise


def failed(findings):
    return {f.name: f.words for f in findings if not f.ok}


@pytest.mark.parametrize("name", NOISES)
def test_shipped_noise_passes(name):
    assert not failed(check_noise(NOISES[name]()))


def test_biased_noise():
    @Formula
    def biased(sign, size):
        return sign if sign > 0 else 0.5 * sign

    assert "the mean is 0.25" in failed(check_noise(Noise("biased", biased, "single", 1.0, 1.0, 1.0)))["mean"]


@pytest.mark.parametrize("name", NOISES)
def test_shipped_laws_pass_over_their_arguments(name):
    assert not failed(check_law(NOISES[name]))


@pytest.mark.parametrize("breaks", [(), (1e-3,)])
@pytest.mark.parametrize("rare, right", [(31.60696, True), (31.7, False)])
def test_a_law_that_jumps_need_not_say_where(breaks, rare, right):
    """The jump is found: taken to be elsewhere in its piece, it would give another variance."""

    @Formula
    def jump(sign, size, rare):
        return rare if size < 1e-3 else -0.03163859

    law = Noise("jump", jump, "single", 1.0, 998.0, 0.0632, formula_arguments=(np.float32(rare),), breaks=breaks)
    assert ("variance" in failed(check_noise(law))) is not right


@Formula
def two_point(sign, size, scale):
    return sign * scale


@Formula
def jumping(sign, a, q, scale):
    return sign * scale * (1.0 if a <= q else 0.0)


@pytest.mark.parametrize("q", [0.34269, 0.01234, 0.5, 0.87654])
def test_a_law_that_jumps(q):
    arguments = (np.float32(q), np.float32(1 / np.sqrt(q)))
    noise = Noise("jumping", jumping, "single", 1.0, 1 / q, np.sqrt(q), {}, arguments)
    assert not failed(check_noise(noise, within=1e-6))


def test_law_of_wrong_variance():
    def wide(scale: float = 1.1) -> Noise:
        return Noise("wide", two_point, "single", 1.0, 1.0, 1.0, {"scale": scale}, (np.float32(scale),))

    assert "the variance is 1.21" in failed(check_law(wide))["variance"]


def test_law_that_is_right_at_its_defaults_only():
    def wide(scale: float = 1.0) -> Noise:
        return Noise("wide", two_point, "single", 1.0, 1.0, 1.0, {"scale": scale}, (np.float32(scale),))

    found = check_law(wide)
    assert not failed(found[:2]) and "(with scale=" in failed(found)["variance"]


@pytest.mark.parametrize(
    ("make", "name", "words"),
    [
        (lambda nu: None, "arguments", "nu has no default"),
        (lambda: 3, "build", "returns int; a Noise"),
        (lambda: {}["gone"], "build", "KeyError: 'gone'"),
    ],
)
def test_law_that_can_not_be_made(make, name, words):
    assert words in failed(check_law(make))[name]


def test_laws_are_found_by_what_they_say_they_return():
    def one() -> Noise: ...

    def text() -> "problems.Noise": ...  # noqa: F821

    def other() -> int: ...

    assert [makes_noise(f) for f in (one, text, other, 3)] == [True, True, False, False]
