"""`list_events` over HTTP: what is listed, how, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from infra.local.google import defaults
from infra.local.google.control import Control
from tests.conftest import Serve
from tests.support.client import Answer
from tests.support.error_answers import assert_list_error
from tests.support.google_api import event_at
from tests.support.served import Served

BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
NOW = datetime.now(UTC).replace(microsecond=0)
MIDNIGHT = datetime.now(BUENOS_AIRES).replace(hour=0, minute=0, second=0, microsecond=0)
NOON = MIDNIGHT + timedelta(hours=12)
"""Local noon of today; an event of a coming day starts at NOON + n days."""

Event = dict[str, Any]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def timed(start: datetime, length: timedelta = HOUR, **fields: Any) -> Event:
    return event_at(start, start + length, **fields)


def all_day(first: datetime, days: int = 1, **fields: Any) -> Event:
    start = first.date()
    end = start + timedelta(days=days)
    return {"start": {"date": start.isoformat()}, "end": {"date": end.isoformat()}, **fields}


def slot(
    start: datetime,
    length: timedelta = HOUR,
    status: str = "confirmed",
    zone: ZoneInfo = BUENOS_AIRES,
) -> Event:
    """What the contract says is listed of an event."""
    end = (start.astimezone(UTC) + length).astimezone(zone)
    return {
        "start": {"dateTime": start.astimezone(zone).isoformat()},
        "end": {"dateTime": end.isoformat()},
        "status": status,
    }


def listing(served: Served, query: str = "") -> Any:
    answer = served.get(query)
    assert answer.status == 200, answer.body
    return answer.json


# What is listed


def attendee(**fields: Any) -> Event:
    return {"email": "ana@example.com", "responseStatus": "accepted", **fields}


def owner(response: str) -> Event:
    return attendee(email=defaults.ACCOUNT, self=True, responseStatus=response)


GUESTS = [attendee(email=f"a{n}@example.com", responseStatus="declined") for n in range(30)]


def test_what_takes_a_slot_is_listed_in_order_of_start(
    list_events: Served, google: Control
) -> None:
    """What does is in unit/test_slots.py, as tables."""
    google.seed(
        timed(NOON + 5 * DAY, status="tentative"),
        timed(NOON + 4 * DAY, attendees=[*GUESTS, owner("accepted")]),
        all_day(MIDNIGHT + 3 * DAY),
        timed(NOON + 2 * DAY, 2 * DAY + 5 * HOUR, visibility="private"),
        timed(NOON + DAY, attendees=[*GUESTS, owner("declined"), attendee()]),
        all_day(MIDNIGHT + DAY, transparency="transparent"),
    )
    assert listing(list_events) == [
        slot(NOON + 2 * DAY, 2 * DAY + 5 * HOUR),
        slot(MIDNIGHT + 3 * DAY, DAY),
        slot(NOON + 4 * DAY),
        slot(NOON + 5 * DAY, status="tentative"),
    ]


def test_a_series_is_listed_by_what_became_of_each_instance(
    list_events: Served, google: Control
) -> None:
    """The series itself begins long ago and is not listed."""

    def instance(number: int, **fields: Any) -> Event:
        original = NOON + number * DAY
        stamp = f"{original.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return {
            **timed(original),
            "id": f"series_{stamp}",
            "recurringEventId": "series",
            "originalStartTime": {"dateTime": original.isoformat()},
            **fields,
        }

    elsewhere = NOON + 20 * DAY
    google.seed(
        timed(NOON - 30 * DAY, id="series", recurrence=["RRULE:FREQ=DAILY;COUNT=36"]),
        instance(1),
        instance(2, status="cancelled"),
        instance(3, **timed(elsewhere, 2 * HOUR)),
        instance(4, attendees=[owner("declined")]),
        instance(5),
    )
    expected = [slot(NOON + DAY), slot(NOON + 5 * DAY), slot(elsewhere, 2 * HOUR)]
    assert listing(list_events) == expected
    [asked] = google.requests("list")
    assert asked["query"]["singleEvents"] == ["true"]


def test_every_page_is_read_an_empty_one_too(list_events: Served, google: Control) -> None:
    starts = [NOW + number * HOUR for number in range(1, 8)]
    google.seed(*(timed(start, HOUR / 2) for start in starts))
    google.settings(page_size=3, empty_pages=[2])
    assert listing(list_events) == [slot(start, HOUR / 2) for start in starts]
    assert google.counts()["list"] >= 4


def test_nothing_private_leaves(list_events: Served, google: Control) -> None:
    google.seed(
        timed(
            NOON + DAY,
            summary="canary-summary",
            description="canary-description",
            location="canary-location",
            attendees=[attendee(email="canary-guest@example.com"), owner("accepted")],
            extendedProperties={"private": {"virtualClassId": "canary-property"}},
            id="canary0id",
            visibility="private",
        )
    )
    answer = list_events.get()
    assert answer.json == [slot(NOON + DAY)]
    assert "canary" not in f"{answer.headers}{answer.body!r}{list_events.text()}"


# The window and the zone


@pytest.fixture(scope="module")
def _in_new_york(serve_for_session: Serve) -> Served:
    return serve_for_session(
        "list_events",
        EVENTS_CACHE_SECONDS=0,
        TIME_ZONE="America/New_York",
        EVENTS_WINDOW_DAYS=366,
        ALLOWED_ORIGINS="https://school.example, https://www.school.example",
    )


@pytest.fixture
def in_new_york(_in_new_york: Served, google: Control) -> Served:
    """`list_events` with another zone, the longest window and two allowed origins."""
    google.clear_requests()
    return _in_new_york


NEW_YORK = ZoneInfo("America/New_York")


def test_the_window_begins_now_and_ends_after_its_days(
    list_events: Served, in_new_york: Served, google: Control
) -> None:
    running = NOW - 40 * DAY
    inside, outside = NOW + 90 * DAY - HOUR / 4, NOW + 90 * DAY + HOUR / 4
    google.seed(timed(NOW - HOUR - timedelta(seconds=1)), timed(running, 41 * DAY))
    google.seed(timed(inside, 30 * DAY), timed(outside), timed(NOW + 366 * DAY + HOUR / 4))
    lengths = {running: 41 * DAY, inside: 30 * DAY}
    assert listing(list_events) == [slot(*each) for each in lengths.items()]
    in_zone = [slot(*each, zone=NEW_YORK) for each in [*lengths.items(), (outside, HOUR)]]
    assert listing(in_new_york) == in_zone


# timeMin and timeMax


def span(**times: datetime) -> str:
    return "?" + "&".join(f"{name}={quote(time.isoformat())}" for name, time in times.items())


ONE, TWO, THREE, DAY_OFF = NOON + DAY, NOON + 2 * DAY, NOON + 3 * DAY, MIDNIGHT + 5 * DAY
TICK = timedelta(milliseconds=1)
SPANS: list[tuple[dict[str, datetime], list[datetime]]] = [
    ({"timeMin": TWO}, [TWO, THREE, DAY_OFF]),
    ({"timeMax": TWO}, [ONE]),
    ({"timeMin": TWO, "timeMax": THREE}, [TWO]),
    ({"timeMin": TWO + HOUR / 2, "timeMax": TWO + HOUR * 3 / 4}, [TWO]),
    ({"timeMin": ONE + HOUR, "timeMax": TWO}, []),
    ({"timeMin": ONE + HOUR - TICK, "timeMax": TWO + TICK}, [ONE, TWO]),
    ({"timeMin": THREE.astimezone(ZoneInfo("Asia/Kathmandu"))}, [THREE, DAY_OFF]),
    ({"timeMin": THREE + HOUR, "timeMax": DAY_OFF}, []),
    ({"timeMin": THREE + HOUR, "timeMax": DAY_OFF + HOUR}, [DAY_OFF]),
    ({"timeMin": DAY_OFF + DAY - HOUR}, [DAY_OFF]),
    ({"timeMin": DAY_OFF + DAY}, []),
    ({"timeMin": NOW - 300 * DAY, "timeMax": NOW + 900 * DAY}, [ONE, TWO, THREE, DAY_OFF]),
]


def test_a_span_narrows_to_what_overlaps_it_and_never_widens(
    list_events: Served, google: Control
) -> None:
    google.seed(timed(NOW - 5 * HOUR), timed(NOW + 90 * DAY + HOUR), all_day(DAY_OFF))
    google.seed(timed(ONE), timed(TWO), timed(THREE))
    for times, starts in SPANS:
        listed = listing(list_events, span(**times))
        found = [datetime.fromisoformat(each["start"]["dateTime"]) for each in listed]
        assert found == starts, times


def test_the_span_does_not_change_what_is_asked_of_google(
    list_events: Served, google: Control
) -> None:
    listing(list_events)
    listing(list_events, span(timeMin=NOW + DAY, timeMax=NOW + 2 * DAY))
    answered = [request for request in google.requests("list") if request["status"] == 200]
    asked = [request["query"] for request in answered]
    spans = [
        datetime.fromisoformat(query["timeMax"][0]) - datetime.fromisoformat(query["timeMin"][0])
        for query in asked
    ]
    assert len(spans) == 2
    assert all(timedelta(days=93) < each < timedelta(days=95) for each in spans)


def test_a_plus_may_come_unescaped(list_events: Served, google: Control) -> None:
    google.seed(timed(NOON + DAY), timed(NOON + 3 * DAY))
    middle = (NOON + 2 * DAY).astimezone(ZoneInfo("Asia/Kolkata")).isoformat()
    assert "+05:30" in middle
    assert listing(list_events, f"?timeMin={middle}") == [slot(NOON + 3 * DAY)]
    assert listing(list_events, f"?timeMax={middle}") == [slot(NOON + DAY)]


@pytest.mark.parametrize(
    "query",
    ["?timemin=x", "?TIMEMAX=never", "?maxResults=1", "?q=x&orderBy=z", "?&&=&a", "?%00=%ff"],
)
def test_other_parameters_are_ignored(list_events: Served, google: Control, query: str) -> None:
    google.seed(timed(NOON + DAY), timed(NOON + 2 * DAY))
    assert len(listing(list_events, query)) == 2


# HTTP


def etag(answer: Answer) -> str:
    tag: str = answer.headers["ETag"]
    assert tag.startswith('"') and tag.endswith('"') and len(tag) > 8
    return tag


def test_the_etag_stands_for_the_body(list_events: Served, google: Control) -> None:
    google.seed(timed(NOON + DAY), timed(NOON + 3 * DAY))
    first, again = list_events.get(), list_events.get()
    part = list_events.get(span(timeMin=NOON + 2 * DAY))
    assert etag(first) == etag(again) != etag(part)
    google.seed(timed(NOON + 2 * DAY))
    assert etag(list_events.get()) != etag(first)


def test_an_unchanged_listing_is_not_sent_again(list_events: Served, google: Control) -> None:
    google.seed(timed(NOON + DAY))
    fresh = list_events.get()
    tag = etag(fresh)
    for known in (tag, f"W/{tag}", f'"a", {tag}', f'"a,b",W/"c" , {tag},"d"', "*"):
        answer = list_events.request("GET", headers={"If-None-Match": known})
        assert (answer.status, answer.body) == (304, b""), known
        assert answer.headers["ETag"] == tag
        assert answer.headers["Cache-Control"] == fresh.headers["Cache-Control"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert list_events.request("HEAD", headers={"If-None-Match": known}).status == 304


UNKNOWN = ['"a"', 'W/"a"', "", '"', '"a', ",,,", "\xff", '"*"', "W/*"]


def test_another_etag_date_or_range_gets_the_listing(list_events: Served, google: Control) -> None:
    google.seed(timed(NOON + DAY))
    others = {"If-Modified-Since": "Sun, 01 Jan 2090 00:00:00 GMT", "Range": "bytes=0-1"}
    for headers in (*({"If-None-Match": known} for known in UNKNOWN), others):
        answer = list_events.request("GET", headers=headers)
        assert (answer.status, answer.json) == (200, [slot(NOON + DAY)]), headers


def test_a_bad_span_is_refused_whatever_is_known(list_events: Served) -> None:
    answer = list_events.request("GET", "/?timeMin=soon", headers={"If-None-Match": "*"})
    assert_list_error(answer, 400, "invalid_request")


def test_head_is_get_without_the_body(list_events: Served, google: Control) -> None:
    google.seed(timed(NOON + DAY))
    get, head = list_events.get(), list_events.request("HEAD", "/api/calendar")
    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control", "Vary"):
        assert head.headers[name] == get.headers[name], name
    assert int(head.headers["Content-Length"]) == len(get.body)


def test_what_a_cache_may_do_is_said(list_events: Served, serve: Serve) -> None:
    assert list_events.get().headers["Cache-Control"] == "public, max-age=0"
    default = serve("list_events")
    for _ in range(2):
        answer = default.get()
        assert answer.headers["Cache-Control"] == "public, max-age=15"
        assert 0 <= int(answer.headers["Age"]) <= 15
        assert answer.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in answer.headers


def test_no_browser_shall_guess_what_an_answer_is(list_events: Served) -> None:
    for method, headers in (
        ("GET", {}),
        ("HEAD", {}),
        ("OPTIONS", {}),
        ("GET", {"If-None-Match": "*"}),
    ):
        answer = list_events.request(method, headers=headers)
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"], (method, headers)


def test_any_origin_may_read(list_events: Served) -> None:
    for headers in ({}, {"Origin": "https://anybody.example"}, {"Origin": "null"}):
        answer = list_events.request("GET", headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Origin" not in (answer.headers["Vary"] or "")
        assert "Access-Control-Allow-Credentials" not in answer.headers


PREFLIGHT = {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "if-none-match",
}


def test_a_preflight_asks_nothing_of_google(list_events: Served, google: Control) -> None:
    origin = {"Origin": "https://anybody.example"}
    answer = list_events.request("OPTIONS", headers=PREFLIGHT | origin)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "if-none-match" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert google.counts() == {}


LISTED = ["https://school.example", "https://www.school.example"]
OTHER = [
    None,
    "null",
    "*",
    "",
    "https://evil.example",
    "http://school.example",
    "https://school.example.evil.example",
    "https://school.example:8443",
    "https://school.example, https://www.school.example",
    "https://evil-school.example",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_only_listed_origins_may_read(in_new_york: Served, method: str) -> None:
    for origin in LISTED:
        answer = in_new_york.request(method, headers=PREFLIGHT | {"Origin": origin})
        assert answer.headers.get_all("Access-Control-Allow-Origin") == [origin]
        assert "Origin" in answer.headers["Vary"]
    for refused in OTHER:
        headers = PREFLIGHT | ({} if refused is None else {"Origin": refused})
        answer = in_new_york.request(method, headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers, refused
        assert "Origin" in answer.headers["Vary"]
        assert answer.status == {"OPTIONS": 204, "POST": 405}.get(method, 200)


def test_a_listed_origin_may_read_errors_and_unchanged_answers(in_new_york: Served) -> None:
    origin = {"Origin": LISTED[1]}
    for path, headers in (("/?timeMax=x", {}), ("/", {"If-None-Match": "*"})):
        answer = in_new_york.request("GET", path, headers=origin | headers)
        assert answer.status in (400, 304)
        assert answer.headers["Access-Control-Allow-Origin"] == LISTED[1]
        assert "Origin" in answer.headers["Vary"]
