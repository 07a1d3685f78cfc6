"""The benchmark works; what it measures is for those who run it on a quiet machine."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

COMMAND = [sys.executable, str(ROOT / "tests" / "benchmark.py")]


@pytest.mark.skipif(
    shutil.which("wrk") is None and os.environ.get("CI") != "true",
    reason="the benchmark needs wrk: apt-get install wrk",
)
def test_a_quick_benchmark_gives_a_complete_table(tmp_path: Path, emulator: str) -> None:
    environ = {**os.environ, "FIRESTORE_EMULATOR_HOST": emulator}
    file = tmp_path / "benchmark.json"

    ended = subprocess.run(
        [*COMMAND, "--quick", "--json", str(file)], env=environ, capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stderr
    rows = [
        line.strip("| ").split(" | ") for line in ended.stdout.splitlines() if line.startswith("| ")
    ]
    named = {row[0]: row[1:] for row in rows}
    for name in ("cold ms", "requests/s at 16", "p99 ms at 16", "memory MiB"):
        assert all(float(cell.replace(",", "")) > 0 for cell in named[name]), name
    assert named["calls per request"] == [
        "none",
        *(["1 list, 1 token"] if shutil.which("node") else []),
        "1 list, 1 secret, 1 token",
        "1 insert, 1 secret, 1 token",
        "none",
        "none",
        "3 firestore, 1 insert",
    ]
    measured = json.loads(file.read_text())["measured"]
    assert {each["part"] for each in measured} == {
        "whole",
        "latency",
        "renewing",
        "events",
        "classes",
        "trouble",
    }


def test_without_a_load_generator_it_says_what_to_install(tmp_path: Path) -> None:
    ended = subprocess.run(COMMAND, env={"PATH": str(tmp_path)}, capture_output=True, text=True)

    assert ended.returncode == 1
    assert ended.stderr == "benchmark: The benchmark needs wrk: apt-get install wrk\n"
