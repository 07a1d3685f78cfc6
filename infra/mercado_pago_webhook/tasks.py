"""Hands a class to a queue of Cloud Tasks, which calls `create_event` at its own rate, and again
until it answers 2xx."""

import json
import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError

from .codes import Code, Ended
from .settings import Settings

if TYPE_CHECKING:
    from google.cloud import tasks_v2

_STORE_SECONDS = 5
_ANSWER_WITHIN = timedelta(seconds=30)  # create_event's own timeout on Cloud Run


def enqueue(preference_id: str, settings: Settings) -> None:
    """Raises Ended unless the task is stored.

    It has no name: Cloud Tasks refuses a name for hours after its task has ended, and with it
    whatever became of the class since. A class with two tasks is booked once.
    """
    request = {"parent": settings.queue, "task": _task(preference_id, settings)}
    try:
        _client().create_task(request=request, retry=None, timeout=_STORE_SECONDS)
    except (GoogleAPIError, GoogleAuthError) as error:
        raise Ended(Code.QUEUE_UNAVAILABLE, type(error).__name__) from error


def _task(preference_id: str, settings: Settings) -> dict[str, Any]:
    request: dict[str, Any] = {
        "http_method": "POST",
        "url": settings.create_event_url,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"preferenceId": preference_id}).encode(),
    }
    if settings.audience:
        request["oidc_token"] = {
            "service_account_email": settings.queue_account,
            "audience": settings.audience,
        }
    return {"http_request": request, "dispatch_deadline": _ANSWER_WITHIN}


@cache
def _client() -> "tasks_v2.CloudTasksClient":
    import grpc  # here, since they take long to import and few need them
    from google.cloud import tasks_v2
    from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

    emulator = os.environ.get("CLOUD_TASKS_EMULATOR_HOST")
    if emulator is None:
        return tasks_v2.CloudTasksClient()
    channel = grpc.insecure_channel(emulator)
    return tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
