"""The example that sells an hour: two students cannot hold it, whatever comes in between.

Which classes take their hours, and what can be asked for, is in tests/unit/test_hold_and_pay.py, as
tables.
"""

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count, pairwise
from typing import Any

import pytest
import requests
from google.cloud import firestore

from infra.examples.hold_and_pay.classes import HeldClass, Preference, WantedClass
from infra.examples.hold_and_pay.codes import Code, Refused
from infra.examples.hold_and_pay.holds import SCHOOL_ZONE, Holds
from infra.local.mercado_pago import ACCESS_TOKEN
from infra.local.mercado_pago.control import MercadoPagoControl
from infra.local.stack import ROOT
from tests.support.classes import Classes
from tests.support.client import SUCCESS, Answer
from tests.support.raw_server import raw_server
from tests.support.served import PROJECT, Served, serving

SOURCE = ROOT / "infra" / "examples" / "hold_and_pay"
PAGE = "https://school.example.com"
GENEROUS = 90.0  # seconds
HOUR = timedelta(hours=1)
TOMORROW = datetime.now(SCHOOL_ZONE).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
    days=1
)
START = TOMORROW + 12 * HOUR

Start = Callable[..., AbstractContextManager[Served]]


# --- What the example talks to -------------------------------------------------------------------


class Watched(firestore.Client):
    """Calls `between` before and after each read of given documents, and before each write."""

    between: Callable[[], object] = staticmethod(lambda: None)

    def get_all(self, *references: Any, **bounds: Any) -> Any:
        self.between()
        found = list(super().get_all(*references, **bounds))
        self.between()
        return found

    def batch(self) -> Any:
        self.between()
        return super().batch()


@contextmanager
def client_of(firestore_host: str) -> Iterator[Watched]:
    with pytest.MonkeyPatch.context() as environment:  # read by the client as it is made
        environment.setenv("FIRESTORE_EMULATOR_HOST", firestore_host)
        client = Watched(project=PROJECT)
    with closing(client):
        yield client


@contextmanager
def holds_in(firestore_host: str) -> Iterator[Holds]:
    """Holds with a client of their own."""
    with client_of(firestore_host) as client:
        yield Holds(client)


@pytest.fixture(scope="module")
def _holds(emulator: str) -> Iterator[Holds]:
    with holds_in(emulator) as holds:
        yield holds


@pytest.fixture
def holds(_holds: Holds, classes: Classes) -> Holds:  # noqa: ARG001
    """The school's, none of them held."""
    return _holds


@pytest.fixture(scope="module")
def start_function(
    payments: MercadoPagoControl, emulator: str, tmp_path_factory: pytest.TempPathFactory
) -> Start:
    def start(**settings: object) -> AbstractContextManager[Served]:
        usual = {
            "MERCADO_PAGO_ACCESS_TOKEN": ACCESS_TOKEN,
            "MERCADO_PAGO_EMULATOR_URL": payments.url,
            "NOTIFICATION_URL": "https://webhook.example.com/?source_news=webhooks",
            "PAGE_URL": PAGE,
            "ALLOWED_ORIGINS": PAGE,
            "HOURLY_PRICE_INDIVIDUAL": "10000",
        }
        log = tmp_path_factory.mktemp("log") / "hold_and_pay.log"
        return serving(SOURCE, emulator, "", log, usual | settings)

    return start


@pytest.fixture(scope="module")
def _function(start_function: Start) -> Iterator[Served]:
    with start_function() as served:
        yield served


@pytest.fixture
def function(
    _function: Served,
    classes: Classes,  # noqa: ARG001
    payments: MercadoPagoControl,
) -> Served:
    """The example, served; nothing is held and no preference made."""
    payments.reset()
    _function.forget_log()
    return _function


def wanted(
    start: datetime = START, length: timedelta = HOUR, student: str = "ana@example.com"
) -> WantedClass:
    return WantedClass(start, start + length, "individual", student)


def post(function: Served, **changes: Any) -> Answer:
    body = {
        "start": START.isoformat(),
        "end": (START + 1.5 * HOUR).isoformat(),
        "classType": "individual",
        "studentEmail": "ana@example.com",
        **changes,
    }
    return function.request("POST", "/", json.dumps(body), {"Origin": PAGE})


def delete(function: Served, **body: Any) -> Answer:
    return function.request("DELETE", "/", json.dumps(body), {"Origin": PAGE})


@contextmanager
def refused(code: Code) -> Iterator[None]:
    with pytest.raises(Refused) as refusal:
        yield
    assert refusal.value.code is code


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def run_out(classes: Classes, class_id: str) -> None:
    """The hold ended a moment ago."""
    classes.change(class_id, heldUntil=datetime.now(UTC) - timedelta(seconds=1))


# --- Whose hours meet ----------------------------------------------------------------------------


def test_what_is_written_of_a_held_class(holds: Holds, classes: Classes) -> None:
    before = datetime.now(UTC)
    held = holds.hold(WantedClass(START, START + HOUR, "grupal", " Ana@Example.com", "Ana", "B2"))
    document = classes.get(held.id)
    until = document.pop("heldUntil")
    assert document == {
        "startTime": START,
        "endTime": START + HOUR,
        "classType": "grupal",
        "studentEmail": "ana@example.com",
        "studentName": "Ana",
        "learningFocus": "B2",
        "status": "pending",
    }
    assert until == held.held_until
    assert timedelta() <= until - before - timedelta(minutes=15) < timedelta(seconds=5)
    assert held.held_until - held.pay_until == timedelta(minutes=5)


MEETING = {
    "the same hour": (START, HOUR),
    "its last minute": (START - HOUR, timedelta(minutes=61)),
    "its first minute": (START + timedelta(minutes=59), HOUR),
    "within": (START + timedelta(minutes=20), timedelta(minutes=10)),
    "around": (START - HOUR, 3 * HOUR),
    "the longest class": (START - 4 * HOUR + timedelta(minutes=1), 4 * HOUR),
}
APART = {
    "ends when it starts": (START - HOUR, HOUR),
    "starts when it ends": (START + HOUR, HOUR),
    "the longest class before": (START - 4 * HOUR, 4 * HOUR),
    "another day": (START + 24 * HOUR, HOUR),
}


@pytest.mark.parametrize("name", MEETING)
def test_a_held_hour_is_taken(name: str, holds: Holds) -> None:
    holds.hold(wanted(*MEETING[name], "ben@example.com"))
    with refused(Code.HOUR_TAKEN):
        holds.hold(wanted())


@pytest.mark.parametrize("name", APART)
def test_touching_ends_are_no_overlap(name: str, holds: Holds) -> None:
    holds.hold(wanted(*APART[name], "ben@example.com"))
    holds.hold(wanted())


def test_a_class_over_midnight_meets_both_its_days(holds: Holds) -> None:
    holds.hold(wanted(TOMORROW - HOUR, 2 * HOUR))
    for start in (TOMORROW - HOUR, TOMORROW):
        with refused(Code.HOUR_TAKEN):
            holds.hold(wanted(start, student="ben@example.com"))


# --- Students ------------------------------------------------------------------------------------


def test_whoever_holds_the_hour_already_gets_the_same_hold(holds: Holds) -> None:
    first = holds.hold(wanted())
    assert holds.hold(wanted(student="ANA@example.com ")) == first_as_typed(first)
    with refused(Code.HOUR_TAKEN):
        holds.hold(wanted(length=2 * HOUR))


def first_as_typed(held: HeldClass) -> HeldClass:
    again = wanted(student="ANA@example.com ")
    return HeldClass(held.id, again, held.held_since, held.pay_until, held.held_until)


def test_whoever_has_paid_for_the_hour_does_not_hold_it(holds: Holds, classes: Classes) -> None:
    classes.change(holds.hold(wanted()).id, googleEventId="e")
    with refused(Code.HOUR_TAKEN):
        holds.hold(wanted())


def test_at_most_two_holds_a_student(holds: Holds, classes: Classes) -> None:
    first, second = (holds.hold(wanted(START + number * HOUR)) for number in range(2))
    third = wanted(START + 2 * HOUR, student="Ana@Example.COM")
    with refused(Code.TOO_MANY_HOLDS):
        holds.hold(third)
    run_out(classes, first.id)
    holds.hold(third)
    fourth = wanted(START + 3 * HOUR)
    with refused(Code.TOO_MANY_HOLDS):
        holds.hold(fourth)
    classes.change(second.id, googleEventId="e", status="scheduled")  # paid
    holds.hold(fourth)


def test_a_student_in_many_tabs_holds_two(holds: Holds) -> None:
    def attempt(number: int) -> str:
        return outcome(holds, wanted(START + number * 24 * HOUR))

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(attempt, range(8))) == {"held": 2, "too_many_holds": 6}


def test_no_preference_for_a_class_that_is_not_held(holds: Holds, classes: Classes) -> None:
    held = holds.hold(wanted())
    run_out(classes, held.id)
    with refused(Code.HOLD_NOT_FOUND):
        holds.offer(held, Preference("p", "https://pay.example.com"), Decimal(1))
    assert "preferenceId" not in classes.get(held.id)


# --- Rivals --------------------------------------------------------------------------------------

RIVALS, HOURS = 200, 20


def outcome(holds: Holds, wish: WantedClass) -> str:
    try:
        holds.hold(wish, GENEROUS)
        return "held"
    except Refused as refusal:
        return refusal.code.word


def rivals(firestore_host: str, numbers: range) -> list[tuple[int, str]]:
    """Tries to hold hours for so many students at once, in this process, with two clients."""
    with ExitStack() as clients, ThreadPoolExecutor(len(numbers)) as pool:
        several = [clients.enter_context(holds_in(firestore_host)) for _ in range(2)]

        def attempt(number: int) -> tuple[int, str]:
            start = TOMORROW + number % HOURS * HOUR
            wish = wanted(start, student=f"student-{number}@example.com")
            return number % HOURS, outcome(several[number % 2], wish)

        return list(pool.map(attempt, numbers))


def test_two_hundred_attempts_to_hold_twenty_hours_of_a_day(
    classes: Classes, emulator: str
) -> None:
    spawn = multiprocessing.get_context("spawn")
    halves = range(RIVALS // 2), range(RIVALS // 2, RIVALS)
    with ProcessPoolExecutor(2, mp_context=spawn) as processes:
        told = list(processes.map(partial(rivals, emulator), halves))
    assert Counter(told[0] + told[1]) == {
        **{(hour, "held"): 1 for hour in range(HOURS)},
        **{(hour, "hour_taken"): RIVALS // HOURS - 1 for hour in range(HOURS)},
    }
    assert sorted(each["startTime"] for each in classes.all()) == [
        TOMORROW + hour * HOUR for hour in range(HOURS)
    ]


def test_rivals_whose_hours_overlap_in_every_way(holds: Holds, classes: Classes) -> None:
    def attempt(number: int) -> str:
        start = START + number * timedelta(minutes=15)
        return outcome(holds, wanted(start, student=f"student-{number}@example.com"))

    with ThreadPoolExecutor(16) as pool:
        told = Counter(pool.map(attempt, range(16)))
    held = sorted((each["startTime"], each["endTime"]) for each in classes.all())
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(held))
    assert 3 <= len(held) == told["held"]
    assert told["held"] + told["hour_taken"] == 16


def test_rivals_after_midnight_meet_one_from_before(holds: Holds) -> None:
    def attempt(wish: WantedClass) -> str:
        return outcome(holds, wish)

    with ThreadPoolExecutor(2) as pool:
        for number in range(1, 13):
            midnight = TOMORROW + number * 24 * HOUR
            over = wanted(midnight - HOUR, 2 * HOUR, f"over-{number}@example.com")
            after = wanted(midnight, HOUR, f"after-{number}@example.com")
            assert sorted(pool.map(attempt, (over, after))) == ["held", "hour_taken"]


@pytest.mark.parametrize("step", range(3))
def test_a_rival_at_any_moment_of_an_attempt(
    step: int, holds: Holds, classes: Classes, emulator: str
) -> None:
    steps = count()

    def rival() -> None:
        if next(steps) == step:
            holds.hold(wanted(student="ben@example.com"))

    with client_of(emulator) as client, refused(Code.HOUR_TAKEN):
        client.between = rival
        Holds(client).hold(wanted())
    assert [each["studentEmail"] for each in classes.all()] == ["ben@example.com"]


def test_a_silent_firestore_is_waited_for_until_the_deadline() -> None:
    with raw_server(lambda _: None) as address, holds_in(address) as holds:
        before = time.monotonic()
        with refused(Code.TRY_AGAIN):
            holds.hold(wanted(), deadline_seconds=1)
        assert 0.5 < time.monotonic() - before < 4


# --- The served function -------------------------------------------------------------------------


def test_a_student_is_sent_to_pay_while_the_hour_is_held(
    function: Served, payments: MercadoPagoControl, classes: Classes
) -> None:
    answer = post(function, learningFocus="B2")
    assert answer.status == 201, function.text()
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    [preference] = payments.preferences()
    document = classes.get(answer.json["classId"])
    assert answer.json == {
        "classId": preference["external_reference"],
        "preferenceId": preference["id"],
        "initPoint": preference["init_point"],
        "heldUntil": document["heldUntil"].isoformat(timespec="seconds"),
        "payUntil": (document["heldUntil"] - timedelta(minutes=5)).isoformat(timespec="seconds"),
    }
    assert document["preferenceId"] == preference["id"]
    assert document["classPrice"] == "15000.00"
    [line] = function.lines()
    assert (line["code"], line["classId"]) == ("ok", answer.json["classId"])


def test_the_preference_ends_before_the_hold_and_takes_no_cash(
    function: Served, payments: MercadoPagoControl, classes: Classes
) -> None:
    held_until = classes.get(post(function).json["classId"])["heldUntil"]
    [preference] = payments.preferences()
    assert preference["expires"] is True
    since, until = (
        datetime.fromisoformat(preference[f"expiration_date_{end}"]) for end in ("from", "to")
    )
    assert until - since == timedelta(minutes=10)
    assert abs(held_until - until - timedelta(minutes=5)) < timedelta(milliseconds=1)
    excluded = preference["payment_methods"]["excluded_payment_types"]
    assert excluded == [{"id": "ticket"}, {"id": "atm"}, {"id": "bank_transfer"}]
    assert preference["binary_mode"] is True
    assert preference["notification_url"] == "https://webhook.example.com/?source_news=webhooks"
    assert preference["back_urls"] == dict.fromkeys(("success", "failure", "pending"), PAGE)
    [item] = preference["items"]
    assert (item["unit_price"], item["quantity"], item["currency_id"]) == (15000, 1, "ARS")


def test_a_paid_hold_is_booked(function: Served, create_event: Served, classes: Classes) -> None:
    held = post(function).json
    booked = create_event.book(held["preferenceId"])
    assert (booked.status, booked.json) == (200, SUCCESS)
    run_out(classes, held["classId"])
    assert told(post(function, studentEmail="ben@example.com")) == (409, "hour_taken")


def test_a_page_that_asks_again_gets_the_same_answer(
    function: Served, payments: MercadoPagoControl
) -> None:
    with ThreadPoolExecutor(2) as pool:
        twice = list(pool.map(lambda _: post(function), range(2)))
    answers = [*twice, post(function)]
    assert [answer.status for answer in answers] == [201] * 3
    assert answers[0].json == answers[1].json == answers[2].json
    assert len(payments.preferences()) == 1


def test_a_crash_between_the_hold_and_its_preference(
    function: Served, holds: Holds, classes: Classes
) -> None:
    held = holds.hold(wanted(length=1.5 * HOUR))  # and no more
    assert told(post(function, studentEmail="ben@example.com")) == (409, "hour_taken")
    again = post(function)
    assert (again.status, again.json["classId"]) == (201, held.id)
    assert again.json["preferenceId"] == classes.get(held.id)["preferenceId"]


def test_a_crash_that_nobody_comes_back_from(
    function: Served, holds: Holds, classes: Classes
) -> None:
    held = holds.hold(wanted())
    assert "preferenceId" not in classes.get(held.id)  # nobody can pay for it
    run_out(classes, held.id)
    assert post(function, studentEmail="ben@example.com").status == 201


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 400},
        {"kind": "status", "status": 201, "body": "<html>"},
        {"kind": "status", "status": 201, "body": "{}"},
        {"kind": "drop"},
        {"kind": "drop", "when": "after"},
    ],
    ids=str,
)
def test_mercado_pago_fails_and_the_student_tries_again(
    fault: dict[str, Any], function: Served, payments: MercadoPagoControl
) -> None:
    payments.fault("preference", **fault)
    failed = post(function)
    assert told(failed) == (503, "mercado_pago_unavailable")
    assert failed.json["retryable"] is True
    assert failed.headers["Retry-After"] == "2"
    assert function.lines()[-1]["severity"] == "ERROR"
    assert post(function).status == 201
    assert len(payments.preferences()) == 1


def test_nobody_is_sent_to_pay_when_the_preference_has_expired(
    function: Served, classes: Classes
) -> None:
    held = post(function).json
    classes.change(held["classId"], heldUntil=datetime.now(UTC) + timedelta(minutes=4))
    assert told(post(function)) == (409, "hour_taken")


def test_a_hold_is_given_up_by_its_holder_alone(function: Served, classes: Classes) -> None:
    held = post(function).json
    hold = {"classId": held["classId"], "studentEmail": "Ana@example.com"}
    for other in ({"studentEmail": "b@example.com"}, {"classId": "none"}, {"classId": "../secret"}):
        assert told(delete(function, **hold | other)) == (404, "hold_not_found")
    assert delete(function, **hold).status == 204
    # A payment that was begun is booked all the same.
    assert classes.get(held["classId"])["status"] == "pending"
    assert told(delete(function, **hold)) == (404, "hold_not_found")
    assert post(function, studentEmail="ben@example.com").json["classId"] != held["classId"]


def test_refusals(function: Served, classes: Classes) -> None:
    assert told(post(function, start="tomorrow")) == (400, "invalid_request")
    assert "start must be" in post(function, start="tomorrow").json["error"]
    assert told(post(function, classType="grupal")) == (400, "invalid_request")  # has no price
    assert told(function.request("POST", "/", "[]")) == (400, "invalid_request")
    assert told(function.request("POST", "/", " " * 20_000)) == (413, "body_too_large")
    get = function.request("GET")
    assert (told(get), get.headers["Allow"]) == (
        (405, "method_not_allowed"),
        "POST, DELETE, OPTIONS",
    )
    for number in range(2):
        classes.change(post(function).json["classId"], startTime=START - (number + 2) * 24 * HOUR)
    assert told(post(function)) == (429, "too_many_holds")


def test_only_the_schools_page_may_ask(function: Served) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "DELETE"}
    preflight = function.request("OPTIONS", "/", headers=asked)
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGE
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST, DELETE"
    assert preflight.headers["Access-Control-Allow-Headers"] == "Content-Type"
    other = function.request("OPTIONS", "/", headers=asked | {"Origin": "https://other.com"})
    assert other.headers["Access-Control-Allow-Origin"] is None


def test_settings_that_are_missing_are_named_in_the_log(start_function: Start) -> None:
    with start_function(HOURLY_PRICE_INDIVIDUAL=None, HOLD_MINUTES="soon") as served:
        assert told(post(served)) == (500, "misconfigured")
        detail = served.lines()[-1]["detail"]
        assert "HOURLY_PRICE_INDIVIDUAL" in detail
        assert "HOLD_MINUTES" in detail


def test_the_stand_in_tells_strangers_and_requests_without_a_key_apart(
    payments: MercadoPagoControl,
) -> None:
    """So that the example cannot pass without its token and its idempotency key."""
    url = f"{payments.url}/checkout/preferences"
    keyed = {"X-Idempotency-Key": "k"}
    assert requests.post(url, json={}, headers=keyed, timeout=5).status_code == 401
    known = {"Authorization": f"Bearer {ACCESS_TOKEN}"}
    assert requests.post(url, json={}, headers=known, timeout=5).status_code == 400
    assert requests.post(url, json={}, headers=known | keyed, timeout=5).json()["message"] == (
        "items is invalid"
    )
