"""A user's file: run once per content, and just that content; it stands alone."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import simulator
from simulator import plugins
from simulator.plugins import InputError, load


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("line", ["import helper", "from helper import x", "import helper.sub", "from . import helper"])
@pytest.mark.parametrize("place", ["helper.py", "helper/__init__.py", "helper/sub.py", "helper.cpython-311-x.so"])
def test_a_neighbour_is_refused(tmp_path, line, place):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("x = 1\n")
    file = write(tmp_path / "mine.py", f"def late():\n    {line}\n")
    with pytest.raises(InputError, match="line 2: .*beside it; a plug-in is one file") as error:
        load(file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["problems", "simulator"])
@pytest.mark.parametrize("place", ["{}.py", "{}/__init__.py"])
def test_a_neighbour_named_as_this_package_s_folders_is_refused(tmp_path, name, place):
    path = tmp_path / place.format(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("x = 1\n")
    with pytest.raises(InputError, match=f"line 1: it imports '{name}', which lies beside it"):
        load(write(tmp_path / "mine.py", f"import {name}\n"))


def test_this_package_s_own_folders_beside_a_file_are_not(tmp_path):
    for name in ("problems", "simulator"):
        (tmp_path / name).symlink_to(Path(simulator.__file__).parents[1] / name)
    load(write(tmp_path / "mine.py", "import problems, simulator\n"))


@pytest.mark.parametrize(
    "line", ["import json", "import numpy.linalg", "from ratecheck import theorem", "import nothing"]
)
def test_what_lies_elsewhere_is_not(tmp_path, line):
    for name in ("json.py", "numpy/a.py", "ratecheck/a.py"):  # of the same names, and never imported
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise RuntimeError\n")
    load(write(tmp_path / "mine.py", f"try:\n    {line}\nexcept ModuleNotFoundError:\n    pass\n"))


def test_the_bytes_that_were_read_are_the_ones_that_run(tmp_path):
    """Python would take bytecode of a file of the same size and time for the file's."""
    file = write(tmp_path / "mine.py", "x = 1\n")
    time = os.stat(file)
    assert load(file).x == 1 and plugins.ran(file) == b"x = 1\n"
    file.write_text("x = 2\n")
    os.utime(file, ns=(time.st_atime_ns, time.st_mtime_ns))
    assert plugins.ran(file) == b"x = 1\n"
    assert load(file).x == 2 and plugins.ran(file) == b"x = 2\n"
    assert load(file) is load(str(tmp_path / "." / "mine.py"))
    assert [p.name for p in tmp_path.iterdir()] == ["mine.py"]  # no __pycache__ beside it


def test_a_formula_is_of_the_bytes_that_ran(tmp_path):
    text = "from ratecheck import Formula\n\n@Formula\ndef f(u):\n    return {} * u\n"
    file = write(tmp_path / "mine.py", text.format(2.0))
    time = os.stat(file)
    first = load(file).f
    file.write_text(text.format(3.0))
    os.utime(file, ns=(time.st_atime_ns, time.st_mtime_ns))
    assert load(file).f.digest != first.digest and load(file).f(1.0) == 3.0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    for name, words in (("pipe", "a pipe"), ("folder", "a folder"), ("nothing", "No such file"), ("nu\0ll", "null")):
        with pytest.raises(InputError, match=words):
            load(tmp_path / f"{name}.py")
    with pytest.raises(InputError, match="UTF-8"):
        load(os.fsdecode(bytes(tmp_path) + b"/\xff.py"))
    (tmp_path / "huge.py").touch()
    os.truncate(tmp_path / "huge.py", 2**33)
    with pytest.raises(InputError, match="are the most"):
        load(tmp_path / "huge.py")


def test_another_thread_waits_until_a_file_has_run(tmp_path):
    """A worker of two threads was told that own.py has no 'bowl', which the other thread was about to make."""
    file = write(tmp_path / "slow.py", "import time\ntime.sleep(0.3)\nbowl = 1\n")
    with ThreadPoolExecutor(4) as pool:
        modules, bowls = zip(*pool.map(lambda _: (m := load(file), vars(m).get("bowl")), range(4)), strict=True)
    assert bowls == (1,) * 4
    assert len(set(map(id, modules))) == 1
