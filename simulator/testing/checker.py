"""What the fixture ``ratecheck`` is: theorems are judged, and a test fails with the verdict's own words."""

from __future__ import annotations

import hashlib
import re
import shlex
from pathlib import Path
from typing import Any, Literal

import pytest
from ratecheck.problems.errors import InputError

from ..calls.verify import verify
from ..files import near
from ..judge.outcome import Outcome, Verdict
from ..lines import width
from ..plugins import home_of, is_path, plain_name
from ..present.numbers import largest, place
from ..present.words import explain
from .plugin import ROWS, Row

MARGIN = 8  # columns that pytest sets a failure's message in by


class Void(InputError):
    """The theorem says nothing of any cell that was run, so the test shows nothing."""


class Checker:
    """Judges theorems for one test. Cells are kept in pytest's cache, under the rootdir, and computed once."""

    def __init__(self, request: pytest.FixtureRequest):
        self._request = request
        self._rows: list[Row] = request.node.stash.setdefault(ROWS, [])

    def holds(self, theorem: Any, **settings: Any) -> Verdict:
        """Pass if the theorem holds and its false controls are violated; gives back the verdict.

        *settings*: as ``ratecheck.verify`` has them, and ``inconclusive``, "fail" or "xfail". They win over those of
        the test's markers. Fails with the verdict's reasons and the command that shows the smallest failing case
        again; an error where the theorem says nothing of any cell.
        """
        __tracebackhide__ = True
        return self._judged(theorem, (Outcome.HOLDS, Outcome.TIGHT), settings)

    def fails(self, theorem: Any, **settings: Any) -> Verdict:
        """Pass if the theorem is shown to be false: a counterexample as a test. All else is as for ``holds``."""
        __tracebackhide__ = True
        return self._judged(theorem, (Outcome.VIOLATED,), {"controls": False, **settings})

    def _judged(self, theorem: Any, wanted: tuple[Outcome, ...], settings: dict[str, Any]) -> Verdict:
        __tracebackhide__ = True
        for marker in self._request.node.iter_markers("ratecheck"):
            settings = {**marker.kwargs, **settings}
        when_open: Literal["fail", "xfail"] = settings.pop("inconclusive", "fail")
        if when_open not in ("fail", "xfail"):
            pytest.fail(f'inconclusive must be "fail" or "xfail", got {when_open!r}', pytrace=False)
        wrong_input = ""
        try:
            given = self._found(theorem)
            verdict = verify(given, **{"out": self._folder(given), "progress": False, **settings})
        except InputError as error:
            wrong_input = str(error)
        if wrong_input:  # it says all: our source would bury it, and a failure within ``except`` tells it twice
            pytest.fail(wrong_input, pytrace=False)
        bare = Outcome.VIOLATED not in wanted and not getattr(verdict.grounds.theorem, "controls", ())
        self._rows.append(self._row(verdict, verdict.outcome in wanted, bare))
        self._rows += (self._row(control, control.as_expected) for control in verdict.grounds.controls)
        message = f"{_explained(verdict)}\n  To run the whole test again:\n    {self._command()}"
        if verdict.outcome is Outcome.VOID:
            raise Void(message)
        if verdict.outcome is Outcome.INCONCLUSIVE and when_open == "xfail" and not verdict.suspect:
            pytest.xfail(message)
        if verdict.outcome not in wanted:
            raise AssertionError(message)
        wrong = [control for control in verdict.grounds.controls if not control.as_expected]
        if wrong:
            raise AssertionError(
                "\n".join([f"{verdict.claim}: the judge can't fail what is false", *map(_explained, wrong)])
            )
        return verdict

    def _row(self, verdict: Verdict, good: bool, bare: bool = False) -> Row:
        """A line of the table at the end; *good*: whether the test asks for that outcome; *bare*: whether the theorem
        should hold and has no false control."""
        done, judged = verdict.grounds.computed, verdict.cells.judged
        tone = "good" if good else "open" if verdict.outcome is Outcome.INCONCLUSIVE else "bad"
        return {
            "theorem": verdict.claim + " (control)" * (verdict.expected == "fails"),
            "outcome": verdict.outcome.value,
            "ratio": largest(verdict).partition(",")[0],
            "place": place(verdict).replace(" = ", "=").replace(",", ""),
            "cells": f"{judged}" + (f" ({done} new)" if done else ""),
            "tone": tone,
            "bare": bare,
            "test": self._request.node.nodeid,
        }

    def _command(self) -> str:
        path, *names = self._request.node.nodeid.split("::")
        return shlex.join(["pytest", "::".join([str(near(self._request.config.rootpath / path)), *names])])

    def _found(self, theorem: Any) -> Any:
        """*theorem*, a file's name taken from the rootdir and not from the current folder."""
        if not isinstance(theorem, str) or not is_path(home_of(theorem)):
            return theorem
        path = self._request.config.rootpath / home_of(theorem)
        return f"{near(path)}:{plain_name(theorem)}"

    def _folder(self, theorem: Any) -> Path:
        """The results folder of *theorem* in this test, in pytest's cache, or a temporary one where there is none."""
        node, cache = self._request.node, getattr(self._request.config, "cache", None)
        if cache is None:
            return self._request.getfixturevalue("tmp_path_factory").mktemp("ratecheck")
        test = f"{node.name[:40]}.{hashlib.sha256(node.nodeid.encode()).hexdigest()[:8]}"
        name = plain_name(theorem) if isinstance(theorem, str) else theorem.name
        return near(cache.mkdir("ratecheck") / _plain(test) / _plain(name))


def _explained(verdict: Verdict) -> str:
    return explain(verdict, width() - MARGIN)


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]", "_", text)
