"""Theorems as a results folder holds them, judged without their code. ``stored`` has how they are written.

What is read may be anybody's: kinds, sizes and numbers are checked, and nothing here becomes code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..sample_theorem import SampleTheorem
from ..strict_json import as_list, as_table
from ..theorem import KINDS, Bearing
from ..theorem_settings import AXES, Hard
from .copies import POINTS, Copies

MOST_TEXT = 10_000  # characters


@dataclass(frozen=True)
class StoredQuantity:
    """What is known of a quantity without its code: enough to find it in cells and to write it."""

    name: str
    digest: str
    text: str
    tex: str


@dataclass(frozen=True)
class StoredTheorem:
    """A theorem of a folder; ``cells`` are its bearings by the cells' keys, ``copies`` what it says of their copies.

    ``given`` is how the plan names it, and ``seen`` are the keys of all cells that it was asked about.
    """

    name: str
    statement: str
    expected: str
    kind: str
    axes: tuple[str, ...]
    source: str
    rate_tex: str
    bound_tex: str
    measures: StoredQuantity
    cells: Mapping[str, Bearing]
    levels: tuple[Hard, ...] = ()
    copies: Mapping[str, Copies] = field(default_factory=dict)
    given: str = ""
    seen: frozenset[str] = frozenset()

    def on(self, result: Result) -> Bearing | None:
        """What the theorem said of *result*; None where it was not concerned, or never asked."""
        bearing = self.cells.get(result.key)
        if bearing is None or bearing.void or bearing.aside:
            return bearing
        return Bearing(bearing.bound, bearing.rate, aside=result.lacks(self.measures))


def from_dict(data: object) -> StoredTheorem | SampleTheorem:
    """The inverse of ``stored.to_dict`` and of ``sample_to_dict``; raises InputError for anything else."""
    try:
        data = as_table(data)
        if data["kind"] == "samples":
            return _sample(data)
        quantity = as_table(data["quantity"])
        return StoredTheorem(
            _text(data["name"], "name"),
            _text(data["statement"], "statement"),
            _one_of(data["expected"], ("holds", "fails"), "expected"),
            _one_of(data["kind"], KINDS, "kind"),
            tuple(_one_of(axis, AXES, "axes") for axis in as_list(data["axes"])),
            _text(data["source"], "source"),
            _text(data["rate_tex"], "rate_tex"),
            _text(data["bound_tex"], "bound_tex"),
            StoredQuantity(
                *(_text(quantity[what], f"quantity's {what}") for what in ("name", "digest", "text", "tex"))
            ),
            {_text(key, "key"): _bearing(as_table(value)) for key, value in as_table(data["cells"]).items()},
            tuple(map(_hard, as_list(data.get("levels", [])))),
            {
                _text(key, "key"): _copies(as_list(table["copies"]))
                for key, table in ((key, as_table(value)) for key, value in as_table(data["cells"]).items())
                if "copies" in table
            },
            _text(data.get("given", ""), "given"),
            frozenset(_text(key, "key") for key in as_list(data.get("seen", []))),
        )
    except InputError:
        raise
    except (TypeError, KeyError, IndexError, AttributeError, ValueError, OverflowError) as error:
        raise InputError(f"a stored theorem is not what was written: {type(error).__name__}: {error!s:.200}") from error


def sample_to_dict(theorem: SampleTheorem, rows: Iterable) -> dict:
    """A theorem about random vectors, with its gap on each of *rows* that it is about."""
    about = [row for row in rows if theorem.about(row)]
    return {
        "kind": "samples",
        **{what: getattr(theorem, what) for what in ("name", "statement", "expected", "law", "source")},
        "rows": [
            {"row": asdict(row), **dict(zip(("gap", "error", "exact"), theorem.on(row), strict=True))} for row in about
        ],
    }


def _sample(data: Mapping[str, object]) -> SampleTheorem:
    gaps = {
        _row_key(as_table(each["row"])): (_number(each["gap"]), _number(each["error"]), _maybe(each["exact"]))
        for each in map(as_table, as_list(data["rows"]))
    }

    def gap(row):
        found = gaps.get(_row_key(asdict(row)))
        if found is None:
            raise InputError(
                f"the folder holds no gap of theorem {data['name']!r} for {row.law} at d = {row.dim}; judge it anew "
                "with --allow-code"
            )
        return found

    law = None if data["law"] is None else _text(data["law"], "law")
    expected = _one_of(data["expected"], ("holds", "fails"), "expected")
    texts = [_text(data[what], what) for what in ("name", "statement", "source")]
    return SampleTheorem(texts[0], gap, texts[1], law, texts[2], expected)


def _row_key(row: Mapping[str, object]) -> tuple:
    return tuple(sorted((str(name), str(value)) for name, value in row.items()))


def _bearing(data: Mapping[str, object]) -> Bearing:
    return Bearing(
        _maybe(data["bound"]), _maybe(data["rate"]), _text(data["void"], "void"), _text(data["aside"], "aside")
    )


def _hard(data: object) -> Hard:
    table = as_table(data)
    arguments = {
        _text(name, "argument"): value if isinstance(value, str) else _number(value)
        for name, value in as_table(table["arguments"]).items()
    }
    return Hard(_text(table["problem"], "problem"), arguments, _maybe(table["level"]))


def _copies(data: list) -> Copies:
    """The inverse of ``copies.to_list``; a factor is a number ≥ 0 at one of POINTS."""
    count, factors = int(_number(data[0])), {}
    for each in data[1:]:
        c, s, factor = map(_number, as_list(each))
        if (c, s) not in POINTS or factor < 0:
            raise InputError(f"a stored theorem has a copy {each!r:.100} that is none")
        factors[c, s] = factor
    if not len(factors) <= count <= len(POINTS):
        raise InputError(f"a stored theorem has {count} copies of a cell and {len(factors)} factors")
    return Copies(factors, count)


def _maybe(value: object) -> float | None:
    return None if value is None else _number(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise InputError(f"a stored theorem has {value!r:.100} where a number is expected")
    return float(value)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise InputError(f"the {what} of a stored theorem must be a text, got {value!r:.100}")
    return value


def _one_of(value: object, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        raise InputError(f"{what} of a stored theorem must be one of {', '.join(known)}, got {value!r:.100}")
    return value
