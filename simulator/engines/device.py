"""The card: arrays, kernels and launches through CuPy, which is imported here and nowhere else, and late.

Only what needs no compiler of CuPy's own is used of it: memory, copies, modules, launches.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from problems.errors import InputError

from .nvrtc import cubin

INSTALL = "pip install -e '.[gpu]' in a clone of ratecheck ('.[gpu12]' for a driver of CUDA 12)"


class Module(Protocol):
    """Compiled kernels."""

    def constant(self, name: str, values: NDArray) -> None:
        """Copy *values* to the constant memory of that name."""

    def launch(self, kernel: str, blocks: int, threads: int, shared_bytes: int, *arguments: object) -> None:
        """Start a kernel. Scalars are NumPy scalars of the parameters' types, arrays the device's own."""


class Device(Protocol):
    """What the GPU engine needs of a device. ``free_bytes()`` is the memory that is left on it."""

    name: str

    def free_bytes(self) -> int: ...

    def load(self, source: str, fast: bool = False) -> Module: ...

    def zeros(self, shape: Sequence[int], dtype: Any) -> Any: ...

    def put(self, values: ArrayLike) -> Any: ...

    def get(self, array: Any) -> NDArray: ...

    def synchronize(self) -> None: ...


class CupyModule:
    def __init__(self, cupy, path):
        self._cupy = cupy
        self._module = cupy.RawModule(path=str(path))
        self._functions: dict[str, Any] = {}

    def constant(self, name: str, values: NDArray) -> None:
        place = self._module.get_global(name)
        self._cupy.ndarray(values.shape, values.dtype, place).set(values)

    def launch(self, kernel: str, blocks: int, threads: int, shared_bytes: int, *arguments: object) -> None:
        if kernel not in self._functions:
            self._functions[kernel] = self._module.get_function(kernel)
        self._functions[kernel]((blocks,), (threads,), arguments, shared_mem=shared_bytes)


class CupyDevice:
    """The current CUDA device."""

    def __init__(self, cupy):
        self._cupy = cupy
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
        self.name = properties["name"].decode()
        self.processors = properties["multiProcessorCount"]
        self.architecture = f"sm_{properties['major']}{properties['minor']}"
        self.load = cache(self._load)  # a module is loaded once, whoever asks for it

    def free_bytes(self) -> int:
        """Free memory of the card, and what CuPy keeps for reuse."""
        return self._cupy.cuda.runtime.memGetInfo()[0] + self._cupy.get_default_memory_pool().free_bytes()

    def _load(self, source: str, fast: bool = False) -> CupyModule:
        return CupyModule(self._cupy, cubin(source, self.architecture, fast))

    def zeros(self, shape: Sequence[int], dtype: Any) -> Any:
        try:
            return self._cupy.zeros(shape, dtype)
        except self._cupy.cuda.memory.OutOfMemoryError as error:
            wanted = np.prod(shape, dtype=float) * np.dtype(dtype).itemsize
            raise InputError(
                f"{self.name} has no {wanted / 2**30:.1f} GiB of memory left; choose a smaller dim, or float32"
            ) from error

    def put(self, values: ArrayLike) -> Any:
        values = np.ascontiguousarray(values)
        array = self.zeros(values.shape, values.dtype)
        array.set(values)
        return array

    def get(self, array: Any) -> NDArray:
        return array.get()

    def synchronize(self) -> None:
        self._cupy.cuda.get_current_stream().synchronize()


@cache
def cupy_device() -> CupyDevice:
    """The current CUDA device; raises InputError, saying what is missing and how to get it."""
    try:
        import cupy
    except ModuleNotFoundError as error:
        raise InputError(f"the gpu backend needs {error.name}, which is not installed; {INSTALL}") from error
    except ImportError as error:
        raise InputError(f"the gpu backend can't load CuPy: {error}; {INSTALL}") from error
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise InputError(
            f"the gpu backend finds no CUDA driver ({error}); it needs an NVIDIA GPU and its driver"
        ) from error
    if count == 0:
        raise InputError("the gpu backend finds no NVIDIA GPU on this machine")
    return CupyDevice(cupy)
