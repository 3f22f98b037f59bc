"""Files of compiled code: whatever happens to them, no other bytes than those that were written are ever read."""

from __future__ import annotations

import os
import random
import time

import pytest

from simulator.engines import kept_code

MEANING = "('steps', 'float64', 'σ')"
CONTENT = bytes(random.Random(1).randbytes(300))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "some.code"
    kept_code.write(path, MEANING, CONTENT)
    return path


def flipped(stored: bytes, bit: int) -> bytes:
    return stored[: bit // 8] + bytes([stored[bit // 8] ^ 1 << bit % 8]) + stored[bit // 8 + 1 :]


def test_what_was_written_is_read(path):
    assert kept_code.read(path, MEANING) == CONTENT
    for meaning, content in (("", b""), (MEANING, b""), ("", CONTENT), (MEANING, kept_code.FORMAT)):
        kept_code.write(path, meaning, content)
        assert kept_code.read(path, meaning) == content


def test_every_flipped_bit_is_seen(path):
    """In the header and in the content."""
    stored = path.read_bytes()
    for bit in range(8 * len(stored)):
        path.write_bytes(flipped(stored, bit))
        assert kept_code.read(path, MEANING) is None, bit
    path.write_bytes(stored)
    assert kept_code.read(path, MEANING) == CONTENT


def test_damage_is_named_and_absence_is_not(path, caplog):
    kept_code.write(path, "meaning", b"content")
    assert kept_code.read(path, "meaning") == b"content" and kept_code.read(path.with_name("none"), "meaning") is None
    assert not caplog.records
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert kept_code.read(path, "meaning") is None
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} is damaged, or of another function: it is compiled again"
    ]


def test_random_damage_to_a_large_file_is_seen(tmp_path):
    path, random_ = tmp_path / "large.code", random.Random(2)
    kept_code.write(path, MEANING, random_.randbytes(100_000))
    stored = path.read_bytes()
    for count in (1, 2, 8):
        for _ in range(100):
            damaged = stored
            for bit in random_.sample(range(8 * len(stored)), count):
                damaged = flipped(damaged, bit)
            path.write_bytes(damaged)
            assert kept_code.read(path, MEANING) is None


def test_a_file_that_was_cut_or_grew_is_seen(path):
    stored = path.read_bytes()
    cut = [stored[:length] for length in range(len(stored))]
    grown = [stored + more for more in (b"\0", b"\n", b"\0" * 4096, CONTENT, stored)]
    for damaged in [*cut, *grown, b"\0" + stored, stored[1:], b"\0" * len(stored)]:
        path.write_bytes(damaged)
        assert kept_code.read(path, MEANING) is None


def test_exchanged_files_are_seen(path):
    other = path.with_name("other.code")
    kept_code.write(other, "another meaning", CONTENT[::-1])
    first, second = path.read_bytes(), other.read_bytes()
    path.write_bytes(second)
    other.write_bytes(first)
    assert kept_code.read(path, MEANING) is None and kept_code.read(other, "another meaning") is None
    assert kept_code.read(other, MEANING) == CONTENT


def test_no_byte_passes_from_the_meaning_to_the_content(path):
    kept_code.write(path, "ab", b"c")
    for meaning in ("a", "abc", "", "b", "AB"):
        assert kept_code.read(path, meaning) is None


def test_what_is_no_file_of_code_is_absent(path, tmp_path):
    assert kept_code.read(tmp_path / "none", MEANING) is None
    assert kept_code.read(tmp_path, MEANING) is None
    assert kept_code.read(path / "below a file", MEANING) is None
    path.unlink()
    os.mkfifo(path)  # which nobody writes to: opening it would wait for ever
    assert kept_code.read(path, MEANING) is None


def test_a_file_without_permission_is_absent(path):
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    assert kept_code.read(path, MEANING) is None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_absent(path, mode):
    path.chmod(mode)
    assert kept_code.read(path, MEANING) is None
    kept_code.write(path, MEANING, CONTENT)
    assert kept_code.read(path, MEANING) == CONTENT


def test_a_file_of_somebody_else_is_absent(path, monkeypatch):
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert kept_code.read(path, MEANING) is None


def test_files_are_written_for_their_user_alone(tmp_path):
    before = os.umask(0)
    try:
        kept_code.write(tmp_path / "file", MEANING, CONTENT)
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_a_disk_that_refuses_costs_time_only(tmp_path):
    kept_code.write(tmp_path / "no" / "folder", MEANING, CONTENT)
    (tmp_path / "taken").mkdir()
    kept_code.write(tmp_path / "taken", MEANING, CONTENT)
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_the_check_takes_little(tmp_path):
    """A run reads four or five files of 100 kB or so."""
    content = random.Random(3).randbytes(500_000)
    kept_code.write(tmp_path / "file", MEANING, content)
    seconds = []
    for _ in range(20):
        begin = time.perf_counter()
        assert kept_code.read(tmp_path / "file", MEANING) == content
        seconds.append(time.perf_counter() - begin)
    assert min(seconds) < 0.05
