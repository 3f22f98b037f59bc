"""The tasks: networks, their optimizers and data, and what a run leaves."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install .[parity], or make parity")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install .[networks], or make parity")

import parity  # noqa: E402

from simulator.cells.recording import BATCH, EXACT  # noqa: E402
from simulator.cli import main  # noqa: E402
from simulator.judge.trends import trends  # noqa: E402
from simulator.lab import recordings  # noqa: E402
from simulator.networks import data  # noqa: E402
from simulator.networks.claims import LADDER_THEOREMS  # noqa: E402
from simulator.networks.models import make  # noqa: E402
from simulator.networks.run import Run  # noqa: E402
from simulator.networks.scaling import HIDDEN, READOUT  # noqa: E402
from simulator.networks.steps import optimizer_of, paper_adamw  # noqa: E402
from simulator.networks.train import objective, train  # noqa: E402

DIGITS = {"task": "mlp", "family": "m", "data": "digits", "objective": 400, "chunks": 4, "batch": 50, "steps": 20}
KINDS = {
    "mlp": {"task": "mlp", "data": "digits", "width": 8},
    "resnet": {"task": "resnet", "data": "digits", "width": 4, "depth": 1},
    "transformer": {"task": "transformer", "data": "stdlib", "width": 16, "depth": 1, "context": 8},
    "gpt": {"task": "transformer", "data": "stdlib", "width": 16, "depth": 2, "context": 8, "head": 8, "tied": True},
}


def run_of(**values) -> Run:
    return Run.of({**DIGITS, **values}, "test")


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """The folder of the smoke ladder, which CI runs."""
    out = tmp_path_factory.mktemp("smoke")
    assert main(["networks", "smoke", "--out", str(out)]) == 3  # too small for verdicts on networks
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_a_runs_gradient_is_autograds(kind):
    """At the first step and float32, against the gradient of the mean over all samples at once."""
    run = run_of(objective=64, batch=8, steps=2, checkpoints="1", **KINDS[kind])
    recording = train(run, run.identity({}))
    samples, inputs, outputs = objective(run, torch)
    model = make(run, inputs, outputs, torch.Generator().manual_seed(run.seed)).double()
    loss = model.loss([s.double() if s.is_floating_point() else s for s in samples])
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    assert recording.l1[0].sum() == pytest.approx(sum(float(g.abs().sum()) for g in gradients), rel=1e-4)
    expected = math.sqrt(sum(float(g.square().sum()) for g in gradients))
    assert np.sqrt(np.square(recording.l2[0]).sum()) == pytest.approx(expected, rel=1e-4)
    assert recording.loss[0] == pytest.approx(loss.item(), rel=1e-5)
    assert recording.dim(0) == sum(p.numel() for p in model.parameters())
    assert recording.steps[recording.rows(EXACT)].tolist() == [1, 3]


def test_a_transformer_predicts_from_what_came_before():
    run = run_of(objective=64, batch=8, **KINDS["gpt"])
    _, inputs, outputs = objective(run, torch)
    model = make(run, inputs, outputs, torch.Generator().manual_seed(0))
    x = torch.randn(3, 8, 16, generator=torch.Generator().manual_seed(1))
    y = x.clone()
    y[:, 5] += 1.0
    moved = (model.blocks(y) - model.blocks(x)).abs().amax(dim=(0, 2)) > 0
    assert moved.tolist() == [False] * 5 + [True] * 3


def test_the_noise_of_a_minibatch_is_its_gradient_less_that_of_f():
    """The first draw beside the first gradient, by autograd on samples that are drawn a second time."""
    run = run_of(objective=64, batch=8, batches="8", steps=2, checkpoints="1", **KINDS["mlp"])
    recording = train(run, run.identity({}))
    samples, inputs, outputs = objective(run, torch)
    model = make(run, inputs, outputs, torch.Generator().manual_seed(run.seed))
    chosen = np.random.default_rng([run.seed, 2]).integers(64, size=8)
    whole, few = (
        torch.autograd.grad(model.loss(parts), list(model.parameters()))
        for parts in (samples, [s[chosen] for s in samples])
    )
    noise = torch.cat([(b - a).double().flatten() for a, b in zip(whole, few, strict=True)])
    first = recording.rows(BATCH)[0]
    assert recording.noise_l1[first].sum() == pytest.approx(float(noise.abs().sum()), rel=1e-4)
    assert np.sqrt(np.square(recording.noise_l2[first]).sum()) == pytest.approx(float(noise.norm()), rel=1e-4)
    rho = float(noise.abs().sum() / noise.norm()) / math.sqrt(noise.numel())
    assert recording.noise_rho(first) == pytest.approx(rho, rel=1e-4)
    assert math.isnan(recording.noise_rho(recording.rows(EXACT)[0]))


def test_a_run_learns_and_is_the_same_each_time():
    run = run_of(steps=60, width=32, batches="50 400")
    a, b = train(run, run.identity({})), train(run, run.identity({}))
    for name, array in a.arrays().items():
        np.testing.assert_array_equal(array, b.arrays()[name])
    exact = a.rows(EXACT)
    assert a.loss[exact[0]] > 2 and a.loss[exact[-1]] < 0.7 * a.loss[exact[0]]
    assert np.all(a.samples[exact] == 400) and sorted(set(a.samples[a.rows(BATCH)])) == [50, 400]
    other = train(run_of(steps=60, width=32, seed=1), "")
    assert not np.array_equal(other.l1[0], a.l1[0])


def test_a_runs_numbers_do_not_depend_on_who_does_it_and_how_many_do():
    """torch's sums have other last digits with another number of threads: a run says how many it has."""
    run = run_of(width=128, steps=10, threads=1)
    assert "threads" not in run.settings() and run_of(threads=2).settings()["threads"] == 2
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(train(run, ""))
        assert torch.get_num_threads() == 1
    for name, array in found[0].arrays().items():
        np.testing.assert_array_equal(array, found[1].arrays()[name])


def test_what_is_measured_changes_nothing_of_the_training():
    plain = train(run_of(), "")
    more = train(run_of(batches="16", average=5), "")
    ends = [r.loss[np.flatnonzero((r.steps == 21) & (r.kind == EXACT))[0]] for r in (plain, more)]
    assert ends[0] == ends[1]
    assert set(run_of(average=5).averaged) <= set(more.steps[more.rows(EXACT)].tolist())


def test_steps_of_the_average_are_spread_and_unbiased():
    chosen = [run_of(average=4, steps=8, seed=seed).averaged for seed in range(400)]
    assert all(len(own) == 4 and all(1 + 2 * i <= k <= 2 + 2 * i for i, k in enumerate(own)) for own in chosen)
    counts = np.bincount(np.concatenate(chosen), minlength=9)[1:]
    assert np.all(np.abs(counts - 200) < 5 * 10)  # each step half of the time


def test_the_readout_alone_begins_and_steps_otherwise_in_mup():
    standard, mup = (
        make(run_of(width=256, parametrization=p), 8, 10, torch.Generator().manual_seed(0)) for p in ("standard", "mup")
    )
    ratio = mup.readout.weight / standard.readout.weight
    assert torch.allclose(ratio, torch.full_like(ratio, 1 / 16))
    assert torch.equal(mup.hidden1.weight, standard.hidden1.weight)
    assert standard.hidden1.weight.std().item() == pytest.approx(math.sqrt(2 / 256), rel=0.05)
    assert {standard.roles["hidden1.weight"], standard.roles["readout.weight"]} == {HIDDEN, READOUT}
    steps = {}
    for name in ("adamw", "sgd"):
        run = run_of(width=256, parametrization="mup", optimizer=name, lr=1.0)
        of = {id(p): group["lr"] for group in optimizer_of(run, mup).param_groups for p in group["params"]}
        steps[name] = [of[id(w)] for w in (mup.input.weight, mup.hidden1.weight, mup.readout.weight, mup.input.bias)]
    assert steps == {"adamw": [1.0, 0.25, 0.25, 1.0], "sgd": [4.0, 1.0, 0.25, 4.0]}
    assert optimizer_of(run_of(lr=1.0, schedule="horizon", steps=25), standard).param_groups[0]["lr"] == 0.2


def test_the_papers_adamw_is_the_formula_that_theorems_are_about():
    hyper = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-6, "weight_decay": 0.3}
    x = torch.nn.Parameter(torch.zeros(parity.DIM, dtype=torch.float64))
    optimizer, started = paper_adamw()([x], **hyper), []

    def step(point, gradient):
        if not started:
            x.data.copy_(torch.from_numpy(np.array(point)))
            started.append(True)
        x.grad = torch.from_numpy(np.array(gradient))
        optimizer.step()
        return x.detach().numpy().copy()

    parity.compare_formula("adamw", hyper, step)


def test_mup_exponents_on_the_smoke_ladder(smoke):
    """Three widths and two seeds give no verdict, but tell −1/4 from 0."""
    found, faults = recordings.load_all(smoke)
    assert not faults
    own = {p: [r for r in found if r.family == f"digits mlp {p}"] for p in ("standard", "mup")}
    of = {p: {t.step: t.whole.value for t in trends(LADDER_THEOREMS["theta-d"], own[p])} for p in own}
    assert all(-0.35 < value < -0.15 for value in of["mup"].values()) and len(of["mup"]) == 3
    assert all(-0.15 < value < 0.05 for value in of["standard"].values())
    shares = [r.shares(0)[r.layers.index("readout")] for r in own["mup"] if r.seed == 0]
    assert shares[0] < shares[1] < shares[2] and shares[2] > 0.7  # what explains it: the readout takes all


def test_the_smoke_ladders_page(smoke):
    assert main(["report", str(smoke)]) == 0
    page = (smoke / "report.md").read_text(encoding="utf-8")
    for title in ("ρ against size", "ρ along training", "Exponents of ρ", "Layers"):
        assert title in page
    assert "digits mlp mup" in page and "there are no results" not in page


def test_tokens_that_f_has_not_seen_have_a_gradient_of_exactly_zero():
    run = run_of(**{**KINDS["transformer"], "objective": 8, "batch": 4, "steps": 1, "chunks": 2, "checkpoints": "1"})
    recording = train(run, "")
    windows, size = data.windows("stdlib", 0, run.context, run.objective)
    unseen = size - len(np.unique(windows[:, :-1]))
    j = recording.layers.index("embedding")
    assert unseen > 10 and recording.zeros[0, j] == unseen * run.width and recording.sizes[0, j] == size * run.width


def test_tied_weights_are_one_layer_and_their_gradients_add_up():
    run = run_of(**{**KINDS["gpt"], "objective": 8, "batch": 4, "steps": 1, "chunks": 2, "checkpoints": "1"})
    recording = train(run, "")
    _, size = data.windows("stdlib", 0, run.context, run.objective)
    assert "readout" not in recording.layers
    j = recording.layers.index("embedding")
    assert recording.sizes[0, j] == size * run.width
    assert recording.zeros[0, j] == 0  # the softmax moves every row, of tokens that f has not seen too


def test_byte_pairs_are_text_and_too_many_are_refused(monkeypatch):
    pytest.importorskip("tokenizers", reason="needs tokenizers: pip install .[networks], or make parity")
    data.tokens.cache_clear()
    letters = np.random.default_rng(0).integers(97, 123, (300, 6))
    words = "\n".join("".join(map(chr, word)) for word in letters)
    monkeypatch.setattr(data, "text", lambda name: words)
    ids, size = data.tokens("kjv", 260)
    assert size == 260 and ids.max() < 260 and len(ids) < len(words)
    # no row of the embedding is for a byte that the text doesn't have
    assert len(np.unique(ids)) > 100
    with pytest.raises(ValueError, match="asks for more"):
        data.tokens("kjv", 5000)
    with pytest.raises(ValueError, match="256 or more"):
        data.tokens("kjv", 100)
    data.tokens.cache_clear()


def test_a_loss_that_is_not_finite_ends_the_run():
    with pytest.raises(ValueError, match="the loss is not finite before step 21; lower lr"):
        train(run_of(optimizer="sgd", lr=1e20, width=8, checkpoints="1"), "")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="torch sees no GPU"):
            train(run_of(device="cuda"), "")
    with pytest.raises(ValueError, match="digits has 1797 images"):
        train(run_of(objective=2000), "")
