"""Makes the trouble that a schedule plans: signals, and edits of the class or of its event."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from tests.simulation.observations import Call, Happening
from tests.simulation.schedule import SCHOOL_EDITS, Delivery, Edit, Signal

if TYPE_CHECKING:
    from tests.simulation.player import Player


class Trouble:
    """The trouble of one schedule, each part at its time or call. What of it took place goes into
    the histories."""

    def __init__(self, player: "Player") -> None:
        self._player = player
        self._hub = player.hub
        self._counts: Counter[tuple[int | None, str, str]] = Counter()
        self._pending: list[Signal | Edit] = [*player.schedule.signals, *player.schedule.edits]
        player.services.wire.on_call = self._on_call
        for each in self._pending:
            if each.when.call is None:
                self._hub.at(each.when.seconds, partial(self.make, each))

    def left(self) -> list[Edit]:
        """The edits that hang on calls which did not come."""
        edits = [each for each in self._pending if isinstance(each, Edit)]
        return [edit for edit in edits if edit.kind != "reconcile"]

    def end(self) -> None:
        """From here on nothing goes wrong any more."""
        self._pending.clear()
        self._player.services.wire.faults = []

    def make(self, trouble: Signal | Edit) -> None:
        """Makes it, unless it is made already."""
        if trouble in self._pending:
            self._pending.remove(trouble)
            if isinstance(trouble, Edit):
                self._edit(trouble)
            else:
                self._signal(trouble)

    def _edit(self, edit: Edit) -> None:
        player, now, subject = self._player, self._hub.now, ""
        history = player.histories[edit.class_number]
        if edit.kind in SCHOOL_EDITS:
            player.school.edit(history.class_id, edit.kind)
        elif edit.kind == "reconcile":
            player.repair()
        else:
            subject = self._edit_event(history.class_id, edit.kind)
        state = player.services.state(history.class_id)
        history.happenings.append(Happening(now, now, edit.kind, None, subject, state))
        if edit.resend is not None:
            again = Delivery(0.0, 0, edit.class_number)
            self._hub.at(now + edit.resend, partial(player.senders.send, again))

    def _edit_event(self, class_id: str, kind: str) -> str:
        """Deletes or retitles the class's live event, if there is one; returns its id."""
        google = self._player.services.google
        live = [each for each in google.events_of(class_id) if each["status"] != "cancelled"]
        for event in live[:1]:
            google.edit(event["id"], {"summary": "by hand"} if kind == "edit_event" else None)
            return str(event["id"])
        return ""

    def _signal(self, signal: Signal) -> None:
        machine, now = self._player.machines[signal.instance], self._hub.now
        if signal.kind == "KILL":
            self._player.senders.kill(signal.instance)
        else:
            machine.suspended_until = round(now + signal.seconds, 6)
            machine.seconds_lost += signal.seconds if signal.kind == "FREEZE" else 0.0
        happening = Happening(now, now + signal.seconds, signal.kind, signal.instance)
        for history in self._player.histories:
            history.happenings.append(happening)

    def _on_call(self, call: Call, moment: str) -> None:
        """Told of every call: what is planned for it happens exactly there."""
        for instance in (call.instance, None):
            self._counts[instance, call.operation, moment] += 1
        for each in list(self._pending):
            instance = each.instance if isinstance(each, Signal) else None
            is_here = instance in (call.instance, None)
            is_it = (each.when.call, each.when.moment) == (call.operation, moment)
            if (
                is_here
                and is_it
                and each.when.nth == self._counts[instance, call.operation, moment]
            ):
                self._make_now(moment, each)

    def _make_now(self, moment: str, trouble: Signal | Edit) -> None:
        if moment == "answer":
            self.make(trouble)
        else:  # by the hub: the task that is just sending cannot end its own machine
            self._hub.at(self._hub.now, partial(self.make, trouble))
