"""`python tests/benchmark.py`"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from infra.local.emulator_jar import EmulatorUnavailable
from infra.local.stack import ROOT
from tests.benchmark.instance import InstanceError
from tests.benchmark.load import LoadError, check_generator
from tests.benchmark.measuring import Results, measure
from tests.benchmark.plan import QUICK, Plan, Subject, packaged, references
from tests.benchmark.report import tables
from tests.benchmark.school import running_school


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints the tables; returns the exit status."""
    asked = _parsed(arguments)
    plan = QUICK if asked.quick else Plan()
    plan = replace(plan, rounds=asked.rounds or plan.rounds)
    try:
        check_generator()
        with tempfile.TemporaryDirectory() as scratch, running_school() as school:
            directory = Path(scratch)
            subjects = _subjects(directory, asked.compare)
            results = measure(school, plan, subjects, directory, _say)
    except (LoadError, InstanceError, EmulatorUnavailable) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    finally:
        _say("")
    summary = _summary(plan, results)
    print(f"{summary}\n\n{tables(results, plan, subjects, asked.compare)}")
    if asked.json:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        keys = ("part", "of", "subject", "figure")
        told = [dict(zip(keys, key, strict=True), values=each) for key, each in results.items()]
        whole = {"at": at, "summary": summary, "measured": told}
        asked.json.write_text(json.dumps(whole, indent=1) + "\n")
    return 0


def _subjects(directory: Path, revision: str) -> list[Subject]:
    """What is measured; packages this revision, and another one to compare it with."""
    subprocess.run([ROOT / "deploy.sh", "--package", directory / "ours"], check=True)
    subjects = [*references(), *packaged(directory / "ours")]
    if revision:
        archive = subprocess.run(
            ["git", "-C", ROOT, "archive", revision], check=True, stdout=subprocess.PIPE
        )
        theirs = directory / "theirs"
        theirs.mkdir()
        subprocess.run(["tar", "-x", "-C", theirs], check=True, input=archive.stdout)
        subprocess.run([theirs / "deploy.sh", "--package", theirs / "package"], check=True)
        subjects += packaged(theirs / "package", revision)
    return subjects


def _say(text: str) -> None:
    """One line that is written over on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def _summary(plan: Plan, results: Results) -> str:
    loads = [value for key, each in results.items() if key[-1] == "load average" for value in each]
    return (
        f"{plan.rounds} rounds on {os.cpu_count()} processors, {platform.system()},"
        f" Python {platform.python_version()};"
        f" load average {min(loads):.1f} to {max(loads):.1f}."
        " Medians, in brackets the quartiles."
    )


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmark.py",
        description=(
            "Measures the packaged functions beside a function that does nothing and a"
            " quickstart-style baseline, each alone, in rounds; takes about five minutes."
        ),
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="3 unless given")
    parser.add_argument("--quick", action="store_true", help="tiny loads: only whether it works")
    parser.add_argument("--compare", default="", metavar="REV", help="measure a revision too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return parser.parse_args(arguments)
