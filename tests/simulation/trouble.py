"""Makes the trouble that a schedule plans: signals, and edits of the class or of its event."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from tests.simulation.observations import Call, Happening
from tests.simulation.schedule import Delivery, Edit, Signal

if TYPE_CHECKING:
    from tests.simulation.stage import Stage


class Trouble:
    """The trouble of one schedule, each part at its time or call. What of it took place goes into
    the histories."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._counts: Counter[tuple[int | None, str, str]] = Counter()
        self._pending: list[Signal | Edit] = [*stage.schedule.signals, *stage.schedule.edits]

    def start(self) -> None:
        """Has what happens at a time of its own happen."""
        for each in list(self._pending):
            if each.when.call is None:
                self._stage.at(each.when.seconds, partial(self.make, each))

    def left(self) -> list[Edit]:
        """The edits that hang on calls which did not come."""
        edits = [each for each in self._pending if isinstance(each, Edit)]
        return [edit for edit in edits if edit.kind != "reconcile"]

    def end(self) -> None:
        """From here on there is none any more."""
        self._pending.clear()

    def make(self, trouble: Signal | Edit) -> None:
        """Makes it, unless it is made already."""
        if trouble in self._pending:
            self._pending.remove(trouble)
            if isinstance(trouble, Edit):
                self._edit(trouble)
            else:
                self._signal(trouble)

    def _edit(self, edit: Edit) -> None:
        stage, history = self._stage, self._stage.histories[edit.class_number]
        subject = stage.edit(history.class_id, edit.kind)
        now, state = stage.now, stage.state(history.class_id)
        history.happenings.append(Happening(now, now, edit.kind, None, subject, state))
        if edit.resend is not None:
            again = Delivery(0.0, 0, edit.class_number)
            stage.at(now + edit.resend, partial(stage.send, again))

    def _signal(self, signal: Signal) -> None:
        now = self._stage.now
        self._stage.signal(signal)
        happening = Happening(now, now + signal.seconds, signal.kind, signal.instance)
        for history in self._stage.histories:
            history.happenings.append(happening)

    def on_call(self, call: Call, moment: str) -> None:
        """Told of every call: what is planned for it happens exactly there."""
        for instance in (call.instance, None):
            self._counts[instance, call.operation, moment] += 1
        for each in list(self._pending):
            instance = each.instance if isinstance(each, Signal) else None
            is_here = instance in (call.instance, None)
            place = (call.operation, moment, self._counts[instance, call.operation, moment])
            if is_here and (each.when.call, each.when.moment, each.when.nth) == place:
                self._make_now(moment, each)

    def _make_now(self, moment: str, trouble: Signal | Edit) -> None:
        if moment == "answer":
            self.make(trouble)
        else:  # by the stage: the task that is just sending cannot end its own machine
            self._stage.at(self._stage.now, partial(self.make, trouble))
