"""Laws as a norm check names them: a shipped one by its name, a user's by FILE.py:NAME."""

from __future__ import annotations

from collections.abc import Iterable

from ratecheck.problems import NOISES, Noise
from ratecheck.problems.errors import InputError, choose

from ..engines.resolve import noise_of
from ..plugins import home_of, is_own, is_path
from .exact import mean_l1, mean_l2

WHAT_IT_IS = ("formula", "draws", "formula_arguments", "variance", "kurtosis", "ratio")  # its moments follow


def named_laws(laws: Iterable[str | Noise]) -> dict[str, Noise]:
    """The laws by what rows call them, each once: a row twice is no second sample. Runs the files that they name.

    Raises InputError for an unknown law, and for a user's whose exact norms are not known.
    """
    return dict(map(_named, laws))


def require_laws(laws: Iterable[str], where: str) -> None:
    """Raise InputError, which *where* begins, for a law that no norm check can have. Runs the files that they name."""
    for law in laws:
        try:
            for noise in named_laws([law]).values():
                mean_l1(noise, 1), mean_l2(noise, 1)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error


def label(noise: Noise) -> str:
    """'sparse(q=0.1)': the law with its arguments."""
    inside = ", ".join(f"{name}={value:g}" for name, value in noise.arguments.items())
    return f"{noise.name}({inside})" if inside else noise.name


def _named(law: str | Noise) -> tuple[str, Noise]:
    if isinstance(law, Noise):
        return label(law), law
    if not is_own(law):
        noise = choose(NOISES, law, "noise law")()
        return label(noise), noise
    if not is_path(home_of(law)):
        raise InputError(f"norm checks know shipped laws and FILE.py:NAME, got {law}; put the law into a file")
    noise, *_ = noise_of(law, {})
    if not _is_shipped(noise):
        raise InputError(
            f"no exact E‖g‖₂ is known for the noise law {law}; one of your own file must return a shipped law with "
            "arguments of yours, such as student(nu=8.0) of ratecheck.problems"
        )
    return law, noise


def _is_shipped(noise: Noise) -> bool:
    """Whether *noise* is the shipped law whose name it has; the name alone would give it another one's exact values."""
    try:
        shipped = NOISES[noise.name](**noise.arguments)
        return all(getattr(noise, name) == getattr(shipped, name) for name in WHAT_IT_IS)
    except (KeyError, TypeError, ValueError, InputError):
        return False
