"""Reads a request's body within a size and a time; nothing else waits for it.

A caller may announce a body and never send it, send it byte by byte, or send it without end.
By default the framework drains the body before it answers, and gunicorn before it reuses the
connection, without a time limit or for seconds in the thread that accepts connections. Here
only `read` waits, until its deadline. This needs the socket, which gunicorn provides; under
another server nothing is bounded.
"""

import io
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import IO, Any, TypeVar

from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import get_input_stream

from shared import clock
from shared.deadline import Deadline
from shared.errors import BodyTooLarge, InvalidRequest

Answer = TypeVar("Answer", bound=Response)

_LINGER_SECONDS = 1.0
"""How long a caller may go on sending after the answer."""
_SILENCE_SECONDS = 0.2
"""How long it may pause while doing so."""
_PIECE = 65_536
_CONNECTION = "gunicorn.socket"
_IS_BROKEN = "request_body.is_broken"


def read(request: Request, most: int, deadline: Deadline) -> bytes:
    """The whole body. Raises BodyTooLarge above `most` bytes, at once if the announced length is,
    and InvalidRequest if it is malformed or incomplete at `deadline`."""
    announced = request.content_length or 0
    if announced > most:
        raise BodyTooLarge("announced")
    content = _until(deadline, request, most + 1)
    if len(content) > most:
        raise BodyTooLarge("sent")
    if len(content) < announced:
        raise _broken(request, "body ended early")
    return content


def leave(request: Request) -> None:
    """Empties `request.stream`, which the framework would drain before it answers."""
    request.stream = io.BytesIO()


def finish(request: Request, response: Answer) -> Answer:
    """Has the connection closed after the answer unless the whole body has arrived."""
    environ = request.environ
    has_body = environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ
    if has_body and _CONNECTION in environ:
        response.call_on_close(partial(_finish, environ))
    return response


def _until(deadline: Deadline, request: Request, size: int) -> bytes:
    """Up to `size` bytes. At `deadline` the connection is shut down for reading, which ends a
    blocked read; a socket timeout would bound each read but not all of them together."""
    timer = threading.Timer(deadline.left(), _shut, [request.environ.get(_CONNECTION)])
    timer.daemon = True
    timer.start()
    try:
        return get_input_stream(request.environ).read(size)
    except Exception as error:  # malformed chunks: each server has its own exception
        raise _broken(request, type(error).__name__) from error
    finally:
        timer.cancel()


def _broken(request: Request, cause: str) -> InvalidRequest:
    request.environ[_IS_BROKEN] = True
    return InvalidRequest(cause, text="Body is broken or not all there")


def _finish(environ: dict[str, Any]) -> None:
    connection = environ[_CONNECTION]
    if _IS_BROKEN in environ or not _came_whole(environ["wsgi.input"], connection):
        _hang_up(connection)


def _came_whole(body: IO[bytes], connection: socket.socket) -> bool:
    """Whether the whole body has arrived and the connection is still open."""
    connection.setblocking(False)
    try:
        return len(body.read(_PIECE)) < _PIECE and not _has_ended(connection)
    except Exception:  # incomplete or malformed
        return False
    finally:
        connection.setblocking(True)


def _has_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False


def _hang_up(connection: socket.socket) -> None:
    """Closes the connection, after reading for a while what still arrives: a caller whose
    connection is reset while it sends may lose the answer."""
    _shut(connection, socket.SHUT_WR)
    end = clock.monotonic() + _LINGER_SECONDS
    with suppress(OSError):
        while (left := end - clock.monotonic()) > 0:
            connection.settimeout(min(left, _SILENCE_SECONDS))
            if not connection.recv(_PIECE):
                break
    _shut(connection, socket.SHUT_RDWR)


def _shut(connection: socket.socket | None, side: int = socket.SHUT_RD) -> None:
    if connection is not None:
        with suppress(OSError):  # the caller may have disconnected
            connection.shutdown(side)
