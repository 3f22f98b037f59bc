"""``ratecheck.judge``: the verdicts on cells that are there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..cells.evidence import Result
from ..lab.folder import Folder
from ..lab.grounds import grounded
from ..lab.judging import judge_folder
from ..plugins import home_of, is_own, only
from ..sample_theorem import SampleTheorem
from ..theorem import Theorem
from ..theorems.naming import given_name
from .given import known_arguments
from .results import Results
from .sweep import load


@known_arguments
def judge(results: Results | Iterable[Result] | str | Path, theorems: Any = None) -> Any:
    """A verdict on each of *theorems*, or one where one is given; by default on those that the folder's plan names,
    else on the shipped ones that say something of the cells.

    *results*: what ``sweep`` or ``load`` gave, a folder, or any Results. Nothing of a folder is run: theorems of
    others' files are judged from the bounds that it holds. A theorem that is given, by name or as an object, is judged
    by its code. Raises InputError for an unknown theorem.
    """
    if isinstance(results, (str, Path)):
        results = load(results)
    folder = results.folder if isinstance(results, Results) else Folder(Path(), None, list(results), [], [])
    alone = isinstance(theorems, (str, Theorem, SampleTheorem))
    names = None if theorems is None else [given_name(each, "theorem") for each in ([theorems] if alone else theorems)]
    judgement = judge_folder(folder, names=names)
    with only(home_of(name) for name in names or () if is_own(name)):
        verdicts = [*grounded(folder, judgement), *judgement.recorded]
    return verdicts[0] if alone else verdicts
