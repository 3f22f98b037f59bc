"""Write keys.json anew: ``python tests/golden/make_keys.py``. Only after a change of the keys that is meant,
such as a raised ``simulator.cells.cell.NUMERICS``: stored results of older versions are not found by new keys.
"""

import json
from pathlib import Path

from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve

CELLS = [
    {"problem": "rational", "optimizer": "adamw", "dim": 64, "steps": 4000, "replicas": 8},
    {
        "problem": "quadratic",
        "optimizer": "sgd",
        "dim": 16,
        "steps": 1000,
        "replicas": 2,
        "sigma": 0.5,
        "gap": 2.0,
        "smoothness": 4.0,
        "problem_args": {"spectrum": 1.0, "start": 2.0},
    },
    {
        "problem": "ramp",
        "optimizer": "nadamw",
        "dim": 1,
        "steps": 2**32,
        "replicas": 1,
        "seed": 2**64 - 1,
        "problem_args": {"steepness": 1.25},
    },
    {
        "problem": "ripple",
        "optimizer": "momentum",
        "dim": 4096,
        "steps": 256000,
        "replicas": 16,
        "noise": "student",
        "noise_args": {"nu": 3.5},
        "dtype": "float32",
    },
    {
        "problem": "welsch",
        "optimizer": "adamw_torch",
        "schedule": "constant",
        "dim": 7,
        "steps": 3,
        "replicas": 8,
        "noise": "sparse",
        "optimizer_args": {"lr": 0.001, "beta1": 0.5},
    },
    {"problem": "uneven-ramp", "optimizer": "adamw", "dim": 64, "steps": 4000, "replicas": 8},
    {"problem": "slope-and-bowl", "optimizer": "sgd", "dim": 256, "steps": 16000, "replicas": 8, "noise": "skew"},
    {
        "problem": "rational",
        "optimizer": "sgd",
        "dim": 100,
        "steps": 500,
        "replicas": 4,
        "problem_args": {"center": 2.0, "centers": "spread", "noisy": 10.0, "noise_spectrum": 0.5},
        "schedule": "constant",
        "optimizer_args": {"lr": 0.1},
        "noise_args": {"affine": 0.5},
    },
    {"problem": "cosine", "optimizer": "rmsprop", "dim": 256, "steps": 64000, "replicas": 8, "noise": "rademacher"},
]


def entry(arguments: dict) -> dict:
    spec = Spec.of(**arguments)
    return {
        "arguments": arguments,
        "key": resolve(spec).key,
        "hyper": {name: f"{value:.12g}" for name, value in sorted(resolve(spec).hyper.items())},
    }


if __name__ == "__main__":
    path = Path(__file__).with_name("keys.json")
    path.write_text(json.dumps([entry(cell) for cell in CELLS], indent=1) + "\n")
