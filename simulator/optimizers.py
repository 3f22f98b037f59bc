"""The shipped optimizers, each in the very form of the theorem it belongs to; ``OPTIMIZERS`` is the registry."""

from __future__ import annotations

import math

from .optimizer import BIASES, NORMALISED, OF_GRADIENT, Optimizer, optimizer

__all__ = ["BIASES", "OPTIMIZERS", "Optimizer", "optimizer"]


@optimizer(degrees=OF_GRADIENT)
def sgd(x, g, lr):
    """x ← x − η g. As the theorem, PyTorch and optax have it."""
    return x - lr * g


@optimizer(degrees={"lr": (0, 1)})
def signsgd(x, g, lr):
    """x ← x − η sign(g), sign(0) = 1, so that no coordinate ever rests."""
    sign = 1.0 if g >= 0.0 else -1.0
    return x - lr * sign


@optimizer(threshold=1.0, degrees={**OF_GRADIENT, "threshold": (1, -1)})
def clipped(x, g, lr, threshold):
    """x ← x − η max(−τ, min(τ, g)): SGD with clipped coordinates, as torch.nn.utils.clip_grad_value_ and optax.clip."""
    return x - lr * max(-threshold, min(threshold, g))


@optimizer(memory=1.0, degrees={**OF_GRADIENT, "threshold": (0, 1), "memory": (0, 0)})
def ef_threshold(x, g, e, lr, threshold, memory):
    """v = ρe + ηg; where |v| ≥ τ: x ← x − v, e ← 0, elsewhere e ← v, e⁰ = 0: error feedback with a hard threshold.

    ρ = 1 is error feedback. ρ = 0 forgets what was not sent.
    """
    v = memory * e + lr * g
    sent = v if abs(v) >= threshold else 0.0
    return x - sent, v - sent


@optimizer(beta1=0.9, degrees=OF_GRADIENT)
def momentum(x, g, m, lr, beta1):
    """m ← θ m + (1 − θ) g; x ← x − η m, m⁰ = 0.

    EMA form; the same iterates as heavy ball with the step (1 − θ)η, which is SGD(lr=(1−θ)η, momentum=θ) of
    PyTorch and optax, and as optax.ema(θ, debias=False) before a step of η. PyTorch's dampening=1−θ differs:
    it starts m at the first gradient instead of 0.
    """
    m = beta1 * m + (1.0 - beta1) * g
    return x - lr * m, m


@optimizer(beta1=0.9, degrees={"lr": (0, 1)})
def signum(x, g, m, lr, beta1):
    """m ← θ m + (1 − θ) g; x ← x − η sign(m), m⁰ = 0, sign(0) = 0. θ = 0 is sign descent with one sample."""
    m = beta1 * m + (1.0 - beta1) * g
    sign = 1.0 if m > 0.0 else -1.0 if m < 0.0 else 0.0
    return x - lr * sign, m


@optimizer(beta1=0.9, beta2=0.99, weight_decay=0.0, degrees=NORMALISED)
def lion(x, g, m, lr, beta1, beta2, weight_decay):
    """c = β₁ m + (1 − β₁) g; x ← (1 − λη) x − η sign(c); m ← β₂ m + (1 − β₂) g, m⁰ = 0, sign(0) = 0.

    As optax.lion, which decays with the x before the step too. β₁ = β₂ and λ = 0 is ``signum``.
    """
    c = beta1 * m + (1.0 - beta1) * g
    sign = 1.0 if c > 0.0 else -1.0 if c < 0.0 else 0.0
    return (1.0 - weight_decay * lr) * x - lr * sign, beta2 * m + (1.0 - beta2) * g


@optimizer(eps=1e-8, degrees={"lr": (0, 1), "eps": (2, -2)})
def adagrad(x, g, s, lr, eps):
    """x ← x − η g/√(s + ε); s ← s + g², s⁰ = 0: AdaGrad whose denominator has the gradients before this one.

    PyTorch and optax have this step's gradient in it too.
    """
    return x - lr * g / math.sqrt(s + eps), s + g * g


@optimizer(beta2=0.999, eps=1e-8, degrees={"lr": (0, 1), "eps": (2, -2)})
def adopt0(x, g, v, lr, beta2, eps):
    """x ← x − η g/√(βv + ε); v ← β v + (1 − β) g², v⁰ = 0: RMSProp without this step's gradient in the denominator.

    ADOPT (Taniguchi et al., arXiv 2411.02853) at β₁ = 0, up to the place of β and ε and the start of v.
    """
    return x - lr * g / math.sqrt(beta2 * v + eps), beta2 * v + (1.0 - beta2) * (g * g)


@optimizer(beta2=0.999, eps=1e-8, degrees={"lr": (0, 1), "eps": (2, -2)})
def rmsprop(x, g, v, lr, beta2, eps):
    """v ← β v + (1 − β) g²; x ← x − η g/√(v + ε), v⁰ = 0.

    ε inside the root, as in the AdamW paper at θ = 0, λ = 0 and in optax.rmsprop(eps_in_sqrt=True);
    PyTorch has it outside.
    """
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return x - lr * g / math.sqrt(v + eps), v


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8, degrees={"lr": (0, 1), "eps": (1, -1)})
def adam(x, g, m, v, lr, beta1, beta2, eps, bias1, bias2):
    """Kingma and Ba (2015): m, v as in adamw; x ← x − η m̂/(√v̂ + ε), m̂ = m/(1 − θ^k), v̂ = v/(1 − β^k).

    As torch.optim.Adam and optax.adam. The paper's theorem is about ``adamw`` (no bias correction,
    ε inside the root), so there is no horizon schedule for this form.
    """
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return x - (lr / bias1) * m / (math.sqrt(v) * (1.0 / math.sqrt(bias2)) + eps), m, v


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01, degrees={**NORMALISED, "eps": (2, -2)})
def adamw(x, g, m, v, lr, beta1, beta2, eps, weight_decay):
    """The paper's AdamW: m ← θ m + (1 − θ) g; v ← β v + (1 − β) g²; x ← (1 − λη) x − η m/√(v + ε).

    No bias correction and ε inside the root: PyTorch and optax differ in both (see adamw_torch).
    m⁰ = v⁰ = 0.
    """
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return (1.0 - weight_decay * lr) * x - lr * m / math.sqrt(v + eps), m, v


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01, degrees={**NORMALISED, "eps": (1, -1)})
def adamw_torch(x, g, m, v, lr, beta1, beta2, eps, weight_decay, bias1, bias2):
    """PyTorch's AdamW: x ← (1 − λη) x − η m̂/(√v̂ + ε), m̂ = m/(1 − θ^k), v̂ = v/(1 − β^k).

    As torch.optim.AdamW; optax.adamw decays with the x before the step too and agrees. Not the
    paper's form (see adamw), so there is no horizon schedule for it.
    """
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    step = (lr / bias1) * m / (math.sqrt(v) * (1.0 / math.sqrt(bias2)) + eps)
    return (1.0 - weight_decay * lr) * x - step, m, v


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01, degrees={**NORMALISED, "eps": (2, -2)})
def nadamw(x, g, m, v, lr, beta1, beta2, eps, weight_decay):
    """The paper's NAdamW, momentum twice: m, v as in adamw; x ← (1 − λη) x − η (θ m + (1 − θ) g)/√(v + ε).

    No bias correction, ε inside the root, constant θ: PyTorch's NAdam and optax.nadamw differ in all three.
    """
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return (1.0 - weight_decay * lr) * x - lr * (beta1 * m + (1.0 - beta1) * g) / math.sqrt(v + eps), m, v


_ALL = [sgd, signsgd, momentum, rmsprop, adam, adamw, adamw_torch, nadamw]
_ALL += [signum, lion, adopt0, adagrad, clipped, ef_threshold]
OPTIMIZERS = {o.name: o for o in _ALL}
