"""The benchmark: `python tests/benchmark.py --json benchmark.json`; `--help` says more."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    from tests.benchmark.command import main

    sys.exit(main())
