"""Child processes end with us, however we end, and never get each other's ports.

Each child holds the pipe that it inherits as output, so that its end tells that all are gone.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.local.processes import free_port, running

# Tells the process id of a grandchild that it leaves in the background.
FAMILY = ["sh", "-c", "sleep 600 & echo $!; wait"]
ABSENT_PARENT = ["sh", "-c", "sleep 600 & echo $!"]
STUBBORN = ["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 600; done"]


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("command", [FAMILY, ABSENT_PARENT, STUBBORN])
def test_a_command_ends_with_its_children(command: list[str]) -> None:
    read_end, write_end = os.pipe()
    with open(read_end, "rb") as output:  # noqa: PTH123 - a descriptor has no path
        with running(command, stdout=write_end, grace_seconds=0.5):
            os.close(write_end)
            assert _is_there(int(output.readline()))
        assert output.read() == b""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_command_ends_when_its_parent_is_killed(number: signal.Signals) -> None:
    parent_source = (
        "from infra.local.processes import free_port, running\n"
        f"with running({FAMILY!r}) as process:\n"
        "    process.wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent_source],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout is not None
        assert _is_there(int(parent.stdout.readline()))
        parent.send_signal(number)
        assert parent.stdout.read() == b""


def test_two_processes_never_get_the_same_port() -> None:
    choose = (
        "from infra.local.processes import free_port\n"
        "print(*(free_port() for _ in range(400)), flush=True)\n"
        "input()\n"
    )
    ports: list[str] = []
    with ExitStack() as choosing:
        for _ in range(2):
            process = choosing.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", choose],
                    cwd=Path(__file__).parent.parent,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            assert process.stdout is not None
            ports += process.stdout.readline().split()
            choosing.callback(process.communicate, "\n")
    assert len(ports) == len(set(ports)) == 800


def test_a_free_port_can_be_used_at_once_while_children_start() -> None:
    """A child holds what is open when it starts, until its program runs."""
    is_over = threading.Event()

    def start_children() -> None:
        while not is_over.is_set():
            subprocess.run(["true"], check=True, start_new_session=True)

    with ThreadPoolExecutor(4) as pool:
        starting = [pool.submit(start_children) for _ in range(4)]
        try:
            for _ in range(500):
                socket.create_server(("127.0.0.1", free_port())).close()
        finally:
            is_over.set()
        assert [each.result() for each in starting] == [None] * 4
