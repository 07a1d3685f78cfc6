"""Holds errors to the contract: their status, code, text and headers."""

from tests.support.client import Answer

LIST_TEXT = "Failed to fetch calendar events"
CREATE_TEXT = "Failed to create calendar event"

RETRYABLE = {
    "invalid_request": False,
    "virtual_class_not_found": True,
    "method_not_allowed": False,
    "preference_not_unique": True,
    "class_not_bookable": False,
    "body_too_large": False,
    "invalid_virtual_class": True,
    "misconfigured": True,
    "internal_error": True,
    "calendar_rejected": True,
    "reauthorization_required": True,
    "calendar_unavailable": True,
    "store_unavailable": True,
    "creation_in_progress": True,
    "meet_link_missing": True,
}
BUSY_MACHINE_SECONDS = 1.5
"""What an answer may take beyond its budget: the contract's second, and a busy machine's half."""

PAST_BUDGET = 60
"""A `Retry-After` that fits no budget, so that nobody waits for it."""


def assert_error(answer: Answer, status: int, code: str, text: str | None = None) -> list[str]:
    """Holds an error to the README's table and returns its details."""
    assert answer.status == status, answer.body
    body = answer.json
    assert body["code"] == code, body
    assert body["retryable"] is RETRYABLE[code]
    assert body.keys() - {"details"} == {"error", "code", "retryable"}
    assert isinstance(body["error"], str) and body["error"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if text is not None:
        assert body["error"] == text
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    details = body.get("details", [])
    assert all(isinstance(detail, str) for detail in details)
    return list(details)


def assert_list_error(answer: Answer, status: int, code: str) -> list[str]:
    """As `assert_error`; of `list_events` no error may be kept, and any page may read it."""
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return assert_error(answer, status, code, LIST_TEXT if status >= 500 else None)


def assert_create_error(answer: Answer, status: int, code: str) -> list[str]:
    return assert_error(answer, status, code, CREATE_TEXT if status >= 500 else None)
