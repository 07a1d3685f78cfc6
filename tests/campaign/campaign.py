"""Plays many schedules and judges them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from queue import SimpleQueue
from threading import Lock

from tests.campaign.instances import Instance
from tests.campaign.player import Player
from tests.campaign.world import World
from tests.simulation import conduct
from tests.simulation.history import History
from tests.simulation.invariants import (
    Violation,
    healed_by_delivery,
    kept_when_answered,
    one_invitation,
    violations,
)
from tests.simulation.schedule import Schedule

_BUSY_MACHINE_SECONDS = 3.0


def answered_in_time(history: History) -> Iterator[str]:
    """Within the budget, and what a busy machine takes besides, unless its instance was stopped."""
    for attempt in history.attempts:
        is_late = attempt.seconds > history.schedule.budget + _BUSY_MACHINE_SECONDS
        if attempt.status and is_late and attempt.instance not in history.suspended:
            yield f"delivery {attempt.number} took {attempt.seconds:.2f} s"


def no_lost_delivery(history: History) -> Iterator[str]:
    """Only a delivery to an instance that was ended goes without an answer."""
    ended = {each.instance for each in history.of("KILL", "TERM")}
    for attempt in history.attempts:
        if attempt.status is None and attempt.instance not in ended:
            yield f"delivery {attempt.number}: {attempt.code}"


_INVARIANTS = (
    kept_when_answered,
    healed_by_delivery,
    one_invitation,
    answered_in_time,
    no_lost_delivery,
    conduct.generation_never_lowered,
    conduct.no_overlapping_inserts,
    conduct.no_live_claim_replaced,
    conduct.no_early_success,
    conduct.documented_answers,
)


def run(
    world: World, schedules: Sequence[Schedule], jobs: int = 1
) -> Iterator[tuple[History, list[Violation]]]:
    """Plays schedules, `jobs` at a time, and yields each with what it violated as it ends."""
    free: SimpleQueue[Instance] = SimpleQueue()
    for instance in world.instances:
        free.put(instance)
    turn = Lock()

    def play(schedule: Schedule) -> History:
        with turn:  # nobody waits with a part of what it needs
            instances = [free.get() for _ in range(schedule.instances)]
        player = Player(world, instances, schedule)
        player.play()
        for instance in instances:
            instance.refresh()
            free.put(instance)
        [history] = player.histories
        world.forget(history.class_id)
        return history

    with ThreadPoolExecutor(jobs) as playing:
        for future in as_completed([playing.submit(play, each) for each in schedules]):
            history = future.result()
            yield history, violations(history, _INVARIANTS)
