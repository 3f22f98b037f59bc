"""A device for the GPU engine that is this machine's processor: the kernels' own text, compiled by g++.

As strict as a card and stricter: arguments must have exactly the types that the kernel's text says, arrays are the
device's own, shared memory starts as NaN (see cuda/emulator.cpp).
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from needs import lack

if shutil.which("g++") is None:
    lack("the GPU's kernels are not run on the processor: that needs g++")

HERE = Path(__file__).parent / "cuda"
# -Bsymbolic: or a kernel would be the C library's function of the same name
COMPILER = ["g++", "-std=c++17", "-shared", "-fPIC", "-Wl,-Bsymbolic", "-ffp-contract=off", "-w"]
SANITIZE = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
FAST = ("-O2", "-march=native", "-ffp-contract=fast")  # what -fmad=true is to NVRTC
SCALARS = {
    "float": np.float32,
    "double": np.float64,
    "Index": np.int64,
    "unsigned": np.uint32,
    "unsigned long long": np.uint64,
}
KERNEL = re.compile(r'extern "C" __global__ void (?:__launch_bounds__\([^)]*\) )?(\w+)\(([^)]*)\)')
CONSTANT = re.compile(r"__constant__ (\w+) (\w+)\[(\d+)\];")


class EmulationError(Exception):
    """The kernel did what CUDA does not allow, or was called as it may not be."""


@cache
def _folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="emulated")


def build(text: str, flags: tuple[str, ...]) -> Path:
    """*text* as a shared library."""
    digest = hashlib.sha256(repr((text, flags)).encode()).hexdigest()[:24]
    path = Path(_folder().name) / f"{digest}.so"
    if not path.exists():
        command = [*COMPILER, *flags, f"-I{HERE}", "-x", "c++", "-", "-o", str(path)]
        done = subprocess.run(command, input=text, text=True, capture_output=True)
        if done.returncode:
            raise EmulationError(done.stderr)
    return path


class Array:
    """Memory of the device: the host can't reach into it."""

    def __init__(self, values: np.ndarray):
        self._values = values


class EmulatedDevice:
    """*order* in which fibers run: 0 up, 1 down, 2 shuffled. *flags* for the compiler. *memory* is what it pretends."""

    name, compiler, double_ratio = "emulated device", (0, 0), 2

    def __init__(self, order: int = 0, flags: tuple[str, ...] = ("-O1",), memory: int = 1 << 30):
        self.order, self.flags, self.memory = order, flags, memory
        self.launches: list[str] = []
        self.runtime = ctypes.CDLL(str(build((HERE / "emulator.cpp").read_text(), flags)), mode=ctypes.RTLD_GLOBAL)
        self.runtime.emulator_launch.restype = ctypes.c_char_p

    def free_bytes(self) -> int:
        return self.memory

    def load(self, source: str, fast: bool = False) -> EmulatedModule:
        return EmulatedModule(self, source, (*self.flags, *(FAST if fast else ())))

    def zeros(self, shape, dtype) -> Array:
        return Array(np.zeros(shape, dtype))

    def put(self, values) -> Array:
        return Array(np.array(values))

    def get(self, array: Array, count: int | None = None) -> np.ndarray:
        return (array._values if count is None else array._values.ravel()[:count]).copy()

    def synchronize(self) -> None:
        pass

    def release(self) -> None:
        pass


class EmulatedModule:
    def __init__(self, device: EmulatedDevice, source: str, flags: tuple[str, ...]):
        self.device = device
        reals = dict(re.findall(r"#define (REAL) (\w+)", source))
        self.kernels = {
            name: [_parameter(text, reals) for text in " ".join(listed.split()).split(", ")]
            for name, listed in KERNEL.findall(source)
        }
        self.constants = {
            name: (SCALARS[reals.get(kind, kind)], int(count)) for kind, name, count in CONSTANT.findall(source)
        }
        wrappers = [
            f'extern "C" void launch_{name}(void** a) {{ {name}('
            + ", ".join(f"*({c_type}*)a[{i}]" for i, (c_type, _, _) in enumerate(parameters))
            + "); }"
            for name, parameters in self.kernels.items()
        ]
        text = "\n".join(['#include "emulator.h"', source, *wrappers])
        self.library = ctypes.CDLL(str(build(text, flags)))

    def constant(self, name: str, values: np.ndarray) -> None:
        dtype, count = self.constants[name]
        if values.dtype != dtype or values.shape != (count,):
            raise EmulationError(f"{name} holds {count} numbers of {dtype.__name__}, got {values.dtype}{values.shape}")
        place = (ctypes.c_char * values.nbytes).in_dll(self.library, name)
        ctypes.memmove(place, values.ctypes.data, values.nbytes)

    def launch(self, kernel: str, blocks: int, threads: int, shared_bytes: int, *arguments: object) -> None:
        parameters = self.kernels[kernel]
        if len(arguments) != len(parameters):
            raise EmulationError(f"{kernel} takes {len(parameters)} arguments, got {len(arguments)}")
        if not (0 < blocks < 2**31 and 0 < threads <= 1024 and 0 <= shared_bytes <= 48 << 10):
            raise EmulationError(f"no card launches {blocks} blocks of {threads} threads with {shared_bytes} bytes")
        pointers = (ctypes.c_void_p * len(arguments))()
        kept = []
        for i, (argument, (c_type, dtype, pointer)) in enumerate(zip(arguments, parameters, strict=True)):
            given = argument._values if isinstance(argument, Array) else argument
            if pointer != isinstance(argument, Array) or getattr(given, "dtype", None) != dtype:
                raise EmulationError(f"argument {i} of {kernel} is {c_type}, got {argument!r}")
            box = ctypes.c_void_p(given.ctypes.data) if pointer else np.array(given)
            kept.append(box)
            pointers[i] = ctypes.addressof(box) if pointer else box.ctypes.data
        self.device.launches.append(kernel)
        wrong = self.device.runtime.emulator_launch(
            getattr(self.library, f"launch_{kernel}"), pointers, blocks, threads, shared_bytes, self.device.order
        )
        if wrong:
            raise EmulationError(f"{kernel}: {wrong.decode()}")


def _parameter(text: str, reals: dict[str, str]) -> tuple[str, type, bool]:
    """C type, NumPy type, and whether it is a pointer."""
    pointer = "*" in text
    words = re.sub(r"\bconst\b|\b__restrict__\b|\*", " ", text).split()[:-1]
    kind = reals.get(words[0], " ".join(words))
    return f"{kind}*" if pointer else kind, SCALARS[kind], pointer


def sanitizer_environment() -> dict[str, str]:
    """What a Python must be started with to load libraries built with SANITIZE."""
    runtime = subprocess.run(["g++", "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    return {**os.environ, "LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=0"}
