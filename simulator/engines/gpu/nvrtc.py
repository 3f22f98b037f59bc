"""CUDA C to machine code of a card (a cubin), by NVRTC: no card, no driver and no CUDA toolkit are needed.

NVRTC is called directly, because CuPy adds ``-ftz=true`` to what it compiles, which changes bits. Cubins are kept on
disk, named by a hash of the source, the options and NVRTC's version.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import re
from functools import cache
from pathlib import Path

from ratecheck.problems.errors import InputError

from .. import kept_code
from ..code_folder import delete_unused, subfolder

PACKAGES = {12: "nvidia-cuda-nvrtc-cu12", 13: "nvidia-cuda-nvrtc"}  # by the major number of CUDA
IEEE = ("-ftz=false", "-prec-div=true", "-prec-sqrt=true")


class CompileError(Exception):
    """NVRTC refuses a source; the message is its log."""


class Nvrtc:
    """One installed NVRTC; ``version`` is such as (13, 0)."""

    def __init__(self, library: ctypes.CDLL):
        self._library = library
        library.nvrtcGetErrorString.restype = ctypes.c_char_p
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
        self.version = major.value, minor.value

    def compile(self, source: str, options: tuple[str, ...], kind: str = "CUBIN") -> tuple[bytes, str]:
        """The *kind* ("CUBIN" or "PTX") of *source*, and the log. Raises CompileError for what NVRTC refuses."""
        program = ctypes.c_void_p()
        self._call("nvrtcCreateProgram", ctypes.byref(program), source.encode(), b"ratecheck.cu", 0, None, None)
        try:
            given = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
            code = self._library.nvrtcCompileProgram(program, len(options), given)
            log = self._text(program, "ProgramLog").decode(errors="replace").rstrip("\0").strip()
            if code:
                raise CompileError(f"{self._reason(code)}: {log}")
            return self._text(program, kind), log
        finally:
            self._library.nvrtcDestroyProgram(ctypes.byref(program))

    def _text(self, program: ctypes.c_void_p, what: str) -> bytes:
        size = ctypes.c_size_t()
        self._call(f"nvrtcGet{what}Size", program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        self._call(f"nvrtcGet{what}", program, buffer)
        return buffer.raw

    def _call(self, function: str, *arguments: object) -> None:
        code = getattr(self._library, function)(*arguments)
        if code:
            raise CompileError(f"{function}: {self._reason(code)}")

    def _reason(self, code: int) -> str:
        return self._library.nvrtcGetErrorString(code).decode()


@cache
def find(major: int | None = None) -> Nvrtc:
    """NVRTC of CUDA *major*, from its Python package or the system; by default the newest that is there.

    A driver loads what the NVRTC of its own CUDA makes. Raises InputError if there is none.
    """
    wanted = [major] if major else sorted(PACKAGES, reverse=True)
    spec = importlib.util.find_spec("nvidia")
    roots = [Path(root) for root in (spec.submodule_search_locations or ())] if spec else []
    for number in wanted:
        packaged = [path for root in roots for path in sorted(root.rglob(f"libnvrtc.so.{number}"))]
        for name in [*packaged, f"libnvrtc.so.{number}"]:
            try:
                return Nvrtc(ctypes.CDLL(str(name)))
            except OSError:
                continue
    packages = " or ".join(PACKAGES.get(number, f"the package of CUDA {number}") for number in wanted)
    raise InputError(f"the gpu backend needs NVRTC, CUDA's run-time compiler; pip install {packages}")


def options(architecture: str, fast: bool = False) -> tuple[str, ...]:
    """What a source is compiled with: IEEE 754 throughout, and fused multiply-adds only if *fast*."""
    return ("-std=c++17", f"-arch={architecture}", *IEEE, f"-fmad={'true' if fast else 'false'}")


def cubin(source: str, architecture: str, fast: bool = False, major: int | None = None) -> bytes:
    """The machine code of *source* for an architecture such as "sm_90", from disk where it was compiled before.

    *major* is the CUDA version of the driver. Raises InputError where NVRTC is missing or does not know the card.
    """
    nvrtc, chosen = find(major), options(architecture, fast)
    meaning = repr((nvrtc.version, chosen, source))
    name = f"{kept_code.digest(meaning)}.cubin"
    folder = subfolder("cubins")
    if folder is not None and (kept := kept_code.read(folder / name, meaning)) is not None:
        with contextlib.suppress(OSError):
            (folder / name).touch()  # used today
        return kept
    try:
        code, _ = nvrtc.compile(source, chosen)
    except CompileError as error:
        if "gpu-architecture" not in str(error):
            raise
        newer = int(re.sub(r"\D", "", architecture)) > 75
        raise InputError(
            f"NVRTC {nvrtc.version[0]}.{nvrtc.version[1]} does not know {architecture}; "
            + ("install a newer one" if newer else "the card is too old for it: install one of CUDA 12, '.[gpu12]'")
        ) from error
    folder = subfolder("cubins", create=True)
    if folder is not None:
        kept_code.write(folder / name, meaning, code)
        delete_unused(folder, "*.cubin")
    return code
