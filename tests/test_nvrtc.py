"""NVRTC, without a GPU: what it makes of the kernels, and how that is kept."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from functools import cache

import pytest
from needs import lack
from test_engines import spec

from problems.errors import InputError
from simulator.engines.gpu import nvrtc
from simulator.engines.gpu.sizes import Shape
from simulator.engines.gpu.source import kernel_source
from simulator.engines.measures import Measures
from simulator.engines.resolve import resolve
from simulator.optimizers import OPTIMIZERS

try:
    NVRTC = nvrtc.find(None)
except InputError as error:
    lack(f"kernels are not compiled for cards: {error}")

LARGE = Shape.of(10**6)


@cache
def float64_operations(optimizer: str) -> list[str]:
    """What the float32 kernel of an optimizer computes in float64."""
    cell = resolve(spec(optimizer=optimizer, dtype="float32"))
    source = kernel_source(cell, Measures.of((), cell.optimizer), LARGE.threads, LARGE.coordinates)
    ptx = NVRTC.compile(source, nvrtc.options("sm_90"), "PTX")[0].decode()
    advance = re.search(r"\.entry advance\(.*?\n\}", ptx, re.DOTALL)[0]
    return re.findall(r"^\s*(\w+)[.\w]*\.f64\b", advance, re.MULTILINE)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_float32_kernel_computes_in_float32(optimizer):
    """But for the sums over a block, which are float64 additions, the same ones whatever the formulas."""
    found = Counter(float64_operations(optimizer))
    assert set(found) <= {"add", "cvt", "ld", "st"}
    assert found == Counter(float64_operations("sgd"))


def test_the_ieee_options_are_kept():
    """No fused multiply-add, approximate division or flush to zero where none is asked for; fused ones with fast."""
    cell = resolve(spec(dtype="float32"))
    source = kernel_source(cell, Measures.of((), cell.optimizer), 128, 1)
    exact, fast = (NVRTC.compile(source, nvrtc.options("sm_90", fast), "PTX")[0].decode() for fast in (False, True))
    assert "fma.rn.f32" not in exact and "fma.rn.f32" in fast
    for ptx in (exact, fast):
        assert "div.rn.f32" in ptx and "sqrt.rn.f32" in ptx and ".ftz" not in ptx and ".approx" not in ptx


NOTHING = 'extern "C" __global__ void nothing() {}'


@pytest.fixture
def compilations(monkeypatch):
    """A list that grows by one whenever NVRTC compiles."""
    calls = []
    compile_source = NVRTC.compile
    monkeypatch.setattr(NVRTC, "compile", lambda *given: calls.append(given) or compile_source(*given))
    return calls


def test_cubins_are_kept_by_what_they_are_made_of(tmp_path, monkeypatch, compilations):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path))

    def kept():
        return set(tmp_path.rglob("*.cubin"))

    first = nvrtc.cubin(NOTHING, "sm_90")
    assert first.startswith(b"\x7fELF") and len(kept()) == 1
    assert nvrtc.cubin(NOTHING, "sm_90") == first and len(compilations) == 1
    (mine,) = kept()
    older = nvrtc.cubin(NOTHING, "sm_80")
    (used,) = kept() - {mine}
    for given in ((NOTHING, "sm_90", True), (NOTHING + "\n", "sm_90")):
        nvrtc.cubin(*given)
    assert len(kept()) == 4 and len(compilations) == 4
    old = time.time() - 40 * 86400
    for path in kept() - {mine}:
        os.utime(path, (old, old))
    assert nvrtc.cubin(NOTHING, "sm_80") == older and len(compilations) == 4  # used: it stays
    nvrtc.cubin(NOTHING + " ", "sm_90")
    assert len(kept()) == 3 and {mine, used} < kept()
    mine.unlink()
    assert nvrtc.cubin(NOTHING, "sm_90") == first and len(compilations) == 6


def test_a_damaged_cubin_is_compiled_anew_and_replaced(tmp_path, monkeypatch, compilations):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path))
    first, other = nvrtc.cubin(NOTHING, "sm_90"), nvrtc.cubin(NOTHING, "sm_80")
    one, two = sorted(tmp_path.rglob("*.cubin"))
    stored = one.read_bytes(), two.read_bytes()
    flipped = [bytes([b[0] ^ 1, *b[1:-20], b[-20] ^ 8, *b[-19:]]) for b in stored]
    for damaged in (flipped, [b[:-1] for b in stored], [b + b"\0" for b in stored], stored[::-1], (b"", b"")):
        for path, content in zip((one, two), damaged, strict=True):
            path.write_bytes(content)
        compilations.clear()
        for _ in range(2):
            assert nvrtc.cubin(NOTHING, "sm_90") == first and nvrtc.cubin(NOTHING, "sm_80") == other
            assert len(compilations) == 2


def test_without_a_cache_cubins_are_made_all_the_same(monkeypatch, compilations):
    monkeypatch.setenv("RATECHECK_CACHE", "")
    assert nvrtc.cubin(NOTHING, "sm_90").startswith(b"\x7fELF") and len(compilations) == 1


def test_a_cache_that_cannot_be_used_costs_time_only(tmp_path, monkeypatch, compilations):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path))
    (tmp_path / "ratecheck").write_text("a file where the folder would be")
    assert nvrtc.cubin(NOTHING, "sm_90").startswith(b"\x7fELF")
    (tmp_path / "ratecheck").unlink()
    nvrtc.cubin(NOTHING, "sm_90")
    (tmp_path / "ratecheck" / "cubins").chmod(0o777)
    for _ in range(2):
        assert nvrtc.cubin(NOTHING, "sm_90").startswith(b"\x7fELF")
    assert len(compilations) == 4 and len(list(tmp_path.rglob("*.cubin"))) == 1


def test_what_nvrtc_refuses():
    with pytest.raises(nvrtc.CompileError, match="undefined"):
        NVRTC.compile("__global__ void f() { undefined(); }", nvrtc.options("sm_90"))
    with pytest.raises(InputError, match=r"NVRTC \d+\.\d+ does not know sm_999; install a newer one"):
        nvrtc.cubin("", "sm_999")


def test_an_nvrtc_that_is_not_there():
    with pytest.raises(InputError, match=r"needs NVRTC, .*; pip install nvidia-cuda-nvrtc-cu12"):
        nvrtc.find(12)
    with pytest.raises(InputError, match="the package of CUDA 9"):
        nvrtc.find(9)
