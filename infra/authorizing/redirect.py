"""Google's answer to the consent: the redirect, received by a local listener or pasted."""

import html
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.unusable import Unusable

Say = Callable[[str], None]
Answer = Mapping[str, str]
"""The query of the redirect: `state`, and `code` or `error`."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>Go back to the terminal: it says how things went on.</p></body></html>
"""


def is_loopback(uri: str) -> bool:
    """Whether the URI leads to this machine, so that a local listener can answer it."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


class Listener:
    """Waits on a loopback URI for the one redirect; every other request gets a 404."""

    def __init__(self, server: ThreadingHTTPServer, answers: "queue.Queue[Answer]") -> None:
        self._server = server
        self._answers = answers

    def wait(self, seconds: float) -> Answer | None:
        """The redirect's query, None if none came in that time."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return None


@contextmanager
def listening(uri: str) -> Iterator[Listener]:
    """A listener for a loopback URI. Raises Unusable if its port cannot be used."""
    parts = urlsplit(uri)
    answers: queue.Queue[Answer] = queue.Queue()
    port = parts.port or 80
    try:
        server = _server(parts.hostname or "", port, _handler(parts.path or "/", answers))
    except OSError as error:
        raise Unusable(
            f"port {port} of GOOGLE_REDIRECT_URI cannot be used ({error.strerror})",
            "end what uses it, or register and set another port, or use --paste",
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Listener(server, answers)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _server(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if host == "::1" else socket.AF_INET
        # Browsers open connections that they then leave idle: nobody waits for those.
        daemon_threads = True
        block_on_close = False

    return Server(("::1" if host == "::1" else "127.0.0.1", port), handler)


def _handler(path: str, answers: "queue.Queue[Answer]") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            answer = parsed(url.query)
            if url.path != path or not {"code", "error"} & answer.keys():
                self._send(404, "There is nothing here")
                return
            self._send(200, "No consent given" if "error" in answer else "Google has answered")
            answers.put(answer)

        def _send(self, status: int, title: str) -> None:
            body = _PAGE.format(title=html.escape(title)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the line would hold the code."""

    return Handler


def parsed(query: str) -> Answer:
    return {name: values[0] for name, values in parse_qs(query).items()}
