"""The hook around a torch training loop: what it records, and that it changes nothing."""

from __future__ import annotations

import gc
import math
import sys
import types
from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install .[parity], or make parity")

import ratecheck  # noqa: E402
from documents import ROOT, blocks  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from simulator.cells.recording import BATCH, EXACT  # noqa: E402
from simulator.lab import recordings  # noqa: E402
from simulator.record import ring  # noqa: E402
from simulator.record.adapters import lightning_callback, trainer_callback  # noqa: E402
from simulator.record.ring import ROWS  # noqa: E402

nn = torch.nn


def network(seed: int = 0, dtype=torch.float32):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3)).to(dtype)


def samples(dtype=torch.float32, count: int = 24):
    generator = torch.Generator().manual_seed(7)
    return torch.randn(count, 6, generator=generator).to(dtype), torch.randint(0, 3, (count,), generator=generator)


def loss_of(model, batch):
    return nn.functional.cross_entropy(model(batch[0]), batch[1])


def loop(model, optimizer, steps: int) -> None:
    x, y = samples()
    for k in range(steps):
        optimizer.zero_grad()
        part = slice(k % 3 * 8, k % 3 * 8 + 8)
        loss_of(model, (x[part], y[part])).backward()
        optimizer.step()


def only(folder):
    (found,), faults = recordings.load_all(folder)
    assert not faults
    return found


def test_a_tiny_network_by_hand(tmp_path):
    """One weight matrix (1 2), x = (3, 0), squared error: the gradient is 2·(w·x − 1)·x = (12, 0), of the bias 4."""
    model = nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[1.0, 2.0]]))
        model.bias.zero_()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with ratecheck.watch(model, optimizer, out=tmp_path, every=1, groups=lambda name: name, samples=1) as record:
        (model(torch.tensor([[3.0, 0.0]])) - 1).square().sum().backward()
        optimizer.step()
    found = only(tmp_path)
    assert found.layers == ("weight", "bias") and found.kind.tolist() == [BATCH] and found.samples.tolist() == [1]
    np.testing.assert_array_equal(found.l1, [[12.0, 4.0]])
    np.testing.assert_allclose(found.l2, [[12.0, 4.0]], rtol=1e-15)
    np.testing.assert_array_equal(found.zeros, [[1, 0]])
    assert found.rho(0) == pytest.approx(16 / (np.sqrt(3) * np.sqrt(160)))
    assert "weight" in str(record)


def test_norms_are_those_of_the_gradients(tmp_path):
    model = network()
    optimizer = torch.optim.AdamW(model.parameters())
    seen = []
    optimizer.register_step_pre_hook(
        lambda *_: seen.append([p.grad.double().flatten().numpy().copy() for p in model.parameters()])
    )
    with ratecheck.watch(model, optimizer, out=tmp_path, every=7):
        loop(model, optimizer, 7 * ROWS + 20)
    found = only(tmp_path)
    expected = seen[::7]
    assert found.steps.tolist() == [1 + 7 * i for i in range(len(expected))] and len(expected) > ROWS
    assert found.layers == ("0", "2") and found.sizes[0].tolist() == [112, 51]
    for row, gradients in enumerate(expected):
        layers = np.concatenate(gradients[:2]), np.concatenate(gradients[2:])
        np.testing.assert_allclose(found.l1[row], [np.abs(g).sum() for g in layers], rtol=1e-14)
        np.testing.assert_allclose(found.l2[row], [np.linalg.norm(g) for g in layers], rtol=1e-14)
        np.testing.assert_array_equal(found.zeros[row], [np.sum(g == 0) for g in layers])


def test_sums_of_large_tensors_are_accurate(tmp_path):
    """Added up in float32 on a processor, three million equal numbers stop growing on their way."""
    model = nn.Linear(1, 20_000_000, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with ratecheck.watch(model, optimizer, out=tmp_path, every=1):
        model.weight.grad = torch.full_like(model.weight, 0.1)
        optimizer.step()
    found = only(tmp_path)
    assert found.l1[0, 0] == pytest.approx(float(np.float32(0.1)) * 2e7, rel=1e-9) and found.rho(0) == pytest.approx(
        1.0
    )


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adamw, one by one": lambda p: torch.optim.AdamW(p, foreach=False),
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "nadam": torch.optim.NAdam,
    "pytorch_optimizer": lambda p: pytest.importorskip("pytorch_optimizer").Lion(p, lr=1e-3),
    "heavyball": lambda p: _heavyball().AdamW(p, lr=1e-3),
}


def _heavyball():
    heavyball = pytest.importorskip("heavyball")
    heavyball.utils.compile_mode = None  # compiling takes longer than all tests
    return heavyball


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_parameters_bit_for_bit(tmp_path, name):
    """With the hook and without it; the probe's full passes, at steps in between, included."""
    trained = []
    x, y = samples()
    batches = [(x[i : i + 8], y[i : i + 8]) for i in range(0, 24, 8)]
    for watched in (False, True):
        model = network()
        optimizer = OPTIMIZERS[name](list(model.parameters()))
        torch.manual_seed(11)
        if watched:
            with ratecheck.watch(
                model, optimizer, out=tmp_path, every=2, probe=ratecheck.probe(loss_of, batches, samples=8), at=[1, 9]
            ):
                loop(model, optimizer, 30)
        else:
            loop(model, optimizer, 30)
        trained.append([*(p.detach().clone() for p in model.parameters()), torch.rand(3)])
    assert all(torch.equal(a, b) for a, b in zip(*trained, strict=True))
    found = only(tmp_path)
    assert found.rows(BATCH).size == 15 and found.steps[found.rows(EXACT)].tolist() == [1, 9]


class Looked(TorchDispatchMode):
    """Counts what makes the host wait for the device: numbers that are read, and copies of a whole ring."""

    def __init__(self, size: int):
        super().__init__()
        self.size, self.read, self.copies = size, [], 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = str(func)
        if "_local_scalar_dense" in name or "is_nonzero" in name or "equal" in name:
            self.read.append(name)
        if "copy_" in name and args[0].numel() == self.size:
            self.copies += 1
        return func(*args, **(kwargs or {}))


@pytest.fixture
def as_on_a_device(monkeypatch):
    """Gradients are added up as a GPU's are."""
    monkeypatch.setattr(ring, "_of_host", lambda: partial(ring._of_device, torch.zeros((), dtype=torch.float64)))


def test_the_host_waits_once_in_64_records(tmp_path, as_on_a_device):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, foreach=True)
    record = ratecheck.watch(model, optimizer, out=tmp_path, every=1)
    mode = Looked(ROWS * 3 * 4)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    with record, mode:
        for _ in range(3 * ROWS):
            optimizer.step()
        assert mode.copies == 3 and not mode.read
        optimizer.step()
        assert mode.copies == 3
    assert only(tmp_path).steps.size == 3 * ROWS + 1
    with Looked(4) as other:
        float(torch.ones(1))
        torch.zeros(4).copy_(torch.ones(4))
    assert other.read and other.copies == 1  # it would have seen them


GRADIENTS = {
    "float32": torch.linspace(-1, 2, 1001),
    "float64": torch.linspace(-1, 2, 1001, dtype=torch.float64) * 1e-100,
    "bfloat16": torch.linspace(-1, 2, 1001).bfloat16(),
    "float16": torch.linspace(-1, 2, 1001).half(),
    "complex": torch.complex(torch.linspace(-1, 2, 1001), torch.ones(1001)),
    "in columns": torch.linspace(-1, 2, 1000).reshape(10, 100).T,
    "not a number": torch.tensor([1.0, math.nan]),
    "infinite": torch.tensor([1.0, -math.inf]),
    "empty": torch.zeros(0),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_norms_on_the_host(name):
    gradient = GRADIENTS[name]
    flat = gradient.to(torch.complex128 if gradient.is_complex() else torch.float64).reshape(-1)
    expected = [float(flat.abs().sum()), float(flat.abs().square().sum().sqrt()), float((flat != 0).sum())]
    assert ring._of_host()([None, gradient]).T.tolist()[0] == [0, 0, 0]
    np.testing.assert_allclose(ring._of_host()([None, gradient])[:, 1], expected, rtol=1e-6)


def test_norms_of_float32_are_added_up_in_float64():
    gradient = torch.full((2**25,), 0.1)  # of 2**24 numbers that are alike float32 adds no more
    l1, l2, nonzero = ring._of_host()([gradient])[:, 0].tolist()
    tenth = float(np.float32(0.1))
    assert l1 == pytest.approx(tenth * 2**25, rel=1e-9) and l2 == pytest.approx(tenth * 2**12.5, rel=1e-9)
    assert nonzero == 2**25


def test_norms_on_a_device_are_those_on_the_host():
    found = [None, GRADIENTS["float32"], None, GRADIENTS["in columns"]]
    none = torch.zeros((), dtype=torch.float64)
    for gradients in (found, found[1:2], [*found, GRADIENTS["float64"]]):
        np.testing.assert_allclose(ring._of_device(none, gradients), ring._of_host()(gradients), rtol=1e-5)


def test_accumulated_gradients_are_those_of_the_optimizers_step(tmp_path):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = samples()
    whole = torch.autograd.grad(loss_of(model, (x, y)), list(model.parameters()))
    with ratecheck.watch(model, optimizer, out=tmp_path, every=1):
        for i in range(0, 24, 8):
            (loss_of(model, (x[i : i + 8], y[i : i + 8])) / 3).backward()
        optimizer.step()
    found = only(tmp_path)
    assert found.steps.tolist() == [1]
    assert found.l1.sum() == pytest.approx(sum(float(g.abs().sum()) for g in whole), rel=1e-5)


@pytest.mark.parametrize("fused", [False, True])
def test_scaled_gradients_are_divided_by_the_scale(tmp_path, fused):
    """A GradScaler unscales before the step, unless the optimizer does so within it, as fused ones do."""
    scaler = torch.amp.GradScaler("cpu", init_scale=256.0)
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), fused=fused)
    plain = torch.autograd.grad(loss_of(model, samples()), list(model.parameters()))
    with ratecheck.watch(model, optimizer, out=tmp_path, every=1):
        scaler.scale(loss_of(model, samples())).backward()
        seen = sum(float(p.grad.abs().sum()) for p in model.parameters())
        scaler.step(optimizer)
    found, expected = only(tmp_path), sum(float(g.abs().sum()) for g in plain)
    assert seen == pytest.approx(256 * expected, rel=1e-5)
    assert found.l1.sum() == pytest.approx(expected, rel=1e-5)
    assert np.square(found.l2).sum() == pytest.approx(sum(float(g.square().sum()) for g in plain), rel=1e-5)


def test_tied_frozen_absent_and_sparse_parameters(tmp_path):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4, bias=False)
            self.tied = nn.Linear(4, 4, bias=False)
            self.tied.weight = self.a.weight
            self.frozen = nn.Linear(4, 4, bias=False).requires_grad_(False)
            self.unused = nn.Linear(4, 2, bias=False)
            self.sparse = nn.Embedding(5, 4, sparse=True)
            self.other = nn.Linear(4, 1, bias=False)

        def forward(self, index):
            return self.other(self.frozen(self.tied(self.a(self.sparse(index))))).sum()

    model = Odd()
    own = [model.a.weight, model.unused.weight, model.sparse.weight]
    optimizer = torch.optim.SGD(own, lr=0.1)
    with ratecheck.watch(model, optimizer, out=tmp_path, every=1) as record:
        model(torch.tensor([0, 3])).backward()
        optimizer.step()
    found = only(tmp_path)
    assert found.layers == ("a", "unused", "sparse")
    assert found.sizes.tolist() == [[16, 0, 0]] and found.dim(0) == 16
    left = " ".join(found.provenance["left_out"])
    assert "frozen.weight: frozen" in left and "other.weight: not in this optimizer" in left
    assert "a sparse gradient" in left and "a gradient of None" in left and "left out: frozen.weight" in str(record)


def test_the_hook_is_gone_after_the_loop_and_after_an_error(tmp_path):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ZeroDivisionError), ratecheck.watch(model, optimizer, out=tmp_path, every=1):
        loop(model, optimizer, 3)
        raise ZeroDivisionError
    assert only(tmp_path).steps.tolist() == [1, 2, 3]
    loop(model, optimizer, 2)
    assert only(tmp_path).steps.size == 3


def test_what_can_not_be_watched(tmp_path):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with (
        ratecheck.watch(model, optimizer, out=tmp_path, every=1),
        pytest.raises(ratecheck.InputError, match="optimizer.step\\(closure\\)"),
    ):
        optimizer.step(lambda: loss_of(model, samples()))
    with pytest.raises(ratecheck.InputError, match="no trained parameters"):
        ratecheck.watch(network(), optimizer, out=tmp_path)
    with pytest.raises(ratecheck.InputError, match="fed by the optimizer"):
        ratecheck.watch(model, optimizer, out=tmp_path).update({}, 1)
    with pytest.raises(ratecheck.InputError, match="printable name"):
        ratecheck.watch(model, optimizer, out=tmp_path, groups=lambda name: None)
    for wrong in ((model, "sgd"), (optimizer, model)):
        with pytest.raises(ratecheck.InputError, match="module and then its optimizer"):
            ratecheck.watch(*wrong, out=tmp_path)
    with pytest.raises(ratecheck.InputError, match="ratecheck.probe"):
        ratecheck.watch(model, optimizer, out=tmp_path, probe=loss_of, at=[1])
    with pytest.raises(ratecheck.InputError, match="function of a parameter's name"):
        ratecheck.watch(model, optimizer, out=tmp_path, groups={"0": "first"})
    record = ratecheck.watch(model, optimizer, out=tmp_path)
    with record, pytest.raises(ratecheck.InputError, match="entered already"):
        record.__enter__()


def test_the_pages_examples_run(tmp_path, monkeypatch):
    """docs/networks.md, as it is written."""
    monkeypatch.chdir(tmp_path)
    model = network()
    x, y = samples()
    batches = [(x[i : i + 8], y[i : i + 8]) for i in range(0, 24, 8)]
    names = {"model": model, "loss_of": loss_of, "loader": batches, "fixed_batches": batches}
    names["optimizer"] = torch.optim.SGD(model.parameters(), lr=0.1)
    found = [text for language, text in blocks(ROOT / "docs" / "networks.md") if language == "python"]
    assert len(found) == 2
    for text in found:
        exec(text, names)
    assert only(tmp_path / "runs" / "mine").steps.tolist() == [1]


class AcceleratedOptimizer:
    """What accelerate makes of an optimizer: it has the methods of one, and its own step is not what is hooked."""

    def __init__(self, optimizer):
        self.optimizer = optimizer

    def register_step_pre_hook(self, hook):
        raise AssertionError("the wrapper's hooks are never called")


@pytest.fixture
def transformers(monkeypatch):
    """A stand-in with the one class that is asked of it."""
    module = types.ModuleType("transformers")
    module.TrainerCallback = type("TrainerCallback", (), {})
    monkeypatch.setitem(sys.modules, "transformers", module)
    return module


def test_trainers_callbacks(tmp_path, monkeypatch, transformers):
    """Stand-ins with the trainers' own calls: both libraries are larger than all else that is tested here."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    callback = trainer_callback(out=tmp_path / "hf", every=1)
    assert isinstance(callback, transformers.TrainerCallback)
    callback.on_train_begin(None, None, None, model=model, optimizer=AcceleratedOptimizer(optimizer))
    loop(model, optimizer, 2)
    callback.on_train_end(None, None, None, model=model)
    assert only(tmp_path / "hf").steps.tolist() == [1, 2]

    lightning = types.ModuleType("lightning.pytorch.callbacks")
    lightning.Callback = type("Callback", (), {})
    for name, module in (("lightning", lightning), ("lightning.pytorch", lightning), (lightning.__name__, lightning)):
        monkeypatch.setitem(sys.modules, name, module)
    callback = lightning_callback(out=tmp_path / "pl", every=1)
    trainer = types.SimpleNamespace(optimizers=[optimizer])
    callback.on_train_start(trainer, model)

    def closure():
        optimizer.zero_grad()
        loss_of(model, samples()).backward()
        callback.on_before_optimizer_step(trainer, model, optimizer)

    for _ in range(3):
        optimizer.step(closure)  # as Lightning does
    callback.on_train_end(trainer, model)
    assert only(tmp_path / "pl").steps.tolist() == [1, 2, 3]
    fused = torch.optim.SGD(model.parameters(), lr=0.1, fused=True)
    scaled = types.SimpleNamespace(
        optimizers=[fused],
        precision_plugin=types.SimpleNamespace(scaler=types.SimpleNamespace(_scale=torch.tensor(8.0))),
    )
    callback = lightning_callback(out=tmp_path / "scaled", every=1)
    callback.on_train_start(scaled, model)
    (8.0 * loss_of(model, samples())).backward()
    callback.on_before_optimizer_step(scaled, model, fused)  # which divides by the scale itself, later
    callback.on_train_end(scaled, model)
    truth = sum(float(p.grad.abs().sum()) for p in model.parameters()) / 8
    assert only(tmp_path / "scaled").l1.sum() == pytest.approx(truth, rel=1e-5)
    lbfgs = types.SimpleNamespace(optimizers=[torch.optim.LBFGS(model.parameters())])
    with pytest.raises(ratecheck.InputError, match="LBFGS"):
        lightning_callback(out=tmp_path).on_train_start(lbfgs, model)
    with pytest.raises(ratecheck.InputError, match="has 2"):
        lightning_callback(out=tmp_path).on_train_start(types.SimpleNamespace(optimizers=[optimizer] * 2), model)


def test_a_training_that_its_trainer_drops_is_written_all_the_same(tmp_path, transformers):
    """The Trainer tells no callback of Ctrl-C: a record is closed when the next training begins, or with it."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    callback = trainer_callback(out=tmp_path, every=1)
    for steps in (2, 3):
        callback.on_train_begin(None, None, None, model=model, optimizer=optimizer)
        loop(model, optimizer, steps)
    del callback
    gc.collect()
    loop(model, optimizer, 1)
    found, _ = recordings.load_all(tmp_path)
    assert sorted(r.steps.tolist() for r in found) == [[1, 2], [1, 2, 3]]


def test_a_parameter_that_is_trained_later_is_said(tmp_path):
    model = network()
    model[0].requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with ratecheck.watch(model, optimizer, out=tmp_path, every=1):
        loop(model, optimizer, 2)
        model[0].requires_grad_(True)
        loop(model, optimizer, 1)
    told = only(tmp_path).provenance["left_out"]
    assert told[:2] == ["0.weight: frozen", "0.bias: frozen"]
    assert told[2:] == [f"0.{name}: trained later, and left out all the same" for name in ("weight", "bias")]


def test_squares_that_vanish_make_a_gradient_of_zero_and_no_damaged_file(tmp_path):
    model = nn.Linear(4, 4).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25)
    with ratecheck.watch(model, optimizer, out=tmp_path, every=1):
        for size in (1.0, 1e-120, 1e-165, 1e-320):
            for parameter in model.parameters():
                parameter.grad = torch.full_like(parameter, size)
            optimizer.step()
    found = only(tmp_path)
    assert found.layers == ("weight", "bias")
    assert found.l1[:, 0].tolist() == pytest.approx([16, 16e-120, 0, 0], rel=1e-12, abs=0)
    assert found.zeros.tolist() == [[0, 0], [0, 0], [16, 4], [16, 4]]
    assert found.rho(1) == pytest.approx(1.0) and np.isnan(found.rho(2))
    assert "counts as 0" in found.provenance["left_out"][0]


def test_a_missing_trainer_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ratecheck.InputError, match="pip install transformers"):
        trainer_callback(out=tmp_path)
