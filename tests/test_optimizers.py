"""The update formulas against recursions worked by hand, their relations, and what the decorator refuses."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from problems.errors import InputError
from problems.formulas.formula import FormulaError
from simulator.optimizers import BIASES, OPTIMIZERS, optimizer

HYPER = {"lr": 0.05, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.2}
HYPER |= {"threshold": 0.4, "memory": 1.0}
GRADIENTS = np.random.default_rng(1).standard_normal((200, 7)) * np.geomspace(1e-3, 1e2, 7)


def iterate(name, gradients=GRADIENTS, **changes):
    """All iterates from x¹ = 1, shape (steps + 1, coordinates)."""
    hyper, chosen = {**HYPER, **changes}, OPTIMIZERS[name]
    x = np.ones(gradients.shape[1])
    points, state = [x], [np.zeros_like(x) for _ in chosen.state]
    for k, g in enumerate(gradients, start=1):
        biases = {name: 1 - hyper[beta] ** k for name, beta in BIASES.items()}
        new = chosen.update(x, g, *state, *({**hyper, **biases}[h] for h in chosen.hyper))
        x, *state = new if state else [new]
        points.append(x)
    return np.array(points)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # x¹ = 1, g = (3, −1), lr = θ = ½, β = ¾, ε = λ = ¼, worked with fractions: m = 3/2, 1/4; v = 9/4, 31/16
        ("sgd", [1 - 1.5, 1 - 1.5 + 0.5]),
        ("signsgd", [0.5, 1.0]),
        ("momentum", [Fraction(1, 4), Fraction(1, 8)]),
        ("rmsprop", [1 - 1.5 / math.sqrt(2.5), 1 - 1.5 / math.sqrt(2.5) + 0.5 / math.sqrt(35 / 16)]),
        ("adam", [1 - 1.5 / 3.25, 1 - 1.5 / 3.25 - 0.125 / 0.75 / (math.sqrt(31 / 7) + 0.25)]),
        (
            "adamw",
            [7 / 8 - 0.75 / math.sqrt(2.5), 7 / 8 * (7 / 8 - 0.75 / math.sqrt(2.5)) - 0.125 / math.sqrt(35 / 16)],
        ),
        ("adamw_torch", [7 / 8 - 1.5 / 3.25, 7 / 8 * (7 / 8 - 1.5 / 3.25) - 0.125 / 0.75 / (math.sqrt(31 / 7) + 0.25)]),
        (
            "nadamw",
            [
                7 / 8 - 0.5 * 2.25 / math.sqrt(2.5),
                7 / 8 * (7 / 8 - 0.5 * 2.25 / math.sqrt(2.5)) - 0.5 * (0.125 - 0.5) / math.sqrt(35 / 16),
            ],
        ),
        ("signum", [0.5, 0.0]),  # m = 3/2, 1/4: the sign is the momentum's, not the gradient's
        ("lion", [7 / 8 - 0.5, 7 / 8 * 3 / 8 + 0.5]),  # m = 3/4 after the first step, so that c = 3/2, then −1/8
        ("adopt0", [1 - 1.5 / 0.5, 1 - 1.5 / 0.5 + 0.5 / math.sqrt(0.75 * 9 / 4 + 0.25)]),
        ("adagrad", [1 - 1.5 / 0.5, 1 - 1.5 / 0.5 + 0.5 / math.sqrt(9.25)]),
        ("clipped", [1 - 1.0, 1 - 1.0 + 0.5]),
        ("ef_threshold", [1.0, 1.0]),  # v = 3/2 is kept, then 3/4 − 1/2
    ],
)
def test_two_steps_by_hand(name, expected):
    hyper = {"lr": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 0.25, "weight_decay": 0.25, "threshold": 2.0, "memory": 0.5}
    points = iterate(name, np.array([[3.0], [-1.0]]), **hyper)
    assert points[1:, 0] == pytest.approx([float(x) for x in expected], rel=1e-14)


def test_every_shipped_optimizer_is_worked_by_hand():
    marks = next(m for m in test_two_steps_by_hand.pytestmark if m.name == "parametrize")
    assert {case[0] for case in marks.args[1]} == set(OPTIMIZERS)


@pytest.mark.parametrize(
    ("general", "changes", "special"),
    [
        ("momentum", {"beta1": 0.0}, "sgd"),
        ("adamw", {"beta1": 0.0, "weight_decay": 0.0}, "rmsprop"),
        ("adamw_torch", {"weight_decay": 0.0}, "adam"),
        ("nadamw", {"beta1": 0.0}, "adamw"),
        ("signum", {"beta1": 0.0}, "signsgd"),
        ("lion", {"beta1": 0.9, "beta2": 0.9, "weight_decay": 0.0}, "signum"),
        ("clipped", {"threshold": 1e9}, "sgd"),
        ("ef_threshold", {"threshold": 0.0}, "sgd"),
        ("ef_threshold", {"threshold": 0.0, "memory": 0.0}, "sgd"),
    ],
)
def test_special_cases(general, changes, special):
    assert iterate(general, **changes) == pytest.approx(iterate(special, **changes), rel=1e-13)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "signsgd"])
def test_a_coordinate_without_gradients_only_decays(name):
    points = iterate(name, np.zeros((50, 1)))
    factor = 1 - HYPER["weight_decay"] * HYPER["lr"] if "weight_decay" in OPTIMIZERS[name].hyper else 1.0
    assert points[:, 0] == pytest.approx(factor ** np.arange(51), rel=1e-13)


def test_sign_descent_never_rests():
    """sign(0) = 1: its equality on quadratics needs that a coordinate goes on from its minimum."""
    assert iterate("signsgd", np.array([[0.0], [-0.0], [-1e-300]]))[:, 0] == pytest.approx([1.0, 0.95, 0.9, 0.95])


def test_signs_of_zero():
    """Signum and Lion rest where their momentum is 0, as optax.lion does."""
    for name in ("signum", "lion"):
        points = iterate(name, np.array([[0.0], [-0.0], [1e-300], [-1.0]]), weight_decay=0.0)[:, 0]
        assert points == pytest.approx([1.0, 1.0, 1.0, 0.95, 1.0])


def test_what_error_feedback_has_not_sent_is_in_its_memory():
    """x − e takes SGD's steps, |e| < τ, and a step sends what is due; without memory small gradients are lost."""
    gradients = GRADIENTS / np.abs(GRADIENTS).max(axis=0)
    points, plain = iterate("ef_threshold", gradients), iterate("sgd", gradients)
    assert np.abs(points - plain).max() <= HYPER["threshold"] and np.any(points != plain)
    moves = np.abs(np.diff(points, axis=0))
    assert np.all((moves == 0) | (moves >= HYPER["threshold"] * (1 - 1e-12)))
    assert np.all(iterate("ef_threshold", gradients, memory=0.0) == 1.0)


def test_delayed_denominators_have_the_gradients_before():
    for name, kept in (("adopt0", 0.99 * 0.01), ("adagrad", 1.0)):
        first, second = -np.diff(iterate(name)[:3], axis=0)
        assert first == pytest.approx(HYPER["lr"] * GRADIENTS[0] / math.sqrt(HYPER["eps"]), rel=1e-12)
        expected = HYPER["lr"] * GRADIENTS[1] / np.sqrt(kept * GRADIENTS[0] ** 2 + HYPER["eps"])
        assert second == pytest.approx(expected, rel=1e-10)


def test_first_step_of_adam_is_the_sign():
    first = iterate("adam", eps=0.0)[1]
    assert first == pytest.approx(1 - HYPER["lr"] * np.sign(GRADIENTS[0]), rel=1e-13)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_docstring_gives_the_recursion(name):
    assert "x ←" in OPTIMIZERS[name].update.__doc__


def test_settings_and_state_are_read_from_the_formula():
    adam = OPTIMIZERS["adam"]
    assert adam.state == ("m", "v")
    assert adam.settings == ("lr", "beta1", "beta2", "eps")

    @optimizer()
    def corrected(x, g, m, lr, bias2):
        return x - lr * m / bias2, g

    assert corrected.settings == ("lr", "beta2")  # a bias needs its beta, even where the formula has no other use


def test_a_formula_of_another_shape_is_refused():
    with pytest.raises(InputError, match="takes x, g, its state"):

        @optimizer()
        def no_gradient(x, lr):
            return x - lr

    with pytest.raises(InputError, match="returning 4 values"):

        @optimizer()
        def more_out_than_in(x, g):
            return x, g, g, g

    with pytest.raises(InputError, match="at most 4 state numbers"):

        @optimizer()
        def five(x, g, a, b, c, d, e, lr):
            return x - lr * g, a, b, c, d, e


def test_a_default_of_no_argument_is_refused():
    with pytest.raises(InputError, match=r"\['beta'\] are defaults or degrees of no argument"):

        @optimizer(beta=0.9)
        def typo(x, g, m, lr, beta1):
            return x - lr * m, beta1 * m + g


def test_a_rule_is_refused_and_told_where_it_belongs():
    with pytest.raises(InputError, match=r"@theorem\(optimizer=…, rule=…\), see docs/extending.md"):
        optimizer(lambda c: {"lr": 0.1}, beta1=0.9)


def test_code_outside_the_language_is_refused_with_its_line():
    with pytest.raises(FormulaError, match=r"test_optimizers\.py:\d+: .*loops"):

        @optimizer()
        def loop(x, g, lr):
            for _ in range(3):
                x = x - lr * g
            return x
