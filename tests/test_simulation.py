"""The promise holds in simulated schedules, and the simulation notices when it is broken."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.directed import SCHEDULES
from tests.simulation.report import explained, followed
from tests.simulation.simulation import hunt, judged, simulate
from tests.simulation.variants import VARIANTS

ROOT = Path(__file__).parents[1]
PLAYED = 1000
FOR_A_VARIANT = 400


@pytest.mark.parametrize("first_seed", [1, random.randrange(10**6, 10**9)], ids=["fixed", "fresh"])
def test_no_schedule_violates_the_promise(first_seed: int) -> None:
    seeds = range(first_seed, first_seed + PLAYED)
    total, violated = followed(simulate(seeds, jobs=1), PLAYED)
    assert not violated, "\n\n".join(violated)
    # It is worth something only if things go wrong in it.
    assert total["take-overs"] > 50
    assert len([name for name in total if name.startswith("fault: ")]) > 60


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_promise_holds_in_schedules_made_by_hand(name: str) -> None:
    histories, found = judged(SCHEDULES[name])
    assert not found, explained(histories, found)


def test_every_broken_variant_is_caught() -> None:
    found = dict(hunt([range(1, FOR_A_VARIANT)], jobs=2))
    assert len(found) == len(VARIANTS)
    assert [name for name, [(_, invariants)] in found.items() if not invariants] == []


def test_a_seed_gives_the_same_time_line_in_every_process() -> None:
    code = (
        "from tests.simulation.simulation import draw, explained, judged\n"
        "for seed in range(40): print(explained(*judged(draw(seed))))"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(shown) == 1
    assert len(shown.pop()) > 10_000
