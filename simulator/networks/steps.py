"""The optimizers of a run: SGD, torch's AdamW, and the paper's, which has no bias correction and ε within the root."""

from __future__ import annotations

import math
from typing import Any

from ..record.needs import torch_for
from .run import Run
from .scaling import step_factor

BETAS, EPS = (0.9, 0.999), 1e-8
PAPER_EPS = 1e-16  # within the root


def optimizer_of(run: Run, model: Any) -> Any:
    """The optimizer of *run* on *model*, each role's parameters with a step of their own."""
    torch = torch_for("a network")
    adaptive, mup = run.optimizer != "sgd", run.parametrization == "mup"
    lr = run.lr / math.sqrt(run.steps) if run.schedule == "horizon" else run.lr
    groups: dict[str, list] = {}
    for name, parameter in model.named_parameters():
        groups.setdefault(model.roles[name], []).append(parameter)
    own = [{"params": p, "lr": lr * step_factor(role, run.width, mup, adaptive)} for role, p in groups.items()]
    if run.optimizer == "sgd":
        return torch.optim.SGD(own, lr=lr)
    if run.optimizer == "adamw":
        return torch.optim.AdamW(own, lr=lr, betas=BETAS, eps=EPS, weight_decay=run.weight_decay)
    return paper_adamw()(own, lr=lr, beta1=BETAS[0], beta2=BETAS[1], eps=PAPER_EPS, weight_decay=run.weight_decay)


def paper_adamw() -> Any:
    """The class of the paper's AdamW: x ← (1 − λη) x − η m/√(v + ε), with m⁰ = v⁰ = 0."""
    torch = torch_for("a network")

    class PaperAdamW(torch.optim.Optimizer):  # type: ignore[name-defined]
        def __init__(self, params: Any, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float):
            defaults = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "weight_decay": weight_decay}
            super().__init__(params, defaults)

        @torch.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                theta, beta, lr = group["beta1"], group["beta2"], group["lr"]
                for x in group["params"]:
                    if x.grad is None:
                        continue
                    state = self.state[x]
                    if not state:
                        state["m"], state["v"] = torch.zeros_like(x), torch.zeros_like(x)
                    m, v = state["m"], state["v"]
                    m.mul_(theta).add_(x.grad, alpha=1 - theta)
                    v.mul_(beta).addcmul_(x.grad, x.grad, value=1 - beta)
                    x.mul_(1 - group["weight_decay"] * lr).addcdiv_(m, v.add(group["eps"]).sqrt_(), value=-lr)

    return PaperAdamW
