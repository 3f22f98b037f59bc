"""What a command's help shows can be done as it is shown."""

from __future__ import annotations

import textwrap

from simulator.cli import main
from simulator.commands import sweep
from simulator.lab.sweepfile import load_plan


def test_the_sweep_file_of_the_help_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = sweep.EPILOG.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("a sweep file"))
    last = next(i for i, line in enumerate(lines) if line.startswith("keys:"))
    (tmp_path / "my_sweep.toml").write_text(textwrap.dedent("\n".join(lines[first + 1 : last])), encoding="utf-8")
    plan = load_plan("my_sweep.toml")
    assert len(plan.cells) == 2 * 3 * 3 * 2  # every list means each of its values
    small = ["--set", "dim=[2,3]", "--set", "steps=[3,9]", "--backend", "reference"]
    assert main(["sweep", "my_sweep.toml", "--quick", "--out", "quick", *small]) == 0
    assert "done: 16 cells" in capsys.readouterr().out
