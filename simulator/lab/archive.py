"""The entries of a cell file, each read only after its size is known to be right, so that no file can ask for memory.

What ``np.savez`` writes and nothing more: entries as they are, not compressed, each one array with a plain header. A
compressed entry, or a header with a wrong shape, could ask for gigabytes from a file of kilobytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

MOST = 2**32 - 2**20  # bytes of a file; above them zip archives have another form
MOST_ENTRIES, MOST_DIRECTORY = 4096, 2**20
END = struct.Struct("<4s4H2LH")  # the record at the end of a zip archive


class CellError(Exception):
    """A cell file that can't be trusted, and why; it is never read as data."""


class Archive:
    """The entries of an open file. ``sizes``: bytes of each by name, without the .npy."""

    def __init__(self, file: BinaryIO):
        size = file.seek(0, io.SEEK_END)
        _check_end(file, size)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            raise CellError(f"truncated or no cell file ({size} bytes: {error!s:.200})") from error
        self.sizes: dict[str, int] = {}
        for entry in self._zip.infolist():
            if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
                raise CellError("no cell file: its entries are compressed")
            if entry.file_size > size or entry.flag_bits & 1:
                raise CellError(f"damaged: the entry {entry.filename!r:.100} can't be what it says")
            name = entry.filename.removesuffix(".npy")
            if name in self.sizes or name == entry.filename:
                raise CellError(f"no cell file: it has an entry {entry.filename!r:.100}")
            self.sizes[name] = entry.file_size

    def array(self, name: str, most: int) -> np.ndarray:
        """The array of an entry of at most *most* bytes; its checksum and its shape are checked against its size."""
        if self.sizes[name] > most:
            raise CellError(f"damaged: {name} has {self.sizes[name]} bytes, expected at most {most}")
        try:
            with self._zip.open(f"{name}.npy") as entry:
                content = entry.read()
            header = io.BytesIO(content)
            if npy.read_magic(header) != (1, 0):
                raise CellError(f"damaged: {name} is not an array of a known form")
            shape, fortran, dtype = npy.read_array_header_1_0(header)
            start = header.tell()
            if dtype.kind not in "fiU" or fortran and len(shape) > 1:
                raise CellError(f"damaged: {name} is an array of {dtype}")
            count = 1
            for length in shape:  # Python's integers, which don't overflow
                count *= length
            if min(shape, default=0) < 0 or count * dtype.itemsize != len(content) - start:
                raise CellError(f"damaged: {name} has {len(content) - start} bytes of {dtype} for the shape {shape}")
            return np.frombuffer(content, dtype, count, start).reshape(shape).copy()
        except (zipfile.BadZipFile, ValueError, KeyError, OSError, NotImplementedError, EOFError, TypeError) as error:
            raise CellError(f"damaged: {name}: {type(error).__name__}: {error!s:.200}") from error
        except (SyntaxError, RecursionError, MemoryError, OverflowError, RuntimeError) as error:
            raise CellError(f"damaged: {name}: {type(error).__name__}: {error!s:.200}") from error

    def text(self, name: str, most: int) -> str:
        found = self.array(name, most)
        if found.dtype.kind != "U" or found.shape != ():
            raise CellError(f"damaged: {name} is not text")
        return str(found)


def _check_end(file: BinaryIO, size: int) -> None:
    """The archive's directory is small: zipfile reads it whole, and its size is what the file says it is."""
    file.seek(max(0, size - END.size))
    tail = file.read(END.size)
    file.seek(0)
    if len(tail) < END.size or tail[:4] != b"PK\x05\x06":
        raise CellError(f"truncated or no cell file ({size} bytes)")
    _, _, _, here, entries, directory, _, _ = END.unpack(tail)
    if directory > min(MOST_DIRECTORY, size) or max(here, entries) > MOST_ENTRIES:
        raise CellError(f"damaged: its directory would have {entries} entries in {directory} bytes")
