"""make gpu-check on an emulated device: every check, in small; and that it sees what is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest
from emulated_device import EmulatedDevice
from planted import plant

from problems import NOISES, PROBLEMS
from problems.errors import InputError
from simulator.optimizers import OPTIMIZERS
from tests.gpucheck import command, suite
from tests.gpucheck.same import same_bits
from tests.gpucheck.sizes import FULL, TINY


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Exit code, numbers and page of all checks but that of an installed program."""
    folder = tmp_path_factory.mktemp("gpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.gpucheck.sanitizer.shutil.which", lambda name: None)
        code = command.check(EmulatedDevice(), TINY, list(command.CHECKS), folder)
    numbers = json.loads((folder / "emulated-device.json").read_text())
    return code, numbers, (folder / "emulated-device.md").read_text()


def test_the_numbers(report):
    code, numbers, _ = report
    assert numbers["bits"]["differing"] == {} and numbers["bits"]["trials"] > 20
    assert numbers["bits"]["worst_sum"]["float64"] <= suite.SUMS["float64"]
    assert abs(numbers["flagship"]["z"]) < 4 and numbers["flagship"]["seconds"] > 0
    assert all(abs(z) < 4 for z in numbers["largest"]["z"])
    assert all(rate > 0 for rate in numbers["speed"]["coordinate_steps_per_second"].values())
    assert set(numbers["speed"]["limits_per_second"]["float32"]) == {"noise", "steps", "multiply_adds", "parts"}
    assert len(numbers["peers"]["left_out"]) == 2  # neither runs on this device
    assert code == 0 and numbers["wrong"] == []


def test_the_page(report):
    _, numbers, page = report
    assert page.startswith("# emulated device\n\nWritten by `make gpu-check`")
    for title in ("The same bits", "Speed", "The size of GPT-2", "As large as it gets", "Peers on this card"):
        assert f"## {title}" in page
    assert "Not installed, so not run." in page and "All is as it must be." in page and numbers["wrong"] == []


def test_the_targets_are_those_of_one_card(tmp_path):
    slow = EmulatedDevice()
    slow.name = "An H200, as it says"
    assert command.check(slow, TINY, ["speed"], tmp_path) == 1
    wrong = json.loads((tmp_path / "an-h200-as-it-says.json").read_text())["wrong"]
    assert len(wrong) == 2 and all("the target is" in w for w in wrong)
    assert all(f"- {w}" in (tmp_path / "an-h200-as-it-says.md").read_text() for w in wrong)


def test_the_first_differing_step_is_found(monkeypatch):
    """A kernel that does a step wrong, the 12th: the bits differ from there on, and the check says so."""
    old = "gradient = slope * slope_of(inner(x, own), own);"
    plant(monkeypatch, old, f"{old[:-1]} * (begin + s == 11 ? REAL(1.5) : REAL(1));")
    cell = suite.cell("quadratic", "sgd", "gaussian", "float64", 20, 37, 1)
    difference = suite.compare(cell, EmulatedDevice())
    assert difference.step == 12 and "differs after step 12" in difference.wrong("float64")


def test_sums_that_differ_too_much_are_wrong():
    assert suite.Difference(None, 1e-13).wrong("float64") is None
    assert "sums differ by 1.0e-11" in suite.Difference(None, 1e-11).wrong("float64")
    assert suite.Difference(None, float("nan")).wrong("float32")


def test_bits_are_bits():
    zero, nan = np.array([0.0, np.nan], np.float32), np.array([0.0, -np.nan], np.float32)
    assert same_bits(zero, nan) and not same_bits(zero, np.array([-0.0, np.nan], np.float32))
    assert not same_bits(zero, zero.astype(float))


def test_a_check_that_fails_is_reported_with_the_others(tmp_path, monkeypatch):
    def check(error):
        def fails(*_):
            raise error

        monkeypatch.setitem(command.CHECKS, "flagship", fails)
        code = command.check(EmulatedDevice(), TINY, ["flagship", "largest"], tmp_path)
        numbers = json.loads((tmp_path / "emulated-device.json").read_text())
        assert numbers["largest"]["seconds"] > 0
        return code, numbers["wrong"], numbers["flagship"]

    assert check(ArithmeticError("odd")) == (
        1,
        ["flagship: failed: ArithmeticError: odd"],
        {"failed": "ArithmeticError: odd"},
    )
    assert check(InputError("no room")) == (0, [], {"not_run": "no room"})  # the card's size is no fault


def test_a_flagship_that_would_take_an_hour_is_not_run(monkeypatch):
    monkeypatch.setattr("tests.gpucheck.large.TOO_LONG", 0.0)
    found = command.attempt("flagship", EmulatedDevice(), TINY)
    assert "Not run" in found.section.text and not found.wrong


def test_the_full_check_is_every_combination():
    names = [trial.name for trial in suite.trials(FULL)]
    every = len(PROBLEMS) * len(OPTIMIZERS) * len(NOISES) * 2  # precisions
    assert len(names) == len(set(names)) == every + 2 + 6 * (3 + 2) + 2


def test_without_a_gpu_it_says_so(monkeypatch, capsys, tmp_path):
    def missing():
        raise InputError("the gpu backend needs CuPy; install it")

    monkeypatch.setattr(command, "cupy_device", missing)
    assert command.main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: the gpu backend needs CuPy; install it\n"
    assert command.main(["--only", "bit"]) == 2
    assert "did you mean 'bits'" in capsys.readouterr().err
