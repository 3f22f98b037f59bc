"""Hyper-parameters as used, for bounds that are true for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ratecheck.problems.errors import nearest

from .constants import MissingConstant


class MissingHyper(MissingConstant):
    """A theorem asks for a hyper-parameter that its optimizer doesn't have."""


class Hyper(Mapping[str, object]):
    """Hyper-parameters by name, as attributes too: ``h.lr`` is ``h["lr"]``. One that changes with the step is no number
    (an ``OfStep``, or its text when it comes from a file)."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]):
        self._values = dict(values)

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __getattr__(self, name: str) -> float:
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._values.get(name)
        if isinstance(value, (int, float)):
            return value
        if name in self._values:
            raise MissingConstant(f"{name} changes with the step, so that there is no one number for it")
        raise MissingHyper(f"the optimizer has no {name}{nearest(name, self._values, 'h.{}')}", name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        """'lr = 0.1, beta1 = 0.9', for messages."""
        values = self._values.items()
        return ", ".join(f"{name} = {v:g}" if isinstance(v, (int, float)) else f"{name} = {v}" for name, v in values)

    def __repr__(self) -> str:
        return f"Hyper({self._values!r})"

    def __reduce__(self):
        return Hyper, (self._values,)
