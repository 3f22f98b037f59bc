"""Compiled code in files, checked before it is used: what isn't exactly what was written counts as absent.

A flipped bit of machine code crashes the process or gives other numbers, and no later check would find these. So a
file has a header before the content: the format, the SHA-256 of the meaning and the content, and the meaning, which
says what was compiled. Reading makes the header that belongs to the meaning asked for and the content found, and
compares; so another function's file under this one's name is seen too. The bytes that were hashed are the bytes that
are used: no file is opened twice. Whoever may write files can write headers; ``code_folder`` sees to it that nobody
else may.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import stat
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..files import write_whole
from .code_folder import others_may_write

FORMAT = b"ratecheck code 1\n"


def digest(*parts: object) -> str:
    """A name for what has such parts: text, numbers and tuples of them."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def read(path: Path, meaning: str) -> bytes | None:
    """The content that ``write`` was given with the same *meaning*; None for anything else, or if nothing is there."""
    try:
        entry = path.stat()
        if not stat.S_ISREG(entry.st_mode) or others_may_write(entry):
            return None
        stored = path.read_bytes()
    except OSError:
        return None
    start = len(_header(meaning, b""))
    content = stored[start:]
    if stored[:start] == _header(meaning, content):
        return content
    logging.getLogger(__name__).warning("%s is damaged, or of another function: it is compiled again", path)
    return None


def write(path: Path, meaning: str, content: bytes) -> None:
    """Keep *content*. A disk that refuses it costs time the next time, no more."""
    with contextlib.suppress(OSError, InputError):
        write_whole(path, _header(meaning, content) + content, mode=0o600)


def _header(meaning: str, content: bytes) -> bytes:
    text = meaning.encode()
    length = len(text).to_bytes(8, "big")  # hashed too: no byte can pass from the meaning to the content
    return FORMAT + hashlib.sha256(length + text + content).digest() + length + text
