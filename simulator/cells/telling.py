"""What tells some settings from others like them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def telling(peers: Sequence[Mapping[str, T]]) -> list[dict[str, T]]:
    """Of each of *peers*, the entries in which it departs from the usual: the value that most have, of equally many the
    first. Peers that differ have different answers."""
    names = dict.fromkeys(name for own in peers for name in own)
    usual = {name: Counter(own.get(name) for own in peers).most_common(1)[0][0] for name in names}
    return [{name: value for name, value in own.items() if value != usual[name]} for own in peers]
