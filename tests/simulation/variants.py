"""Variants of the booking code, each broken in one way that the simulation must notice.

A variant is a copy of shared/ with some exact text replaced. Where chance does not bring the
fault to light soon enough it has a schedule of its own.
"""

from dataclasses import dataclass

from tests.simulation import directed
from tests.simulation.schedule import Schedule

Bug = tuple[str, str, str]
"""File below shared/, right text, wrong text."""


@dataclass(frozen=True)
class Variant:
    name: str
    bugs: tuple[Bug, ...]
    schedule: Schedule | None = None


_CLAIM, _DOUBTS = "booking/claim.py", "booking/doubts.py"
_WRITER, _CALENDAR = "booking/event_writer.py", "booking/claimed_calendar.py"
_FLOW, _RECORD, _DECISION = "booking/flow.py", "booking/record.py", "booking/decision.py"
_STORE, _DOCUMENT, _WRITES = "classes/store.py", "classes/document.py", "classes/writes.py"
_CLIENT, _ANSWERS, _MEET = "calendar/client.py", "calendar/answers.py", "calendar/meet.py"
_OVERWRITE = "self.document = now\n                    continue"
_LATER = '__import__("tests.simulation.hub", fromlist=["hub"]).later'

VARIANTS = (
    Variant(
        "no claim",
        (
            (_CLAIM, "claim._write({**claimed, **claim._with_guests(guests)}, deadline)", "pass"),
            (_CLAIM, "if now.claim_token != self._token:", "if False:"),
        ),
    ),
    Variant(
        "the claim not confirmed before a write",
        ((_CALENDAR, "self._claim.confirm(self._deadline)", "pass"),),
    ),
    Variant(
        "the claim released on an unknown outcome",
        ((_DOUBTS, "self._etags[event_id] = etag", "pass"),),
    ),
    Variant(
        "a random event id",
        (
            (
                _DOCUMENT,
                'hashlib.sha256(f"{class_name}#{generation}".encode()).digest()',
                '__import__("random").randbytes(32)',
            ),
        ),
    ),
    Variant(
        "the generation not stored",
        (
            (
                _CLAIM,
                "self._write(writes.next_generation(self.document.generation + 1), deadline)",
                "self.document = self.document.with_changes(writes.next_generation("
                "self.document.generation + 1), self.document.version)",
            ),
        ),
    ),
    Variant(
        "200 before the record",
        (
            (
                _RECORD,
                "claim.finish({**booked, **failure}, deadline)",
                f"{_LATER}(0.3, lambda: claim.finish({{**booked, **failure}}, deadline))",
            ),
        ),
    ),
    Variant(
        "200 without a record when time is short",
        (
            (
                _RECORD,
                "claim.finish({**booked, **failure}, deadline)",
                "deadline.left() < 1.7 or claim.finish({**booked, **failure}, deadline)",
            ),
        ),
    ),
    Variant(
        "a lease by one instance's clock",
        (
            (
                _STORE,
                "read_time=snapshot.read_time,",
                'read_time=__import__("shared.clock", fromlist=["clock"]).now(),',
            ),
        ),
    ),
    Variant("no withdrawal", ((_FLOW, "writer.withdraw()", "pass"),)),
    Variant(
        "an insert sent again after a lost answer",
        ((_WRITER, "if failure.in_flight:", "if False:"),),
        directed.LATE_BEFORE_ONE_THAT_OVERWRITES,
    ),
    Variant(
        "a changed class ignored",
        ((_DECISION, "document.fingerprint == virtual_class.fingerprint", "True"),),
    ),
    Variant("no compare-and-set", ((_STORE, "option=option", "option=None"),)),
    Variant(
        "a foreign token overwritten",
        ((_CLAIM, "self._look_again(now)\n                    continue", _OVERWRITE),),
    ),
    Variant(
        "the reserve not kept",
        (("deadline.py", "self.whole.earlier(RECORD_RESERVE_SECONDS)", "self.whole"),),
    ),
    Variant(
        "a retry without a deadline of its own",
        (("deadline.py", "return call(deadline.for_call())", "return call(Deadline(10.0))"),),
    ),
    Variant(
        "the Meet request's id used again",
        ((_MEET, "last_attempt(event) + 1)", "last_attempt(event))"),),
    ),
    Variant(
        "an etag mismatch taken for success",
        (
            (
                _WRITER,
                "        except (EtagMismatch, EventGone):\n            pass\n",
                "        except (EtagMismatch, EventGone):\n"
                "            return _Seen(event, as_sent=True)\n",
            ),
        ),
        directed.EDITED_BY_HAND_BEFORE_A_PATCH,
    ),
    Variant(
        "no etag on patch and delete",
        ((_CLIENT, "if etag is not None:", "if False:"),),
        directed.MOVED_AGAIN_BEFORE_A_LATE_PATCH,
    ),
    Variant(
        "a 5xx taken for a known outcome",
        ((_ANSWERS, "status == 408 or status >= 500)", "False)"),),
        directed.MOVED_BACK_BEFORE_A_FAILED_PATCH_LANDS,
    ),
    Variant(
        "F1: what was given up for one address not asked for another",
        (
            (
                "booking/invitations.py",
                "missing = [each for",
                "missing = [] if self._refused else [each for",
            ),
        ),
        directed.CORRECTED_WHILE_REFUSED,
    ),
    Variant(
        "F2: a failure left after a success",
        ((_WRITES, "        **FORGIVEN,\n", ""),),
        directed.FAILED_ONCE,
    ),
    Variant(
        "F3: a failure taken for rest",
        ((_DOCUMENT, '{"calendarClaim", "calendarError"}', '{"calendarClaim"}'),),
        directed.MOVED_AND_BACK,
    ),
    Variant(
        "F4: an outcome recorded while a write is in doubt",
        (
            (
                _CLAIM,
                "        if self.doubts:\n            raise",
                "        if False:\n            raise",
            ),
        ),
        directed.MOVED_BACK_BEFORE_A_LATE_PATCH,
    ),
)
