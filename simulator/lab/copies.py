"""Copies of the user's files in a results folder, so that the results stand alone: DIR/plugins/mine.<12 hex>.py.

Of objects that lie in no file that was named, from a notebook's cell or a package, it is their source text.

They are for people and for ``--allow-code``. Nothing runs them because they are there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from ratecheck.problems.errors import InputError

from ..files import read_whole, write_whole
from ..plugins import MOST, find, is_path, plain_name, ran
from ..source_text import source_text

FOLDER = "plugins"
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class PlugIn:
    """A user's file: the name of its copy, the sha256 of its content, and that content where the file is at hand."""

    file: str
    sha256: str
    content: bytes | None = field(default=None, compare=False, repr=False)


def plug_in(home: str, names: Iterable[str]) -> PlugIn:
    """The plug-in file *home* as it ran, or the source text of *names*, which are of the module *home*.

    Raises InputError for a file that can't be read.
    """
    if is_path(home):
        content = ran(home)
    else:
        content = source_text({plain_name(n): find({}, n, "object", object) for n in names}, home).encode()
    digest = hashlib.sha256(content).hexdigest()
    return PlugIn(copy_name(home, digest), digest, content)


def copy_name(path: str, digest: str) -> str:
    """'mine.0123456789ab.py': a name by content that every file system takes."""
    stem = re.sub(r"[^A-Za-z0-9_-]", "_", PurePath(path).name.removesuffix(".py"))[:64] or "_"
    return f"{stem}.{digest[:12]}.py"


def write_copies(directory: Path, plugins: Mapping[str, PlugIn]) -> None:
    """Copy the plug-ins that are not there yet; raises InputError when the disk refuses."""
    for plugin in plugins.values():
        path = directory / FOLDER / plugin.file
        if plugin.content is None or _is(path, plugin.sha256):
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"can't write to {path.parent}: {error.strerror}") from error
        write_whole(path, plugin.content)


def _is(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(read_whole(path, MOST)).hexdigest() == sha256
    except (OSError, ValueError):
        return False
