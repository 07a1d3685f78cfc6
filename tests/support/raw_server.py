"""TCP servers that do to a connection what no HTTP server would."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

Handler = Callable[[socket.socket], object]
Rewrite = Callable[[bytes], bytes]


@contextmanager
def raw_server(handle: Handler, port: int = 0) -> Iterator[str]:
    """ "host:port" of a server that gives each connection to `handle`, in a thread of its own,
    and leaves it open until the end unless `handle` closes it. Any free port if it is 0."""
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threads.append(threading.Thread(target=run, args=(connection,)))
                threads[-1].start()

    def run(connection: socket.socket) -> None:
        with suppress(OSError):
            handle(connection)

    with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
        accepting = threading.Thread(target=serve, args=(listener,))
        accepting.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for connection in connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()
            for connection in connections:
                connection.close()


def read_request(connection: socket.socket) -> bytes:
    """A request without a body, or its head and what came of the body with it."""
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError
        request += part
    return request


@contextmanager
def relay(target: str, answers: Rewrite, requests: Rewrite = bytes, port: int = 0) -> Iterator[str]:
    """ "host:port" of a line to `target` that rewrites what passes it, piece by piece."""

    def handle(client: socket.socket) -> None:
        host, _, port = target.rpartition(":")
        with client, socket.create_connection((host, int(port))) as server:
            back = threading.Thread(target=_pump, args=(server, client, answers))
            back.start()
            _pump(client, server, requests)
            back.join()

    with raw_server(handle, port) as address:
        yield address


def _pump(source: socket.socket, sink: socket.socket, rewrite: Rewrite) -> None:
    with suppress(OSError):
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while part := source.recv(65_536):
            sink.sendall(rewrite(part))
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def silent_address(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A listener whose queue is full: what else is sent to connect to it is dropped."""
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind((host, 0))
        listener.listen(0)
        for _ in range(3):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener
