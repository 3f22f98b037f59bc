"""What a command printed, with the lines that a hanging indent goes on with put back where they were broken."""

from __future__ import annotations

import re


def entries(text: str) -> str:
    """*text* with the names of a list on one line with all that is said of them."""
    return re.sub(r"\n {3,}", "  ", text)


def unwrapped(text: str) -> str:
    """*text* without the line breaks before an indent."""
    return re.sub(r"\n +", " ", text)
