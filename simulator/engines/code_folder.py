"""Where compiled code is kept: a folder that nobody but its user can write to, because what is in it is run.

It is the user's cache folder or RATECHECK_CACHE; an empty RATECHECK_CACHE means no folder. Nothing is read from or
written to a folder that others could change: code is compiled in memory then, and one line on stderr says why.

Looked at are the folder, its subfolder and each file in that (``kept_code``): the user must own them and nobody else
may write to them. A folder further up may be writable by its group, as a umask of 002 makes it: who puts a folder or
link in the place of ours owns what is put there. It may be writable by everybody only where, as in /tmp, nobody can
move what others own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import stat
import sys
import time
from functools import cache
from pathlib import Path

import platformdirs

UNUSED_DAYS = 30
ELSEWHERE = "set RATECHECK_CACHE to a folder of your own"


def folder() -> Path | None:
    """Where all versions of the package keep their code, None for nowhere."""
    named = os.environ.get("RATECHECK_CACHE")
    if named is None:
        return Path(platformdirs.user_cache_dir("ratecheck"))
    return Path(named) / "ratecheck" if named else None


def subfolder(name: str, create: bool = False) -> Path | None:
    """A folder in ``folder()``; None where there is none, it can't be made, or others could change what is in it."""
    home = folder()
    if home is None:
        return None
    try:
        for path in (home, home / name):
            if create:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if reason := exposed(path):
                _warn(f"compiled code is not kept, because what is in its folder is run: {reason}")
                return None
    except OSError:
        return None
    return home / name


def exposed(path: Path) -> str | None:
    """Who else could change what is in the folder *path*, and what to do about it; None if nobody could."""
    if not hasattr(os, "geteuid"):  # Windows: its access lists keep a user's folders private
        return None
    link, entry = path.lstat(), path.stat()
    for owner in (link.st_uid, entry.st_uid):
        if owner != os.geteuid():
            return f"{path} belongs to user {owner}, and you are user {os.geteuid()}; {ELSEWHERE}"
    if others_may_write(entry):
        mode = stat.S_IMODE(entry.st_mode)
        return f"others may write to {path} (mode {mode:04o}); delete it or chmod 700 it, or {ELSEWHERE}"
    for parent in path.resolve().parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return f"everybody may write to {parent} (mode {mode:04o}), where {path} is; chmod o-w it, or {ELSEWHERE}"
    return None


def others_may_write(entry: os.stat_result) -> bool:
    """Whether somebody else owns a file or folder, or may write to it."""
    if not hasattr(os, "geteuid"):
        return False
    return entry.st_uid != os.geteuid() or bool(entry.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def delete_unused(folder: Path, names: str) -> None:
    """Delete the files and folders of such *names*, a pattern, that were not touched in UNUSED_DAYS."""
    with contextlib.suppress(OSError):  # another process may delete the same
        for path in folder.glob(names):
            if path.stat().st_mtime < time.time() - UNUSED_DAYS * 86400:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


@cache  # once a process
def _warn(text: str) -> None:
    if multiprocessing.parent_process() is None:  # what starts workers has looked at the folder itself
        print("warning: " + " ".join(text.splitlines()), file=sys.stderr)
