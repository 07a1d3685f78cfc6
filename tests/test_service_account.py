"""On Cloud Run calls are authorised by the metadata server."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.conftest import ROOT

# In a process of its own: google-auth reads the server's address as it is imported.
_ASK = """
from shared.deadline import Deadline
from shared.google.service_account import authorization, environment_credentials
credentials = environment_credentials()
for _ in range(2):
    print(authorization(credentials, Deadline(5))["authorization"])
"""
_ACCOUNT = "/computeMetadata/v1/instance/service-accounts"
_ANSWERS = {
    "/computeMetadata/v1/project/project-id": "the-project",
    f"{_ACCOUNT}/default/": json.dumps({"email": "list-events@example.com", "scopes": []}),
    f"{_ACCOUNT}/default/token": json.dumps(
        {"access_token": "of-the-account", "expires_in": 3599, "token_type": "Bearer"}
    ),
}


@contextmanager
def metadata_server(asked: list[str]) -> Iterator[str]:
    """ "host:port" of one that answers as Google's does; `asked` gets the paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            asked.append(path)
            body = _ANSWERS.get(path, "").encode()
            self.send_response(200)
            self.send_header("Metadata-Flavor", "Google")
            self.send_header("Content-Type", "application/json" if body[:1] == b"{" else "text")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_accounts_token_is_asked_for_once() -> None:
    asked: list[str] = []
    with metadata_server(asked) as address:
        environ = {"GCE_METADATA_HOST": address, "GCE_METADATA_IP": address, "HOME": "/nowhere"}
        done = subprocess.run(
            [sys.executable, "-c", _ASK],
            cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.stdout == "Bearer of-the-account\n" * 2, done.stderr
    assert sum(path.endswith("/token") for path in asked) == 1
