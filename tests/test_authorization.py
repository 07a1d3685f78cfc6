"""The admin's authorisation: kept, renewed once for all, found dead, and alive again."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.conftest import Serve
from tests.support.classes import Classes
from tests.support.served import PROJECT


def asked(google: Control, operation: str) -> int:
    return google.counts().get(operation, 0)


def test_secret_and_token_are_read_once_for_all_requests(
    serve: Serve, classes: Classes, google: Control
) -> None:
    function = serve("create_event")
    google.latency(0.3, "token")
    for times in (1, 2):  # the second time in the place of a token that Google has forgotten
        preferences = [classes.preference_of(classes.add()) for _ in range(6)]
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(function.book, preferences))
        assert [answer.status for answer in answers] == [200] * 6
        assert (asked(google, "secret"), asked(google, "token")) == (times, times)
        google.expire_access_tokens()


def test_a_token_with_a_trailing_newline_is_read(serve: Serve, google: Control) -> None:
    google.replace_secrets(PROJECT, {"calendar-refresh-token": [f"{defaults.REFRESH_TOKEN}\n"]})
    assert serve("list_events").get().status == 200


def test_an_access_token_near_its_end_serves_while_the_endpoint_is_down(
    serve: Serve, google: Control
) -> None:
    google.settings(token_lifetime=200)  # stale from the start: google-auth renews at 225 s
    function = serve("list_events", EVENTS_CACHE_SECONDS=0, LIST_BUDGET_SECONDS=2)
    assert function.get().status == 200
    google.fault("token", "status", times=-1, status=503)
    assert function.get().status == 200
    google.fault("token", "status", times=-1, status=400, reason="invalid_request")
    assert function.get().status == 200


def test_a_revoked_token_is_found_out_and_a_new_one_taken_up_by_itself(
    serve: Serve, classes: Classes, google: Control
) -> None:
    function = serve("create_event")
    preference_id = classes.preference_of(class_id := classes.add())
    google.revoke()
    google.expire_access_tokens()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(function.book, [preference_id] * 8))
    assert {answer.json["code"] for answer in answers} <= {
        "reauthorization_required",
        "creation_in_progress",
    }
    for _ in range(5):
        assert function.book(preference_id).json["code"] == "reauthorization_required"
    tried = asked(google, "token")
    assert tried == asked(google, "secret") <= 4
    critical = [line for line in function.lines() if line["severity"] == "CRITICAL"]
    assert all("infra/authorize.py" in line["message"] for line in critical)
    assert classes.get(class_id)["calendarError"]["code"] == "reauthorization_required"
    assert "calendarClaim" not in classes.get(class_id)

    google.add_refresh_token("a-new-token")
    google.add_secret_version("a-new-token")
    assert wait_until(lambda: function.book(preference_id).status == 200, seconds=20)
    assert asked(google, "token") <= tried + 2
    document = classes.get(class_id)
    assert document["googleEventId"]
    assert "calendarError" not in document


def test_the_token_in_use_serves_while_secret_manager_is_down(
    serve: Serve, google: Control
) -> None:
    function = serve("list_events", EVENTS_CACHE_SECONDS=0)
    assert function.get().status == 200
    google.expire_access_tokens()
    google.fault("secret", "status", times=-1, status=503)
    assert function.get().status == 200


def test_a_newer_secret_is_used_at_once(serve: Serve, google: Control) -> None:
    function = serve("list_events", EVENTS_CACHE_SECONDS=0)
    assert function.get().status == 200
    google.add_refresh_token("a-new-token")
    google.add_secret_version("a-new-token")
    google.revoke()
    assert function.get().status == 200
    assert (asked(google, "secret"), asked(google, "token")) == (2, 2)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        ("deleted_client", "the OAuth client AUTH_GOOGLE_ID is deleted"),
        ("admin_policy_enforced", "the Workspace of ADMIN_EMAIL does not let the app in"),
        ("a_new_one", "Google gives no access token for the refresh token"),
    ],
)
def test_another_refusal_does_not_blame_the_client_secret(
    serve: Serve, google: Control, error: str, detail: str
) -> None:
    google.fault("token", "status", times=-1, status=403, body={"error": error})
    answer = serve("list_events").get()
    assert (answer.status, answer.json["code"]) == (500, "misconfigured")
    assert answer.json["details"] == [detail]
    assert asked(google, "token") == 1


def test_a_limit_of_the_token_endpoint_passes_by_itself(serve: Serve, google: Control) -> None:
    google.fault("token", "status", times=2, status=403, body={"error": "rate_limit_exceeded"})
    assert serve("list_events").get().status == 200
    assert asked(google, "token") == 3
