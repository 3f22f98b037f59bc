"""A help text in lines of any width: written for 79 columns, it is made anew for a terminal that has fewer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .lines import wrap

DEEPER = "    "
DEFINITION = re.compile(r" +\S+(?: \S+)*? {2,}(?=\S)")  # a name and its gap
OPTION = re.compile(r"(?<!\S)(--?\w[-\w]*) (?=[^-\s])")


def reflow(text: str, columns: int) -> str:
    """*text* in lines of at most *columns*: its prose is wrapped, and so are those indented lines that are too long.

    A command then goes on after a backslash, a name's text beside the name, and a comment stands above its line.
    """
    out: list[str] = []
    for block in _blocks(text.splitlines()):
        if not block[0].startswith(" "):
            out += wrap(" ".join(block), columns=columns) or [""]
        elif max(map(len, block)) <= columns:
            out += block
        else:
            out += _example(block, columns)
    return "\n".join(out)


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Paragraphs, empty lines, and indented lines each with those that follow it at a deeper indent."""
    block: list[str] = []
    for line in lines:
        goes_on = _indent(line) > _indent(block[0]) if block and block[0].startswith(" ") else not line.startswith(" ")
        if block and not (line and block[0] and goes_on):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _example(block: list[str], columns: int) -> list[str]:
    indent = " " * _indent(block[0])
    if block[0].lstrip().startswith("ratecheck "):
        command = _joined([line.removesuffix("\\") for line in block])
        whole = OPTION.sub("\\1\xa0", command)  # an option and its value stay together
        found = wrap(whole, indent, indent + DEEPER, columns - 2)
        return [*(f"{line} \\" for line in found[:-1]), found[-1]]
    line, hash_, comment = block[0].partition("  # ")
    if hash_:
        return [f"{indent}# {comment.strip()}", line.rstrip(), *block[1:]]
    name = DEFINITION.match(block[0])
    beside = _indent(block[1]) if len(block) > 1 else name.end() if name else len(indent + DEEPER)
    if name is None and len(block) > 1:
        return [block[0], *wrap(_joined(block[1:]), " " * beside, columns=columns)]
    text = block[0][name.end() if name else 0 :]
    first = block[0][: name.end()] if name else indent
    return wrap(_joined([text, *block[1:]]), first, " " * beside, columns)


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
