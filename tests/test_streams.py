"""Closed and full streams, and Ctrl-C at awkward times: the right exit code, one line at most, no traceback."""

import os
import signal
import subprocess
import sys
import time

import pytest
from unwrap import unwrapped

PROGRAM = f"{sys.executable} -m simulator"
RUN = "run --problem rational --optimizer sgd --dim 2 --steps 5 --replicas 2 --backend reference"


def shell(command, **environment):
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {PROGRAM} {command}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    "command, code",
    [
        ("list >&-", 0),  # nobody wants the output
        (f"{RUN} >&-", 0),
        (f"{RUN} 2>&-", 0),
        (f"{RUN} 2>/dev/full", 0),  # messages that nobody can read stop no work
        ("list >&- 2>&-", 0),
        ("swep 2>&-", 2),
        ("swep 2>/dev/full", 2),
        ("--help >&-", 0),
    ],
)
def test_closed_and_full_streams_say_nothing(command, code):
    done = shell(command)
    assert (done.returncode, done.stderr) == (code, "")
    if "2>" in command and command.startswith("run") and not code:
        assert "status" in done.stdout


@pytest.mark.parametrize("command", ["list", f"{RUN} --json", "list --help"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_no_success(command, unbuffered):
    done = shell(f"{command} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 2 and done.stderr.startswith("error: can't write the output: No space left")
    assert unwrapped(done.stderr).count("\n") == 1


def test_a_reader_that_goes_away_is_no_success():
    done = shell("list | true")
    assert done.returncode != 0 and "Traceback" not in done.stderr
    done = shell("list | head -n 1")
    assert done.stdout == "problems:\n" and "Traceback" not in done.stderr


def test_a_folder_that_is_gone(tmp_path):
    command = f"mkdir {tmp_path}/x && cd {tmp_path}/x && rmdir {tmp_path}/x && {PROGRAM} {RUN} --problem a.py:b"
    done = subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2 and unwrapped(done.stderr).count("\n") == 1 and "Traceback" not in done.stderr


LONG = "run --problem rational --optimizer adamw --dim 64 --steps 40000000 --replicas 8 --json".split()
ENTRY = "import sys; from simulator.cli import main; print('here', flush=True); sys.exit(main())"


def interrupted(*waits):
    """(exit code, stderr) of a long run that gets Ctrl-C after each of these seconds, the first from its ``main``.

    Before that it is Python that starts, and nothing of ours that could answer.
    """
    program = subprocess.Popen(
        [sys.executable, "-c", ENTRY, *LONG],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a job in the background has none
    )
    try:
        assert program.stdout.readline() == "here\n"
        for wait in waits:
            time.sleep(wait)
            program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=60)
    finally:
        program.kill()
    return program.returncode, said


@pytest.mark.parametrize(
    "waits", [(0.0,), (0.02,), (0.06,), (0.2,), (2.0,), (0.03, 0.02), (0.5, 0.05), (2.0, 0.01), (2.0, 0.2, 0.05)]
)
def test_ctrl_c_early_and_twice(waits):
    code, said = interrupted(*waits)
    # Python itself ends by the signal where the interrupt met an exec(), as dataclasses have it; a shell sees 130
    assert code in (130, -signal.SIGINT) and "Traceback" not in said and said.count("\n") <= 1


def test_what_is_slow_to_import_is_imported_where_ctrl_c_is_heard():
    text = "import sys, simulator.cli; print([m for m in ('numpy', 'numba', 'rich', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "[]\n"
