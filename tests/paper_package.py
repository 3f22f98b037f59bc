"""A paper's package, installed as far as Python can tell: its modules and its metadata in a folder on the path."""

from __future__ import annotations

from pathlib import Path

THEOREMS = '''
"""Plain gradient steps, from a paper."""
import math

from ratecheck import optimizer, profile, theorem, noise

from .sizes import HALF


@optimizer()
def plain(x, g, lr):
    """x ← x − η g."""
    return x - 2 * HALF * lr * g


@profile(curvature=2.0, start=1.0)
def well(u):
    """tanh²(u)."""
    t = math.tanh(u)
    return t * t


@well.derivative
def _well(u):
    t = math.tanh(u)
    return 2.0 * t * (1.0 - t * t)


@noise(draws="double", kurtosis=2.4, ratio=math.sqrt(6) / 3)
def triangle(sign_a, a, sign_b, b):
    return math.sqrt(1.5) * (sign_a * a + sign_b * b)


def rule(c):
    return {"lr": min(1 / c.smoothness, math.sqrt(2 * c.gap / (c.smoothness * c.steps)) / c.sigma)}


GRID = {"problem": ["well"], "dim": [2, 4], "steps": [50, 100]}


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2", grid=GRID)
def descent(c):
    """(1/K) Σ E‖∇f‖₂ ≤ SGD's bound."""
    return c.c * c.steps**-0.25


@descent.proved
def _(c):
    return math.sqrt(2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps))


@descent.control
def tenth(c):
    """FALSE: a tenth of that."""
    return descent.bound(c) / 10
'''
ENTRY_POINTS = """
[ratecheck.theorems]
paper-descent = a_paper.theorems:descent

[ratecheck.optimizers]
paper-plain = a_paper.theorems:plain

[ratecheck.problems]
paper-well = a_paper.theorems:well

[ratecheck.noises]
paper-triangle = a_paper.theorems:triangle
"""


def install(folder: Path) -> Path:
    """Write the package ``a_paper`` into *folder*, which a test puts on the path; returns it."""
    package = folder / "a_paper"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "sizes.py").write_text("HALF = 0.5\n")
    (package / "theorems.py").write_text(THEOREMS, encoding="utf-8")
    metadata = folder / "a_paper-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: a-paper\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder
