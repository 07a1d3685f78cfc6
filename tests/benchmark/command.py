"""`python tests/benchmark.py`"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from infra.local.java import EmulatorUnavailable
from tests.benchmark.instance import InstanceError
from tests.benchmark.load import LoadError, check_generator
from tests.benchmark.measuring import Bench
from tests.benchmark.plan import QUICK, Plan, subjects
from tests.benchmark.report import tables
from tests.benchmark.results import Results
from tests.benchmark.rounds import Measured, measure
from tests.benchmark.school import running_school

_ROOT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints the tables; returns the exit status."""
    asked = _parsed(arguments)
    plan = QUICK if asked.quick else Plan()
    plan = replace(plan, rounds=asked.rounds or plan.rounds)
    try:
        check_generator()
        measured = _measured(plan)
    except (LoadError, InstanceError, EmulatorUnavailable) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    about = _about(plan, measured)
    print(f"{about['summary']}\n\n{tables(Results(measured), plan)}")
    if asked.json:
        told = {**about, "measured": [asdict(each) for each in measured]}
        asked.json.write_text(json.dumps(told, indent=1) + "\n")
    return 0


def _measured(plan: Plan) -> list[Measured]:
    with tempfile.TemporaryDirectory() as scratch, running_school() as school:
        directory = Path(scratch)
        subprocess.run([_ROOT / "deploy.sh", "--package", directory], check=True)
        bench = Bench(school, plan, directory)
        try:
            return list(measure(bench, subjects(directory), _say))
        finally:
            _say("")


def _say(text: str) -> None:
    """One line that is written over on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def _about(plan: Plan, measured: Sequence[Measured]) -> dict[str, str]:
    loads = [each.load_average for each in measured]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "summary": (
            f"{plan.rounds} rounds on {os.cpu_count()} processors, {platform.system()},"
            f" Python {platform.python_version()};"
            f" load average {min(loads):.1f} to {max(loads):.1f}."
            " Medians, in brackets the quartiles."
        ),
    }


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmark.py",
        description=(
            "Measures the packaged functions beside a function that does nothing and a"
            " quickstart-style baseline, each alone, in rounds; takes about two minutes a round."
        ),
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="5 unless given")
    parser.add_argument("--quick", action="store_true", help="tiny loads: only whether it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return parser.parse_args(arguments)
