"""What a command printed, with the lines that a hanging indent goes on with put back where they were broken."""

from __future__ import annotations

import re


def unwrapped(text: str) -> str:
    """*text* without the line breaks before an indent."""
    return re.sub(r"\n +", " ", text)
