"""python -m tests.mutants, as ``make mutants`` runs it."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
