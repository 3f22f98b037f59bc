"""CUDA C to machine code of a card (a cubin), by NVRTC: no card, no driver and no CUDA toolkit are needed.

NVRTC is called directly, because CuPy adds ``-ftz=true`` to what it compiles, which changes bits. Cubins are kept on
disk, named by a hash of the source, the options and NVRTC's version.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import tempfile
from functools import cache
from pathlib import Path

from problems.errors import InputError

from ..files import write_whole
from .machine_code import folder

PACKAGES = "nvidia-cuda-nvrtc (CUDA 13) or nvidia-cuda-nvrtc-cu12"
IEEE = ("-ftz=false", "-prec-div=true", "-prec-sqrt=true")


class CompileError(Exception):
    """NVRTC refuses a source; the message is its log."""


@cache
def library() -> ctypes.CDLL:
    """NVRTC, from its package or the system. Raises InputError if it is nowhere."""
    found = importlib.util.find_spec("nvidia")
    roots = [Path(root) for root in (found.submodule_search_locations or ())] if found else []
    names = [path for root in roots for path in sorted(root.rglob("libnvrtc.so.*")) if "builtins" not in path.name]
    for name in [*names, "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]:
        try:
            return ctypes.CDLL(str(name))
        except OSError:
            continue
    raise InputError(f"the gpu backend needs NVRTC, CUDA's run-time compiler; pip install {PACKAGES}")


def version() -> tuple[int, int]:
    """NVRTC's version, such as (13, 0)."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    _check(library().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)))
    return major.value, minor.value


def options(architecture: str, fast: bool = False) -> tuple[str, ...]:
    """What a source is compiled with: IEEE 754 throughout, and fused multiply-adds only if *fast*."""
    return ("-std=c++17", f"-arch={architecture}", *IEEE, f"-fmad={'true' if fast else 'false'}")


def compile_source(source: str, options: tuple[str, ...], kind: str = "CUBIN") -> tuple[bytes, str]:
    """The *kind* ("CUBIN" or "PTX") of *source*, and the log. Raises CompileError for what NVRTC refuses."""
    nvrtc = library()
    program = ctypes.c_void_p()
    _check(nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"ratecheck.cu", 0, None, None))
    try:
        given = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
        code = nvrtc.nvrtcCompileProgram(program, len(options), given)
        log = _text(program, "ProgramLog").decode(errors="replace").rstrip("\0").strip()
        if code:
            raise CompileError(f"{_reason(code)}: {log}")
        return _text(program, kind), log
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def cubin(source: str, architecture: str, fast: bool = False) -> Path:
    """File of the machine code of *source* for an architecture such as "sm_90", compiled where it is not there yet.

    Raises InputError where NVRTC is missing or too old for the card.
    """
    chosen = options(architecture, fast)
    digest = hashlib.sha256(repr((version(), chosen, source)).encode()).hexdigest()[:32]
    path = _folder() / f"{digest}.cubin"
    if not path.exists():
        try:
            code, _ = compile_source(source, chosen)
        except CompileError as error:
            if "gpu-architecture" in str(error):
                known = ".".join(map(str, version()))
                raise InputError(f"NVRTC {known} does not know {architecture}; pip install -U {PACKAGES}") from error
            raise
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, code)
    return path


@cache
def _temporary() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="ratecheck")


def _folder() -> Path:
    """Where cubins are kept; for this process only where nothing is to be kept, or can be."""
    home = folder()
    if home is not None:
        try:
            (home / "cubins").mkdir(parents=True, exist_ok=True)
            return home / "cubins"
        except OSError:
            pass
    return Path(_temporary().name)


def _text(program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    _check(getattr(library(), f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _check(getattr(library(), f"nvrtcGet{what}")(program, buffer))
    return buffer.raw


def _reason(code: int) -> str:
    describe = library().nvrtcGetErrorString
    describe.restype = ctypes.c_char_p
    return describe(code).decode()


def _check(code: int) -> None:
    if code:
        raise CompileError(_reason(code))
