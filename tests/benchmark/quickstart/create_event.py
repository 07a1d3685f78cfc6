"""Books a class the way quickstarts do: secret, token and service made anew for each request."""

import os
import uuid
from typing import Any

from flask import Request
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.benchmark.quickstart.calendar_service import calendar_service


def create_event(request: Request) -> tuple[dict[str, Any], int]:
    """Finds the class, makes its event, writes the event's id on the class."""
    preference_id = request.get_json(force=True)["preferenceId"]
    classes = firestore.Client().collection("VirtualClass")
    wanted = FieldFilter("preferenceId", "==", preference_id)
    found = classes.where(filter=wanted).limit(1).get()
    if not found:
        return {"error": "Virtual class not found"}, 404
    virtual_class = found[0].to_dict() or {}
    event = {
        "summary": virtual_class["learningFocus"],
        "start": {"dateTime": virtual_class["startTime"].isoformat()},
        "end": {"dateTime": virtual_class["endTime"].isoformat()},
        "attendees": [{"email": virtual_class["studentEmail"]}],
        "conferenceData": {
            "createRequest": {
                "requestId": uuid.uuid4().hex,
                "conferenceSolutionKey": {"type": "hangoutsMeet"},
            }
        },
    }
    made = (
        calendar_service()
        .events()
        .insert(
            calendarId=os.environ["CALENDAR_ID"],
            body=event,
            conferenceDataVersion=1,
            sendUpdates="all",
        )
        .execute()
    )
    found[0].reference.update(
        {"googleEventId": made["id"], "htmlLink": made["htmlLink"], "status": "scheduled"}
    )
    return {"success": True, "message": "Event created successfully"}, 200
