"""Plays one schedule against a world, and keeps what happened."""

import http.client
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.local.processes import wait_until
from tests.campaign.history import Attempt, History
from tests.campaign.instances import Instance
from tests.campaign.schedule import Delivery, Schedule
from tests.campaign.trouble import Trouble
from tests.campaign.world import World

_RESEND_SECONDS = 30.0
_QUIET_SECONDS = 40.0
_FINAL_DELIVERIES = 12


def play(world: World, schedule: Schedule) -> History:
    with world.pool.lend(schedule.instances) as instances:
        for instance in instances:
            if schedule.is_cold:
                instance.restart_cold()
        history = History(schedule, world.classes.add())
        _Run(world, instances, history).play()
        return history


class _Run:
    """One schedule being played."""

    def __init__(self, world: World, instances: list[Instance], history: History) -> None:
        self._world = world
        self._instances = instances
        self._history = history
        self._schedule = history.schedule
        self._preference_id = world.classes.preference_of(history.class_id)
        self._is_answered = threading.Event()

    def play(self) -> None:
        trouble = Trouble(self._world, self._instances, self._history)
        trouble.plan()
        self._history.begin()
        trouble.start()
        deliveries = self._schedule.deliveries
        with ThreadPoolExecutor(len(deliveries)) as senders:
            list(senders.map(self._send, range(len(deliveries)), deliveries))
        for edit in trouble.end():
            trouble.edit(edit)
            self._post(0)
        self._deliver_undisturbed()
        self._collect()

    def _send(self, number: int, delivery: Delivery) -> None:
        """Delivers again and again until anybody's delivery was answered finally."""
        chance = random.Random(f"{self._schedule.seed}/{number}")
        index, end = delivery.instance, self._history.started_at + _RESEND_SECONDS
        self._is_answered.wait(delivery.seconds)
        while time.monotonic() < end:
            if self._post(index).is_final:
                self._is_answered.set()
            if self._is_answered.wait(chance.uniform(0.05, 0.6)):
                return
            index = chance.randrange(len(self._instances))

    def _post(self, index: int) -> Attempt:
        attempt = Attempt(index, time.monotonic())
        self._history.attempts.append(attempt)
        connection = http.client.HTTPConnection(self._instances[index].address, timeout=30)
        try:
            connection.request("POST", "/", json.dumps({"preferenceId": self._preference_id}))
            response = connection.getresponse()
            attempt.body = response.read()
            attempt.status, attempt.headers = response.status, dict(response.headers)
        except (OSError, http.client.HTTPException) as error:
            attempt.error = type(error).__name__
        finally:
            connection.close()
        attempt.ended_at = time.monotonic()
        return attempt

    def _deliver_undisturbed(self) -> None:
        """Delivers until an answer comes that no fault had a hand in, all being quiet before."""
        for _ in range(_FINAL_DELIVERIES):
            self._wait_until_quiet()
            attempt = self._post(self._schedule.seed % len(self._instances))
            attempt.is_disturbed = self._met_faults(attempt)
            if attempt.is_final and not attempt.is_disturbed:
                return
            time.sleep(0.3)
        self._wait_until_quiet()

    def _met_faults(self, attempt: Attempt) -> bool:
        entries = self._google_entries(attempt.started_at)
        return any(entry["fault"] and entry["fault"]["kind"] != "delay" for entry in entries)

    def _wait_until_quiet(self) -> None:
        """Until nothing is in flight and no lease runs."""
        wait_until(lambda: not any(each.line.is_busy for each in self._instances), _QUIET_SECONDS)
        while not all(e["finished_at"] for e in self._google_entries(self._history.started_at)):
            time.sleep(0.2)
        while (left := self._lease_left()) > 0:
            time.sleep(left + 0.05)

    def _lease_left(self) -> float:
        claim = self._world.classes.get(self._history.class_id).get("calendarClaim")
        left: float = claim["expiresAt"].timestamp() - time.time() if claim else 0.0
        return left

    def _collect(self) -> None:
        """Completes the history, and removes the class and its events from the world."""
        history = self._history
        history.store = [
            (index, call)
            for index, instance in enumerate(self._instances)
            for call in instance.line.calls
        ]
        history.google = self._google_entries(history.started_at)
        history.document = self._world.classes.get(history.class_id)
        history.events = self._world.events_of(history.class_id)
        ids = {event["id"] for event in history.events}
        history.invitations = [
            each for each in self._world.control.invitations() if each["event_id"] in ids
        ]
        for event_id in ids:
            self._world.control.remove(event_id, for_good=True)
        self._world.classes.delete(history.class_id)

    def _google_entries(self, since: float) -> list[dict[str, Any]]:
        """The stand-in's entries of our instances, which work for this schedule alone."""
        indices = {instance.number: index for index, instance in enumerate(self._instances)}
        entries = self._world.journal.entries(since)
        return [
            {**entry, "instance": indices[entry["instance"]]}
            for entry in entries
            if entry["instance"] in indices
        ]
