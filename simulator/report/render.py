"""Templates with their filters: what is markup in HTML and in Markdown, and what is not."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..words import count
from .wording import powers

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, content: dict) -> str:
    """A template with *content*; text is escaped in HTML, and by the filter ``md`` in Markdown."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=template.endswith(".html.j2"),
        keep_trailing_newline=True,
    )
    environment.filters |= {"md": escape_markdown, "powers": powers}
    environment.globals |= {"count": count, "file": plain_file}
    return environment.get_template(template).render(content)


def plain_file(name: str) -> Markup:
    """A style sheet or a script of the templates, as it is, without comments and indentation."""
    text = re.sub(r"/\*.*?\*/", "", (TEMPLATES / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    return Markup("\n".join(line.strip() for line in text.splitlines() if line.strip()))


def escape_markdown(value: object) -> str:
    """*value* in one line of Markdown, where nothing of it is markup."""
    text = " ".join(str(value).split())
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return text
