"""Schedules made by hand: what once broke the promise, and what chance brings about too rarely."""

from typing import Any

from tests.simulation.schedule import CallFault, Delivery, Edit, Schedule, When
from tests.simulation.school import STUDENT


def _after(call: str, nth: int = 1) -> When:
    return When(call=call, nth=nth)


def _before(call: str, nth: int = 1) -> When:
    return When(call=call, nth=nth, moment="request")


def _schedule(*parts: CallFault | Edit, **details: Any) -> Schedule:
    return Schedule(
        seed=0,
        instances=1,
        deliveries=(Delivery(0.0, 0),),
        call_faults=tuple(part for part in parts if isinstance(part, CallFault)),
        edits=tuple(part for part in parts if isinstance(part, Edit)),
        **{"budget": 8.0, "lease": 30.0, **details},
    )


_MOVED = Edit("move", _after("record"), resend=0.1)
_CANCELLED = Edit("cancel", _after("record"), resend=0.1)
_SECOND_RECORD_FAILS = CallFault("record", "refuse", skip=1, times=99)
_WITHDRAWAL_FAILS = CallFault("withdrawal", "refuse", times=99)


def _late(call: str, seconds: float) -> CallFault:
    return CallFault(call, "late", details={"seconds": seconds})


CORRECTED_WHILE_REFUSED = _schedule(Edit("email", _before("record")), refused_emails=(STUDENT,))
FAILED_ONCE = _schedule(CallFault("insert", "refuse", times=9, details={"retry_after": 9}))
MOVED_AND_BACK = _schedule(
    _MOVED, _SECOND_RECORD_FAILS, Edit("move_back", _after("failure"), resend=0.1), budget=2.5
)
CANCELLED_AND_REVIVED = _schedule(
    _CANCELLED, _WITHDRAWAL_FAILS, Edit("revive", _after("failure"), resend=0.1), budget=2.5
)
MOVED_BACK_BEFORE_A_LATE_PATCH = _schedule(
    _MOVED, _late("patch", 7.0), Edit("move_back", _before("patch"), resend=0.1)
)
REVIVED_BEFORE_A_LATE_DELETE = _schedule(
    _CANCELLED, _late("delete", 7.0), Edit("revive", _before("delete"), resend=0.1)
)

_MOVED_BACK_AFTER_A_REFUSED_PATCH = _schedule(
    _MOVED,
    CallFault("patch", "refuse", times=99),
    Edit("move_back", _after("failure"), resend=0.1),
    budget=2.5,
)

MOVED_BACK_BEFORE_A_FAILED_PATCH_LANDS = _schedule(
    _MOVED,
    CallFault("patch", "lose", details={"retry_after": 1, "seconds": 4.0}),
    Edit("move_back", _before("patch"), resend=0.1),
)

_REVIVED_BEFORE_A_FAILED_DELETE_LANDS = _schedule(
    Edit("cancel", _before("insert")),
    CallFault("get", "silence"),
    CallFault("delete", "lose", details={"retry_after": 0, "seconds": 1.0}),
    Edit("revive", _after("delete")),
    budget=2.5,
)

OF_THE_PROMISE = {
    "an address corrected while the old one is refused": CORRECTED_WHILE_REFUSED,
    "a failure before a success": FAILED_ONCE,
    "moved back after a patch was refused": _MOVED_BACK_AFTER_A_REFUSED_PATCH,
    "moved back after a record failed": MOVED_AND_BACK,
    "revived after a withdrawal failed": CANCELLED_AND_REVIVED,
    "moved back before a late patch": MOVED_BACK_BEFORE_A_LATE_PATCH,
    "moved back before a patch lands that failed": MOVED_BACK_BEFORE_A_FAILED_PATCH_LANDS,
    "revived before a delete lands that failed": _REVIVED_BEFORE_A_FAILED_DELETE_LANDS,
    "revived before a late delete": REVIVED_BEFORE_A_LATE_DELETE,
}
"""What broke it once."""

_PAIR = {"budget": 2.5, "lease": 5.0}
BESIDE_THE_PROMISE = {
    "an insert answered about another event": _schedule(CallFault("insert", "other_id")),
    "an insert after its lease, cancelled meanwhile": _schedule(
        _late("insert", 6.0), Edit("cancel", _before("insert")), **_PAIR
    ),
    "an insert after its lease, moved meanwhile": _schedule(
        _late("insert", 6.0), Edit("move", _before("insert")), **_PAIR
    ),
    "a patch after its lease, moved back meanwhile": _schedule(
        _MOVED, _late("patch", 9.0), Edit("move_back", _before("patch"), resend=0.1), **_PAIR
    ),
    "a delete after its lease, revived meanwhile": _schedule(
        _CANCELLED, _late("delete", 9.0), Edit("revive", _before("delete"), resend=0.1), **_PAIR
    ),
}
"""What the next delivery or the repair has to mend."""

LATE_BEFORE_ONE_THAT_OVERWRITES = _schedule(
    _late("insert", 5.0), CallFault("insert", "accept_duplicate", details={"seconds": 1.0})
)
MOVED_AGAIN_BEFORE_A_LATE_PATCH = _schedule(
    _MOVED, _late("patch", 7.0), Edit("move", _before("patch"))
)
EDITED_BY_HAND_BEFORE_A_PATCH = _schedule(_MOVED, Edit("edit_event", _before("patch")))
