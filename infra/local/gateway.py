"""One address for both functions, as a gateway in production gives them: chosen by method."""

import errno
import http.client
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

from infra.local.server import Server
from infra.local.wire import Request, Response

API_PATH = "/api/calendar"
_LIST_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ANSWER_SECONDS = 90.0
_TEXT = "text/plain; charset=utf-8"

# They concern one connection, not the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)


class PortUnavailable(Exception):
    """We cannot listen on the port; the text says why and what to do."""


Site = Callable[[Request], Response | None]
"""What there is beside the API; None where there is nothing."""


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


class Gateway(Server):
    """Listens from the moment it is made; what comes before `serving` has to wait."""

    def __init__(self, port: int) -> None:
        """Listen on the loopback interface. Port 0: any free one. Raises PortUnavailable."""
        self.functions: Mapping[str, str] = {}
        self.site: Site = lambda _: None
        try:
            super().__init__(port, self._answer)
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
        self.functions, self.site = functions, site or self.site
        with in_background(self):
            yield

    def _answer(self, request: Request, _connection: socket.socket) -> list[bytes]:
        if request.path.rstrip("/") == API_PATH:
            is_read = request.method in _LIST_METHODS
            response = _passed_on(
                request, self.functions["list_events" if is_read else "create_event"]
            )
        else:
            nothing = f"There are only / and {API_PATH} here.\n"
            response = self.site(request) or Response(404, nothing.encode(), _TEXT)
        return [response.encoded(request.method)]


def _passed_on(request: Request, host: str) -> Response:
    """The answer of the function at "host:port"; the request and it are passed on as they are, but
    for hop-by-hop headers."""
    with closing(http.client.HTTPConnection(host, timeout=_ANSWER_SECONDS)) as function:
        try:
            function.putrequest(
                request.method, request.target, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                if name not in _HOP_BY_HOP:
                    function.putheader(name, value.encode("latin-1"))
            function.endheaders(request.body)
            answer = function.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            return Response(502, f"The function did not answer: {error!r}\n".encode(), _TEXT)
    # What is repeated has its values joined, which means the same.
    kept = {name: answer.headers.get_all(name, []) for name in answer.headers}
    headers = {
        name: ", ".join(values) for name, values in kept.items() if name.lower() not in _HOP_BY_HOP
    }
    return Response(answer.status, body, headers=headers)
