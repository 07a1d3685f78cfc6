"""Who calls Secret Manager and Firestore on Cloud Run: the function's service account."""

import json
import socket
import subprocess
import sys

from tests.conftest import ROOT
from tests.support.raw_server import raw_server, read_request

_ASK = """
import json
from shared.deadline import Deadline
from shared.google.project import Caller
from tests.unit.samples import settings

caller = Caller(settings(), None, Deadline(5))
told = [caller.authorization(Deadline(5)) for _ in range(2)]
print(json.dumps([caller.project, *told]))
"""
ANSWERS = {
    "/": "",
    "/computeMetadata/v1/project/project-id": "school",
    "/computeMetadata/v1/instance/service-accounts/default/": '{"email": "x@y", "scopes": []}',
    "/computeMetadata/v1/instance/service-accounts/default/token": json.dumps(
        {"access_token": "of the account", "expires_in": 3600, "token_type": "Bearer"}
    ),
}


def test_the_project_and_a_token_come_from_the_metadata_server() -> None:
    asked: list[str] = []

    def handle(connection: socket.socket) -> None:
        with connection:
            while True:
                request = read_request(connection).decode()
                assert "metadata-flavor: google" in request.lower()
                path = request.split()[1].partition("?")[0]
                asked.append(path)
                answer = ANSWERS[path]
                kind = "application/json" if answer.startswith("{") else "text/plain"
                head = f"HTTP/1.1 200 OK\r\nMetadata-Flavor: Google\r\nContent-Type: {kind}"
                connection.sendall(
                    f"{head}\r\nContent-Length: {len(answer)}\r\n\r\n{answer}".encode()
                )

    with raw_server(handle) as host:
        environ = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "HOME": "/nowhere"}
        command = [sys.executable, "-c", _ASK]
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    bearer = {"authorization": "Bearer of the account"}
    assert json.loads(done.stdout) == ["school", bearer, bearer]
    assert set(asked) == set(ANSWERS)
    assert asked.count([*ANSWERS][-1]) == 1, "a token that is valid is asked for again"
