"""The forms that PyTorch has too, against PyTorch on the same gradients: 1e-10 over 1000 steps in float64."""

from __future__ import annotations

import numpy as np
import parity
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install .[parity], or make parity")


def stepper(make, clip: float | None = None) -> parity.Step:
    """*make* takes a list of parameters and returns a torch optimizer; gradients are clipped to ±*clip* before it."""
    x = torch.nn.Parameter(torch.zeros(parity.DIM, dtype=torch.float64))
    optimizer = make([x])
    started = []

    def step(point, gradient):
        if not started:
            x.data.copy_(torch.from_numpy(np.array(point)))
            started.append(True)
        x.grad = torch.from_numpy(np.array(gradient))
        if clip is not None:
            torch.nn.utils.clip_grad_value_([x], clip)
        optimizer.step()
        return x.detach().numpy().copy()

    return step


ADAM = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-6}
FORMS = {
    "sgd": ("sgd", {"lr": 0.02}, lambda p: torch.optim.SGD(p, lr=0.02)),
    # Heavy ball: our EMA form with a step larger by 1/(1 − θ).
    "heavy ball": (
        "momentum",
        {"lr": 0.02, "beta1": 0.9},
        lambda p: torch.optim.SGD(p, lr=0.02 * (1 - 0.9), momentum=0.9),
    ),
    "adam": ("adam", ADAM, lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.99), eps=1e-6)),
    "adam, defaults": ("adam", {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}, lambda p: torch.optim.Adam(p)),
    "adamw": (
        "adamw_torch",
        {**ADAM, "weight_decay": 0.3},
        lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.3),
    ),
    "adamw, defaults": (
        "adamw_torch",
        {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01},
        lambda p: torch.optim.AdamW(p),
    ),
    "adamw, no momentum": (
        "adamw_torch",
        {**ADAM, "beta1": 0.0, "weight_decay": 0.3},
        lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.0, 0.99), eps=1e-6, weight_decay=0.3),
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", parity.CASES, ids=lambda c: f"{c[1]}-{c[0]}".lower())
def test_run(tmp_path, form, case):
    name, hyper, make = FORMS[form]
    gradients = parity.compare_run(parity.spec(tmp_path, case, name, hyper), stepper(make))
    if (case[1], form) in (("FLAT", "adamw"), ("FLAT", "heavy ball")):
        assert np.any(gradients != 0) and np.any(gradients == 0), "the case has lost its zero gradients"


@pytest.mark.parametrize("case", parity.CASES, ids=lambda c: f"{c[1]}-{c[0]}".lower())
def test_clipped_gradients(tmp_path, case):
    spec = parity.spec(tmp_path, case, "clipped", {"lr": 0.02, "threshold": 0.5})
    parity.compare_run(spec, stepper(lambda p: torch.optim.SGD(p, lr=0.02), clip=0.5))


@pytest.mark.parametrize("form", FORMS)
def test_formula_with_zero_gradients(form):
    name, hyper, make = FORMS[form]
    parity.compare_formula(name, hyper, stepper(make))


def test_our_defaults_are_those_of_pytorch():
    from simulator.optimizers import OPTIMIZERS

    theirs = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))]).defaults
    ours = OPTIMIZERS["adamw_torch"].defaults
    assert (ours["beta1"], ours["beta2"]) == theirs["betas"]
    assert (ours["eps"], ours["weight_decay"]) == (theirs["eps"], theirs["weight_decay"])


def test_paper_and_pytorch_forms_differ():
    """The comparison would notice: the paper's AdamW is another optimizer."""
    _, hyper, make = FORMS["adamw"]
    with pytest.raises(AssertionError):
        parity.compare_formula("adamw", hyper, stepper(make))
