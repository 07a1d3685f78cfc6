"""Variants of the booking code, each broken in one way that the simulation must notice.

A variant is a copy of shared/ with some exact text replaced: (file, right, wrong). Where chance
does not bring the fault to light soon enough it has a schedule of its own.
"""

from dataclasses import dataclass

from tests.simulation.directed import SCHEDULES
from tests.simulation.schedule import Schedule

Bug = tuple[str, str, str]


@dataclass(frozen=True)
class Variant:
    name: str
    bugs: tuple[Bug, ...]
    schedule: Schedule | None = None


_CLAIM, _WRITER, _RECORD = "booking/claim.py", "booking/event_writer.py", "booking/record.py"
_CALENDAR = "booking/claimed_calendar.py"
_STORE, _DOCUMENT = "classes/store.py", "classes/document.py"
_CONFLICT = "self._look_again(deadline)\n            raise ClassChanged from None"
_OVERWRITE = (
    "self.document = self._store.read(self.document.id, deadline)\n"
    "            return self._write(changes, deadline)"
)
_RAISE = "self._write(writes.next_generation(generation), self.budget.work)"
_TAKE = "claim._write(changes, budget.work)"
_FINISH = "claim.finish(outcome)"
_LATER = '__import__("tests.simulation.hub", fromlist=["hub"]).later(0.3, '
_OWN_CLOCK = '__import__("shared.clock", fromlist=["clock"]).now()'
_MISMATCH = "except (IdTaken, EtagMismatch, EventGone):\n            "
_AS_IF_SENT = "answer = before and {**before, **request.body}"
_DIGEST = 'hashlib.sha256(f"{class_name}#{generation}".encode()).digest()'
_IS_5XX = "case _ if error.status == 408 or error.status >= 500:\n            return Unanswered("
_IN_DOUBT = "if self.doubts:\n            raise"

VARIANTS = (
    Variant(
        "the repair finds no class but those with an event to come",
        ((_STORE, "for each in ranges:", "for each in ():"),),
    ),
    Variant(
        "no claim",
        (
            (_CLAIM, _TAKE, "pass"),
            (_CLAIM, "if self.document.claim_token != self._token:", "if False:"),
        ),
    ),
    Variant(
        "the claim not confirmed before a write",
        ((_CALENDAR, "self._claim.confirm()", "pass"),),
    ),
    Variant(
        "the claim released on an unknown outcome",
        ((_CALENDAR, "self._doubts[event_id] = etag", "pass"),),
        SCHEDULES["moved back before a late patch"],
    ),
    Variant("a random event id", ((_DOCUMENT, _DIGEST, '__import__("random").randbytes(32)'),)),
    Variant("the generation not stored", ((_CLAIM, _RAISE, "pass"),)),
    Variant("200 before the record", ((_RECORD, _FINISH, f"{_LATER}lambda: {_FINISH})"),)),
    Variant(
        "200 without a record when time is short",
        ((_RECORD, _FINISH, f"claim.budget.whole.left() < 1.7 or {_FINISH}"),),
    ),
    Variant("a lease by one instance's clock", ((_STORE, "snapshot.read_time", _OWN_CLOCK),)),
    Variant("no withdrawal", (("booking/flow.py", "writer.withdraw()", "pass"),)),
    Variant(
        "an insert sent again after a lost answer",
        ((_WRITER, "and not failure.in_flight:", ":"),),
        SCHEDULES["a late insert before one that overwrites"],
    ),
    Variant(
        "a changed class ignored",
        (("booking/decision.py", "document.fingerprint == virtual_class.fingerprint", "True"),),
    ),
    Variant("no compare-and-set", ((_STORE, "option=option", "option=None"),)),
    Variant("a foreign token overwritten", ((_CLAIM, _CONFLICT, _OVERWRITE),)),
    Variant(
        "the reserve not kept",
        (("deadline.py", "self.whole.earlier(RECORD_RESERVE_SECONDS)", "self.whole"),),
    ),
    Variant(
        "a retry without a deadline of its own",
        (("deadline.py", "call(deadline.for_call())", "call(Deadline(10.0))"),),
    ),
    Variant(
        "the Meet request's id used again",
        (("booking/event_requests.py", "last_attempt(event) + 1)", "last_attempt(event))"),),
    ),
    Variant(
        "an etag mismatch taken for success",
        ((_WRITER, f"{_MISMATCH}pass", f"{_MISMATCH}{_AS_IF_SENT}"),),
        SCHEDULES["edited by hand before a patch"],
    ),
    Variant(
        "no etag on patch and delete",
        (("calendar/connection.py", "if etag is not None:", "if False:"),),
        SCHEDULES["moved again before a late patch"],
    ),
    Variant(
        "a 5xx taken for a known outcome",
        (("calendar/answers.py", f"{_IS_5XX}cause, may_have_effect=True", f"{_IS_5XX}cause"),),
        SCHEDULES["moved back before a patch lands that failed"],
    ),
    Variant(
        "F1: what was given up for one address not asked for another",
        (("booking/invitations.py", "= [each for", "= [] if self._refused else [each for"),),
        SCHEDULES["an address corrected while the old one is refused"],
    ),
    Variant(
        "F2: a failure left after a success",
        (("classes/writes.py", "        **NO_FAILURE,\n", ""),),
        SCHEDULES["a failure before a success"],
    ),
    Variant(
        "F3: a failure taken for rest",
        ((_DOCUMENT, '{"calendarClaim", "calendarError"}', '{"calendarClaim"}'),),
        SCHEDULES["moved back after a record failed"],
    ),
    Variant(
        "F4: an outcome recorded while a write is in doubt",
        ((_CLAIM, _IN_DOUBT, _IN_DOUBT.replace("self.doubts", "False")),),
        SCHEDULES["moved back before a late patch"],
    ),
)
