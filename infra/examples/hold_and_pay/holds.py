"""Holds an hour for the student who is paying for it, so that no two students can hold one.

Firestore knows no ranges that exclude each other, and what it guards for a writer are documents
that were read (https://firebase.google.com/docs/firestore/transaction-data-contention), not a
query's result against a rival's document that does not exist yet. So rivals meet on documents that
all of them write: one for each day of the school, `SchoolDay/2031-03-10`.

An attempt (1) reads its days, (2) looks for overlapping classes, (3) writes the class and its days
in one commit, on condition that the days are as read in (1). Of two rivals, the second to commit
either read the day after the first had committed, and then found its class in (2), or finds the day
changed and tries again. A student's own attempts meet on `StudentHolds/...` in the same way.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from .attempts import Call, persist, write_if_unchanged
from .classes import LONGEST_CLASS, HeldClass, Preference, WantedClass, is_held
from .codes import Code, Refused

SCHOOL_ZONE = ZoneInfo("America/Argentina/Buenos_Aires")

MOST_HOLDS = 2
"""That one student can have at a time; without a limit one visitor could block the week."""


class Holds:
    """The school's holds, in a collection of classes; safe for all threads.

    A class is held for `length`. The student has to pay `grace` earlier: the end of a preference
    does not end a payment that has begun, and an approved one takes a while to reach
    `create_event`. Every method raises Refused: besides with the codes it documents, with TRY_AGAIN
    by its deadline.
    """

    def __init__(
        self,
        client: firestore.Client,
        collection: str = "VirtualClass",
        zone: ZoneInfo = SCHOOL_ZONE,
        length: timedelta = timedelta(minutes=15),
        grace: timedelta = timedelta(minutes=5),
    ) -> None:
        self._client, self._zone, self._length, self._grace = client, zone, length, grace
        self._classes = client.collection(collection)
        self._days = client.collection("SchoolDay")
        self._students = client.collection("StudentHolds")

    def hold(self, wanted: WantedClass, deadline_seconds: float = 5) -> HeldClass:
        """Holds the class; if the student holds it already, that is the answer, with the same end.

        Raises HOUR_TAKEN (by a class that is held, paid for or booked; perhaps the student's own,
        when it cannot be paid for any more), TOO_MANY_HOLDS.
        """
        class_id = uuid.uuid4().hex
        return persist(lambda call: self._hold(wanted, class_id, call), deadline_seconds)

    def offer(
        self, held: HeldClass, preference: Preference, price: Decimal, deadline_seconds: float = 5
    ) -> Preference:
        """Writes down what the class is paid by. Answers what counts: another request of the same
        student may have been faster. Raises HOLD_NOT_FOUND."""

        def attempt(call: Call) -> Preference:
            found = self._read_held(held.id, call)
            if earlier := Preference.written_in(found.to_dict()):
                return earlier
            batch = self._client.batch()
            fields = {"preferenceId": preference.id, "initPoint": preference.init_point}
            write_if_unchanged(batch, found, {**fields, "classPrice": str(price)})
            call(batch.commit)
            return preference

        return persist(attempt, deadline_seconds)

    def release(self, class_id: str, student_email: str, deadline_seconds: float = 5) -> None:
        """Gives the hour up: the hold ends now. Raises HOLD_NOT_FOUND."""

        def attempt(call: Call) -> None:
            found = self._read_held(class_id, call)
            if found.get("studentEmail") != student_email.strip().lower():
                raise Refused(Code.HOLD_NOT_FOUND)
            batch = self._client.batch()
            write_if_unchanged(batch, found, {"heldUntil": found.read_time})
            call(batch.commit)

        persist(attempt, deadline_seconds)

    def _hold(self, wanted: WantedClass, class_id: str, call: Call) -> HeldClass:
        student = self._students.document(wanted.student_key)
        days = [self._days.document(day.isoformat()) for day in wanted.days(self._zone)]
        met = {each.reference: each for each in call(self._client.get_all, [*days, student])}
        now = met[student].read_time  # the same clock for all
        if taken := self._overlapping(wanted, now, call):
            return self._held_already(wanted, taken, now)
        others = self._still_held((met[student].to_dict() or {}).get("classIds", []), now, call)
        if len(others) >= MOST_HOLDS:
            raise Refused(Code.TOO_MANY_HOLDS)
        held = self._held(class_id, wanted, now + self._length)
        batch = self._client.batch()
        batch.create(self._classes.document(class_id), wanted.document(held.held_until))
        for day in days:
            write_if_unchanged(batch, met[day], {"latestHold": class_id})
        write_if_unchanged(batch, met[student], {"classIds": [*others, class_id]})
        call(batch.commit)
        return held

    def _overlapping(self, wanted: WantedClass, now: datetime, call: Call) -> list[Any]:
        """The classes that take some of the wanted hours."""
        earliest = wanted.start - LONGEST_CLASS
        later = self._classes.where(filter=FieldFilter("startTime", ">", earliest))
        near = later.where(filter=FieldFilter("startTime", "<", wanted.end))
        return [each for each in call(near.get) if wanted.meets(each.to_dict(), now)]

    def _held_already(self, wanted: WantedClass, taken: list[Any], now: datetime) -> HeldClass:
        """The student's own hold, from another request or an attempt whose answer was lost, while
        there is time to pay for it."""
        document = taken[0].to_dict()
        if len(taken) > 1 or not (is_held(document, now) and wanted.is_described_by(document)):
            raise Refused(Code.HOUR_TAKEN)
        preference = Preference.written_in(document)
        held = self._held(taken[0].id, wanted, document["heldUntil"], preference)
        if held.pay_until <= now:
            raise Refused(Code.HOUR_TAKEN)
        return held

    def _held(
        self, class_id: str, wanted: WantedClass, until: datetime, paid_by: Preference | None = None
    ) -> HeldClass:
        since, pay_until = until - self._length, until - self._grace
        return HeldClass(class_id, wanted, since, pay_until, until, paid_by)

    def _still_held(self, class_ids: Iterable[str], now: datetime, call: Call) -> list[str]:
        references = [self._classes.document(each) for each in class_ids]
        found = call(self._client.get_all, references) if references else ()
        return [each.id for each in found if is_held(each.to_dict() or {}, now)]

    def _read_held(self, class_id: str, call: Call) -> Any:
        found = call(self._classes.document(class_id).get)
        if not is_held(found.to_dict() or {}, found.read_time):
            raise Refused(Code.HOLD_NOT_FOUND)
        return found
