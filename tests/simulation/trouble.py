"""Makes the trouble that a schedule plans: signals, and edits of the class or of its event."""

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.simulation.history import Call, Happening
from tests.simulation.schedule import Delivery, Edit, Signal, When

if TYPE_CHECKING:
    from tests.simulation.player import Player

STUDENT = "ana@example.com"
CORRECTED = "corrected@example.com"
PARTICIPANTS = ("bruno@example.com", "carla@example.com")
ADDED = "diego@example.com"


class Trouble:
    """The trouble of one schedule; what of it took place goes into the histories."""

    def __init__(self, player: "Player") -> None:
        self._player = player
        self._hub = player.hub
        self._counts: Counter[tuple[int | None, str, str]] = Counter()
        self._edits = list(player.schedule.edits)
        self._signals = list(player.schedule.signals)
        player.wire.on_call = self._on_call

    def start(self) -> None:
        """Has what happens at a time of its own happen."""
        for signal in self._signals:
            if signal.when.call is None:
                self._hub.at(signal.when.seconds, partial(self.signal, signal))
        for edit in self._edits:
            if edit.when.call is None:
                self._hub.at(edit.when.seconds, partial(self.edit, edit))

    def left(self) -> list[Edit]:
        """The edits that hang on calls which did not come."""
        self._signals.clear()
        return [edit for edit in self._edits if edit.kind != "reconcile"]

    def end(self) -> None:
        """From here on nothing goes wrong any more."""
        self._edits.clear()
        self._player.wire.faults = []

    def edit(self, edit: Edit) -> None:
        """Makes an edit, unless it is made already."""
        if edit not in self._edits:
            return
        self._edits.remove(edit)
        history = self._player.histories[edit.class_number]
        subject = ""
        if edit.kind in ("delete_event", "edit_event"):
            subject = self._edit_event(edit)
        elif edit.kind == "reconcile":
            self._player.repair()
        else:
            self._edit_class(history.class_id, edit.kind)
        content = self._player.class_content(history.class_id)
        now = self._hub.now
        history.happenings.append(Happening(now, now, edit.kind, None, subject, content))
        if edit.resend is not None:
            again = Delivery(0.0, 0, edit.class_number)
            self._hub.at(now + edit.resend, partial(self._player.send, again))

    def signal(self, signal: Signal) -> None:
        if signal not in self._signals:
            return
        self._signals.remove(signal)
        machine, now = self._player.machines[signal.instance], self._hub.now
        if signal.kind == "KILL":
            self._player.kill(signal.instance)
        else:
            machine.suspended_until = round(now + signal.seconds, 6)
            machine.seconds_lost += signal.seconds if signal.kind == "FREEZE" else 0.0
        for history in self._player.histories:
            history.happenings.append(
                Happening(now, now + signal.seconds, signal.kind, signal.instance)
            )

    def _edit_class(self, class_id: str, kind: str) -> None:
        document = self._player.class_content(class_id)
        changes: dict[str, Any] = {}
        match kind:
            case "move":
                changes = {key: document[key] + timedelta(days=1) for key in _TIMES}
            case "move_back":
                changes = {key: document[key] - timedelta(days=1) for key in _TIMES}
            case "cancel":
                changes = {"status": "cancelled"}
            case "revive":
                changes = {"status": "scheduled"}
            case "email":
                changes = {"studentEmail": CORRECTED}
            case "add_guest":
                changes = {"participantEmails": [*document["participantEmails"], ADDED]}
            case "remove_guests":
                changes = {"participantEmails": []}
            case "correct_guest":
                changes = {"participantEmails": [f"corrected-{PARTICIPANTS[0]}"]}
        self._player.school.document(class_id).update(changes, timeout=0)

    def _edit_event(self, edit: Edit) -> str:
        """Deletes or retitles the class's live event, if there is one; returns its id."""
        google = self._player.google
        class_id = self._player.histories[edit.class_number].class_id
        for event in google.events_of(class_id):
            if event["status"] != "cancelled":
                title = {"summary": "by hand"} if edit.kind == "edit_event" else None
                google.edit(event["id"], title)
                return str(event["id"])
        return ""

    def _on_call(self, call: Call, moment: str) -> None:
        """Told of every call: signals and edits happen exactly there."""
        instances = (call.instance, None)
        for key in instances:
            self._counts[key, call.operation, moment] += 1

        def is_due(when: When, instance: int | None) -> bool:
            number = self._counts[instance, call.operation, moment]
            is_here = instance in instances
            return is_here and (when.call, when.moment, when.nth) == (
                call.operation,
                moment,
                number,
            )

        for signal in list(self._signals):
            if is_due(signal.when, signal.instance):
                self._do(moment, partial(self.signal, signal))
        for edit in list(self._edits):
            if is_due(edit.when, None):
                self._do(moment, partial(self.edit, edit))

    def _do(self, moment: str, act: partial[None]) -> None:
        """At once if the call has come back, by the hub if it is only being sent: a task cannot
        end its own machine."""
        if moment == "answer":
            act()
        else:
            self._hub.at(self._hub.now, act)


_TIMES = ("startTime", "endTime")
