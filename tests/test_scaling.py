"""docs/scaling.md: its table is what the cost model says now, and its commands are commands."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from simulator.cli import parse

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")


def test_the_costs_are_those_of_the_cost_model():
    spec = importlib.util.spec_from_file_location("scaling_costs", ROOT / "docs" / "scaling_costs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.written(PAGE) == PAGE


JOINED = re.sub(r"\\\n +", "", PAGE)  # lines that end in a backslash go on
COMMANDS = re.findall(r"(?:ratecheck|ratecheck\.simulator) ((?:sweep|status|merge) [^\n'`]*)", JOINED)


@pytest.mark.parametrize("command", [c for c in COMMANDS if "DIR" not in c])
def test_commands_are_taken(command):
    words = shlex.split(command.replace("$SLURM_ARRAY_TASK_ID", "1"))
    assert parse(words).command == words[0]


def test_all_commands_are_found():
    assert len(COMMANDS) >= 9 and any("--shard" in c for c in COMMANDS) and any("mpi" in c for c in COMMANDS)
