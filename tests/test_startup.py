"""What is slow to import is not imported by who doesn't need it; each in a process of its own."""

import subprocess
import sys

import pytest

SLOW = {"numba", "scipy", "matplotlib", "rich", "jinja2", "cupy", "torch"}
HELP = "from ratecheck.simulator.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
NO_CARD = """
import sys
sys.modules["cupy"] = None  # where it is installed, too
from ratecheck.simulator.cells.spec import Spec
from ratecheck.simulator.engines.auto import pick
assert pick(Spec.of("rational", "adamw", 10**7, 10**6, 64))[0] == "cpu"
"""
NAMES = "import ratecheck\nratecheck.verify, ratecheck.judge_values, ratecheck.sweep, ratecheck.judge, ratecheck.noise"
NAMES += "\nratecheck.watch, ratecheck.probe"
LAWS = "from ratecheck.simulator.samples import require_laws\nrequire_laws(['gaussian', 'rademacher'], 'a test')"


@pytest.mark.parametrize(
    ("program", "never"),
    [
        (HELP, SLOW),
        (NO_CARD, SLOW - {"cupy"}),
        (LAWS, SLOW),
        ("import ratecheck", SLOW | {"numpy", "pandas"}),
        (NAMES, SLOW - {"scipy"}),
        ("import ratecheck.simulator.samples.rows", SLOW),
        ("import ratecheck.simulator.lab.folder, ratecheck.simulator.lab.judging", SLOW - {"scipy"}),
    ],
    ids=["help", "no card", "laws", "ratecheck", "its calls", "rows", "folder"],
)
def test_what_is_slow_is_imported_late(program, never):
    code = f"{program}\nimport sys\nprint(*sorted({never!r} & set(sys.modules)), file=sys.stderr)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr.split() == []
