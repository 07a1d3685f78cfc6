"""Looks for a violation in a variant of the booking code, in a process that has loaded it."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.variants import VARIANTS, Bug, Variant

_SHARED = Path(__file__).parents[2] / "shared"


@dataclass(frozen=True)
class Catch:
    """`schedules` is how many it took; None if none violated anything."""

    variant: str
    schedules: int | None
    invariants: tuple[str, ...]


def hunt(variants: Sequence[Variant], first_seed: int, most: int, jobs: int) -> Iterator[Catch]:
    """What catches each variant: its own schedule, else those of `most` seeds. In their order."""
    with get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        tasks = [(VARIANTS.index(variant), first_seed, most) for variant in variants]
        caught = pool.imap(_hunt, tasks, chunksize=1)
        for variant, (schedules, invariants) in zip(variants, caught, strict=True):
            yield Catch(variant.name, schedules, invariants)


def _hunt(task: tuple[int, int, int]) -> tuple[int | None, tuple[str, ...]]:
    index, first_seed, most = task
    variant = VARIANTS[index]
    with tempfile.TemporaryDirectory() as directory:
        _load(variant.bugs, Path(directory))
        # By name: this module's own imports are those from before.
        judged = import_module("tests.simulation.simulation").judged
        draw = import_module("tests.simulation.drawing").draw
        own = import_module("tests.simulation.variants").VARIANTS[index].schedule
        seeds = range(first_seed, first_seed + most)
        for number, schedule in enumerate([own] if own else map(draw, seeds), 1):
            found = {each.invariant for each in judged(schedule)[1]}
            if found:
                return number, tuple(sorted(found))
    return None, ()


def _load(bugs: Sequence[Bug], directory: Path) -> None:
    """From here on this process imports shared/ with the bugs."""
    shutil.copytree(_SHARED, directory / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    for file, right, wrong in bugs:
        path = directory / "shared" / file
        text = path.read_text()
        assert text.count(right) == 1, f"{right!r} does not stand once in {file}"
        path.write_text(text.replace(right, wrong))
    ours = ("shared", "tests.simulation", "infra.commands")
    for name in list(sys.modules):
        if any(name == each or name.startswith(f"{each}.") for each in ours):
            del sys.modules[name]
    sys.path.insert(0, str(directory))
