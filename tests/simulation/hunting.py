"""Looks for a violation in a variant of the booking code, in a process that has loaded it."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.variants import VARIANTS
from tests.support.planted_bug import with_bugs

_SHARED = Path(__file__).parents[2] / "shared"

Catch = tuple[int | None, set[str]]
"""How many schedules it took, 0 if it took the variant's own, None if none violated anything;
and the invariants violated."""


def hunt(
    seeds: Sequence[range], jobs: int, *, own_first: bool = False
) -> Iterator[tuple[str, list[Catch]]]:
    """For each variant what catches it in each of the ranges of seeds: one of their schedules or,
    after or before them, its own."""
    tasks = [(index, seeds, own_first) for index in range(len(VARIANTS))]
    with get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        caught = pool.imap(_hunt, tasks, chunksize=1)
        yield from zip([variant.name for variant in VARIANTS], caught, strict=True)


def _hunt(task: tuple[int, Sequence[range], bool]) -> list[Catch]:
    index, seeds, own_first = task
    with tempfile.TemporaryDirectory() as directory:
        _load(with_bugs(_SHARED, Path(directory), VARIANTS[index].bugs).parent)
        return [_first_caught(index, each, own_first) for each in seeds]


def _first_caught(index: int, seeds: range, own_first: bool) -> Catch:
    # By name: this module's own imports are those from before.
    judged = import_module("tests.simulation.simulation").judged
    draw = import_module("tests.simulation.drawing").draw
    own = import_module("tests.simulation.variants").VARIANTS[index].schedule
    drawn, directed = enumerate(map(draw, seeds), 1), [(0, own)] if own else []
    for number, schedule in chain(directed, drawn) if own_first else chain(drawn, directed):
        if found := {each.invariant for each in judged(schedule)[1]}:
            return number, found
    return None, set()


def _load(directory: Path) -> None:
    """From here on this process imports shared/ from elsewhere, and anew what depends on it."""
    ours = ("shared.", "tests.simulation.", "infra.commands.")
    for name in [name for name in sys.modules if f"{name}.".startswith(ours)]:
        del sys.modules[name]
    sys.path.insert(0, str(directory))
