"""Meet links: asked for by `conferenceData.createRequest`, made at once, later or never."""

import hashlib
from dataclasses import dataclass
from typing import Any

from infra.local.google.errors import invalid
from infra.local.google.settings import MeetBehaviour

ConferenceData = dict[str, Any]


@dataclass
class PendingMeet:
    """A request for a Meet link that is still being worked on."""

    behaviour: MeetBehaviour
    since: float
    reads: int = 0

    def is_due(self, now: float) -> bool:
        behaviour = self.behaviour
        if behaviour.reads is not None and self.reads > behaviour.reads:
            return True
        return behaviour.seconds is not None and now - self.since >= behaviour.seconds


class MeetMaker:
    """Answers requests for Meet links as its behaviour says, for as often as that says."""

    def __init__(self, behaviour: MeetBehaviour) -> None:
        self._behaviour = behaviour
        self._left = behaviour.times

    def answer(
        self, request: ConferenceData, event_id: str, now: float
    ) -> tuple[ConferenceData, PendingMeet | None]:
        """The event's conference data. Raises CalendarError where no Meet is possible."""
        kind = (request.get("conferenceSolutionKey") or {}).get("type")
        if not request.get("requestId") or kind is None:
            raise invalid("Missing conference request id or solution key.")
        mode = self._next_mode()
        if kind != "hangoutsMeet" or mode == "not_allowed":
            raise invalid("Invalid conference type value.")
        if mode == "pending":
            return _requested(request, "pending"), PendingMeet(self._behaviour, now)
        if mode == "failure":
            return _requested(request, "failure"), None
        return finished(request, event_id), None

    def _next_mode(self) -> str:
        if self._left == 0:
            return "success"
        self._left -= self._left > 0
        return self._behaviour.mode


def finished(request: ConferenceData, event_id: str) -> ConferenceData:
    """The conference data of a request that was fulfilled."""
    code = _meeting_code(f"{event_id} {request['requestId']}")
    return _requested(request, "success") | {
        # The phone entry stands first, so that code which takes the first one fails.
        "entryPoints": [
            {"entryPointType": "phone", "uri": "tel:+54-11-5555-0100", "regionCode": "AR"},
            {"entryPointType": "video", "uri": f"https://meet.google.com/{code}"},
        ],
        "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"},
        "conferenceId": code,
    }


def video_link(data: ConferenceData | None) -> str | None:
    """What the event's `hangoutLink` is."""
    entries = (data or {}).get("entryPoints") or []
    return next((each["uri"] for each in entries if each.get("entryPointType") == "video"), None)


def _requested(request: ConferenceData, status: str) -> ConferenceData:
    return {
        "createRequest": {
            "requestId": request["requestId"],
            "conferenceSolutionKey": {"type": request["conferenceSolutionKey"]["type"]},
            "status": {"statusCode": status},
        }
    }


def _meeting_code(seed: str) -> str:
    letters = [chr(ord("a") + byte % 26) for byte in hashlib.sha256(seed.encode()).digest()]
    return "-".join(["".join(letters[:3]), "".join(letters[3:7]), "".join(letters[7:10])])
