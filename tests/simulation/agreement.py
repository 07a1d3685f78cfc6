"""Whether calendar, record and class agree at a moment, but for what somebody may have meant."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.simulation.history import History, State
from tests.simulation.schedule import Document


def disagreements(history: History, state: State) -> Iterator[str]:
    """Where calendar, record and class do not agree."""
    document, live = state.document, state.live_events
    if not state.is_at_rest and _is_left_over(history, state):
        yield "a claim or an error is left"
    if state.is_cancelled:
        if live or "googleEventId" in document or "meetLink" in document:
            yield f"{len(live)} live events, or a record, of a cancelled class"
        return
    if not document.get("calendarFingerprint") or document.get("status") != "scheduled":
        yield "no booking is recorded"
    if len(live) > 1 or (not live and not _is_deleted_by_hand(history, state)):
        yield f"{len(live)} live events"
    for event in live:
        yield from differences(history, state, event)
        if "meetLink" not in document and "hangoutLink" in event:
            yield "the Meet link is not recorded"


def _is_left_over(history: History, state: State) -> bool:
    """Whether a delivery was answered finally having seen all that is written on the class."""
    written_at = max((commit.effect_at for commit in history.commits_until(state.at)), default=0.0)
    ended = [attempt for attempt in history.attempts if attempt.ended_at <= state.at]
    return any(each.is_final and history.seen_at(each) >= written_at for each in ended)


def _is_deleted_by_hand(history: History, state: State) -> bool:
    """Whether somebody deleted the recorded event, and the class says what was recorded of it:
    the teacher may have meant it, and it stays so."""
    recorded = [
        commit.state.content
        for commit in history.commits_until(state.at)
        if commit.operation == "record" and commit.state
    ]
    deleted = [edit.subject for edit in history.of("delete_event") if edit.at <= state.at]
    is_deleted = state.document.get("googleEventId") in deleted
    return is_deleted and recorded[-1:] == [state.content]


def differences(history: History, state: State, event: Document) -> Iterator[str]:
    """Where a live event is not what the class and its record say."""
    document = state.document
    guests = {guest["email"] for guest in event.get("attendees", [])}
    wanted = state.guests - (_may_be_left_out(history, state) - guests)
    pairs: dict[str, tuple[Any, Any]] = {
        "googleEventId": (document.get("googleEventId"), event["id"]),
        "htmlLink": (document.get("htmlLink"), event["htmlLink"]),
        "studentInvited": (document.get("studentInvited"), document["studentEmail"] in guests),
        "start": (_instant(event["start"]), document["startTime"]),
        "end": (_instant(event["end"]), document["endTime"]),
        "guests": (sorted(guests), sorted(wanted)),
    }
    if state.is_at_rest:
        pairs["invitedEmails"] = (sorted(document["invitedEmails"]), sorted(guests))
    if "meetLink" in document:
        pairs["meetLink"] = (document.get("meetLink"), event.get("hangoutLink"))
    for name, (actual, should) in pairs.items():
        if actual != should:
            yield f"{name} is {actual}, should be {should}"


def _may_be_left_out(history: History, state: State) -> set[str]:
    """The addresses that Google refuses, or was asked for in an insert that it refused."""
    refused = [
        address
        for call in history.calls
        if call.fault == "refuse_attendees" and call.sent_at <= state.at
        for address in call.guests
    ]
    return state.guests & {*refused, *history.schedule.refused_emails}


def _instant(moment: Document) -> datetime:
    return datetime.fromisoformat(moment["dateTime"])
