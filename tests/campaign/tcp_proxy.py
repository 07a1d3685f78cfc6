"""Lines that can fail: a TCP proxy that refuses, stalls or cuts the connections it relays."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

_CHUNK = 65_536

OnCall = Callable[[str, str], None]
NameCall = Callable[[bytes], str | None]


@contextmanager
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in a thread of its own, for any number of proxies."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="tcp-proxies")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(_cancelled_all(loop))
        loop.close()


async def _cancelled_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class TcpProxy:
    """Relays connections made to `address` to `target`; both are "host:port".

    `name_call` names the call that a client's chunk of bytes begins, if it begins one; `on_call`
    is told of each call as it passes ("request") and of its answer before the client gets it
    ("answer"), in the loop's thread. `on_connect` is told the port that a connection has towards
    the target: by it the target knows whose connection it is.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        target: str,
        on_connect: Callable[[int], object],
        on_call: OnCall = lambda _name, _moment: None,
        name_call: NameCall = lambda _chunk: None,
    ) -> None:
        self.has_refused = False
        self._on_connect = on_connect
        self._loop = loop
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self._on_call = on_call
        self._name_call = name_call
        self._writers: set[asyncio.StreamWriter] = set()
        self._socket = _bound(0)
        self._port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._is_flowing = asyncio.Event()
        self._do(self._restore())

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def refuse(self) -> None:
        """Cuts every connection and refuses new ones until `restore`."""
        self.has_refused = True
        self._do(self._refuse())

    def stall(self) -> None:
        """Accepts but relays nothing until `restore`; what was sent meanwhile then arrives, be
        its sender there or not."""
        self._do(self._stall())

    def cut(self) -> None:
        """Breaks every connection; new ones are welcome."""
        self._do(self._cut())

    def restore(self) -> None:
        self._do(self._restore())

    def close(self) -> None:
        self.refuse()
        self._socket.close()

    def _do(self, change: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(change, self._loop).result(30)

    async def _refuse(self) -> None:
        await self._cut()
        if self._server is not None:
            self._server.close()
            self._server = None
            # Bound but not listening: the port stays ours, and connecting to it is refused.
            self._socket = _bound(self._port)

    async def _stall(self) -> None:
        self._is_flowing.clear()

    async def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _restore(self) -> None:
        self._is_flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._relay, sock=self._socket, backlog=512)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._on_connect(up_writer.get_extra_info("sockname")[1])
        ends = {writer, up_writer}
        self._writers |= ends
        line = _Line(self._is_flowing, self._name_call, self._on_call)
        pumps = [
            asyncio.create_task(line.pump(reader, up_writer, line.note_request)),
            asyncio.create_task(line.pump(up_reader, writer, line.note_answer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writers -= ends
            for pump in pumps:
                pump.cancel()
            for end in ends:
                end.close()


class _Line:
    """One connection: which call is on its way."""

    def __init__(self, is_flowing: asyncio.Event, name_call: NameCall, on_call: OnCall) -> None:
        self._is_flowing = is_flowing
        self._name_call = name_call
        self._on_call = on_call
        self._call: str | None = None

    async def pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        note: Callable[[bytes], None],
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self._is_flowing.wait()
                note(chunk)
                writer.write(chunk)
                await writer.drain()

    def note_request(self, chunk: bytes) -> None:
        if name := self._name_call(chunk):
            self._call = name
            self._on_call(name, "request")

    def note_answer(self, _chunk: bytes) -> None:
        if self._call:
            call, self._call = self._call, None
            self._on_call(call, "answer")


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made
