"""This package's version, also where nothing is installed."""

from __future__ import annotations

from pathlib import Path

NAME = "ratecheck"
UNKNOWN = "unknown"


def version() -> str:
    """What a clone's setup.cfg says, or the installed package; 'unknown' where there is neither.

    The clone first: an installed package may be another version than the files that run.
    """
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed  # late: it is slow to import

    try:
        return _in_clone() or installed(NAME)
    except PackageNotFoundError:
        return UNKNOWN


def _in_clone() -> str | None:
    from configparser import ConfigParser, Error

    config = ConfigParser()
    try:
        config.read(Path(__file__).parents[1] / "setup.cfg", encoding="utf-8")
    except (OSError, UnicodeDecodeError, Error):  # somebody else's, beside an installation
        return None
    if config.get("metadata", "name", fallback="") != NAME:
        return None
    return config.get("metadata", "version", fallback=None)
