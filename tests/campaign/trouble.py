"""Makes the trouble that a schedule plans: faults, signals, broken lines, edits."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from shared.classes.document import event_id
from tests.campaign.firestore_proxy import StoreFault
from tests.campaign.history import Happening, History
from tests.campaign.instances import Instance
from tests.campaign.schedule import STORE_CALLS, CallFault, Edit, LineFault, Signal, When
from tests.campaign.world import World
from tests.support.served import PROJECT


class Trouble:
    """The trouble of one schedule; what of it took place goes into its history."""

    def __init__(self, world: World, instances: list[Instance], history: History) -> None:
        self._world = world
        self._instances = instances
        self._history = history
        self._schedule = history.schedule
        self._class_id = history.class_id
        self._lock = threading.Lock()
        self._counts: Counter[tuple[int | None, str, str]] = Counter()
        self._edits = list(self._schedule.edits)
        self._threads: list[threading.Thread] = []
        self._is_over = threading.Event()

    def plan(self) -> None:
        """Has the stand-in and the proxies ready to make trouble."""
        for index, instance in enumerate(self._instances):
            instance.use(partial(self._on_call, index))
        for fault in self._schedule.call_faults:
            if fault.operation in STORE_CALLS:
                self._plan_store_fault(fault)
            else:
                self._plan_google_fault(fault)

    def start(self) -> None:
        """Lets the clock run for what happens at a time of its own."""
        for signal in self._schedule.signals:
            self._at(signal.when, self._signal, signal)
        for line_fault in self._schedule.line_faults:
            self._at(line_fault.when, self._spoil, line_fault)
        for edit in self._schedule.edits:
            self._at(edit.when, self.edit, edit)

    def end(self) -> list[Edit]:
        """Waits for what is under way, mends everything, and returns the edits not made yet."""
        self._is_over.set()
        while self._threads:
            self._threads.pop().join()
        for instance in self._instances:
            instance.settle()
            instance.line.faults = []
        return list(self._edits)

    def edit(self, edit: Edit) -> None:
        """Makes an edit, unless it is made already."""
        with self._lock:
            if edit not in self._edits:
                return
            self._edits.remove(edit)
        at, subject = time.monotonic(), ""
        match edit.kind:
            case "move":
                document = self._world.classes.get(self._class_id)
                later = {key: document[key] + timedelta(days=1) for key in ("startTime", "endTime")}
                self._world.classes.change(self._class_id, **later)
            case "email":
                self._world.classes.change(self._class_id, studentEmail="corrected@example.com")
            case "cancel":
                self._world.classes.change(self._class_id, status="cancelled")
            case "delete_event":
                subject = self._delete_event()
        self._note(at, edit.kind, subject=subject)

    def _delete_event(self) -> str:
        """Deletes the class's live event, if there is one, and returns its id."""
        for event in self._world.events_of(self._class_id):
            if event["status"] != "cancelled":
                self._world.control.remove(event["id"])
                return str(event["id"])
        return ""

    def _plan_store_fault(self, fault: CallFault) -> None:
        for instance in self._instances:
            planned = StoreFault(
                fault.operation, fault.kind, fault.skip, fault.times, **fault.details
            )
            instance.line.faults.append(planned)

    def _plan_google_fault(self, fault: CallFault) -> None:
        for match in self._matches(fault.operation):
            self._world.control.fault(
                fault.operation,
                fault.kind,
                match=match,
                skip=fault.skip,
                times=fault.times,
                **fault.details,
            )

    def _matches(self, operation: str) -> list[str]:
        """Texts by which the stand-in tells this schedule's requests from others."""
        match operation:
            case "token":
                return [instance.client_id for instance in self._instances]
            case "secret":
                return [f"secrets/{instance.secret}/" for instance in self._instances]
            case "insert":
                return [self._class_id]
        name = f"projects/{PROJECT}/databases/(default)/documents/VirtualClass/{self._class_id}"
        return [event_id(name, generation) for generation in (0, 1)]

    def _at(self, when: When, act: Callable[..., None], what: Any) -> None:
        """Has it done in time, by a thread of its own, unless it hangs on a call."""

        def wait_and_act() -> None:
            is_over = self._is_over.wait(self._history.started_at + when.seconds - time.monotonic())
            if not is_over:
                act(what)

        if when.call is None:
            self._begin(wait_and_act)

    def _on_call(self, index: int, call: str, moment: str) -> None:
        """Told by the proxies of every call, which waits meanwhile: signals and edits happen
        exactly there."""
        with self._lock:
            for key in (index, None):
                self._counts[key, call, moment] += 1
            numbers = {key: self._counts[key, call, moment] for key in (index, None)}

        def is_due(when: When, instance: int | None) -> bool:
            return (when.call, when.moment) == (call, moment) and when.nth == numbers.get(instance)

        if self._is_over.is_set():
            return
        for signal in self._schedule.signals:
            if is_due(signal.when, signal.instance):
                self._signal(signal)
        for fault in self._schedule.line_faults:
            if is_due(fault.when, fault.instance):
                self._begin(self._spoil, fault)
        for edit in self._schedule.edits:
            if is_due(edit.when, None):
                self.edit(edit)

    def _signal(self, signal: Signal) -> None:
        instance, at = self._instances[signal.instance], time.monotonic()
        match signal.kind:
            case "KILL":
                took_place = instance.kill()
            case "STOP":
                took_place = instance.stop()
                self._begin(self._resume, instance, signal.seconds)
            case _:
                took_place = instance.terminate()
        if took_place:
            self._note(at, signal.kind, signal.instance, until=at + signal.seconds)

    def _resume(self, instance: Instance, seconds: float) -> None:
        time.sleep(seconds)
        instance.resume()

    def _spoil(self, fault: LineFault) -> None:
        instance, at = self._instances[fault.instance], time.monotonic()
        proxy = getattr(instance, fault.service)
        getattr(proxy, fault.kind)()
        if fault.kind != "cut":
            time.sleep(fault.seconds)
            proxy.restore()
        self._note(at, f"{fault.service} {fault.kind}", fault.instance)

    def _begin(self, act: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=act, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _note(
        self,
        at: float,
        what: str,
        instance: int | None = None,
        *,
        until: float | None = None,
        subject: str = "",
    ) -> None:
        until = time.monotonic() if until is None else until
        self._history.happenings.append(Happening(at, until, what, instance, subject))
