"""infra/openapi.yaml is valid, and says of the functions what they do and nothing else."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.conftest import Serve
from tests.support.classes import Classes, Document
from tests.support.client import Answer
from tests.support.described import (
    DESCRIPTION,
    OPERATIONS,
    PATH,
    assert_described,
    examples,
    resolved,
)
from tests.support.error_answers import PAST_BUDGET
from tests.support.listing import read_anew
from tests.support.planted_bug import with_bug
from tests.support.served import Served, serving
from tests.test_docs import CODES

# As a document


def test_it_is_valid() -> None:
    from schemathesis import openapi  # here, since it takes seconds to import

    openapi.from_path(PATH).validate()
    for schema in DESCRIPTION["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_what_is_referred_to_is_there_and_nothing_else() -> None:
    referred = set(_references(DESCRIPTION))
    assert all(resolved({"$ref": reference}) for reference in referred)
    there = {
        f"#/components/{kind}/{name}"
        for kind, components in DESCRIPTION["components"].items()
        for name in components
    }
    assert there - referred == {"#/components/securitySchemes/idToken"}


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [reference for item in node for reference in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if "$ref" in node else []
    return own + _references(list(node.values()))


def test_the_errors_are_those_of_the_code() -> None:
    described = {
        (int(status), example["code"], example["retryable"])
        for method, status, name in EXAMPLES
        if status >= "400"
        for example in [examples(method, status)[name]]
    }
    assert described == {(kind.status, kind.code, kind.retryable) for kind in CODES}
    listed = DESCRIPTION["components"]["schemas"]["ErrorCode"]["enum"]
    assert listed == [kind.code for kind in CODES]


# Every example is a real answer


EXAMPLES = [
    (method, status, name)
    for method, operation in OPERATIONS.items()
    for status in operation["responses"]
    for name in examples(method, status)
]


@dataclass(frozen=True)
class World:
    """What an answer can be provoked with. Both functions have small budgets, and the listing no
    earlier snapshot to fall back on."""

    google: Control
    classes: Classes
    functions: Mapping[str, Served]
    serve: Serve
    serve_with_bug: Callable[[str], Served]

    def fail(self, status: int, *operations: str) -> None:
        """For good, and not to be tried again within any budget."""
        details = {"reason": "forbidden"} if status == 403 else {}
        for operation in operations:
            self.google.fault(
                operation, "status", status=status, times=-1, retry_after=PAST_BUDGET, **details
            )


_HASTY = {
    "EVENTS_CACHE_SECONDS": 0,
    "EVENTS_STALE_SECONDS": 0,
    "LIST_BUDGET_SECONDS": 4,
    "CREATE_BUDGET_SECONDS": 4,
    "CREATE_LEASE_SECONDS": 6,
}


@pytest.fixture(scope="module")
def functions(serve_for_session: Serve) -> dict[str, Served]:
    functions = {
        name: serve_for_session(name, **_HASTY) for name in ("list_events", "create_event")
    }
    # What is made on first use may take longer than such a budget.
    assert wait_until(lambda: functions["create_event"].book("unheard-of").status == 404, 60)
    return functions


@pytest.fixture
def world(
    functions: dict[str, Served],
    google: Control,
    classes: Classes,
    serve: Serve,
    package: Path,
    emulator: str,
    tmp_path: Path,
) -> Iterator[World]:
    read_anew(functions["list_events"], google)  # whatever failed in the test before
    with ExitStack() as running:

        def serve_with_bug(name: str) -> Served:
            right, wrong = "handle(request, current)", "handle(request, None)"
            source = with_bug(package / name, tmp_path, "shared/endpoint.py", right, wrong)
            log = tmp_path / "bug.log"
            return running.enter_context(serving(source, emulator, google.url, log, {}))

        yield World(google, classes, functions, serve, serve_with_bug)


@pytest.mark.parametrize(("method", "status", "name"), EXAMPLES)
def test_every_example_is_a_real_answer(world: World, method: str, status: str, name: str) -> None:
    answer = {"GET": _list, "OPTIONS": _ask, "POST": _book}[method](name, world)
    example = examples(method, status)[name]
    if name == "week":
        example = _moved(example)
    assert (answer.status, answer.json) == (int(status), example)
    assert_described(method, answer)


def _served(function: str, name: str, world: World) -> Served:
    """The function, in a state that leads to the example."""
    match name:
        case "misconfigured":
            world.google.fault("secret", "status", times=-1, status=403, reason="PERMISSION_DENIED")
            world.google.expire_access_tokens()  # what needs a new one reads the secret again
        case "internal_error":
            return world.serve_with_bug(function)
        case "calendar_rejected":
            world.fail(403, "list", "insert")
        case "calendar_unavailable":
            world.fail(503, "list", "insert")
        case "store_unavailable":
            world.fail(503, "secret")
            return world.serve(function, **_HASTY)
        case "reauthorization_required":
            world.google.revoke()
            return world.serve(function)
        case "meet_link_missing":
            world.google.meet("pending")
    return world.functions[function]


def _list(name: str, world: World) -> Answer:
    if name == "method_not_allowed":
        return world.functions["create_event"].get()
    if name == "week":
        world.google.seed(*map(_event, _moved(examples("GET", 200)["week"])))
    spans = {
        "no_offset": "?timeMin=2031-03-10T00:00:00",
        "end_before_start": "?timeMin=2031-03-10T00:00:00Z&timeMax=2031-03-09T00:00:00Z",
    }
    return _served("list_events", name, world).get(spans.get(name, ""))


def _ask(name: str, world: World) -> Answer:
    if name == "misconfigured":
        return world.serve("list_events", CALENDAR_ID=None).request("OPTIONS", "/api/calendar")
    return world.functions["create_event"].request("OPTIONS", "/api/calendar")


BODIES = {
    "missing": "{}",
    "not_an_object": "[]",
    "not_a_string": '{"preferenceId": 7}',
    "too_long": f'{{"preferenceId": "{257 * "x"}"}}',
    "virtual_class_not_found": '{"preferenceId": "unheard-of"}',
    "body_too_large": " " * (64 * 1024 + 1),
}
CLAIM = {"token": "another's", "expiresAt": datetime.now(UTC) + timedelta(hours=1)}
FIELDS: dict[str, Document] = {
    "class_not_bookable": {"status": "cancelled"},
    "to_cloud_tasks": {"status": "cancelled"},
    "invalid_virtual_class": {"classType": "duo", "endTime": datetime(2024, 1, 1, tzinfo=UTC)},
    "creation_in_progress": {"calendarClaim": CLAIM},
    "preference_not_unique": {"preferenceId": "twice"},
}


def _book(name: str, world: World) -> Answer:
    if name == "method_not_allowed":
        return world.functions["list_events"].request("POST", "/api/calendar", "{}")
    served = _served("create_event", name, world)
    if name in BODIES:
        return served.request("POST", "/api/calendar", BODIES[name])
    for _ in range(2 if name == "preference_not_unique" else 1):
        class_id = world.classes.add(**FIELDS.get(name, {}))
    queue = {"X-CloudTasks-TaskName": "1"} if name == "to_cloud_tasks" else {}
    return served.book(world.classes.preference_of(class_id), **queue)


def _moved(week: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The example's week, moved so that it begins tomorrow."""
    first = date.fromisoformat(week[0]["start"]["dateTime"][:10])
    later = date.today() + timedelta(days=1) - first

    def moved(moment: dict[str, str]) -> dict[str, str]:
        return {"dateTime": (datetime.fromisoformat(moment["dateTime"]) + later).isoformat()}

    return [slot | {key: moved(slot[key]) for key in ("start", "end")} for slot in week]


def _event(slot: dict[str, Any]) -> dict[str, Any]:
    """An event that takes the slot: of a whole day if it starts at midnight."""

    def when(moment: dict[str, str]) -> dict[str, str]:
        day, _, clock = moment["dateTime"].partition("T")
        return {"date": day} if clock.startswith("00:00") else moment

    return {"status": slot["status"], "start": when(slot["start"]), "end": when(slot["end"])}


# What has no body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_listing_that_is_known_and_one_without_body_are_as_described(
    list_events: Served, create_event: Served, method: str
) -> None:
    etag = list_events.get().headers["ETag"]
    path = "/api/calendar"
    answers = [
        list_events.request(method, path, headers={"If-None-Match": etag}),
        list_events.request(method, path),
        list_events.request(method, f"{path}?timeMin=soon"),
        create_event.request(method, path),
    ]
    assert [answer.status for answer in answers] == [304, 200, 400, 405]
    for answer in answers:
        assert_described(method, answer)


@pytest.mark.parametrize("origin", ["https://school.example", "https://other.example", None])
def test_what_a_browser_is_told_is_as_described(
    serve_for_session: Serve, origin: str | None
) -> None:
    listing = serve_for_session("list_events", ALLOWED_ORIGINS="https://school.example")
    headers = {"Origin": origin} if origin else {}
    for method, status in (("OPTIONS", 204), ("GET", 200)):
        answer = listing.request(method, "/api/calendar", headers=headers)
        assert answer.status == status
        allowed = answer.headers["Access-Control-Allow-Origin"]
        assert allowed == (origin if origin == "https://school.example" else None)
        assert_described(method, answer)


# Nothing else is answered


def _schemathesis(served: Served, *options: str) -> tuple[int, str]:
    """Exit status and words of a run over a function's operations."""
    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", PATH),
            *("--url", f"http://{served.address}", "--include-tag", served.name),
            *("--max-examples", "30", "--generation-deterministic", "--no-color", *options),
            # Who may call is checked by Cloud Run, in front of the function.
            *("--generation-with-security-parameters", "false"),
        ],
        cwd=served.log.parent,
        capture_output=True,
        text=True,
        timeout=100,
    )
    return run.returncode, run.stdout + run.stderr


def test_schemathesis_finds_the_listing_as_described(list_events: Served) -> None:
    # A schema cannot say that timeMax is later than timeMin, so not all that it allows is.
    status, words = _schemathesis(list_events, "--exclude-checks", "positive_data_acceptance")
    assert status == 0, words
    assert len(list_events.lines()) > 100


def test_schemathesis_finds_the_booking_as_described(
    create_event: Served, classes: Classes
) -> None:
    classes.add(preferenceId="sample-1")  # the example's
    status, words = _schemathesis(create_event, "--exclude-checks", "ignored_auth")
    assert status == 0, words
    assert {line["status"] for line in create_event.lines()} >= {200, 400, 404}
