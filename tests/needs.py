"""Tests that need something which a machine may lack: skipped there with the reason, but a failure where CI is set."""

from __future__ import annotations

import os

import pytest


def lack(reason: str) -> None:
    """Skip the test module, or fail if the environment says that this is CI, where nothing may be skipped."""
    if os.environ.get("CI"):
        raise RuntimeError(f"nothing may be skipped in CI: {reason}")
    pytest.skip(reason, allow_module_level=True)
