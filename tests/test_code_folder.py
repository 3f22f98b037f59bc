"""The folder of compiled code is its user's alone, or nothing is read from it or written to it."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from simulator.engines import code_folder

if not hasattr(os, "geteuid"):
    pytest.skip("this system's folders have no owner and mode", allow_module_level=True)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A private folder with a private subfolder, as the package makes them."""
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path / "named"))
    code_folder._warn.cache_clear()
    made = code_folder.subfolder("code", create=True)
    assert made == tmp_path / "named" / "ratecheck" / "code"
    return made.parent


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def refused(capsys, *named: object) -> None:
    """No subfolder is given or made, and one line says why, with all that is *named*."""
    home = code_folder.folder()
    before = sorted(home.rglob("*"))
    for name in ("code", "new"):
        assert code_folder.subfolder(name) is None and code_folder.subfolder(name, create=True) is None
    assert sorted(home.rglob("*")) == before
    printed = capsys.readouterr()
    assert printed.err.startswith("warning: compiled code is not kept") and printed.err.count("\n") == 1
    assert printed.out == "" and all(str(word) in printed.err for word in named), printed.err
    assert "RATECHECK_CACHE" in printed.err


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
def test_new_folders_are_private_whatever_the_umask(tmp_path, monkeypatch, umask, capsys):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path / "named"))
    (tmp_path / "named").mkdir()
    before = os.umask(umask)
    try:
        made = code_folder.subfolder("code", create=True)
    finally:
        os.umask(before)
    assert mode(made) == mode(made.parent) == 0o700
    assert code_folder.subfolder("code") == made and capsys.readouterr().err == ""


def test_without_create_nothing_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path / "named"))
    assert code_folder.subfolder("code") is None
    assert not list(tmp_path.iterdir()) and capsys.readouterr().err == ""


@pytest.mark.parametrize("bits", [0o770, 0o720, 0o702, 0o777, 0o1777, 0o2775])
def test_a_folder_that_others_may_write_is_refused(home, bits, capsys):
    home.chmod(bits)
    refused(capsys, f"{home} ", f"(mode {bits:04o})", "chmod 700")


def test_a_subfolder_that_others_may_write_is_refused(home, capsys):
    (home / "code").chmod(0o775)
    assert code_folder.subfolder("code") is None and code_folder.subfolder("code", create=True) is None
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1 and f"{home / 'code'} " in printed and "chmod 700" in printed
    assert code_folder.subfolder("other", create=True) is not None


@pytest.mark.parametrize("bits", [0o700, 0o755, 0o711, 0o2755])
def test_a_folder_that_others_may_read_is_taken(home, bits, capsys):
    home.chmod(bits)
    assert code_folder.subfolder("code") == home / "code" and capsys.readouterr().err == ""


def test_a_folder_of_somebody_else_is_refused(home, monkeypatch, capsys):
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    refused(capsys, home, f"belongs to user {me}", f"you are user {me + 1}")


def test_a_link_of_ones_own_is_followed(home, tmp_path, capsys):
    home.rename(tmp_path / "elsewhere")
    home.symlink_to(tmp_path / "elsewhere")
    assert code_folder.subfolder("code") == home / "code" and capsys.readouterr().err == ""
    (tmp_path / "elsewhere").chmod(0o775)
    refused(capsys, home, "chmod 700")


def test_a_link_that_somebody_else_made_is_refused(home, tmp_path, monkeypatch, capsys):
    """It may lead to a folder of the user's own that holds somebody else's files, such as unpacked ones."""
    home.rename(tmp_path / "elsewhere")
    home.symlink_to(tmp_path / "elsewhere")
    stranger, lstat = os.geteuid() + 1, Path.lstat

    def lstat_of_a_stranger(path):
        found = lstat(path)
        return os.stat_result((*found[:4], stranger, *found[5:])) if path == home else found

    monkeypatch.setattr(Path, "lstat", lstat_of_a_stranger)
    refused(capsys, home, f"belongs to user {stranger}")


@pytest.mark.parametrize(("bits", "taken"), [(0o775, True), (0o1777, True), (0o777, False), (0o703, False)])
def test_folders_further_up(home, bits, taken, capsys):
    """A group may write there, as a umask of 002 has it; everybody only if they can't move what is another's."""
    home.parent.chmod(bits)
    if taken:
        assert code_folder.subfolder("code") == home / "code" and capsys.readouterr().err == ""
    else:
        refused(capsys, f"{home.parent} ", f"(mode {bits:04o})", "chmod o-w")


def test_a_line_is_a_line_whatever_the_folder_is_called(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path / "two\nlines"))
    code_folder.subfolder("code", create=True).parent.chmod(0o777)
    assert code_folder.subfolder("code") is None and capsys.readouterr().err.count("\n") == 1


def test_the_workers_of_a_sweep_leave_the_line_to_their_parent(home, monkeypatch, capsys):
    home.chmod(0o777)
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: object())
    assert code_folder.subfolder("code") is None and capsys.readouterr().err == ""


def test_no_folder_and_none_that_can_be_made(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for named in ("", tmp_path / "file", tmp_path / "loop", "/dev/null"):
        monkeypatch.setenv("RATECHECK_CACHE", str(named))
        assert code_folder.subfolder("code") is None and code_folder.subfolder("code", create=True) is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("age_days", "kept"), [(40, False), (20, True)])
def test_what_is_unused_is_deleted(tmp_path, age_days, kept):
    old, new, foreign = tmp_path / "a.code", tmp_path / "b.code", tmp_path / "a.photograph"
    for path in (old, new, foreign):
        path.write_text("")
    (tmp_path / "folder.code").mkdir()
    then = time.time() - age_days * 86400
    for path in (old, foreign, tmp_path / "folder.code"):
        os.utime(path, (then, then))
    code_folder.delete_unused(tmp_path, "*.code")
    assert new.exists() and foreign.exists() and old.exists() == (tmp_path / "folder.code").exists() == kept
    code_folder.delete_unused(tmp_path / "none", "*")
