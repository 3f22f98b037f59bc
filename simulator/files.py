"""Files that are written whole or not at all, files that are read whole or not at all, and folders that take them."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ratecheck.problems.errors import InputError

from .processes import host, this


def near(path: Path) -> Path:
    """*path* as commands typed in the current folder would name it."""
    try:
        return Path(os.path.relpath(path))
    except ValueError:  # on another drive
        return path


def require_writable(directory: Path) -> None:
    """Create *directory* and try that it takes files; raises InputError when it doesn't."""
    probe = _unfinished(directory, "probe")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"can't write to {directory}: {error.strerror}; choose another folder with --out") from error


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file so that it is there complete or not at all; raises InputError when the disk refuses.

    *mode* is its permissions, less what the umask takes away.
    """
    with _replacing(path, mode) as file:
        file.write(content)


def copy_whole(path: Path, target: Path) -> None:
    """Copy a file so that it is there complete or not at all, its folder too; raises InputError when a disk refuses."""
    with contextlib.suppress(OSError):  # what is wrong with the folder the writing says
        target.parent.mkdir(parents=True, exist_ok=True)
    with _replacing(target) as file, open(path, "rb") as source:
        shutil.copyfileobj(source, file)


@contextlib.contextmanager
def _replacing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file that takes the place of *path* when all is written, and leaves nothing when something can't be."""
    temporary = _unfinished(path.parent, path.stem)
    try:
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"can't write {path}: {error.strerror}") from error


def _unfinished(directory: Path, stem: str) -> Path:
    """A name for a file that is there for a moment, which says whose it is (``lab.store`` removes what is left)."""
    return directory / f".{stem}.{host()}.{this()}.{os.urandom(4).hex()}.tmp"


@contextlib.contextmanager
def open_regular(path: Path, most: int) -> Iterator[BinaryIO]:
    """A file of at most *most* bytes, open for reading.

    Raises FileNotFoundError when there is none, and InputError for what can't be read, is larger, or is no regular
    file: reading a pipe would wait for ever, and a device has no end.
    """
    try:
        _require_regular(path, os.stat(path).st_mode)  # opening a device may be an act already
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, InputError):
        raise
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:  # a name that no file can have
        raise InputError(f"{path!s:.200} can't be read: {error}") from error
    with open(number, "rb") as file:
        status = os.fstat(number)
        _require_regular(path, status.st_mode)  # it may be another one by now
        if status.st_size > most:
            raise InputError(f"{path} can't be read: it has {status.st_size} bytes, and {most} are the most")
        yield file


def read_whole(path: Path, most: int) -> bytes:
    """The content of a file, with the errors of ``open_regular``."""
    with open_regular(path, most) as file:
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise InputError(f"{path} can't be read: {error.strerror}") from error
    if len(content) > most:  # it grows
        raise InputError(f"{path} can't be read: it has more than {most} bytes")
    return content


def printable(path: object) -> str:
    """A path as text that can be written to a file: bytes that are no UTF-8 stand as escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
        what = next((name for test, name in kinds if test(mode)), "a device")
        raise InputError(f"{path} can't be read: it is {what}, no regular file")
