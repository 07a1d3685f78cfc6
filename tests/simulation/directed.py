"""Schedules made by hand: what once broke the promise, what the next delivery or the repair has to
mend, and what chance brings about too rarely."""

from typing import Any

from tests.simulation.schedule import STUDENT, CallFault, Schedule, Step


def _schedule(*parts: CallFault | Step, **details: Any) -> Schedule:
    return Schedule(
        seed=0,
        steps=(Step("deliver"), *(part for part in parts if isinstance(part, Step))),
        call_faults=tuple(part for part in parts if isinstance(part, CallFault)),
        **{"is_left_to_repair": True, "budget": 8.0, "lease": 30.0, **details},
    )


def _after(call: str, edit: str, resend: float | None = 0.1) -> Step:
    return Step(edit, call=call, resend=resend)


def _before(call: str, edit: str, resend: float | None = 0.1) -> Step:
    return Step(edit, call=call, moment="request", resend=resend)


def _late(call: str, seconds: float) -> CallFault:
    return CallFault(call, "late", seconds=seconds)


_MOVED, _CANCELLED = _after("record", "move"), _after("record", "cancel")
_MOVED_BACK, _REVIVED = _before("patch", "move_back"), _before("delete", "revive")
_MOVED_BACK_LATER, _REVIVED_LATER = _after("failure", "move_back"), _after("failure", "revive")
_SHORT = {"budget": 2.5}
_SHORT_LEASE = {"budget": 2.5, "lease": 5.0}

SCHEDULES = {
    "an address corrected while the old one is refused": _schedule(
        _before("record", "email", None), refused_emails=(STUDENT,)
    ),
    "a failure before a success": _schedule(CallFault("insert", "refuse", times=9, retry_after=9)),
    "moved back after a patch was refused": _schedule(
        _MOVED, CallFault("patch", "refuse", times=99), _MOVED_BACK_LATER, **_SHORT
    ),
    "moved back after a record failed": _schedule(
        _MOVED, CallFault("record", "refuse", 1, 99), _MOVED_BACK_LATER, **_SHORT
    ),
    "revived after a withdrawal failed": _schedule(
        _CANCELLED, CallFault("withdrawal", "refuse", times=99), _REVIVED_LATER, **_SHORT
    ),
    "moved back before a late patch": _schedule(_MOVED, _late("patch", 7.0), _MOVED_BACK),
    "moved back before a patch lands that failed": _schedule(
        _MOVED, CallFault("patch", "lose", seconds=4.0, retry_after=1), _MOVED_BACK
    ),
    "moved before the first record, and back before a patch lands that failed": _schedule(
        _before("record", "move", None), CallFault("patch", "lose", seconds=4.0), _MOVED_BACK
    ),
    "revived before a delete lands that failed": _schedule(
        _before("insert", "cancel", None),
        CallFault("get", "silence"),
        CallFault("delete", "lose", seconds=1.0, retry_after=0),
        _after("delete", "revive", None),
        **_SHORT,
    ),
    "revived before a late delete": _schedule(_CANCELLED, _late("delete", 7.0), _REVIVED),
    "an insert answered about another event": _schedule(CallFault("insert", "other_id")),
    "an insert after its lease, cancelled meanwhile": _schedule(
        _late("insert", 6.0), _before("insert", "cancel", None), **_SHORT_LEASE
    ),
    "an insert after its lease, moved meanwhile": _schedule(
        _late("insert", 6.0), _before("insert", "move", None), **_SHORT_LEASE
    ),
    "a patch after its lease, moved back meanwhile": _schedule(
        _MOVED, _late("patch", 9.0), _MOVED_BACK, **_SHORT_LEASE
    ),
    "a delete after its lease, revived meanwhile": _schedule(
        _CANCELLED, _late("delete", 9.0), _REVIVED, **_SHORT_LEASE
    ),
    "a late insert before one that overwrites": _schedule(
        _late("insert", 5.0), CallFault("insert", "accept_duplicate", seconds=1.0)
    ),
    "moved again before a late patch": _schedule(
        _MOVED, _late("patch", 7.0), _before("patch", "move", None)
    ),
    "edited by hand before a patch": _schedule(_MOVED, _before("patch", "edit_event", None)),
}
