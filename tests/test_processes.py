"""Child processes end with us, however we end.

Each of them holds the pipe that it inherits as output, so that its end tells that all are gone.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.processes import running

pytestmark = pytest.mark.timeout(20)

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
        "from infra.local.processes import running\n"
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
