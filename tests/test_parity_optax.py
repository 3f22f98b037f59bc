"""The forms that optax has too, against optax on the same gradients: 1e-10 over 1000 steps in float64."""

from __future__ import annotations

import numpy as np
import parity
import pytest

jax = pytest.importorskip("jax", reason="needs JAX: pip install .[parity], or make parity")
optax = pytest.importorskip("optax", reason="needs optax: pip install .[parity], or make parity")


@pytest.fixture(autouse=True)
def float64():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def stepper(make) -> parity.Step:
    """*make*() returns an optax gradient transformation."""
    optimizer = make()
    state = []

    @jax.jit
    def move(x, gradient, current):
        updates, new = optimizer.update(gradient, current, x)
        return optax.apply_updates(x, updates), new

    def step(point, gradient):
        x = jax.numpy.asarray(np.array(point))
        assert x.dtype == np.float64
        if not state:
            state.append(optimizer.init(x))
        new, state[0] = move(x, jax.numpy.asarray(np.array(gradient)), state[0])
        return np.array(new)

    return step


ADAM = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-6}
FORMS = {
    "sgd": ("sgd", {"lr": 0.02}, lambda: optax.sgd(0.02)),
    "momentum": (
        "momentum",
        {"lr": 0.02, "beta1": 0.9},
        lambda: optax.chain(optax.ema(0.9, debias=False), optax.scale(-0.02)),
    ),
    # Heavy ball: our EMA form with a step larger by 1/(1 − θ).
    "heavy ball": ("momentum", {"lr": 0.02, "beta1": 0.9}, lambda: optax.sgd(0.02 * (1 - 0.9), momentum=0.9)),
    "rmsprop": (
        "rmsprop",
        {"lr": 0.01, "beta2": 0.99, "eps": 1e-6},
        lambda: optax.rmsprop(0.01, decay=0.99, eps=1e-6, eps_in_sqrt=True),
    ),
    "lion": (
        "lion",
        {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.3},
        lambda: optax.lion(0.01, 0.9, 0.99, weight_decay=0.3),
    ),
    "signum": (
        "signum",
        {"lr": 0.01, "beta1": 0.9},
        lambda: optax.chain(optax.ema(0.9, debias=False), optax.scale_by_sign(), optax.scale(-0.01)),
    ),
    "clipping": (
        "clipped",
        {"lr": 0.02, "threshold": 0.5},
        lambda: optax.chain(optax.clip(0.5), optax.scale(-0.02)),
    ),
    "adam": ("adam", ADAM, lambda: optax.adam(0.01, 0.9, 0.99, 1e-6)),
    "adamw": (
        "adamw_torch",
        {**ADAM, "weight_decay": 0.3},
        lambda: optax.adamw(0.01, 0.9, 0.99, 1e-6, weight_decay=0.3),
    ),
    "adamw, no momentum": (
        "adamw_torch",
        {**ADAM, "beta1": 0.0, "weight_decay": 0.3},
        lambda: optax.adamw(0.01, 0.0, 0.99, 1e-6, weight_decay=0.3),
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", parity.CASES, ids=lambda c: f"{c[1]}-{c[0]}".lower())
def test_run(tmp_path, form, case):
    name, hyper, make = FORMS[form]
    parity.compare_run(parity.spec(tmp_path, case, name, hyper), stepper(make))


@pytest.mark.parametrize("form", FORMS)
def test_formula_with_zero_gradients(form):
    name, hyper, make = FORMS[form]
    parity.compare_formula(name, hyper, stepper(make))


def test_double_momentum_of_the_paper_is_not_that_of_optax():
    """As nadamw's docstring says; and so the comparison can fail."""
    hyper = {**ADAM, "weight_decay": 0.3}
    with pytest.raises(AssertionError):
        parity.compare_formula("nadamw", hyper, stepper(lambda: optax.nadamw(0.01, 0.9, 0.99, 1e-6, weight_decay=0.3)))
