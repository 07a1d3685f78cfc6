"""The Google Cloud project that Firestore and Secret Manager are in."""

import google.auth
from google.auth.exceptions import DefaultCredentialsError

from shared.errors import Misconfigured
from shared.settings import Settings


def project_id(settings: Settings) -> str:
    """`GOOGLE_CLOUD_PROJECT` or, without it, the project of the environment's credentials.

    Raises Misconfigured if neither names one.
    """
    if settings.google_cloud_project:
        return settings.google_cloud_project
    try:
        _, project = google.auth.default()
    except DefaultCredentialsError:
        project = None
    if not project:
        raise Misconfigured(details=["GOOGLE_CLOUD_PROJECT is not set"])
    return str(project)
