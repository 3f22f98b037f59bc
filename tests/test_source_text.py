"""Objects as source text that stands alone: what a results folder keeps of a notebook's cell or a package's module."""

from __future__ import annotations

import math
import sys
import types

import numpy as np
import pytest
from ratecheck import assumption, of_step, optimizer, reading, theorem, weighted
from ratecheck.problems import Share, cosine, mixture, rational

from simulator.held import function_of, name_of
from simulator.plugins import load
from simulator.source_text import source_text

HALF, FAR = 0.5, math.inf
LIMITS = {"lr": [0.1, 0.2]}


def sign(u):
    return 1.0 if u > HALF - 0.5 else -1.0


@optimizer(beta1=0.9)
def step(x, g, m, lr, beta1):
    """A step by a formula of its own."""
    m = beta1 * m + (1.0 - beta1) * g
    return x - lr * sign(m), m


def over_root(k, scale):
    """A formula of the step."""
    return scale / math.sqrt(k)


def helper(c):
    return np.sqrt(c.gap / min(FAR, c.steps))


def rule(c):
    return {"lr": of_step(over_root, scale=helper(c)), "beta1": 0.5}


@reading(fold="sum", degrees=(2.0, -2.0), text="squares")
def square(gradient):
    return gradient * gradient


def weight(k):
    return 1.0 / math.sqrt(k)


ROOTED = weighted("rooted", square, weight)


@assumption("there are few coordinates")
def few(result):
    return "" if result.spec.dim < 10 / HALF else "many"


class Table(dict):
    """A grid of a class of its own."""


GRID = Table(problem=["quadratic"], dim=[2], steps=[50], optimizer_args=LIMITS)


@theorem(optimizer=step, rule=rule, measures=ROOTED, assumes=("smooth", few), grid=dict(GRID))
def whole(c):
    """A theorem of all that there is."""
    return c.c


@whole.declared
def _(c):
    return 4 * helper(c)


@whole.control
def half(c):
    """FALSE: half."""
    return whole.bound(c) * HALF


@mixture
def halves(dim, flat=0.25):
    """Two groups."""
    one = dim // 2
    return Share(cosine, one, gap=0.2, noise=0.9), Share(rational, dim - one, gap=0.8, noise=0.1, curvature=flat)


def made(factor):
    """A theorem made inside a function, of local names."""

    @optimizer()
    def inside(x, g, lr):
        return x - factor * lr * g

    def local(c):
        return {"lr": factor / c.steps}

    @theorem(optimizer=inside, rule=local)
    def bound(c):
        """Of a local optimizer."""
        return c.c * factor

    return bound


def read(tmp_path, things, home=__name__) -> types.ModuleType:
    """The module that the source text of *things* makes."""
    path = tmp_path / "text.py"
    path.write_text(source_text(things, home), encoding="utf-8")
    return load(path)


def test_a_theorem_with_all_that_it_needs(tmp_path):
    module = read(tmp_path, {"whole": whole})
    again = module.whole
    assert again.optimizer.update.digest == step.update.digest and again.measures.digest == ROOTED.digest
    assert again.statement == whole.statement and again.kind == "declared"
    assert [control.name for control in again.controls] == ["whole-half"]
    assert [a.name for a in again.assumes] == ["smooth", "few"] and again.grid == whole.grid
    assert "halves" not in vars(module) and "is not here" not in (tmp_path / "text.py").read_text(encoding="utf-8")


def test_a_control_brings_its_theorem(tmp_path):
    module = read(tmp_path, {"half": half})
    assert module.half.parent is module.whole and module.whole.controls == [module.half]


def test_a_problem_of_shipped_profiles(tmp_path):
    again = read(tmp_path, {"halves": halves}).halves(dim=8, smoothness=2.0, gap=3.0)
    assert again.phi.digest == halves(dim=8, smoothness=2.0, gap=3.0).phi.digest


def test_objects_made_inside_a_function(tmp_path):
    one = made(3.0)
    text = source_text({"one": one}, __name__)
    (tmp_path / "text.py").write_text(text, encoding="utf-8")
    assert "factor = 3.0" in text and "def local(c)" in text and "one = bound" in text
    again = load(tmp_path / "text.py").one
    assert again.optimizer.update.digest == one.optimizer.update.digest


def test_two_things_of_one_name_are_told():
    text = source_text({"one": made(3.0), "two": made(2.0)}, __name__)
    assert "# two is not here: another bound is here already" in text


def test_equal_objects_have_equal_text():
    assert source_text({"whole": whole, "halves": halves}, __name__) == source_text(
        {"whole": whole, "halves": halves}, __name__
    )


def test_what_has_no_text_is_told():
    namespace = {"__name__": "nowhere"}
    exec("def lost(c):\n    return {'lr': 1.0}\n", namespace)
    text = source_text({"lost": namespace["lost"], "stream": sys.stdout}, "nowhere")
    assert "# lost is not here: its source text can't be read" in text
    assert "# stream is not here: a " in text and "has no source text" in text


@pytest.mark.parametrize(
    ("thing", "name"), [(whole, "whole"), (step, "step"), (halves, "halves"), (square, "square"), (few, "few")]
)
def test_names_are_those_of_the_module(thing, name):
    assert name_of(thing) == f"{__name__}:{name}" and getattr(sys.modules[__name__], name) is thing
    assert function_of(thing).__name__ == name


def test_what_is_made_inside_a_function_is_named_by_itself():
    assert name_of(made(1.0)) == f"{__name__}:bound"
    assert name_of(theorem(optimizer="sgd", name="far-out")(over_root)) == f"{__name__}:far_out"
    assert name_of(theorem(optimizer="sgd", name="far out")(over_root)) == f"{__name__}:over_root"
