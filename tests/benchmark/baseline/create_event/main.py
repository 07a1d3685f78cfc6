"""Books a class the way quickstarts do: secret, token and service made anew for each request."""

import os
import uuid
from typing import Any

from flask import Request
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore, secretmanager
from google.cloud.firestore_v1.base_query import FieldFilter
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

GOOGLE = os.environ["GOOGLE_EMULATOR_URL"]


def calendar_service() -> Any:
    """An authorised Calendar client."""
    secrets = secretmanager.SecretManagerServiceClient(
        transport="rest",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options=ClientOptions(api_endpoint=GOOGLE),
    )
    project = os.environ["GOOGLE_CLOUD_PROJECT"]
    secret = secrets.access_secret_version(
        name=f"projects/{project}/secrets/calendar-refresh-token/versions/latest"
    )
    credentials = Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token=secret.payload.data.decode(),
        token_uri=f"{GOOGLE}/token",
        client_id=os.environ["AUTH_GOOGLE_ID"],
        client_secret=os.environ["AUTH_GOOGLE_SECRET"],
    )
    options = ClientOptions(api_endpoint=f"{GOOGLE}/calendar/v3/")
    return build("calendar", "v3", credentials=credentials, client_options=options)


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
