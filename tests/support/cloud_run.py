"""What deploy.sh has deployed to the recording gcloud, answering over HTTP."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.workspace import Workspace

LIST, CREATE, WEBHOOK = "list-events", "create-event", "mercado-pago-webhook"
FORBIDDEN = (403, "<html>Forbidden</html>")
ANSWERS = {
    LIST: (200, '[{"status": "confirmed"}]'),
    CREATE: (404, '{"code": "virtual_class_not_found"}'),
    WEBHOOK: (401, '{"code": "no_signature"}'),
}


def opened(name: str) -> list[str]:
    return [f"services/{name}", "roles/run.invoker", "allUsers", "None"]


class CloudRun(ThreadingHTTPServer):
    """Answers as the deployed services do, at the address of a service and of a tagged revision."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(("127.0.0.1", 0), CloudRunHandler)
        self.workspace = workspace
        self.answers = dict(ANSWERS)
        self.asked: list[str] = []
        self.stays_shut = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, token: str | None) -> tuple[int, str]:
        name = path.partition("?")[0].rpartition("/")[2]
        lets_in = token == "Bearer token-canary" or self.is_open(name)
        return self.answers[name.removeprefix("staging-")] if lets_in else FORBIDDEN

    def is_open(self, name: str) -> bool:
        state = self.workspace.state
        return (
            opened(name) in state["bindings"] or state["services"][name]["is_unchecked"]
        ) and not self.stays_shut


class CloudRunHandler(BaseHTTPRequestHandler):
    server: CloudRun

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = self.headers["Authorization"]
        self.server.asked.append(f"{self.path}{' with a token' * bool(token)}")
        status, body = self.server.answer(self.path, token)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: pytest shows what failed."""
