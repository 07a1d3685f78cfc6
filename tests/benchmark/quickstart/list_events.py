"""Lists events the way quickstarts do: secret, token and service made anew for each request."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Request

from tests.benchmark.quickstart.calendar_service import calendar_service


def list_events(_request: Request) -> list[dict[str, Any]]:
    """The events of the next 90 days."""
    events, page_token, now = [], None, datetime.now(UTC)
    service = calendar_service()
    while True:
        page = (
            service.events()
            .list(
                calendarId=os.environ["CALENDAR_ID"],
                timeMin=now.isoformat(),
                timeMax=(now + timedelta(days=90)).isoformat(),
                singleEvents=True,
                orderBy="startTime",
                pageToken=page_token,
            )
            .execute()
        )
        events += page["items"]
        page_token = page.get("nextPageToken")
        if page_token is None:
            break
    return [{key: event[key] for key in ("start", "end", "status")} for event in events]
