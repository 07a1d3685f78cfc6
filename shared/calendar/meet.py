"""An event's Meet link. Pure."""

from shared.calendar.event import Event
from shared.json_object import part


def request(event_id: str, attempt: int) -> Event:
    """Asks Google for a Meet link. Google ignores a request id it has seen on the event, so a
    repeated call keeps the id, and a new attempt after a failure changes it."""
    return {
        "createRequest": {
            "requestId": f"{event_id}-{attempt}",
            "conferenceSolutionKey": {"type": "hangoutsMeet"},
        }
    }


def last_attempt(event: Event) -> int:
    """The number of the event's last request; 1 is the one sent with the insert."""
    last = part(event, "conferenceData", "createRequest").get("requestId", "")
    event_id, _, number = str(last).rpartition("-")
    is_ours = event_id == event["id"] and number.isdecimal() and len(number) < 9
    return int(number) if is_ours else 1


def link(event: Event) -> str | None:
    """The URL to join: the `video` entry point (others are telephone and SIP)."""
    entry_points = part(event, "conferenceData").get("entryPoints")
    for entry_point in entry_points if isinstance(entry_points, list) else []:
        match entry_point:
            case {"entryPointType": "video", "uri": str(uri)}:
                return uri
    return None


def is_shown(event: Event) -> bool:
    """Whether the description has the link, for guests who were invited before there was one."""
    url = link(event)
    return url is not None and url in str(event.get("description", ""))


def is_pending(event: Event) -> bool:
    """Whether Google is still making the link, which can continue after its answer."""
    status = part(event, "conferenceData", "createRequest", "status")
    return status.get("statusCode") == "pending" and link(event) is None
