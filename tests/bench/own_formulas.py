"""Formulas as a user writes them, for the timings of ``variants``: an optimizer, and profiles with tanh and log."""

import math

from problems import profile
from simulator.optimizers import optimizer


@optimizer(beta1=0.9, beta2=0.999, eps=1e-8)
def amsgrad(x, g, m, v, top, lr, beta1, beta2, eps):
    """Reddi, Kale and Kumar (2018), ε inside the root."""
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    top = max(top, v)
    return x - lr * m / math.sqrt(top + eps), m, v, top


@profile(curvature=1.0, start=2.0)
def log_cosh(u):
    """log cosh u: a gradient with tanh."""
    return abs(u) + math.log1p(math.exp(-2.0 * abs(u))) - math.log(2.0)


@log_cosh.derivative
def _log_cosh(u):
    return math.tanh(u)


@profile(curvature=1.0847, start=2.0)
def log_squared(u):
    """log²(1 + u²)/2: a gradient with log."""
    log = math.log(1.0 + u * u)
    return 0.5 * log * log


@log_squared.derivative
def _log_squared(u):
    square = 1.0 + u * u
    return 2.0 * u * math.log(square) / square
