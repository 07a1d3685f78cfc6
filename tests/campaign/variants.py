"""Variants of `create_event`, each broken in one way that the fault campaign must notice.

A variant is a copy of the package with some exact text replaced, a schedule that brings the fault
to light, and the invariants that do so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.campaign.schedule import CallFault, Delivery, Edit, Schedule, Signal, When


@dataclass(frozen=True)
class Variant:
    """`bugs` are (file, right text, wrong text), `environs` settings by instance, `caught_by` the
    invariants that must be violated."""

    name: str
    bugs: list[tuple[str, str, str]]
    schedule: Schedule
    caught_by: set[str]
    environs: Mapping[int, Mapping[str, object]] = field(default_factory=dict)


_INSERTS_OVERLAP = CallFault("insert", "accept_duplicate", times=2, details={"seconds": 0.5})
_TWO_AT_ONCE = (Delivery(0.0, 0), Delivery(0.0, 1), Delivery(0.2, 0), Delivery(0.2, 1))


def _after(call: str, nth: int = 1, moment: str = "answer") -> When:
    return When(call=call, nth=nth, moment=moment)


VARIANTS = (
    Variant(
        "no claim",
        [
            (
                "shared/booking/claim.py",
                "        claim = cls(store, document)\n",
                "        return cls(store, document)\n",
            ),
            ("shared/booking/claim.py", "if now.claim_token != self._token:", "if False:"),
        ],
        Schedule(1, 2, _TWO_AT_ONCE, (_INSERTS_OVERLAP,)),
        {"no_overlapping_inserts", "one_invitation"},
    ),
    Variant(
        "a random event id",
        [
            (
                "shared/classes/document.py",
                'digest = hashlib.sha256(f"{class_name}#{generation}".encode()).digest()',
                'digest = __import__("os").urandom(32)',
            ),
        ],
        Schedule(2, 1, (Delivery(0.0, 0),), signals=(Signal("KILL", 0, _after("insert")),)),
        {"one_live_event"},
    ),
    Variant(
        "the claim released when the outcome is unknown",
        [("shared/booking/doubts.py", "self._etags.setdefault(event_id, set()).add(etag)", "pass")],
        Schedule(
            3,
            2,
            (Delivery(0.0, 0), Delivery(0.3, 1)),
            (CallFault("insert", "accept_duplicate", times=2, details={"seconds": 2.5}),),
        ),
        {"no_overlapping_inserts", "one_invitation"},
    ),
    Variant(
        "a 200 before the record",
        [
            (
                "shared/booking/record.py",
                "    claim.finish({**booked, **failure}, deadline)\n",
                "    arguments = ({**booked, **failure}, deadline)\n"
                '    __import__("threading").Timer(0.3, claim.finish, arguments).start()\n',
            ),
        ],
        Schedule(4, 1, (Delivery(0.0, 0),)),
        {"no_early_success"},
    ),
    Variant(
        "a lease by the instance's clock, 60 s off",
        [
            (
                "shared/classes/store.py",
                "read_time=snapshot.read_time,",
                'read_time=snapshot.read_time + __import__("datetime").timedelta('
                'seconds=float(__import__("os").environ.get("CLOCK_SKEW", 0))),',
            ),
        ],
        Schedule(
            5,
            2,
            (Delivery(0.0, 0), Delivery(1.4, 1)),  # the one that is off comes second
            (CallFault("insert", "accept_duplicate", times=2, details={"seconds": 3.0}),),
        ),
        {"no_overlapping_inserts", "no_live_claim_replaced"},
        environs={1: {"CLOCK_SKEW": 60}},
    ),
    Variant(
        "an adopted event patched without its etag",
        [
            (
                "shared/calendar/client.py",
                'return self._send(request, deadline, etag=event["etag"])',
                "return self._send(request, deadline)",
            ),
        ],
        Schedule(
            6,
            1,
            (Delivery(0.0, 0),),
            (CallFault("patch", "late", details={"seconds": 8.0}),),
            edits=(Edit("move", _after("insert")), Edit("move", _after("record", 2, "request"))),
        ),
        {"event_matches"},
    ),
    Variant(
        "the next generation taken without storing it",
        [
            (
                "shared/booking/claim.py",
                "        self._write(writes.next_generation(",
                "        (lambda changes, _: self.document.data.update(changes))("
                "writes.next_generation(",
            ),
        ],
        Schedule(
            7,
            1,
            (Delivery(0.0, 0),),
            signals=(Signal("KILL", 0, _after("insert")), Signal("KILL", 0, _after("insert", 3))),
            edits=(Edit("delete_event", _after("insert")), Edit("cancel", _after("insert", 3))),
        ),
        {"one_live_event"},
    ),
    Variant(
        "no withdrawal of a cancelled class",
        [("shared/booking/flow.py", "            writer.withdraw()\n", "")],
        Schedule(8, 1, (Delivery(0.0, 0),), edits=(Edit("cancel", _after("insert")),)),
        {"one_live_event"},
    ),
)
