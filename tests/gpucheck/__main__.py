"""Start the checks with ``python -m tests.gpucheck``."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
