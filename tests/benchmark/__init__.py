"""The benchmark: `python tests/benchmark.py --help`."""
