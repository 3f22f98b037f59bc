"""``verify NAME``: a theorem's own grid, its verdict, and the way back to the cell that fails."""

from __future__ import annotations

import json
import math
import shlex

import numpy as np
import pytest

from simulator.cli import main

GRID = '{"problem": "quadratic", "dim": [2, 4], "steps": [50, 100], "replicas": 8}'
LINE = """{"problem": "ramp", "problem_args": {"steepness": 0.75}, "dim": [2, 4, 8],
        "steps": [100, 400, 1600], "replicas": 8}"""
FILE = f"""
import math

from ratecheck import optimizer, theorem


@optimizer()
def plain(x, g, lr):
    return x - lr * g


def rule(c):
    return {{"lr": min(1 / c.smoothness, math.sqrt(2 * c.gap / (c.smoothness * c.steps)) / c.sigma)}}


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2", grid={GRID})
def tenth(c):
    '''(1/K) Σ E‖∇f‖₂ ≤ a tenth of SGD's bound, which is too little.'''
    return c.c * c.steps**-0.25


@tenth.declared
def _(c):
    return math.sqrt(2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps)) / 10


@tenth.control
def hundredth(c):
    '''FALSE: a tenth of that.'''
    return tenth.bound(c) / 10


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2", axes=("steps",), grid={LINE})
def fast(c):
    '''(1/K) Σ E‖∇f‖₂ ≤ O(C/√K), which is too fast.'''
    return c.c * c.steps**-0.5


@fast.control
def faster(c):
    '''FALSE: O(C/K).'''
    return c.c / c.steps
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("verify") / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    return path


def verify(capsys, *words) -> tuple[int, str]:
    code = main(["verify", *map(str, words)])
    return code, capsys.readouterr().out


def commands(shown: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in shown.splitlines() if line.startswith("  ratecheck run ")]


def outcomes(folder) -> dict[str, str]:
    verdicts = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))["verdicts"]
    assert len({verdict["claim"] for verdict in verdicts}) == len(verdicts)
    return {verdict["claim"]: verdict["outcome"] for verdict in verdicts}


def test_a_bound_that_is_too_small_names_the_smallest_cell_and_the_command_shows_it_again(file, tmp_path, capsys):
    code, shown = verify(capsys, f"{file}:tenth", "--out", tmp_path / "out")
    assert code == 1 and outcomes(tmp_path / "out") == {"tenth": "VIOLATED", "tenth-hundredth": "VIOLATED"}
    assert "tenth fails on quadratic, d = 2, K = 50" in shown
    [command] = commands(shown)
    assert main([*command, "--json"]) == 0
    run = json.loads(capsys.readouterr().out)["theorem"]
    assert run["measured"]["mean"] > run["bound"] and run["quantity"] == "mean_grad_l2"
    assert main(command) == 0
    assert "exceeds" in capsys.readouterr().out or run["ratio"] > 1


def test_a_rate_that_is_too_fast_is_shown_by_two_commands(file, tmp_path, capsys):
    code, shown = verify(capsys, f"{file}:fast", "--out", tmp_path / "out")
    assert code == 1 and outcomes(tmp_path / "out")["fast"] == "VIOLATED"
    short, long = commands(shown)
    ratios = []
    for command in (short, long):
        assert main([*command, "--json"]) == 0
        run = json.loads(capsys.readouterr().out)
        ratios.append((run["spec"]["steps"], run["theorem"]["ratio"]))
    assert [steps for steps, _ in ratios] == [100, 1600] and ratios[1][1] > 1.5 * ratios[0][1]
    [told] = [line for line in shown.splitlines() if line.startswith("  There measured/rate goes from ")]
    mean = [float(np.mean(ratio)) for _, ratio in ratios]
    assert f"from {mean[0]:.4g} to {mean[1]:.4g}, like K^{math.log(mean[1] / mean[0]) / math.log(16):.3f}." in told


WRONG = """from ratecheck import theorem


@theorem(optimizer="sgd", rule=lambda c: {{"lr": 0.1}})
def own(c):
    "A rate."
    return {rate}


@own.declared
def _(c):
    return {bound}
"""


@pytest.mark.parametrize("wrong", ["-1.0", "None", "c.dim.upper()"])
@pytest.mark.parametrize("what", ["rate", "bound"])
def test_a_mistake_in_rate_or_bound_is_told_before_a_cell_is_run(what, wrong, tmp_path, capsys):
    path = tmp_path / "wrong.py"
    path.write_text(WRONG.format(**{"rate": "1.0", "bound": "1.0", what: wrong}))
    assert main(["verify", f"{path}:own", "--quick", "--out", str(tmp_path / "out")]) == 2
    assert f"theorem 'own': its {what} " in capsys.readouterr().err
    assert not list(tmp_path.glob("out/**/*.npz"))


def test_a_file_is_all_its_theorems(file, tmp_path, capsys):
    code, shown = verify(capsys, file, "--out", tmp_path / "out")
    assert code == 1 and set(outcomes(tmp_path / "out")) == {"tenth", "tenth-hundredth", "fast", "fast-faster"}
    assert ": 13 cells" in shown  # 2·2 of tenth and 3·3 of fast; their controls add none


def test_a_shipped_theorem_holds_and_a_second_run_computes_nothing(tmp_path, capsys):
    out = tmp_path / "out"
    code, shown = verify(capsys, "sgd-l2", "--quick", "--out", out)
    assert code == 0 and outcomes(out)["sgd-l2"] in ("HOLDS", "TIGHT")
    assert outcomes(out)["sgd-l2-too-fast"] == "VIOLATED" and not commands(shown)
    assert {"report.html", "results.csv", "verdicts.json", "sweep.json"} <= {path.name for path in out.iterdir()}
    code, shown = verify(capsys, "sgd-l2", "--quick", "--out", out)
    assert code == 0 and " 0 to do" in shown
    assert verify(capsys, out)[0] == 0  # the folder, judged on its own


def test_a_theorem_on_random_vectors(tmp_path, capsys):
    code, shown = verify(capsys, "gaussian", "--quick", "--out", tmp_path / "out")
    assert code == 0 and "gaussian  HOLDS" in shown


ORDER = """
from ratecheck import sample_theorem


@sample_theorem(law="gaussian")
def order(row):
    "‖g‖₂ ≤ ‖g‖₁."
    return row.mean_l1 - row.mean_l2, row.sem_l1 + row.sem_l2, None


@order.control
def backwards(row):
    "FALSE: ‖g‖₁ ≤ ‖g‖₂."
    return row.mean_l2 - row.mean_l1, row.sem_l1 + row.sem_l2, None
"""


def test_a_false_control_on_random_vectors(tmp_path, capsys):
    path = tmp_path / "order.py"
    path.write_text(ORDER, encoding="utf-8")
    code, _ = verify(capsys, f"{path}:order", "--quick", "--out", tmp_path / "out")
    assert code == 0 and outcomes(tmp_path / "out") == {"order": "HOLDS", "order-backwards": "VIOLATED"}
    assert verify(capsys, tmp_path / "out")[0] == 0  # the folder, judged on its own


SEEDS = [("-1", "got -1"), ("1.5", "got 1.5"), ("nan", "got nan"), ("inf", "got inf"), (str(2**64), f"got {2**64}")]


@pytest.mark.parametrize(("seed", "words"), SEEDS)
def test_a_wrong_seed_of_norm_checks_is_refused_before_anything_is_written(seed, words, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["verify", "gaussian", "--quick", "--out", str(out)]) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(["verify", "gaussian", "--quick", "--seed", seed, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: seed must be an integer from 0 to") and words in error and error.count("\n") == 1
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ("'gausian'", "unknown noise law 'gausian'; did you mean 'gaussian'?"),
        ("''", "unknown noise law ''"),
        ("'pareto'", "finite variance"),
        ("'order.py:order'", "is no noise"),
        ("'nowhere.py:law'", "nowhere.py can't be read"),
        ("5", "law must be a noise law's name, FILE.py:NAME, or None for all laws; got 5"),
    ],
)
def test_a_wrong_law_of_a_theorem_is_refused_before_anything_is_written(law, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "order.py").write_text(ORDER.replace('"gaussian"', law), encoding="utf-8")
    assert main(["verify", "order.py:order", "--quick", "--out", "out"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and words in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["sgd-l3"], ["sgd-l3", "sgd-l2"]),
        (["nowhere/results"], ["nowhere/results"]),
        (["sgd-l2", "--theorem", "adamw-l1"], ["sgd-l2", "--theorem", "no meaning"]),
        (["sgd-l2", "--allow-code", "x.py"], ["sgd-l2", "--allow-code", "no meaning"]),
        (["sgd-l2", "--backend", "abacus"], ["abacus"]),
        (["nowhere.py"], ["nowhere.py"]),
    ],
)
def test_what_can_not_be_verified_is_refused_in_one_line(words, parts, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["verify", *words]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ") and shown.err.count("\n") == 1
    assert all(part in shown.err for part in parts), shown.err


@pytest.mark.parametrize(
    "words",
    [
        ["--quick"],
        ["--backend", "foo"],
        ["--backend", "cpu"],
        ["--jobs", "7"],
        ["--jobs", "0"],
        ["--seed", "0"],
        ["--executor", "pool"],
        ["--shard", "1/2"],
        ["--checkpoint", "5"],
    ],
)
def test_options_of_a_theorem_are_refused_for_a_folder(words, tmp_path, capsys):
    assert main(["verify", str(tmp_path), *words]) == 2
    assert f"{words[0]} has no meaning" in capsys.readouterr().err


def test_a_file_without_theorems(tmp_path, capsys):
    path = tmp_path / "empty.py"
    path.write_text("x = 1\n")
    assert main(["verify", str(path)]) == 2
    assert "has no theorem" in capsys.readouterr().err


UNITS = """
from ratecheck import theorem
from ratecheck.simulator.theorems.sgd_l2 import rule


@theorem(optimizer="sgd", rule=rule, grid={"problem": "quadratic", "dim": 4, "steps": 100, "replicas": 8})
def unitless(c):
    '''(1/K) Σ E‖∇f‖₁ ≤ 30, whatever the units.'''
    return 30.0


@unitless.declared
def _(c):
    return 30.0


@unitless.control
def tenth(c):
    '''FALSE: a tenth of that.'''
    return 3.0
"""


def test_a_bound_that_fails_in_other_units_only_is_shown_in_these(tmp_path, capsys):
    file = tmp_path / "units.py"
    file.write_text(UNITS, encoding="utf-8")
    code, shown = verify(capsys, f"{file}:unitless", "--out", tmp_path / "out")
    assert code == 1 and outcomes(tmp_path / "out")["unitless"] == "VIOLATED" and "in other units" in shown
    [command] = commands(shown)
    assert "--sigma" in command and main([*command, "--json"]) == 0
    run = json.loads(capsys.readouterr().out)["theorem"]
    assert run["measured"]["mean"] > 1e6 * run["bound"]
