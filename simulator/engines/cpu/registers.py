"""Numbers of an array as registers of a compiled loop."""

from __future__ import annotations

from typing import Any

from ratecheck.problems.formulas.elementary import COMPILE


def tuple_reader(first: int, count: int):
    """An inlined function that reads *count* numbers of a 1-D array, from *first*, into a tuple.

    Numbers in a tuple are registers to the compiler, while an array might change under the loop.
    """
    namespace: dict[str, Any] = {}
    exec(f"def read(a): return ({''.join(f'a[{first + j}], ' for j in range(count))})", namespace)
    return COMPILE(namespace["read"])
