"""ratecheck's program under MPI, for tests."""

import os
import shutil
import sys

MPIEXEC = shutil.which("mpiexec")
ALLOWED = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
}


def ranks(count, *arguments):
    """The command line with *count* ranks, and its environment."""
    program = [sys.executable, "-m", "mpi4py.futures", "-m", "ratecheck.simulator", *arguments, "--executor", "mpi"]
    return [MPIEXEC, "-n", str(count), *program], {**os.environ, **ALLOWED}
