"""Files that are written whole or not at all, and folders that must take them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from ratecheck.problems.errors import InputError


def require_writable(directory: Path) -> None:
    """Create *directory* and try that it takes files; raises InputError when it doesn't."""
    probe = directory / f".probe.{os.urandom(4).hex()}"
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
    name = f".{path.stem}.{host()}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    temporary = path.with_name(name)
    try:
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"can't write {path}: {error.strerror}") from error


def host() -> str:
    """This host's name without dots, as it stands in names of unfinished files."""
    return socket.gethostname().replace(".", "-")
