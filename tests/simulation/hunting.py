"""Looks for a violation in a variant of the booking code, in a process that has loaded it."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.variants import VARIANTS, Variant
from tests.support.planted_bug import with_bugs

_SHARED = Path(__file__).parents[2] / "shared"


@dataclass(frozen=True)
class Catch:
    """`schedules` is how many it took, 0 if it took its own; None if none violated anything."""

    variant: Variant
    schedules: int | None
    invariants: tuple[str, ...]


def hunt(
    searches: Sequence[tuple[Variant, range]], jobs: int, *, own_first: bool = False
) -> Iterator[Catch]:
    """What catches each variant, in their order: a schedule of its seeds or, after them or before,
    its own."""
    with get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        tasks = [(VARIANTS.index(variant), seeds, own_first) for variant, seeds in searches]
        caught = pool.imap(_hunt, tasks, chunksize=1)
        for (variant, _), (schedules, invariants) in zip(searches, caught, strict=True):
            yield Catch(variant, schedules, invariants)


def _hunt(task: tuple[int, range, bool]) -> tuple[int | None, tuple[str, ...]]:
    index, seeds, own_first = task
    with tempfile.TemporaryDirectory() as directory:
        _load(with_bugs(_SHARED, Path(directory), VARIANTS[index].bugs).parent)
        # By name: this module's own imports are those from before.
        judged = import_module("tests.simulation.simulation").judged
        draw = import_module("tests.simulation.drawing").draw
        own = import_module("tests.simulation.variants").VARIANTS[index].schedule
        drawn = enumerate(map(draw, seeds), 1)
        directed = [(0, own)] if own else []
        for number, schedule in chain(directed, drawn) if own_first else chain(drawn, directed):
            if found := {each.invariant for each in judged(schedule)[1]}:
                return number, tuple(sorted(found))
    return None, ()


def _load(directory: Path) -> None:
    """From here on this process imports shared/ from elsewhere, and anew what depends on it."""
    ours = ("shared.", "tests.simulation.", "infra.commands.")
    for name in [name for name in sys.modules if f"{name}.".startswith(ours)]:
        del sys.modules[name]
    sys.path.insert(0, str(directory))
