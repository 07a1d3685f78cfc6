"""Whatever is sent, stored or answered by Google: only documented answers, and never a bug.

`FUZZ_EXAMPLES=2000 python -m pytest tests/test_fuzz.py` tries that many, other ones each time.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.conftest import Serve
from tests.support.classes import Classes, a_class
from tests.support.client import Answer
from tests.support.described import assert_described
from tests.support.odd_json import json_values
from tests.support.planted_bug import with_bug
from tests.support.served import Served, serving

_ON_DEMAND = os.environ.get("FUZZ_EXAMPLES")
_PROPERTIES = 3

pytestmark = pytest.mark.timeout(600)

fuzzed = settings(
    max_examples=int(_ON_DEMAND or 225) // _PROPERTIES,
    derandomize=_ON_DEMAND is None,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    # The functions, and what they call, are meant to live on from one example to the next.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def listing(serve_for_session: Serve) -> Served:
    """`list_events` with no earlier snapshot to fall back on."""
    return serve_for_session("list_events", EVENTS_CACHE_SECONDS=0, EVENTS_STALE_SECONDS=0)


@pytest.fixture(scope="module")
def booking(serve_for_session: Serve, stand_in: Control) -> Served:
    """`create_event`, which has found its way to Firestore: to a new one that takes long."""
    stand_in.reset()  # another file may have left clients of its own
    served = serve_for_session("create_event")
    assert wait_until(lambda: served.book("unheard-of").status == 404, 60)
    return served


def assert_documented(method: str, answer: Answer) -> Answer:
    """It is one that infra/openapi.yaml describes, and not the one for bugs."""
    assert_described(method, answer)
    assert b"internal_error" not in answer.body
    return answer


# What callers send

bodies = (
    st.binary(max_size=60)
    | json_values.map(json.dumps)
    | json_values.map(lambda value: json.dumps({"preferenceId": value}))
    | st.text(min_size=1).map(lambda text: json.dumps({"preferenceId": text}))
)
content_types = st.sampled_from(["application/json", "text/plain", "multipart/form-data", "?", ""])


@fuzzed
@given(body=bodies, content_type=content_types)
def test_any_body(booking: Served, body: bytes | str, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    answer = booking.request("POST", "/api/calendar", body, headers)
    assert assert_documented("POST", answer).status in (400, 404)


# What classes hold

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=9)
    | st.datetimes(datetime(1, 1, 2), datetime(2020, 1, 1), timezones=st.just(UTC))
)
stored_values = (
    scalars
    | st.lists(scalars, max_size=3)
    | st.dictionaries(st.sampled_from(["token", "expiresAt", "since", "code"]), scalars)
)
good_fields = {
    "startTime": st.sampled_from(["2098-03-15T17:00:00-03:00", datetime(2097, 1, 1, tzinfo=UTC)]),
    "endTime": st.sampled_from(["2098-03-15T18:00:00.5Z", datetime(2199, 12, 31, tzinfo=UTC)]),
    "classType": st.sampled_from(["individual", "grupal"]),
    "studentEmail": st.emails()
    | st.sampled_from(["", "ana", "ana@@example.com", "Ana@ñu.example"]),
    "learningFocus": st.text(),
    "maxParticipants": st.integers(1, 2**63 - 1),
    "status": st.sampled_from(["pending", "scheduled", "completed", "cancelled"]),
    "calendarGeneration": st.integers(0, 2**63 - 1),
    "googleEventId": st.text(max_size=30),
    "meetLink": st.none() | st.text(max_size=30),
}
odd_fields = st.dictionaries(
    st.sampled_from(
        [*good_fields, "calendarClaim", "calendarError", "calendarFingerprint", "htmlLink"]
    ),
    stored_values,
    max_size=2,
)


@fuzzed
@given(good=st.fixed_dictionaries({}, optional=good_fields), odd=odd_fields)
def test_any_class(
    booking: Served, classes: Classes, good: dict[str, Any], odd: dict[str, Any]
) -> None:
    document = a_class() | good | odd
    classes.put("class", document)
    for _ in range(2):
        answer = assert_documented("POST", booking.book(document["preferenceId"]))
        assert answer.status in (200, 409, 422)


# What Google answers

HTML = "<html><h1>Error</h1></html>"
TOLD = " ".join(["ana@example.com", "Conversational English", defaults.REFRESH_TOKEN])
"""What Google may repeat in its words, and nobody else shall."""

reasons = st.text(max_size=12) | st.sampled_from(
    ["duplicate", "quotaExceeded", "rateLimitExceeded", "conditionNotMet", "deleted", "invalid"]
)
messages = st.sampled_from(["Invalid attendee email.", "Invalid conference type value.", TOLD, ""])
error_bodies = (
    st.builds(
        lambda reason, message: {
            "error": {"errors": [{"reason": reason, "message": message}], "message": message}
        },
        reasons,
        messages,
    )
    | st.builds(lambda error: {"error": error, "error_description": TOLD}, reasons | json_values)
    | st.sampled_from([{"error": TOLD}, [], [TOLD], "", "{", HTML, TOLD, {"id": {}}])
    | json_values.map(json.dumps)
)
statuses = st.sampled_from(
    [200, 201, 204, 302, 304, 400, 401, 403, 404, 408, 409, 410, 412, 418, 429, 500, 503, 599]
)
retry_afters = st.sampled_from([None, "", "60", "-5", "soon", "1e400", "nan", "9" * 400]) | (
    st.sampled_from(["Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
)
operations = st.sampled_from(["token", "secret", "list", "insert", "get", "patch", "delete"])


@fuzzed
@given(operations, statuses, error_bodies, retry_afters)
def test_any_answer_of_google(
    listing: Served,
    booking: Served,
    classes: Classes,
    google: Control,
    operation: str,
    status: int,
    body: Any,
    retry_after: str | None,
) -> None:
    class_id = classes.add()
    preference_id = classes.preference_of(class_id)
    google.clear_faults()
    if operation in ("get", "patch", "delete"):
        # For a moment a function remembers how the token was refused in the example before.
        assert wait_until(lambda: booking.book(preference_id).status == 200, 5)
        is_delete = operation == "delete"
        classes.change(class_id, **{"status": "cancelled"} if is_delete else {"learningFocus": "x"})
    if operation in ("token", "secret"):
        google.expire_access_tokens()
    google.fault(operation, "status", status=status, body=body, retry_after=retry_after)
    assert_documented("POST", booking.book(preference_id))
    assert_documented("GET", listing.get())


# A bug


def test_a_bug_is_answered_and_logged_as_one(
    package: Path, emulator: str, google: Control, classes: Classes, tmp_path: Path
) -> None:
    right = 'focus = cut(" ".join(virtual_class.learning_focus.split()), _LONGEST_FOCUS_IN_TITLE)'
    wrong = "focus = str(int(virtual_class.learning_focus))"  # raised with the text it was given
    source = with_bug(package / "create_event", tmp_path, "shared/calendar/words.py", right, wrong)
    class_id = classes.add(learningFocus="canary")
    with serving(source, emulator, google.url, tmp_path / "log", {}) as served:
        answer = served.book(classes.preference_of(class_id))
        assert_described("POST", answer)
        assert (answer.status, answer.json["code"]) == (500, "internal_error")
        [line] = served.lines()
        assert (line["severity"], line["code"]) == ("ERROR", "internal_error")
        assert "Traceback" in line["traceback"] and "words.py" in line["traceback"]
        assert "ValueError" in line["traceback"]
        assert "canary" not in served.text()
    assert google.events() == []
