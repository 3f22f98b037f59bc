"""A document's fenced blocks as files and commands, to be run as they are written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit code (\d+)$")


def blocks(page: Path) -> list[tuple[str, str]]:
    """(language, text) of every fenced block."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def file_name(text: str) -> str:
    """The name in the first comment line of a block."""
    found = re.match(r"# ([\w.]+\.(?:py|toml))\n", text)
    assert found, f"the block does not begin with '# NAME.py': {text[:60]!r}"
    return found[1]


def commands(text: str) -> list[tuple[str, int]]:
    """The lines after '$ ', each with the exit code it is to have."""
    lines = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return [(EXIT.sub("", line), int(found[1]) if (found := EXIT.search(line)) else 0) for line in lines]


def execute(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run *command* in *folder* with this Python's programs first on the path."""
    scripts = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONIOENCODING": "utf-8",
        **environment,
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
