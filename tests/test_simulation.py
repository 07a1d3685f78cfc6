"""The promise holds in simulated schedules, and the simulation notices when it is broken."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import directed
from tests.simulation.drawing import draw
from tests.simulation.hunting import hunt
from tests.simulation.report import explained
from tests.simulation.simulation import judged, simulate, smallest
from tests.simulation.variants import VARIANTS

ROOT = Path(__file__).parents[1]
SCHEDULES = 1000
FOR_A_VARIANT = 400


@pytest.mark.parametrize("first_seed", [1, random.randrange(10**6, 10**9)], ids=["fixed", "fresh"])
def test_no_schedule_violates_the_promise(first_seed: int) -> None:
    summary, violated = simulate(range(first_seed, first_seed + SCHEDULES), jobs=1)
    shown = [explained(*judged(smallest(draw(seed)))) for seed in violated[:2]]
    assert not violated, f"seeds {violated}\n" + "\n\n".join(shown)
    # It is worth something only if things go wrong in it.
    assert summary.takeovers > 50
    assert len(summary.faults) > 60


@pytest.mark.parametrize("name", [*directed.OF_THE_PROMISE, *directed.BESIDE_THE_PROMISE])
def test_what_once_broke_the_promise_does_so_no_more(name: str) -> None:
    schedules = directed.OF_THE_PROMISE | directed.BESIDE_THE_PROMISE
    histories, found = judged(schedules[name])
    assert not found, explained(histories, found)


def test_every_broken_variant_is_caught() -> None:
    searches = [(variant, range(1, FOR_A_VARIANT)) for variant in VARIANTS]
    catches = list(hunt(searches, jobs=2, own_first=True))
    assert len(catches) == len(VARIANTS)
    assert [each.variant.name for each in catches if each.schedules is None] == []


def test_a_seed_gives_the_same_time_line_in_every_process() -> None:
    code = (
        "from tests.simulate import explained, judged, draw\n"
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
