"""An exchange ends at its deadline and sends once, whatever name server, network or server do.

What a served function makes of it is in test_errors.py.
"""

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from shared.deadline import Deadline
from shared.google.bounded_http import AnswerLost, BoundedHttp, NotSent
from shared.google.bounded_socket import Resolve
from tests.conftest import ROOT
from tests.support.raw_server import Handler, raw_server, read_request, silent_address

BUSY_MACHINE_SECONDS = 0.9
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def within(seconds: float) -> Iterator[None]:
    before = time.monotonic()
    yield
    assert time.monotonic() - before < seconds + BUSY_MACHINE_SECONDS


def get(uri: str, seconds: float = 5, resolve: Resolve = socket.getaddrinfo) -> tuple[int, bytes]:
    with closing(BoundedHttp(resolve)) as http:
        return get_with(http, uri, seconds)


def get_with(http: BoundedHttp, uri: str, seconds: float = 5) -> tuple[int, bytes]:
    answer = http(Deadline(seconds), uri, "GET", None, {})
    return answer.status, answer.data


def post(uri: str, body: bytes, seconds: float) -> None:
    with closing(BoundedHttp()) as http:
        http(Deadline(seconds), uri, "POST", body, {})


@pytest.fixture
def http() -> Iterator[BoundedHttp]:
    with closing(BoundedHttp()) as http:
        yield http


def addresses(*sockets: socket.socket) -> Resolve:
    """A resolver that names the addresses of listeners."""
    return lambda *_host, **_kind: [
        (socket.AF_INET, socket.SOCK_STREAM, 0, "", each.getsockname()) for each in sockets
    ]


def answering(*answers: bytes) -> Handler:
    """Gives each request of a connection the next of `answers`, and then closes."""

    def handle(connection: socket.socket) -> None:
        with connection:
            for answer in answers:
                read_request(connection)
                connection.sendall(answer)

    return handle


def test_nothing_is_begun_once_resolving_took_too_long() -> None:
    met: list[socket.socket] = []

    def slowly(host: str, port: int, type: int) -> Iterable[Any]:
        time.sleep(0.4)
        return socket.getaddrinfo(host, port, type=type)

    with raw_server(met.append) as address, pytest.raises(NotSent), within(0.4):
        get(f"http://{address}/", 0.3, slowly)
    assert met == []


def test_a_silent_address_leaves_time_for_the_next() -> None:
    with silent_address() as silent, socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: answering(OK)(listener.accept()[0]))
        thread.start()
        with within(2):
            assert get("http://two.example/", 2, addresses(silent, listener))[0] == 200
        thread.join()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_several_silent_addresses_share_the_time_of_one(scheme: str) -> None:
    with silent_address() as first, silent_address() as second:
        named = addresses(first, second, first, second)
        with pytest.raises(NotSent), within(1.5):
            get(f"{scheme}://several.example/", 1.5, named)


def test_an_address_that_refuses_gives_way_to_the_next() -> None:
    with socket.socket() as closed, raw_server(answering(OK)) as address:
        closed.bind(("127.0.0.1", 0))

        def both(host: str, port: int, type: int) -> Iterable[Any]:
            yield from addresses(closed)()
            yield from socket.getaddrinfo(host, port, type=type)

        assert get(f"http://{address}/", 5, both)[0] == 200


def test_tls_gets_what_connecting_left() -> None:
    """A SYN that is dropped is sent again after a second: by then the queue has room."""
    with silent_address() as listener, accepting(listener, after=0.3) as accepted:
        with pytest.raises(NotSent), within(2):
            get("https://slow.example/", 2, addresses(listener))
        assert any(begins_tls(connection) for connection in accepted)


def begins_tls(connection: socket.socket) -> bool:
    """Whether the client said hello."""
    connection.setblocking(False)
    with suppress(BlockingIOError, ConnectionError):
        return connection.recv(1) == b"\x16"
    return False


@contextmanager
def accepting(listener: socket.socket, after: float) -> Iterator[list[socket.socket]]:
    """Begins to accept connections, and leaves them open."""
    accepted: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                accepted.append(listener.accept()[0])

    timer = threading.Timer(after, accept)
    timer.start()
    try:
        yield accepted
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        timer.join()
        for connection in accepted:
            connection.close()


def drip(connection: socket.socket, what: bytes) -> None:
    for byte in what:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that it signed itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "of a test")])
    now = datetime.now(UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(host, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@contextmanager
def tls_server(certificate: Path, handle: Handler) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with raw_server(lambda raw: handle(context.wrap_socket(raw, server_side=True))) as address:
        yield address


_GET_OVER_TLS = """
import sys
from shared.deadline import Deadline
from shared.google.bounded_http import AnswerLost, exchange

try:
    answer = exchange(Deadline(1), sys.argv[1], "GET", None, {})
    print(answer.status, answer.data.decode())
except AnswerLost as error:
    print(error)
"""


def get_over_tls(certificate: Path, handle: Handler) -> str:
    """What is printed of an answer within a second, by a process that trusts the certificate."""
    trusted = f"def where() -> str:\n    return {str(certificate)!r}\n"
    (certificate.parent / "certifi.py").write_text(trusted)
    with tls_server(certificate, handle) as address:
        command = [sys.executable, "-c", _GET_OVER_TLS, f"https://{address}/"]
        environ = {"PYTHONPATH": str(certificate.parent)}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
        assert not done.stderr
        return done.stdout


def test_a_server_is_believed_by_its_certificate(certificate: Path) -> None:
    assert get_over_tls(certificate, answering(OK)) == "200 {}\n"


def test_an_answer_that_drips_over_tls_is_lost_at_the_deadline(certificate: Path) -> None:
    def handle(connection: socket.socket) -> None:
        with connection:
            read_request(connection)
            drip(connection, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 60)

    before = time.monotonic()
    assert get_over_tls(certificate, handle) == "TimeoutError\n"
    assert time.monotonic() - before < 4, "the answer was waited for"


def test_a_server_that_nobody_vouches_for_is_sent_nothing(certificate: Path) -> None:
    with (
        tls_server(certificate, answering(OK)) as address,
        pytest.raises(NotSent, match="SSLCert"),
    ):
        get(f"https://{address}/")


def test_a_handshake_that_drips_ends_at_the_deadline() -> None:
    hello = b"\x16\x03\x03\x00\xff\x02" + bytes(250)
    with (
        raw_server(lambda connection: drip(connection, hello)) as address,
        pytest.raises(NotSent),
        within(1),
    ):
        get(f"https://{address}/", 1)


def read_nothing(_connection: socket.socket) -> None: ...


def read_slowly(connection: socket.socket) -> None:
    while connection.recv(65_536):
        time.sleep(0.3)


@pytest.mark.parametrize("handle", [read_nothing, read_slowly])
def test_sending_ends_at_the_deadline(handle: Handler) -> None:
    with raw_server(handle) as address, pytest.raises(AnswerLost), within(1):
        post(f"http://{address}/", b"x" * 50_000_000, 1)


DRIPPED = {
    "status line": b"HTTP/1.1 200 OK" + b" " * 100,
    "headers": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100,
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 60,
    "body without a length": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 60,
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 20,
    "100 again and again": b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
}


@pytest.mark.parametrize("answer", DRIPPED.values(), ids=DRIPPED)
def test_an_answer_that_drips_is_lost_at_the_deadline(answer: bytes) -> None:
    def handle(connection: socket.socket) -> None:
        read_request(connection)
        at_once, dripped = answer[:-20], answer[-20:]
        connection.sendall(at_once)
        drip(connection, dripped)

    with raw_server(handle) as address, pytest.raises(AnswerLost), within(0.5):
        get(f"http://{address}/", 0.5)


LOST = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "half a status": b"HTTP/1.1 20",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
    "an interim answer": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
    "no size of a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    "a negative size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhalf",
    "endless line": b"HTTP/1.1 200 " + b"O" * 70_000,
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_a_request_whose_answer_is_lost_is_not_sent_again(answer: bytes) -> None:
    received: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        with connection:
            received.append(read_request(connection))
            connection.sendall(answer)

    with raw_server(handle) as address, pytest.raises(AnswerLost):
        post(f"http://{address}/", b"", 3)
    assert len(received) == 1


def test_a_connection_is_kept_and_one_that_was_closed_is_opened_anew(http: BoundedHttp) -> None:
    ports: list[int] = []
    is_closed = threading.Event()

    def handle(connection: socket.socket) -> None:
        ports.append(connection.getpeername()[1])
        answering(OK, OK)(connection)
        is_closed.set()

    with raw_server(handle) as address:
        for _ in range(2):
            assert get_with(http, f"http://{address}/") == (200, b"{}")
        assert is_closed.wait(5)
        assert get_with(http, f"http://{address}/") == (200, b"{}")
    assert len(ports) == 2


def test_a_connection_serves_on_after_a_failure(http: BoundedHttp) -> None:
    with raw_server(answering(OK[:-1])) as address, pytest.raises(AnswerLost):
        get_with(http, f"http://{address}/")
    with pytest.raises(NotSent):
        get_with(http, f"http://{address}/")
    with raw_server(answering(OK)) as address:
        assert get_with(http, f"http://{address}/") == (200, b"{}")


def test_a_header_that_cannot_be_sent_is_a_failure_like_others(http: BoundedHttp) -> None:
    with raw_server(answering(OK)) as address:
        with pytest.raises(AnswerLost):
            http(Deadline(5), f"http://{address}/", "GET", None, {"if-match": '"a"\r\nX: y'})
        assert get_with(http, f"http://{address}/") == (200, b"{}")


ODD_ANSWERS: list[tuple[bytes, int]] = [
    (b"302 Found\r\nLocation: http://127.0.0.1:1/", 302),
    (b"204 No Content\r\nContent-Encoding: gzip", 204),
    *(
        (b"401 Unauthorized\r\nWWW-Authenticate: " + challenge, 401)
        for challenge in (b'Bearer realm="', b"=", b"\xff", b'Basic realm="a", Basic')
    ),
]


@pytest.mark.parametrize(("head", "status"), ODD_ANSWERS)
def test_what_other_clients_follow_or_choke_on_is_an_answer(head: bytes, status: int) -> None:
    answer = b"HTTP/1.1 " + head + b"\r\nContent-Length: 0\r\n\r\n"
    with raw_server(answering(answer)) as address:
        assert get(f"http://{address}/") == (status, b"")
