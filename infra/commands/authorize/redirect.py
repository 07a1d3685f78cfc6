"""Google's answer to the consent: the redirect, received by a local listener or pasted."""

import queue
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.commands.unusable import Unusable

Redirect = Mapping[str, str]
"""The query of the redirect: `state`, and `code` or `error`."""
Accepts = Callable[[Redirect], bool]
"""Whether an answer is the expected one."""

_LOOK_SECONDS = 0.1
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>Go back to the terminal: it says how it went.</p></body></html>
"""


def is_loopback(uri: str) -> bool:
    """Whether the URI points to this machine, so that a local listener can serve it."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")


def parsed(query: str) -> Redirect | None:
    """The answer in a query; None if it has none."""
    answer = {name: values[0] for name, values in parse_qs(query).items()}
    return answer if {"code", "error"} & answer.keys() else None


class Listener(ThreadingHTTPServer):
    """Waits on a loopback URI for the one redirect; every other request gets a 404."""

    # Do not wait for idle connections, which browsers leave open.
    daemon_threads = True
    block_on_close = False
    timeout = _LOOK_SECONDS

    def __init__(self, uri: str, accepts: Accepts) -> None:
        """Raises Unusable if the port cannot be used."""
        parts = urlsplit(uri)
        is_ipv6, port = parts.hostname == "::1", parts.port or 80
        self.address_family = socket.AF_INET6 if is_ipv6 else socket.AF_INET
        self.path = parts.path or "/"
        self.accepts = accepts
        self.answers: queue.SimpleQueue[Redirect] = queue.SimpleQueue()
        try:
            super().__init__(("::1" if is_ipv6 else "127.0.0.1", port), _Handler)
        except OSError as error:
            raise Unusable(
                f"port {port} of GOOGLE_REDIRECT_URI cannot be used ({error.strerror})",
                "end what uses it, or register and set another port, or use --paste",
            ) from error

    def wait(self, seconds: float) -> Redirect | None:
        """The redirect's query; None if none arrived in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.handle_request()
            with suppress(queue.Empty):
                return self.answers.get_nowait()
        return None


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    timeout = 30

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        answer = parsed(url.query)
        if url.path != self.server.path or answer is None or not self.server.accepts(answer):
            self._send(404, "There is nothing here")
            return
        self._send(200, "No consent given" if "error" in answer else "Google has answered")
        self.server.answers.put(answer)

    def _send(self, status: int, title: str) -> None:
        body = _PAGE.format(title=title).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: the line would contain the code."""
