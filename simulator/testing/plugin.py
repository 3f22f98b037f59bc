"""The pytest plugin: the fixture ``ratecheck``, a marker with its settings, a table of verdicts at the end.

pytest loads this in every run wherever ratecheck is installed, so nothing but pytest is imported before a test asks for
the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import pytest

MARKER = (
    "ratecheck(**settings): what the fixture ratecheck judges with, such as quick=True or inconclusive='xfail'; "
    "what a call says itself wins. Every test that has the fixture gets this marker."
)
Row = dict[str, Any]
ROWS: pytest.StashKey[list[Row]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark the tests that have the fixture, so that ``-m "not ratecheck"`` leaves them out."""
    for item in items:
        if "ratecheck" in getattr(item, "fixturenames", ()) and item.get_closest_marker("ratecheck") is None:
            item.add_marker("ratecheck")


@pytest.fixture(name="ratecheck")
def _ratecheck(request: pytest.FixtureRequest) -> Any:
    """Judges theorems: ``ratecheck.holds(theorem, dim=[…], steps=[…], …)``; see docs/pytest.md of ratecheck."""
    from .checker import Checker

    return Checker(request)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the verdicts of a test on its report, as plain data, which travels from xdist's workers."""
    report: Any = yield  # with attributes of ours
    if call.when == "call" and (rows := item.stash.get(ROWS, [])):
        report.ratecheck_rows = rows
        from .checker import Void  # only where the fixture was used, which has imported it

        report.ratecheck_void = call.excinfo is not None and isinstance(call.excinfo.value, Void)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """A theorem that says nothing of any cell is no failure of the theorem but an error of the test."""
    return ("error", "E", "ERROR") if getattr(report, "ratecheck_void", False) else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    every = (report for reports in terminalreporter.stats.values() for report in reports)
    rows = [row for report in every for row in getattr(report, "ratecheck_rows", ())]
    if rows:
        from .table import table

        terminalreporter.section("theorems")
        for line, colour in table(rows):
            terminalreporter.write_line(line, **{colour: True} if colour else {})
