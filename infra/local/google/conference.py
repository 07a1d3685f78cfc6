"""Meet links: asked for by `conferenceData.createRequest`, made at once, later or never."""

import hashlib
from dataclasses import dataclass
from typing import Any

from infra.local.google.errors import invalid

ConferenceData = dict[str, Any]


@dataclass
class MeetMaker:
    """What becomes of requests for a Meet link.

    `mode` (success, pending, failure, not_allowed) holds for the next `times` requests (-1: all),
    then success. A pending one is made once it was read `reads` times while still pending or
    `seconds` have passed; with both None it stays pending.
    """

    mode: str = "success"
    times: int = -1
    reads: int | None = None
    seconds: float | None = None

    def answer(
        self, request: ConferenceData, event_id: str, now: float
    ) -> tuple[ConferenceData, "PendingMeet | None"]:
        """The event's conference data. Raises CalendarError where no Meet is possible."""
        kind = (request.get("conferenceSolutionKey") or {}).get("type")
        if not request.get("requestId") or kind is None:
            raise invalid("Missing conference request id or solution key.")
        mode = self.mode if self.times else "success"
        self.times -= self.times > 0
        if kind != "hangoutsMeet" or mode == "not_allowed":
            raise invalid("Invalid conference type value.")
        if mode == "pending":
            return _requested(request, "pending"), PendingMeet(self, now)
        if mode == "failure":
            return _requested(request, "failure"), None
        return finished(request, event_id), None


@dataclass
class PendingMeet:
    """A request for a Meet link that is still being worked on."""

    maker: MeetMaker
    since: float
    reads: int = 0

    def is_due(self, now: float) -> bool:
        reads, seconds = self.maker.reads, self.maker.seconds
        is_read_enough = reads is not None and self.reads > reads
        return is_read_enough or (seconds is not None and now - self.since >= seconds)


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
