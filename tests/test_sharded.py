"""Gradients of which each process has a part, or a summand: two processes on this machine."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch: pip install .[parity], or make parity")

from test_watch import only  # noqa: E402

SHARDED = """
import os, sys
import torch, torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor
import ratecheck
rank, out, port = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group("gloo", init_method=f"file://{port}", rank=rank, world_size=2)
mesh = init_device_mesh("cpu", (2,))
model = torch.nn.Linear(3, 6)
whole = torch.arange(18.0).reshape(6, 3)
model.weight = torch.nn.Parameter(distribute_tensor(whole, mesh, [Shard(0)]))
model.bias = torch.nn.Parameter(distribute_tensor(torch.ones(6), mesh, [Replicate()]))
optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
with ratecheck.watch(model, optimizer, out=out, every=1):
    for _ in range(70):
        model.weight.grad = distribute_tensor(whole, mesh, [Shard(0)])
        model.bias.grad = distribute_tensor(torch.ones(6), mesh, [Replicate()])
        optimizer.step()

partial = torch.nn.Linear(2, 2, bias=False)  # as of a norm within sequence-parallel blocks: each process has a summand
partial.weight = torch.nn.Parameter(distribute_tensor(torch.ones(2, 2), mesh, [Replicate()]))
other = torch.optim.SGD(partial.parameters(), lr=0.0)
with ratecheck.watch(partial, other, out=out + "-partial", every=1):
    mine = torch.full((2, 2), 1.0 + rank)
    partial.weight.grad = DTensor.from_local(mine, mesh, [Partial()])
    other.step()
try:
    from torch.distributed.fsdp import FullyShardedDataParallel
    flat = FullyShardedDataParallel(torch.nn.Linear(3, 3), device_id=torch.device("cpu"), use_orig_params=True)
    ratecheck.watch(flat, torch.optim.SGD(flat.parameters(), lr=0.0), out=out)
    raise SystemExit("flat parameters were not refused")
except ratecheck.InputError as error:
    assert "fully_shard" in str(error)
try:
    ratecheck.watch(model, optimizer, out=out, probe=ratecheck.probe(len, [1]), at=[1])
    raise SystemExit("a probe of split parameters was not refused")
except ratecheck.InputError:
    pass
dist.barrier()
os._exit(0)  # at an ordinary end gloo's threads abort the process now and then
"""


def test_parts_in_several_processes_are_added_up(tmp_path):
    (tmp_path / "program.py").write_text(SHARDED, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "program.py")]
    out = tmp_path / "out"
    two = [subprocess.Popen([*command, str(rank), str(out), str(tmp_path / "meet")]) for rank in (0, 1)]
    assert [process.wait(timeout=120) for process in two] == [0, 0]
    found = only(out)
    whole = np.arange(18.0)
    assert found.steps.size == 70 and found.sizes[0].tolist() == [18, 6]
    np.testing.assert_allclose(found.l1, [[whole.sum(), 6.0]] * 70)
    np.testing.assert_allclose(found.l2, [[np.sqrt(whole @ whole), np.sqrt(6)]] * 70)
    np.testing.assert_array_equal(found.zeros[:, 0], 1)
    summed = only(tmp_path / "out-partial")  # 1 of the first process and 2 of the second, in each of 4 places
    assert (summed.l1[0, 0], summed.l2[0, 0], summed.sizes[0, 0]) == (12.0, 6.0, 4)
