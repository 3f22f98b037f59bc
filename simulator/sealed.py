"""JSON files of a results folder: a format, a digest over the content, and nothing used before both are right.

The digest finds damage: a flipped bit, an edit by hand, two files mixed up. It is no signature; who can write to the
folder can make a new one. So what is read is checked as if there were none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ratecheck.problems.errors import InputError

from .files import read_whole, write_whole
from .strict_json import dumps

MOST = 64 * 2**20  # bytes


def write_sealed(path: Path, kind: str, content: Mapping[str, object]) -> None:
    """Write *content* with its format and digest; raises InputError when it is too large or the disk refuses."""
    text = sealed(kind, content, indent=0).encode()
    if len(text) > MOST:
        raise InputError(f"{path} would have {len(text)} bytes, and {MOST} are the most; sweep fewer cells")
    write_whole(path, text)


def sealed(kind: str, content: Mapping[str, object], indent: int = 2) -> str:
    """The text of a file with *content*, its format and its digest."""
    content = {"format": kind, **content}
    return dumps({**content, "digest": _digest(json.loads(dumps(content)))}, indent) + "\n"


def read_sealed(path: Path, kind: str, what: str) -> dict:
    """The content of a file that ``write_sealed`` wrote.

    Raises FileNotFoundError when there is none, and InputError, naming the file, for any other: *what* says what it
    should be, as in 'a plan of a sweep'.
    """
    try:
        data = json.loads(read_whole(path, MOST))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged: no JSON ({error!s:.200})") from error
    if not isinstance(data, dict) or data.get("format") != kind:
        raise InputError(f"{path} is not {what} (format {kind!r})")
    told = data.pop("digest", None)
    if told != _digest(data):
        raise InputError(f"{path} is damaged: its content is not what its digest was made of")
    return data


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
