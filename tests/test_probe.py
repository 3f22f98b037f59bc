"""Exact gradients by a probe: what they are, what they say of the population, and that they leave everything alone."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install .[parity], or make parity")

import ratecheck  # noqa: E402
from test_watch import loss_of, network, only, samples  # noqa: E402

from simulator.cells.recording import BATCH, EXACT  # noqa: E402
from simulator.record.layers import layers_of  # noqa: E402

nn = torch.nn


def probed(tmp_path, model, batches, size, loss=loss_of):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    how = {"probe": ratecheck.probe(loss, batches, samples=size), "at": [1], "every": 1}
    with ratecheck.watch(model, optimizer, out=tmp_path, **how):
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
    found = only(tmp_path)
    return found, int(found.rows(EXACT)[0])


def test_a_full_pass_is_autograds_gradient_of_the_mean(tmp_path):
    model = network(dtype=torch.float64)
    x, y = samples(torch.float64)
    found, row = probed(tmp_path, model, [(x[i : i + 6], y[i : i + 6]) for i in range(0, 24, 6)], 6)
    loss = loss_of(model, (x, y))
    gradients = [g.flatten().numpy() for g in torch.autograd.grad(loss, list(model.parameters()))]
    layers = np.concatenate(gradients[:2]), np.concatenate(gradients[2:])
    np.testing.assert_allclose(found.l1[row], [np.abs(g).sum() for g in layers], rtol=1e-10)
    np.testing.assert_allclose(found.l2[row], [np.linalg.norm(g) for g in layers], rtol=1e-10)
    assert found.loss[row] == pytest.approx(loss.item(), rel=1e-12) and found.samples[row] == 24
    assert found.l1[found.rows(BATCH)[0]].sum() == 163  # .grad was left alone
    parts = ratecheck.probe(loss_of, [(x[i : i + 6], y[i : i + 6]) for i in range(0, 24, 6)], samples=6)
    for own, expected in zip(parts.gradient(model, layers_of(model))[1], gradients, strict=True):
        np.testing.assert_allclose(own.flatten().numpy(), expected, rtol=1e-10, atol=1e-16)


def test_estimates_by_hand(tmp_path):
    """Two batches with gradients (3, −1) and (1, 1): ⟨a, b⟩ = 2, ⟨sign b, a⟩ + ⟨sign a, b⟩ = 2 + 0, Σ = 2 + 2."""
    model = nn.Linear(2, 1, bias=False).double()
    batches = [torch.tensor(g, dtype=torch.float64) for g in ([3.0, -1.0], [1.0, 1.0])]
    found, row = probed(tmp_path, model, batches, 5, lambda m, g: (m.weight[0] * g).sum())
    assert found.inner[row, 0] == pytest.approx(2.0) and found.lower[row, 0] == pytest.approx(1.0)
    assert found.trace[row, 0] == pytest.approx(5 * 4.0)
    assert found.l1[row, 0] == 2.0 and found.zeros[row, 0] == 1


def test_estimates_of_the_population_cover_the_exact_values(tmp_path):
    """Over draws of batches with a known mean G: ⟨a, b⟩ is unbiased for ‖G‖₂², the trace for trΣ, and the limits of
    ‖G‖₁ lie on either side of it, each by more than four standard errors where noise is as large as G."""
    dim, size, draws = 200, 10, 200
    rng = np.random.default_rng(0)
    true = rng.standard_normal(dim)
    model = nn.Linear(dim, 1, bias=False).double()
    probe = ratecheck.probe(lambda m, g: (m.weight[0] * g).sum(), [torch.zeros(dim)], samples=size)
    layers, found = layers_of(model), []
    for _ in range(draws):
        noise = rng.standard_normal((6, dim)) * np.sqrt(6)
        probe.batches = [torch.from_numpy(true + each) for each in noise]
        row, _ = probe.measure(model, layers)
        found.append([row["inner"][0], row["trace"][0], row["lower"][0], row["l1"][0]])
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(draws)
    z = (mean - [true @ true, size * 6 * dim, np.abs(true).sum(), np.abs(true).sum()]) / error
    assert abs(z[0]) < 4 and abs(z[1]) < 4 and z[2] < -4 and z[3] > 4


def test_a_probe_leaves_everything_as_it_was(tmp_path):
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))
    model[2].eval()
    torch.manual_seed(3)
    kept = [b.clone() for b in model.buffers()]
    found, row = probed(tmp_path, model, [samples()], 24)
    assert torch.equal(torch.rand(2), torch.rand(2, generator=torch.Generator().manual_seed(3)))
    assert all(torch.equal(a, b) for a, b in zip(kept, model.buffers(), strict=True))
    assert model.training and model[1].training and not model[2].training
    assert np.isnan(found.inner[row]).all() and found.population(row) is None  # one batch says nothing of a population


def test_what_a_probe_refuses(tmp_path):
    model = network()

    def spoils(m, batch):
        with torch.no_grad():
            m[0].weight.add_(1.0)
        return loss_of(m, batch)

    with pytest.raises(ratecheck.InputError, match="changed a parameter"):
        probed(tmp_path, model, [samples()], 1, spoils)
    with pytest.raises(ratecheck.InputError, match="scalar tensor"):
        probed(tmp_path, model, [samples()], 1, lambda m, b: m(b[0]))
    with pytest.raises(ratecheck.InputError, match="at least one batch"):
        ratecheck.probe(loss_of, [])


class Partly(nn.Module):
    """Of its 32 parameters 20 have a gradient, 8 a sparse one, and 4 none."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.used = nn.Linear(4, 4)
        self.unused = nn.Linear(4, 1, bias=False)
        self.sparse = nn.Embedding(2, 4, sparse=True)

    def forward(self, index):
        return self.used(self.sparse(index)).square().mean()


def test_parameters_without_a_gradient_are_left_out_as_the_hook_leaves_them(tmp_path):
    """Else they would count as zeros: ρ of the exact gradient, which is judged, would be another number."""
    model = Partly()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    index = torch.tensor([0, 1, 1])
    probe = ratecheck.probe(lambda m, batch: m(batch), [index])
    with ratecheck.watch(model, optimizer, out=tmp_path, every=1, probe=probe, at=[1]):
        model(index).backward()
        optimizer.step()
    found = only(tmp_path)
    (exact,), (batch,) = found.rows(EXACT), found.rows(BATCH)
    assert found.sizes[exact].tolist() == found.sizes[batch].tolist() == [20, 0, 0]
    assert found.zeros[exact].tolist() == [0, 0, 0] and found.rho(exact) == pytest.approx(found.rho(batch), rel=1e-6)
    told = " ".join(found.provenance["left_out"])
    assert "a gradient of None" in told and "a sparse gradient" in told


def test_what_only_some_batches_reach_counts_with_all_of_them(tmp_path):
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(2, 1, bias=False), nn.Linear(2, 1, bias=False)

        def forward(self, batch):
            x, both = batch
            return (self.a(x) + (self.b(x) if both else 0.0)).sum()

    batches = [(torch.tensor([1.0, 2.0]), False), (torch.tensor([3.0, 4.0]), True)]
    row, unseen = ratecheck.probe(lambda m, b: m(b), batches).measure(model := Gated(), layers_of(model))
    assert row["sizes"].tolist() == [2, 2] and row["l1"].tolist() == [5.0, 3.5] and unseen == {"a gradient of None"}


def test_buffers_that_forward_assigns_anew_come_back():
    class Averaging(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))
            self.register_buffer("seen", torch.zeros(2))
            self.register_buffer("later", None)

        def forward(self, x):
            self.seen = 0.5 * self.seen + x
            self.later = x
            return (self.weight * self.seen).sum()

    model = Averaging()
    kept = model.seen
    ratecheck.probe(lambda m, x: m(x), [torch.ones(2)] * 3).measure(model, layers_of(model))
    assert model.seen is kept and model.seen.tolist() == [0, 0] and model.later is None


@pytest.mark.parametrize("change", [lambda p: p.data.add_(1.0), lambda p: p.detach().mul_(2.0)])
def test_a_parameter_that_changes_unseen_by_autograd_is_noticed(change):
    def spoils(m, batch):
        change(m[0].weight)
        return loss_of(m, batch)

    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        model = network(dtype=dtype)
        with pytest.raises(ratecheck.InputError, match="changed a parameter"):
            ratecheck.probe(spoils, [samples(dtype)]).measure(model, layers_of(model))


def test_a_probe_of_complex_parameters_is_refused_before_the_loop(tmp_path):
    model = nn.Linear(2, 2, dtype=torch.complex64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    ratecheck.watch(model, optimizer, out=tmp_path)
    with pytest.raises(ratecheck.InputError, match="complex"):
        ratecheck.watch(model, optimizer, out=tmp_path, probe=ratecheck.probe(loss_of, [1]), at=[1000])
