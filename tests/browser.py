"""A Chromium for the tests of the report page: where it is, how it is started, and what a page of it did."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from needs import lack

try:
    from axe_core_python.sync_playwright import Axe
    from playwright.sync_api import Browser, Page, sync_playwright
except ImportError as error:
    lack(f"{error.name} is not installed; make test installs it")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ("first-run", "background-networking", "component-update", "sync")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", *(f"--disable-{what}" for what in QUIET[1:])]
PATIENCE = 120_000  # ms; a machine that others use is slow


def found() -> str:
    """The path of a Chromium; skips the module's tests where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on the PATH; on Debian: apt-get install chromium", allow_module_level=True)
    return path


@contextmanager
def started(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=PATIENCE)
        yield browser
        browser.close()


@dataclass
class Seen:
    """A page with all that it asked for (addresses) and all that it complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def unfold(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")

    def too_wide(self) -> int:
        """By how many pixels the document is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    def breaches(self) -> list[str]:
        """The rules of axe-core that the page breaks, each with the first element that does."""
        broken = Axe().run(self.page)["violations"]
        return [f"{rule['id']}: {rule['nodes'][0]['html']:.200}" for rule in broken]

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()


@contextmanager
def opened(browser: Browser, path: Path, width: int = 1200, script: bool = True, **settings) -> Iterator[Seen]:
    """The page at *path* in a window of its own, *width* × 900; requests that leave file:// are stopped and noted."""
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script, **settings)
    context.set_default_timeout(PATIENCE)
    seen = Seen(context.new_page())

    def pass_on(route) -> None:
        seen.asked.append(route.request.url)
        route.continue_() if route.request.url.startswith("file:") else route.abort()

    seen.page.route("**/*", pass_on)
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.goto(path.as_uri())
    yield seen
    context.close()


def sheets(pdf: bytes) -> int:
    """How many pages a PDF of Chromium's has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
