"""Variants of the booking code, each broken in one way that the simulation must notice: a copy of
shared/ with some exact text replaced."""

Bug = tuple[str, str, str]
"""A file, what is right in it, and what is wrong."""

_CLAIM, _WRITER, _FLOW = "booking/claim.py", "booking/event_writer.py", "booking/flow.py"
_CALENDAR = "booking/claimed_calendar.py"
_STORE, _DOCUMENT = "classes/store.py", "classes/document.py"
_CONFLICT = "except Conflict:\n                self._look_again(deadline)"
_OVERWRITE = (
    "except Conflict:\n                self.document = self._store.read(self.document.id, deadline)"
)
_RAISE = "self._claim.write(writes.next_generation(self._claim.document))"
_TAKE = "claim.write({**writes.claimed(claim._token, expires_at), **changes})"
_FINISH = "claim.finish(outcome)"
_BESIDE = '__import__("tests.simulation.hub", fromlist=["hub"]).beside('
_OWN_CLOCK = '__import__("shared.clock", fromlist=["clock"]).now()'
_READ_AGAIN = "return self._calendar.get(event_id)\n"
_AS_IF_SENT = "return {**before, **changes} if before else None\n"
_DIGEST = 'hashlib.sha256(f"{class_name}#{generation}".encode()).digest()'
_IS_5XX = "case _ if status == 408 or status >= 500:\n            return Unanswered("
_LISTED = "[each for"
_MISSING = f"missing = {_LISTED}"
_IN_DOUBT = "if self.doubts:\n            raise"

VARIANTS: dict[str, tuple[Bug, ...]] = {
    "the repair finds no class but those with an event to come": (
        (_STORE, "for each in ranges:", "for each in ():"),
    ),
    "no claim": (
        (_CLAIM, _TAKE, "pass"),
        (_CLAIM, "if self.document.claim_token != self._token:", "if False:"),
    ),
    "the claim not confirmed before a write": ((_CALENDAR, "self._claim.confirm()", "pass"),),
    "the claim released on an unknown outcome": (
        (_CALENDAR, "self._doubts.setdefault(event_id, etag)", "pass"),
    ),
    "a random event id": ((_DOCUMENT, _DIGEST, '__import__("random").randbytes(32)'),),
    "the generation not stored": ((_WRITER, _RAISE, "pass"),),
    "200 before the record": ((_FLOW, _FINISH, f"{_BESIDE}lambda: {_FINISH})"),),
    "200 without a record when time is short": (
        (_FLOW, _FINISH, f"claim.budget.whole.left() < 1.7 or {_FINISH}"),
    ),
    "a lease by one instance's clock": ((_STORE, "snapshot.read_time", _OWN_CLOCK),),
    "no withdrawal": ((_FLOW, "writer.withdraw()", "pass"),),
    "an insert sent again after a lost answer": (
        (_CALENDAR, "and failure.in_flight and", "and False and"),
    ),
    "a changed class ignored": (
        ("booking/decision.py", "document.fingerprint == virtual_class.fingerprint", "True"),
    ),
    "no compare-and-set": ((_STORE, "option=option", "option=None"),),
    "a foreign token overwritten": ((_CLAIM, _CONFLICT, _OVERWRITE),),
    "the reserve not kept": (
        ("deadline.py", "self.whole.earlier(RECORD_RESERVE_SECONDS)", "self.whole"),
    ),
    "a retry without a deadline of its own": (
        ("deadline.py", "call(deadline.for_call())", "call(Deadline(10.0))"),
    ),
    "the Meet request's id used again": (
        ("booking/event_requests.py", "last_attempt(event) + 1)", "last_attempt(event))"),
    ),
    "an etag mismatch taken for success": ((_WRITER, _READ_AGAIN, _AS_IF_SENT),),
    "no etag on patch and delete": (
        ("calendar/connection.py", "if etag is not None:", "if False:"),
    ),
    "a 5xx taken for a known outcome": (
        ("calendar/answers.py", f"{_IS_5XX}cause, may_have_effect=True", f"{_IS_5XX}cause"),
    ),
    "F1: a corrected address not asked for": (
        ("booking/invitations.py", _MISSING, f"missing = [] if self._refused else {_LISTED}"),
    ),
    "F2: a failure left after a success": (("classes/writes.py", "        **NO_FAILURE,\n", ""),),
    "F3: a failure taken for rest": (
        (_DOCUMENT, '{"calendarClaim", "calendarError"}', '{"calendarClaim"}'),
    ),
    "F4: an outcome recorded while a write is in doubt": (
        (_CLAIM, _IN_DOUBT, _IN_DOUBT.replace("self.doubts", "False")),
    ),
}

TOO_RARE = {
    "an insert sent again after a lost answer": "a late insert before one that overwrites",
    "an etag mismatch taken for success": "edited by hand before a patch",
    "no etag on patch and delete": "moved again before a late patch",
    "a 5xx taken for a known outcome": "moved back before a patch lands that failed",
    "F3: a failure taken for rest": "moved back after a record failed",
    "F4: an outcome recorded while a write is in doubt": "moved back before a late patch",
}
"""Those that chance brings to light too rarely, and the directed schedule that does."""
