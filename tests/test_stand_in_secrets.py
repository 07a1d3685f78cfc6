"""The stand-in's Secret Manager, mostly through Google's own client."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import google_crc32c
import pytest
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud.secretmanager import SecretManagerServiceClient, SecretPayload, SecretVersion

from infra.local.google import defaults
from infra.local.google.control import Control
from tests.support.client import send

SECRET = f"projects/any-project/secrets/{defaults.REFRESH_TOKEN_SECRET}"


@pytest.fixture
def secrets(google: Control) -> Iterator[SecretManagerServiceClient]:
    client = SecretManagerServiceClient(
        transport="rest",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options=ClientOptions(api_endpoint=google.url),
    )
    yield client
    client.transport.close()  # type: ignore[no-untyped-call]


def accessed(secrets: SecretManagerServiceClient, version: str = "latest") -> tuple[str, bytes]:
    answer = secrets.access_secret_version(name=f"{SECRET}/versions/{version}", retry=None)
    assert google_crc32c.value(answer.payload.data) == answer.payload.data_crc32c
    return answer.name.rpartition("/")[2], answer.payload.data


def test_versions_are_added_and_disabled(secrets: SecretManagerServiceClient) -> None:
    assert accessed(secrets) == accessed(secrets, "1") == ("1", defaults.REFRESH_TOKEN.encode())
    data = b"new\n"
    payload = SecretPayload(data=data, data_crc32c=google_crc32c.value(data))
    added = secrets.add_secret_version(parent=SECRET, payload=payload)
    assert added.name == f"{SECRET}/versions/2"
    assert accessed(secrets) == ("2", data)
    secrets.disable_secret_version(name=added.name)
    with pytest.raises(BadRequest, match="DISABLED state"):
        accessed(secrets)
    assert accessed(secrets, "1")[0] == "1"
    listed = list(secrets.list_secret_versions(parent=SECRET))
    assert [(each.name, each.state) for each in listed] == [
        (f"{SECRET}/versions/2", SecretVersion.State.DISABLED),
        (f"{SECRET}/versions/1", SecretVersion.State.ENABLED),
    ]
    assert all(each.create_time for each in listed)


def test_a_payload_must_match_its_checksum(secrets: SecretManagerServiceClient) -> None:
    with pytest.raises(BadRequest, match="checksum"):
        secrets.add_secret_version(parent=SECRET, payload=SecretPayload(data=b"new", data_crc32c=1))


def test_exactly_the_secrets_given(google: Control, secrets: SecretManagerServiceClient) -> None:
    google.replace_secrets("any-project", {defaults.REFRESH_TOKEN_SECRET: ["one", "two"]})
    assert accessed(secrets) == ("2", b"two")
    with pytest.raises(NotFound):
        secrets.list_secret_versions(parent=SECRET.replace("any-project", "other"))
    google.add_secret_version("three")
    assert accessed(secrets) == ("3", b"three")
    google.disable_secret_version(3)
    with pytest.raises(BadRequest, match="DISABLED state"):
        accessed(secrets)
    [held] = google.secrets().values()
    assert [each["payload"] for each in held] == ["one", "two", "three"]


def test_errors_have_googles_form(google: Control) -> None:
    google.settings(echo=[])
    address, path = urlsplit(google.url).netloc, f"/v1/{SECRET}/versions"
    message = f"Secret Version [{SECRET}/versions/7] not found."
    error = {"code": 404, "message": message, "status": "NOT_FOUND"}
    assert send(address, "GET", f"{path}/7:access").json == {"error": error}
    google.fault("secret", "status", status=403, reason="PERMISSION_DENIED", message="no")
    error = {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}
    assert send(address, "GET", f"{path}/latest:access").json == {"error": error}
