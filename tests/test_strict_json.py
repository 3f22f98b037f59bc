"""JSON that every parser reads: no NaN, no Infinity."""

import math

import numpy as np
import pytest
from test_run import strict

from simulator.strict_json import dumps


@pytest.mark.parametrize(
    "value, text",
    [
        ({}, "{}"),
        ([], "[]"),
        (math.nan, "null"),
        (math.inf, "1e999"),
        (-math.inf, "-1e999"),
        (True, "true"),
        (0.1, "0.1"),
        (np.float64(0.1), "0.1"),
        (np.int64(3), "3"),
        (np.array([1.0, np.inf]), "[1.0, 1e999]"),
        ('σ\n"', '"σ\\n\\""'),
        ((1, None), "[1, null]"),
    ],
)
def test_strict_json(value, text):
    assert dumps(value) == text
    strict(text)


def test_strict_json_nested():
    value = {"a": [{"b": [1.5, 2]}, []], "c": {}, "d": [[1], [2.0]]}
    assert strict(dumps(value)) == strict(dumps(value, indent=0)) == value
    with pytest.raises(TypeError):
        dumps({"a": {1, 2}})
