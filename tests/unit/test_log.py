"""Which trace a request belongs to, by its headers; what is logged of an unforeseen error."""

import pytest

from shared import log

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def trace_of(headers: dict[str, str]) -> str | None:
    request_log = log.begin("create_event")
    log.note_trace(headers.get("traceparent", ""), "school")
    return request_log.fields.get("logging.googleapis.com/trace")


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{TRACE}-{SPAN}-01"},
        {"traceparent": f"00-{TRACE}-{SPAN}-00", "X-Cloud-Trace-Context": "f" * 32 + "/1;o=1"},
    ],
)
def test_a_trace_is_named_in_full(headers: dict[str, str]) -> None:
    assert trace_of(headers) == f"projects/school/traces/{TRACE}"


NO_PARENTS = [
    "",
    TRACE,
    f"00-{TRACE}-{SPAN}",
    f"00-{TRACE}-{SPAN}-1",
    f"00-{TRACE.upper()}-{SPAN}-01",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"ff-{TRACE}-{SPAN}-01",
    f"00-{TRACE}-{SPAN}-01-x",
    f"00-{TRACE[:-1]}-{SPAN}-01",
    f"00-{TRACE[:-1]}g-{SPAN}-01",
    f'00-{TRACE}", "severity": "CRITICAL-{SPAN}-01',
]


def test_what_names_no_trace_is_not_logged() -> None:
    assert trace_of({}) is None
    for text in NO_PARENTS:
        assert trace_of({"traceparent": text}) is None, text


CANARY = "ana@example.com"


def test_an_unforeseen_error_is_told_without_its_words() -> None:
    try:
        try:
            int(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError as error:
        told = log.stack(error)
    assert CANARY not in told
    assert told.count("Traceback") == told.count("test_log.py") == 2
    assert "ValueError" in told and "KeyError" in told
