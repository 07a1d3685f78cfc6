"""The Calendar the way quickstarts reach it: secret, token and service made anew each time."""

import os
from typing import Any

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import secretmanager
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
