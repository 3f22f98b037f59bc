"""The card: arrays, kernels and launches through CuPy, which is imported here and nowhere else, and late.

Only what needs no compiler of CuPy's own is used of it: memory, copies, modules, launches.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from ratecheck.problems.errors import InputError

from .nvrtc import cubin, find

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
    compiler: tuple[int, int]  # version of NVRTC

    def free_bytes(self) -> int: ...

    def load(self, source: str, fast: bool = False) -> Module: ...

    def zeros(self, shape: Sequence[int], dtype: Any) -> Any: ...

    def put(self, values: ArrayLike) -> Any: ...

    def get(self, array: Any, count: int | None = None) -> NDArray:
        """A copy on the host, of the first *count* numbers if so many are asked for, flat."""

    def synchronize(self) -> None:
        """Wait until all launches are done."""

    def release(self) -> None:
        """Give back memory that is kept for reuse."""


class CupyModule:
    """Kernels from machine code in memory: RawModule would read a file again, after its content was checked."""

    def __init__(self, device: CupyDevice, code: bytes):
        self._device = device
        self._code = code
        self._functions: dict[str, Any] = {}

    @cached_property
    def _module(self):
        """Loaded when it is first used, by the thread that uses it, as RawModule does."""
        module = self._device.cupy.cuda.Module()
        module.load(self._code)
        return module

    def constant(self, name: str, values: NDArray) -> None:
        self._device.free_bytes()  # a call that gives this thread the card's context, which the next one does not
        cuda = self._device.cupy.cuda
        memory = cuda.UnownedMemory(self._module.get_global_var(name), values.nbytes, self._module, cuda.Device().id)
        self._device.cupy.ndarray(values.shape, values.dtype, cuda.MemoryPointer(memory, 0)).set(values)
        self._device.synchronize()

    def launch(self, kernel: str, blocks: int, threads: int, shared_bytes: int, *arguments: object) -> None:
        if kernel not in self._functions:
            self._functions[kernel] = self._module.get_function(kernel)
        self._functions[kernel]((blocks,), (threads,), arguments, shared_mem=shared_bytes)


class CupyDevice:
    """The current CUDA device. ``double_ratio``: how many times faster than float64 its float32 is."""

    def __init__(self, cupy):
        self.cupy = cupy
        device = cupy.cuda.Device()
        properties = cupy.cuda.runtime.getDeviceProperties(device.id)
        self.name = properties["name"].decode()
        self.double_ratio = device.attributes["SingleToDoublePrecisionPerfRatio"]
        self.architecture = f"sm_{properties['major']}{properties['minor']}"
        self.cuda = cupy.cuda.runtime.runtimeGetVersion() // 1000  # the driver may be newer, but not older
        self.compiler = find(self.cuda).version
        self.load = cache(self._load)  # a module is loaded once, whoever asks for it

    def free_bytes(self) -> int:
        """Free memory of the card, and what CuPy keeps for reuse. Raises InputError if the card can't be used."""
        runtime = self.cupy.cuda.runtime
        try:
            return runtime.memGetInfo()[0] + self.cupy.get_default_memory_pool().free_bytes()
        except runtime.CUDARuntimeError as error:
            raise InputError(f"{self.name} can't be used now: {error}") from error

    def _load(self, source: str, fast: bool = False) -> CupyModule:
        return CupyModule(self, cubin(source, self.architecture, fast, self.cuda))

    def zeros(self, shape: Sequence[int], dtype: Any) -> Any:
        try:
            return self.cupy.zeros(shape, dtype)
        except self.cupy.cuda.memory.OutOfMemoryError as error:
            wanted = np.prod(shape, dtype=float) * np.dtype(dtype).itemsize
            raise InputError(
                f"{self.name} has no {wanted / 2**30:.1f} GiB of memory left; choose a smaller dim, or float32"
            ) from error

    def put(self, values: ArrayLike) -> Any:
        values = np.ascontiguousarray(values)
        array = self.zeros(values.shape, values.dtype)
        array.set(values)
        self.synchronize()  # on some machines the copy still reads *values*, which nobody else keeps
        return array

    def get(self, array: Any, count: int | None = None) -> NDArray:
        return (array if count is None else array.ravel()[:count]).get()

    def synchronize(self) -> None:
        self.cupy.cuda.get_current_stream().synchronize()

    def release(self) -> None:
        self.cupy.get_default_memory_pool().free_all_blocks()


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
            f"the gpu backend finds no NVIDIA driver, or one too old for this CuPy ({error}); "
            "with a driver of CUDA 12: pip uninstall cupy-cuda13x, then pip install -e '.[gpu12]'"
        ) from error
    if count == 0:
        raise InputError("the gpu backend finds no NVIDIA GPU on this machine")
    return CupyDevice(cupy)
