"""One address for both functions, as a gateway in production gives them: chosen by method."""

import errno
import http.client
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

API_PATH = "/api/calendar"
_LIST_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ANSWER_SECONDS = 90.0

# They concern one connection, not the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)


class PortUnavailable(Exception):
    """We cannot listen on the port; the text says why and what to do."""


@dataclass(frozen=True)
class Reply:
    """An answer of our own."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


Site = Callable[[str, str, bytes], Reply | None]
"""What there is beside the API: answers a method, path and body, with None if there is nothing."""


@contextmanager
def in_background(server: socketserver.BaseServer) -> Iterator[None]:
    """Serves until the end of the context."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


class Gateway(ThreadingHTTPServer):
    """Listens from the moment it is made; what comes before `serving` has to wait."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        """Listen on the loopback interface. Port 0: any free one. Raises PortUnavailable."""
        self.functions: Mapping[str, str] = {}
        self.site: Site | None = None
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise PortUnavailable(
                f"Port {port} cannot be used ({error.strerror}):"
                " stop what listens there, or choose another one with --port N."
            ) from error

    @property
    def url(self) -> str:
        return f"{self.origins[0]}{API_PATH}"

    @property
    def origins(self) -> list[str]:
        """Two names for us: to a browser, two origins."""
        return [f"http://{host}:{self.server_port}" for host in ("localhost", "127.0.0.1")]

    @contextmanager
    def serving(self, functions: Mapping[str, str], site: Site | None = None) -> Iterator[None]:
        """Answer with the functions, given as name and "host:port", and with `site` elsewhere."""
        self.functions, self.site = functions, site
        with in_background(self):
            yield

    def function_for(self, method: str, path: str) -> str | None:
        """The "host:port" that answers this request."""
        if urlsplit(path).path.rstrip("/") != API_PATH:
            return None
        return self.functions["list_events" if method in _LIST_METHODS else "create_event"]


class _Handler(BaseHTTPRequestHandler):
    """Passes a request on and its answer back as they are, but for hop-by-hop headers."""

    protocol_version = "HTTP/1.1"
    server: Gateway

    def _forward(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self._answer(411, [], b"The local gateway needs a Content-Length.\n")
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host = self.server.function_for(self.command, self.path)
        if host is None:
            reply = self._beside_the_api(body)
            self._answer(reply.status, [("Content-Type", reply.content_type)], reply.body)
            return
        try:
            self._pass_on(host, body)
        except (OSError, http.client.HTTPException) as error:
            self._answer(502, [], f"The function did not answer: {error!r}\n".encode())

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = _forward

    def _beside_the_api(self, body: bytes) -> Reply:
        site, path = self.server.site, urlsplit(self.path).path
        reply = site(self.command, path, body) if site else None
        return reply or Reply(404, f"There are only / and {API_PATH} here.\n".encode())

    def _pass_on(self, host: str, body: bytes) -> None:
        with closing(http.client.HTTPConnection(host, timeout=_ANSWER_SECONDS)) as function:
            function.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in _end_to_end(self.headers.items()):
                function.putheader(name, value)
            function.endheaders(body)
            answer = function.getresponse()
            self._answer(answer.status, _end_to_end(answer.getheaders()), answer.read())

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        has_body = self.command != "HEAD" and status not in (204, 304)
        if has_body and not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if has_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The functions log every request themselves."""


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
