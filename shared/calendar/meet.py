"""An event's Meet link. Pure."""

from shared.calendar.event import Event, part


def request(event_id: str, attempt: int) -> Event:
    """Asks Google for a Meet link. It ignores a request id that it has seen on the event, so
    the id is the same when a call is repeated and another when a failed attempt is."""
    return {
        "createRequest": {
            "requestId": f"{event_id}-{attempt}",
            "conferenceSolutionKey": {"type": "hangoutsMeet"},
        }
    }


def next_request(event: Event) -> Event:
    """The request that follows the event's last one."""
    return request(event["id"], last_attempt(event) + 1)


def last_attempt(event: Event) -> int:
    """Which request made its link or failed to: 1 for the one that went out with the event."""
    last = part(event, "conferenceData", "createRequest").get("requestId", "")
    event_id, _, number = str(last).rpartition("-")
    is_ours = event_id == event["id"] and number.isdecimal() and len(number) < 9
    return int(number) if is_ours else 1


def link(event: Event) -> str | None:
    """The URL to join: the `video` entry point (there are others: telephone, SIP)."""
    entry_points = part(event, "conferenceData").get("entryPoints")
    for entry_point in entry_points if isinstance(entry_points, list) else []:
        if isinstance(entry_point, dict) and entry_point.get("entryPointType") == "video":
            uri = entry_point.get("uri")
            return uri if isinstance(uri, str) else None
    return None


def is_pending(event: Event) -> bool:
    """Whether Google is still making the link, which it may do after it has answered."""
    status = part(event, "conferenceData", "createRequest", "status")
    return status.get("statusCode") == "pending"
