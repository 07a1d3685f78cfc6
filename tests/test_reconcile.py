"""infra/reconcile.py: every kind of leftover, dry and cured, interrupted, and beside traffic."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from google.cloud.firestore import DELETE_FIELD

from infra.commands.reconcile.records import Records
from infra.commands.reconcile.survey import Survey, survey, that_matter
from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.processes import wait_until
from shared.calendar.client import GoogleCalendar
from shared.classes.ranges import EVERY_CLASS
from shared.classes.store import ClassStore
from shared.settings import Settings
from tests.conftest import ROOT, Serve
from tests.support.classes import Classes, Document
from tests.support.counting import CountingClient
from tests.support.google_api import event_at
from tests.support.reconciling import Outcome, Reconcile
from tests.support.served import PROJECT, SETTINGS, Served

EMAIL, FOCUS = "canary.student@example.com", "canary focus"
RECORD = ("googleEventId", "htmlLink", "meetLink", "studentInvited", "calendarFingerprint")


class School:
    """Classes on different days, and what goes wrong with them."""

    def __init__(self, classes: Classes, google: Control, create_event: Served) -> None:
        self.classes, self.google, self._create_event = classes, google, create_event
        self._days = 0

    def leave(self, kind: str) -> str:
        """Brings a kind of leftover about; the class concerned."""
        if kind not in EDITS:
            class_id: str = getattr(self, kind)()
        else:
            class_id = self.booked()
            self.classes.change(class_id, **EDITS[kind])
        return class_id

    def new(self, **fields: Any) -> str:
        self._days += 1
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=self._days)
        times = {"startTime": start, "endTime": start + timedelta(hours=1)}
        personal = {"studentEmail": EMAIL, "learningFocus": FOCUS}
        return self.classes.add(**{**times, **personal, **fields})

    def state(self) -> Any:
        """All that a run could change."""
        return self.google.events(), self.classes.all()

    def notice(self, class_id: str) -> int:
        return self._create_event.book(self.classes.preference_of(class_id)).status

    def booked(self, **fields: Any) -> str:
        class_id = self.new(**fields)
        assert self.notice(class_id) == 200
        return class_id

    def event_of(self, class_id: str) -> Document:
        event_id = self.classes.get(class_id)["googleEventId"]
        return next(each for each in self.google.events() if each["id"] == event_id)

    def live(self, class_id: str) -> list[str]:
        """The ids of the class's live events."""
        return [
            each["id"]
            for each in self.google.events()
            if each["status"] != "cancelled" and _owner(each) == class_id
        ]

    def failed(self) -> str:
        class_id = self.new()
        self.google.fault("insert", "status", status=403, reason="forbidden")
        assert self.notice(class_id) == 502
        return class_id

    def failed_hours_ago(self, hours: int, **fields: Any) -> str:
        at = datetime.now(UTC) - timedelta(hours=hours)
        error = {"code": "calendar_unavailable", "message": "", "at": at, "since": at}
        return self.new(calendarError=error, **fields)

    def abandoned(self) -> str:
        expired = datetime.now(UTC) - timedelta(minutes=5)
        return self.new(calendarClaim={"token": "of a worker that died", "expiresAt": expired})

    def wrong_time(self) -> str:
        """Moved by hand, or by a write of ours that landed after an edit was undone."""
        class_id = self.booked()
        event, hour = self.event_of(class_id), timedelta(hours=1)
        times = [datetime.fromisoformat(event[key]["dateTime"]) for key in ("start", "end")]
        self.google.edit(event["id"], event_at(times[0] + hour, times[1] + hour))
        return class_id

    def not_invited(self) -> str:
        self.google.fault("insert", "refuse_attendees")
        return self.booked()

    def class_gone(self) -> str:
        class_id = self.booked()
        self.classes.delete(class_id)
        return class_id

    def duplicate(self) -> str:
        class_id = self.booked()
        self.second_event(class_id)
        return class_id

    def second_event(self, class_id: str) -> None:
        event = self.event_of(class_id)
        kept = ("summary", "start", "end", "extendedProperties")
        self.google.seed({key: event[key] for key in kept})

    def event_deleted(self) -> str:
        class_id = self.booked()
        self.google.remove(self.classes.get(class_id)["googleEventId"])
        return class_id

    def copied(self) -> str:
        document = self.classes.get(self.booked())
        start = document["endTime"] + timedelta(hours=1)
        times = {"startTime": start, "endTime": start + timedelta(hours=1)}
        self.classes.put("a-copy", {**document, **times, "preferenceId": "of-the-copy"})
        return "a-copy"

    def missed(self) -> str:
        return self.failed_hours_ago(49, **ended(days=2))

    def over(self) -> str:
        return self.failed_hours_ago(200, **ended(days=8))

    def hours(self, class_id: str, first: int, last: int) -> tuple[datetime, datetime]:
        """From one minute of a class to another; it has sixty."""
        start = self.classes.get(class_id)["startTime"]
        return start + timedelta(minutes=first), start + timedelta(minutes=last)

    def put(
        self, class_id: str, first: int, last: int, calendar: str | None = None, **fields: Any
    ) -> str:
        """The id of an event at these minutes of a class."""
        body = event_at(*self.hours(class_id, first, last), summary=FOCUS, **fields)
        [event] = self.google.seed(body, calendar=calendar)
        return str(event["id"])

    def nothing_to_tell(self) -> None:
        """Classes that were never paid for, or that nothing can be done about any more."""
        self.new()
        self.failed_hours_ago(1, status="completed")
        self.failed_hours_ago(49, status="cancelled", **ended(days=2))
        took_place = {"googleEventId": "of-a-class-that-took-place", **ended(days=2)}
        self.failed_hours_ago(49, **took_place)

    def foreign(self, owner: str = "of-another-project") -> str:
        start = datetime.now(UTC) + timedelta(days=200)
        mark = {"private": {"virtualClassId": owner, "managedBy": "virtual-classes"}}
        event = event_at(start, start + timedelta(hours=1), extendedProperties=mark)
        self.google.seed(event)
        return owner


def _owner(event: Document) -> str | None:
    owner: str | None = event.get("extendedProperties", {}).get("private", {}).get("virtualClassId")
    return owner


def ended(days: int) -> Document:
    end = datetime.now(UTC) - timedelta(days=days)
    return {"startTime": end - timedelta(hours=1), "endTime": end}


EDITS: dict[str, Document] = {
    "unrecorded": dict.fromkeys(RECORD, DELETE_FIELD),
    "changed": {"learningFocus": "another focus"},
    "no_meet_link": {"meetLink": DELETE_FIELD},
    "guests_not_noted": {"invitedEmails": DELETE_FIELD},  # booked before that was done
    "cancelled": {"status": "cancelled"},
    "invalid": {"endTime": "after lunch"},
}
"""The kinds that an edit of a booked class brings about; each other one is a method of its name."""
CURABLE = (
    *("failed", "abandoned", "unrecorded", "changed", "wrong_time", "no_meet_link", "not_invited"),
    *("guests_not_noted", "cancelled", "over", "class_gone", "duplicate"),
)
OTHERS = ("event_deleted", "copied", "missed", "invalid", "foreign")


@pytest.fixture
def school(classes: Classes, google: Control, create_event: Served) -> School:
    return School(classes, google, create_event)


def left_by(school: School, kinds: Iterable[str]) -> set[tuple[str, str]]:
    """Brings kinds about; answers each with the class concerned."""
    return {(kind, school.leave(kind)) for kind in kinds}


def test_every_kind_is_found_and_nothing_changed(school: School, reconcile: Reconcile) -> None:
    expected = left_by(school, CURABLE + OTHERS)
    cancelled = school.duplicate()
    school.classes.change(cancelled, status="cancelled")
    moved = school.duplicate()
    school.google.remove(school.classes.get(moved)["googleEventId"])
    expected |= {
        ("cancelled", cancelled),
        ("class_cancelled", cancelled),
        ("event_deleted", moved),
        ("other_id", moved),
    }
    school.nothing_to_tell()
    before = school.state()
    school.google.clear_requests()

    dry = reconcile("--json")

    assert (dry.status, dry.kinds()) == (1, expected)
    assert dry.report["left"] == len(expected)
    assert school.state() == before
    assert not school.google.counts().keys() & {"insert", "patch", "delete"}


def test_says_what_it_found(school: School, reconcile: Reconcile) -> None:
    class_id, orphan = school.failed(), school.class_gone()
    school.event_deleted()
    older, oldest = school.failed_hours_ago(2), school.failed_hours_ago(3)
    busy_until = datetime.now(UTC) + timedelta(hours=1)
    school.new(calendarClaim={"token": "of a worker at work", "expiresAt": busy_until})

    table, listed = reconcile(), reconcile("--json")

    found = [each["classId"] for each in listed.report["findings"]]
    assert found[:2] == [oldest, older]
    failed = listed.report["findings"][found.index(class_id)]
    document = school.classes.get(class_id)
    assert failed == {
        "severity": "ERROR",
        "message": "the last delivery failed; calendar_rejected",
        "kind": "failed",
        "classId": class_id,
        "eventId": None,
        "since": document["calendarError"]["since"].isoformat(),
        "start": document["startTime"].isoformat(),
        "detail": "calendar_rejected",
        "cure": "apply",
        "outcome": "found",
        "reason": "",
    }
    assert {key: listed.report[key] for key in ("severity", "message", "inProgress", "left")} == {
        "severity": "ERROR",
        "message": "5 left, 1 being worked on",
        "inProgress": 1,
        "left": 5,
    }
    assert table.status == 1
    for words in (class_id, orphan, "calendar_rejected", "--recreate ID", "5 left"):
        assert words in table.output
    for said in (table.output, table.progress, listed.output):
        assert EMAIL not in said
        assert FOCUS not in said


def test_what_can_be_cured_is_and_then_nothing_is_left(
    school: School, reconcile: Reconcile
) -> None:
    found = left_by(school, CURABLE)
    second = school.duplicate()
    school.classes.change(second, status="cancelled")
    found |= {("cancelled", second), ("class_cancelled", second)}

    applied = reconcile("--apply", "--json")

    assert (applied.status, applied.kinds("cured")) == (0, found)
    assert applied.progress.count(": cured\n") == len(found)
    ids = dict(found)
    for kind, class_id in found - {("class_gone", ids["class_gone"])}:
        document = school.classes.get(class_id)
        assert not document.keys() & {"calendarClaim", "calendarError"}
        has_no_event = "cancelled" in kind or kind == "over"
        own = [] if has_no_event else [document["googleEventId"]]
        assert school.live(class_id) == own, kind
    assert school.live(ids["class_gone"]) == []
    assert school.classes.get(ids["not_invited"])["studentInvited"] is True
    assert "another focus" in school.event_of(ids["changed"])["summary"]
    event, document = school.event_of(ids["wrong_time"]), school.classes.get(ids["wrong_time"])
    for key in ("start", "end"):
        assert datetime.fromisoformat(event[key]["dateTime"]) == document[f"{key}Time"]
    again = reconcile("--apply", "--json")
    assert (again.status, again.report["findings"]) == (0, [])


def test_what_is_for_a_human_stays(school: School, reconcile: Reconcile) -> None:
    found = left_by(school, OTHERS)
    by_name = {each for each in found if each[0] in ("event_deleted", "copied")}
    deleted = dict(found)["event_deleted"]
    # Changed besides: to follow the class would be to make the event again.
    school.classes.change(deleted, learningFocus="another focus", studentInvited=False)
    before = school.state()
    refused = school.failed()
    school.google.fault("insert", "status", status=403, reason="forbidden")

    applied = reconcile("--apply", "--json")

    assert applied.status == 1
    assert applied.kinds("found") == found
    assert applied.kinds("left") == {("failed", refused)}
    reasons = {each["classId"]: each["reason"] for each in applied.report["findings"]}
    assert reasons[refused] == "calendar_rejected: insert: 403 forbidden"
    school.classes.delete(refused)
    assert school.state() == before

    named = reconcile("--json", "--recreate", "nobody", *(f"--recreate={id}" for _, id in by_name))

    assert (named.status, named.kinds("cured")) == (1, by_name)
    assert named.kinds("found") == found - by_name
    assert "nobody: there is nothing to rebook" in named.progress
    for _, class_id in by_name:
        assert school.live(class_id) == [school.classes.get(class_id)["googleEventId"]]


@pytest.fixture
def teacher(google: Control) -> str:
    """The teacher's own calendar, which the admin may read."""
    calendar = "canary.teacher@example.com"
    google.put_calendar(calendar, roles={defaults.ACCOUNT: "reader"})
    return calendar


def double_booked(outcome: Outcome) -> set[tuple[str, str, datetime]]:
    """What is told of each class whose hours are taken twice, and when the two meet."""
    return {
        (each["classId"], each["detail"], datetime.fromisoformat(each["start"]))
        for each in outcome.report["findings"]
        if each["kind"] == "double_booked"
    }


def test_hours_that_are_taken_twice(school: School, teacher: str, reconcile: Reconcile) -> None:
    """Which hours meet is in unit/test_double_booking.py, as tables."""
    one, by_hand, of_teacher, alone = (school.booked() for _ in range(4))
    start, end = school.hours(one, 30, 90)
    refused = school.failed_hours_ago(1, startTime=start, endTime=end)
    in_ours, in_teachers = school.put(by_hand, 59, 120), school.put(of_teacher, -30, 1, teacher)
    start, end = school.hours(alone, 0, 60)
    school.new(startTime=start, endTime=end)  # not paid for
    school.put(alone, -60, 0)  # these two only touch it
    school.put(alone, 60, 120, teacher)
    school.put(school.missed(), 0, 60)  # over

    dry, table = (reconcile(*each, BUSY_CALENDAR_IDS=teacher) for each in (["--json"], []))

    assert (dry.status, double_booked(dry)) == (
        1,
        {
            (one, f"class {refused}", school.hours(one, 30, 0)[0]),
            (by_hand, f"event {in_ours} in calendar 1", school.hours(by_hand, 59, 0)[0]),
            (of_teacher, f"event {in_teachers} in calendar 2", school.hours(of_teacher, 0, 0)[0]),
        },
    )
    line = next(each for each in dry.report["findings"] if each["classId"] == by_hand)
    assert (line["severity"], line["cure"]) == ("ERROR", "hand")
    assert line["message"].startswith("its hours are taken twice: refund it or move it; event ")
    for _, detail, _ in double_booked(dry):
        assert detail in table.output
    for said in (dry.output, dry.progress, table.output, table.progress):
        assert teacher not in said
        assert FOCUS not in said


def test_free_and_busy_is_enough_to_tell_hours_and_copies(
    school: School, google: Control, teacher: str, reconcile: Reconcile
) -> None:
    google.put_calendar(teacher, roles={defaults.ACCOUNT: "freeBusyReader"})
    met, copied = school.booked(), school.booked()
    event_id = school.put(met, 0, 60, teacher)
    google.seed({**school.event_of(copied), "id": "copy"}, calendar=teacher)
    dry = reconcile("--json", BUSY_CALENDAR_IDS=teacher)
    assert {each[:2] for each in double_booked(dry)} == {
        (met, f"event {event_id} in calendar 2"),
    }


def test_a_calendar_that_cannot_be_read_keeps_nothing_else_from_being_repaired(
    school: School, reconcile: Reconcile
) -> None:
    class_id = school.failed()
    applied = reconcile("--apply", "--json", BUSY_CALENDAR_IDS="nobody@example.com")
    assert (applied.status, applied.kinds("cured")) == (2, {("failed", class_id)})
    words = "1 cured, 0 left, could not go on: calendar_rejected: list: 404 notFound"
    assert applied.report["message"] == words


def test_guests_are_noted_without_asking_the_calendar(
    school: School, google: Control, reconcile: Reconcile
) -> None:
    class_id = school.leave("guests_not_noted")
    before = school.classes.get(class_id)
    google.clear_requests()
    assert reconcile("--apply", "--json").kinds("cured") == {("guests_not_noted", class_id)}
    assert not google.requests("patch")
    assert school.classes.get(class_id) == {**before, "invitedEmails": [EMAIL]}
    assert school.notice(class_id) == 200


def test_guests_of_a_class_that_changes_meanwhile_are_left_to_its_delivery(
    school: School, google: Control, reconcile: Reconcile
) -> None:
    class_id = school.leave("guests_not_noted")
    google.clear_requests()
    google.latency(1.0, "get")
    command = reconcile.start("--apply", "--json")
    assert wait_until(lambda: google.counts().get("get", 0) == 2, 30)  # the class has been read
    school.classes.change(class_id, studentEmail="corrected@example.com")
    assert reconcile.end(command).kinds("left") == {("guests_not_noted", class_id)}
    assert "invitedEmails" not in school.classes.get(class_id)
    google.latency(0, "get")
    assert school.notice(class_id) == 200
    guests = [guest["email"] for guest in school.event_of(class_id)["attendees"]]
    assert guests == ["corrected@example.com"]


def test_an_event_restored_after_its_class_was_booked_anew_is_a_duplicate(
    school: School, reconcile: Reconcile
) -> None:
    class_id = school.booked()
    first = school.event_of(class_id)
    school.google.remove(first["id"])
    assert reconcile("--recreate", class_id).status == 0
    second = school.event_of(class_id)
    # The stand-in has no bin to restore it from.
    school.google.remove(first["id"], for_good=True)
    kept = ("id", "summary", "start", "end", "extendedProperties")
    school.google.seed({key: first[key] for key in kept})
    assert sorted(school.live(class_id)) == sorted([first["id"], second["id"]])

    applied = reconcile("--apply", "--json")

    assert (applied.status, applied.kinds("cured")) == (0, {("duplicate", class_id)})
    assert [each["eventId"] for each in applied.report["findings"]] == [first["id"]]
    assert school.live(class_id) == [second["id"]]


def test_while_it_is_unknown_whether_an_event_is_deleted_others_are_kept_off(
    school: School, reconcile: Reconcile
) -> None:
    class_id = school.duplicate()
    school.google.fault("delete", "status", times=-1, status=503)
    short = {"CREATE_BUDGET_SECONDS": "2", "CREATE_LEASE_SECONDS": "60"}

    applied = reconcile("--apply", "--json", **short)

    assert applied.kinds("left") == {("duplicate", class_id)}
    assert "the outcome of a write" in applied.report["findings"][0]["reason"]
    assert "calendarClaim" in school.classes.get(class_id)


def test_an_event_of_another_database_is_never_deleted(
    school: School, reconcile: Reconcile
) -> None:
    class_id = school.booked()
    applied = reconcile("--apply", "--json", FIRESTORE_DATABASE="staging")
    assert applied.kinds("found") == {("foreign", class_id)}
    assert len(school.live(class_id)) == 1


def test_when_it_cannot_look(google: Control, reconcile: Reconcile) -> None:
    typed = subprocess.run(
        [sys.executable, "infra/reconcile.py"],
        cwd=ROOT,
        env=reconcile.environ | {"CALENDAR_ID": "", "AUTH_GOOGLE_ID": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert typed.returncode == 2
    assert "CALENDAR_ID is not set; AUTH_GOOGLE_ID is not set" in typed.stdout
    google.revoke()
    revoked = reconcile()
    assert revoked.status == 2
    assert "reauthorization_required" in revoked.output
    google.replace_secrets(PROJECT, {})
    secretless = reconcile("--json", AUTH_GOOGLE_SECRET="")
    assert secretless.status == 2
    assert "infra/project.sh" in secretless.report["message"]


def test_interrupted_half_way_and_run_again(school: School, reconcile: Reconcile) -> None:
    ids = [school.failed() for _ in range(3)]
    school.google.clear_requests()
    school.google.latency(0.7, "insert")
    command = reconcile.start("--apply", "--json")
    assert wait_until(lambda: school.google.counts().get("insert", 0) == 1, 20)
    command.interrupt()

    stopped = reconcile.end(command)

    assert stopped.status == 130
    assert stopped.kinds("cured") == {("failed", ids[0])}
    assert stopped.kinds("found") == {("failed", class_id) for class_id in ids[1:]}
    assert "interrupted" in stopped.report["message"]
    assert reconcile("--apply").status == 0
    assert [len(school.live(class_id)) for class_id in ids] == [1, 1, 1]
    assert len(school.google.invitations()) == 3


def test_interrupted_twice_in_the_middle_of_a_booking(school: School, reconcile: Reconcile) -> None:
    class_id = school.failed()
    school.google.clear_requests()
    school.google.latency(1.0, "insert")
    lease = {"CREATE_BUDGET_SECONDS": "2", "CREATE_LEASE_SECONDS": "4"}
    command = reconcile.start("--apply", "--json", **lease)
    assert wait_until(lambda: school.google.counts().get("insert", 0) == 1, 20)
    command.interrupt()
    assert wait_until(lambda: "stopping" in command.errors, 5)
    command.interrupt()

    stopped = reconcile.end(command)

    assert (stopped.status, stopped.kinds("found")) == (130, {("failed", class_id)})
    assert reconcile("--json").report["inProgress"] == 1
    school.google.latency(0, "insert")
    claim = school.classes.get(class_id)["calendarClaim"]
    assert wait_until(lambda: datetime.now(UTC) > claim["expiresAt"] + timedelta(seconds=0.5), 5)
    assert reconcile("--apply", "--json").kinds("cured") == {("failed", class_id)}
    assert len(school.live(class_id)) == 1
    assert len(school.google.invitations()) == 1


def test_beside_live_traffic(
    school: School, google: Control, serve: Serve, reconcile: Reconcile
) -> None:
    short = {"CREATE_BUDGET_SECONDS": "2", "CREATE_LEASE_SECONDS": "4"}
    served = serve("create_event", **short)
    duplicated = [school.duplicate() for _ in range(3)]
    ids = [school.new() for _ in range(15)] + duplicated
    google.latency(0.02)
    google.fault("insert", "status", times=4, when="after")
    google.fault("insert", "status", times=6, status=403, reason="forbidden")
    runs: list[Outcome] = []
    is_over = threading.Event()

    def deliver(class_id: str) -> None:
        preference_id = school.classes.preference_of(class_id)
        assert wait_until(lambda: served.book(preference_id).status == 200, 30)

    def repair() -> None:
        while not is_over.is_set():
            runs.append(reconcile("--apply", "--json", **short))

    with ThreadPoolExecutor(max_workers=9) as pool:
        repairs = pool.submit(repair)
        for delivery in [pool.submit(deliver, each) for each in ids * 2]:
            delivery.result()
        is_over.set()
        repairs.result()

    assert {each.status for each in runs} <= {0, 1}
    runs.append(reconcile("--apply", "--json", **short))
    assert (runs[-1].status, runs[-1].report["inProgress"]) == (0, 0)
    cured = set().union(*(each.kinds("cured") for each in runs))
    assert cured >= {("duplicate", class_id) for class_id in duplicated}
    for class_id in ids:
        assert school.live(class_id) == [school.classes.get(class_id)["googleEventId"]]
    invited = [each["event_id"] for each in google.invitations() if each["kind"] == "invitation"]
    assert sorted(invited) == sorted(set(invited))


# What it reads


NOW = datetime.now(UTC).replace(microsecond=0)
A_WEEK_AGO = NOW - timedelta(days=7)
LONG_AGO = NOW - timedelta(days=400)
CLAIM = {"calendarClaim": {"token": "of a worker that died", "expiresAt": LONG_AGO}}
FAILURE = {"calendarError": {"code": "calendar_unavailable", "message": "", "at": LONG_AGO}}


def local(moment: datetime, hours: int) -> str:
    return moment.astimezone(timezone(timedelta(hours=hours))).isoformat()


MATTERS: dict[str, dict[str, Any]] = {
    "over for less than a week": {"endTime": A_WEEK_AGO},
    "as text": {"endTime": local(A_WEEK_AGO, -3)},
    "as text, far in the west": {"endTime": local(A_WEEK_AGO, -23)},
    "as text, far in the east": {"endTime": local(A_WEEK_AGO, 23)},
    "to come": {"endTime": NOW + timedelta(days=4000)},
    "no time": {"endTime": "after lunch"},
    "claimed": {"endTime": LONG_AGO, **CLAIM},
    "failed": {"endTime": local(LONG_AGO, -3), **FAILURE},
    "failed, without an end": {"endTime": None, **FAILURE},
}
MATTERS_NO_MORE: dict[str, dict[str, Any]] = {
    "over": {"endTime": NOW - timedelta(days=10)},
    "over, as text": {"endTime": local(NOW - timedelta(days=11), 23)},
    "over for long": {"endTime": LONG_AGO, "googleEventId": "of-then"},
}


@pytest.fixture
def counting(emulator: str) -> Iterator[CountingClient]:
    """A client of the same classes that counts its reads."""
    with pytest.MonkeyPatch.context() as environment:  # read by the client as it is made
        environment.setenv("FIRESTORE_EMULATOR_HOST", emulator)
        client = CountingClient(project=PROJECT)
    yield client
    client.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def look(counting: CountingClient, reconcile: Reconcile) -> Callable[..., tuple[Survey, int]]:
    """Looks as the command does, and tells how many documents that took."""
    settings = Settings.from_environ(reconcile.environ)
    root = f"projects/{PROJECT}/databases/(default)/documents/VirtualClass"

    def look(**options: bool) -> tuple[Survey, int]:
        store = ClassStore(settings, lambda _deadline: counting)
        records = Records(root, store, GoogleCalendar(settings))
        before = counting.reads
        return survey(records, lambda _text: None, **options), counting.reads - before

    return look


def test_which_classes_are_read(classes: Classes, counting: CountingClient) -> None:
    for class_id, fields in {**MATTERS, **MATTERS_NO_MORE}.items():
        classes.add(class_id, **fields)
    store = ClassStore(Settings.from_environ(SETTINGS), lambda _deadline: counting)
    read = [each.id for each in store.all_in(that_matter(NOW), 5)]
    assert set(read) == MATTERS.keys()
    assert counting.reads == len(read)


def test_pages_lose_nothing_where_many_classes_have_the_same_time(
    classes: Classes, counting: CountingClient
) -> None:
    times = {"endTime": NOW, "calendarClaim": {"token": "t", "expiresAt": NOW}}
    for half in "ab":
        classes.add_many({f"{half}{number}": times for number in range(400)})
    store = ClassStore(Settings.from_environ(SETTINGS), lambda _deadline: counting)
    timestamps, _, claims, _ = that_matter(NOW)
    for each in (EVERY_CLASS, timestamps, claims):
        read = [document.id for document in store.all_in([each], 10)]
        assert (len(read), len(set(read))) == (800, 800)


def add_old(classes: Classes, numbers: range) -> None:
    """Classes that took place long ago, half of them with their times as text."""
    for first in numbers[::500]:
        some = {f"old-{each}": _took_place(each) for each in range(first, first + 500)}
        classes.add_many(some)


def _took_place(number: int) -> Document:
    start = NOW - timedelta(days=10, hours=number)
    end = start + timedelta(hours=1)
    times = [local(each, -3) if number % 2 else each for each in (start, end)]
    hours = dict(zip(("startTime", "endTime"), times, strict=True))
    return {**hours, "status": "scheduled", "googleEventId": "of-then", "meetLink": "https://x.y"}


def test_old_classes_cost_nothing(
    school: School, reconcile: Reconcile, look: Callable[..., tuple[Survey, int]]
) -> None:
    recent = 60
    for number in range(recent):
        school.classes.add(endTime=A_WEEK_AGO + timedelta(hours=number))
    # Before there are many: each page that is read of all takes the emulator longer, the more.
    add_old(school.classes, range(1_000))
    found, reads = look(is_full=True)
    assert (found.findings, reads) == ([], 1_000 + recent)

    add_old(school.classes, range(1_000, 20_000))
    moved = school.booked()
    start, end = school.hours(moved, 90, 150)
    school.classes.change(moved, startTime=start, endTime=end)
    expected = {("changed", moved), *left_by(school, ("cancelled", "failed", "abandoned"))}

    found, reads = look()
    assert {(each.kind, each.class_id) for each in found.findings} == expected
    assert reads < recent + 20

    applied = reconcile("--apply", "--json")
    assert (applied.status, applied.kinds("cured")) == (0, expected)
    event, document = school.event_of(moved), school.classes.get(moved)
    for key in ("start", "end"):
        assert datetime.fromisoformat(event[key]["dateTime"]) == document[f"{key}Time"]
    for kind, class_id in expected:
        assert len(school.live(class_id)) == (0 if kind == "cancelled" else 1)

    found, reads = look()
    assert found.findings == []
    assert recent < reads <= recent + 10
    school.classes.clear()


def test_a_class_that_no_range_finds_is_found_by_its_event(
    school: School, reconcile: Reconcile
) -> None:
    no_end, blank, over = (school.booked() for _ in range(3))
    school.classes.change(no_end, endTime=5)
    document = school.classes.get(blank)
    texts = {key: f" {document[key].isoformat()}" for key in ("startTime", "endTime")}
    by_hand = school.put(blank, 0, 60)
    school.classes.change(blank, **texts)
    # Somebody copied the event of a class that took place, to a day to come.
    school.second_event(over)
    end = LONG_AGO + timedelta(hours=1)
    school.classes.change(over, startTime=LONG_AGO, endTime=end)
    school.google.edit(school.event_of(over)["id"], event_at(LONG_AGO, end))
    gone = school.class_gone()
    expected = {
        ("invalid", no_end),
        ("double_booked", blank),
        ("duplicate", over),
        ("class_gone", gone),
    }

    found = reconcile("--json")

    assert (found.status, found.kinds()) == (1, expected)
    [doubled] = double_booked(found)
    assert doubled[1] == f"event {by_hand} in calendar 1"
    assert reconcile("--json", "--full").kinds() == expected
    school.google.remove(school.event_of(no_end)["id"])
    assert reconcile("--json").kinds() == expected - {("invalid", no_end)}
    assert reconcile("--json", "--full").kinds() == expected


def test_an_event_of_what_can_be_no_class_is_foreign(school: School, reconcile: Reconcile) -> None:
    owners = ["", ".", "..", "__name__", "of/another", "€" * 501, "nobody"]
    for owner in owners:
        school.foreign(owner)
    found = reconcile("--apply", "--json")
    assert (found.status, found.kinds("found")) == (1, {("foreign", each) for each in owners})


def test_two_at_once_repair_everything_once(
    school: School, google: Control, reconcile: Reconcile
) -> None:
    found = left_by(school, CURABLE)
    invited = len(google.invitations())
    google.latency(0.1)

    runs = [reconcile.start("--apply", "--json") for _ in range(2)]
    ended = [reconcile.end(each) for each in runs]

    assert [each.status for each in ended] == [0, 0]
    assert set().union(*(each.kinds("cured") for each in ended)) == found
    google.latency(0)
    again = reconcile("--json")
    assert (again.status, again.kinds(), again.report["inProgress"]) == (0, set(), 0)
    has_no_event = ("cancelled", "over", "class_gone")
    for kind, class_id in found:
        assert len(school.live(class_id)) == (kind not in has_no_event), kind
    mails = google.invitations()
    sent = [(each["event_id"], each["attendee"]) for each in mails if each["kind"] == "invitation"]
    assert len(mails) > invited
    assert len(sent) == len(set(sent))
