"""The gpu and auto backends from the command line and from Python, on an emulated device and without any."""

from __future__ import annotations

import json
import sys
import types

import numpy as np
import pytest
from emulated_device import EmulatedDevice
from test_engines import assert_close, spec

from problems.errors import InputError
from simulator.cli import main
from simulator.engines import auto, run
from simulator.engines.cpu import engine as cpu
from simulator.engines.gpu import device
from simulator.engines.gpu import engine as gpu
from simulator.engines.resolve import resolve

RUN = ["run", "--problem", "rational", "--optimizer", "adamw", "--dim", "40", "--steps", "50", "--replicas", "2"]
SWEEP = """
replicas = 8
[[sweep]]
problem = "rational"
optimizer = "adamw"
dim = [8, 16]
steps = [50]
"""


@pytest.fixture
def card(monkeypatch):
    """An emulated device in the place of CuPy's."""
    emulated = EmulatedDevice()
    for module in (device, gpu):
        monkeypatch.setattr(module, "cupy_device", lambda: emulated)
    return emulated


@pytest.fixture
def no_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    device.cupy_device.cache_clear()


def test_run(card):
    result = run(spec(dim=40), "gpu")
    assert result.provenance["backend"] == "gpu" and result.provenance["device"] == "emulated device"
    assert result.provenance["fast"] is False and "advance" in card.launches
    assert_close(result.stats, run(spec(dim=40)).stats, 1e-12)
    assert run(spec(dim=40), "gpu", fast=True).provenance["fast"] is True


def test_run_from_the_command_line(card, capsys):
    assert main([*RUN, "--backend", "gpu", "--json"]) == 0
    ours = json.loads(capsys.readouterr().out)
    assert (ours["backend"], ours["device"], ours["fast"]) == ("gpu", "emulated device", False)
    assert main([*RUN, "--json"]) == 0
    theirs = json.loads(capsys.readouterr().out)
    assert ours["mean_grad_l1"]["values"] == pytest.approx(theirs["mean_grad_l1"]["values"], rel=1e-12)
    assert main([*RUN, "--backend", "gpu", "--fast"]) == 0


def test_sweep(card, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(SWEEP)
    assert main(["sweep", "s.toml", "--backend", "gpu", "--out", "a"]) == 0
    assert "on the GPU" in capsys.readouterr().out
    main(["report", "a"])
    assert "emulated device" in (tmp_path / "a" / "report.md").read_text()
    assert main(["sweep", "s.toml", "--out", "a"]) == 0  # the same cells: nothing is left to do
    assert "2 done, 0 to do" in capsys.readouterr().out
    assert main(["sweep", "s.toml", "--backend", "auto", "-j", "2", "--dry-run", "--out", "b"]) == 0
    assert "auto: cpu (-j 2" in capsys.readouterr().out
    assert main(["sweep", "s.toml", "--backend", "gpu", "-j", "2"]) == 2
    assert "-j 2 with --backend gpu: one process has all of a GPU; leave -j out" in capsys.readouterr().err


def test_norms(card, tmp_path):
    code = main(
        ["norms", "--laws", "gaussian", "--dims", "20", "--samples", "64", "--backend", "gpu", "--out", str(tmp_path)]
    )
    assert code == 0 and (tmp_path / "norms.json").exists() and "norms" in card.launches


def test_auto_says_what_it_takes(card, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(auto, "LEAST_WORK", 50)
    monkeypatch.setattr(auto, "WIDTH_PER_CORE", 1)
    assert main([*RUN, "--backend", "auto"]) == 0
    assert capsys.readouterr().err.startswith("auto: gpu (emulated device)\n")
    monkeypatch.setattr(card, "double_ratio", 64, raising=False)
    assert auto.pick(spec(dim=40)) == ("cpu", "emulated device is slow in float64")
    assert auto.pick(spec(dim=40, dtype="float32"))[0] == "gpu"
    card.memory = 1000
    backend, why = auto.pick(spec(dim=40, dtype="float32"))
    assert backend == "cpu" and "needs" in why
    (tmp_path / "s.toml").write_text(SWEEP)
    assert main(["sweep", str(tmp_path / "s.toml"), "--backend", "auto", "--dry-run"]) == 0
    assert "auto: 2 on the cpu (emulated device is slow in float64)" in capsys.readouterr().out


def test_auto_takes_the_cpu_where_the_card_cannot_be_used(card, monkeypatch):
    monkeypatch.setattr(auto, "LEAST_WORK", 50)
    monkeypatch.setattr(auto, "WIDTH_PER_CORE", 1)
    assert auto.pick(spec(dim=40))[0] == "gpu"

    def fails(*_):
        raise InputError("the card is too old")

    for method in ("load", "free_bytes"):
        with monkeypatch.context() as patch:
            patch.setattr(card, method, fails)
            assert auto.pick(spec(dim=40)) == ("cpu", "the card is too old")


def test_norms_auto(card, tmp_path, capsys):
    options = ["norms", "--laws", "gaussian", "--dims", "20", "--samples", "64", "--out", str(tmp_path)]
    assert main([*options, "--backend", "auto"]) == 0
    assert capsys.readouterr().err.startswith("auto: gpu (emulated device)\n") and "norms" in card.launches


def test_an_optimizer_without_hyper_parameters(card):
    from simulator.cells.cell import Cell
    from simulator.optimizers import optimizer

    @optimizer()
    def fixed(x, g):
        return x - 0.01 * g

    base = spec(optimizer="sgd", dim=30)
    cell = Cell(base, resolve(base).problem, resolve(base).noise, fixed, resolve(base).constants, {})
    assert_close(gpu.simulate(cell), cpu.simulate(cell), 1e-12)


def test_auto_leaves_small_cells_to_the_cpu(card):
    assert auto.pick(spec(dim=40)) == ("cpu", "the cell is too small for a GPU to pay")
    result = run(spec(dim=40), "auto")
    assert result.provenance["backend"] == "cpu" and not card.launches


@pytest.mark.parametrize(
    "command", [RUN, ["norms"], ["sweep", "simulator/lab/rates.toml", "--dry-run"]], ids=["run", "norms", "sweep"]
)
def test_without_cupy_one_line_says_how_to_get_it(no_cupy, command, capsys):
    assert main([*command, "--backend", "gpu"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: the gpu backend needs cupy,") and error.count("\n") == 1
    assert "pip install -e '.[gpu]'" in error and "gpu12" in error


def test_without_a_driver_or_a_card(monkeypatch):
    """With a CuPy that finds none: only its own words are made up."""

    class RuntimeError_(Exception):
        pass

    def no_driver():
        raise RuntimeError_("cudaErrorInsufficientDriver")

    runtime = types.SimpleNamespace(getDeviceCount=no_driver, CUDARuntimeError=RuntimeError_)
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(cuda=types.SimpleNamespace(runtime=runtime)))
    for count, words in (
        (no_driver, "driver, or one too old .* pip uninstall cupy-cuda13x"),
        (lambda: 0, "no NVIDIA GPU"),
    ):
        runtime.getDeviceCount = count
        device.cupy_device.cache_clear()
        with pytest.raises(InputError, match=words):
            device.cupy_device()


def test_a_module_is_the_bytes_that_were_checked(monkeypatch):
    """With a CuPy that only writes down what it is asked for, in the words of CuPy's own classes."""
    said = []

    class Module:
        def load(self, code):
            said.append(("load", code))

        def get_global_var(self, name):
            said.append(("global", name))
            return 4096

        def get_function(self, name):
            return lambda grid, block, args, shared_mem: said.append((name, grid, block, args, shared_mem))

    class Array:
        def __init__(self, shape, dtype, memory):
            said.append((shape, dtype, *memory))

        def set(self, values):
            said.append(("set", *values))

    stream = types.SimpleNamespace(synchronize=lambda: None)
    cuda = types.SimpleNamespace(
        Module=Module,
        Device=lambda: types.SimpleNamespace(id=1),
        UnownedMemory=lambda pointer, size, owner, device: (pointer, size, type(owner), device),
        MemoryPointer=lambda memory, offset: (memory, offset),
        get_current_stream=lambda: stream,
    )
    card = object.__new__(device.CupyDevice)
    card.cupy, card.architecture, card.cuda = types.SimpleNamespace(cuda=cuda, ndarray=Array), "sm_90", 13
    monkeypatch.setattr(card, "free_bytes", lambda: 0, raising=False)
    monkeypatch.setattr(device, "cubin", lambda *given: repr(given).encode())
    module = card._load("source")
    assert said == []  # the card is not touched before it is needed
    module.constant("hyper", np.array([1.0, 2.0, 3.0]))
    for blocks in (7, 8):
        module.launch("advance", blocks, 128, 64, np.int64(5))
    assert said == [
        ("load", b"('source', 'sm_90', False, 13)"),
        ("global", "hyper"),
        ((3,), np.dtype(float), (4096, 24, Module, 1), 0),
        ("set", 1.0, 2.0, 3.0),
        *(("advance", (blocks,), (128,), (5,), 64) for blocks in (7, 8)),
    ]


def test_fast_is_for_the_gpu_alone(capsys):
    assert main([*RUN, "--fast"]) == 2
    assert capsys.readouterr().err == "error: fast is for the gpu backend alone, got the backend 'cpu'\n"
