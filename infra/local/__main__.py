"""Serves the calendar's API on this machine; see `infra/local.sh --help`."""

import argparse
import os
import signal
import sys
from types import FrameType

from infra.local.demo.booking_tour import TourError, book_one
from infra.local.demo.school import open_school
from infra.local.demo.site import serving_page
from infra.local.emulator_jar import EmulatorUnavailable
from infra.local.gateway import Gateway, PortUnavailable
from infra.local.stack import StackError, local_stack

_READY = """
Ready, with the classes sample-1 .. sample-5 to be booked. To look at: {page}

  curl {url}
  curl -X POST {url} -H 'Content-Type: application/json' -d '{{"preferenceId": "sample-1"}}'

Ctrl-C stops everything. What follows is the functions' log.

"""


def main() -> int:
    """Run the command; its exit status."""
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores SIGINT
        signal.signal(number, _stop)
    _reach_firestore_without_proxy()
    try:
        if arguments.once:
            with (
                Gateway(arguments.port) as gateway,
                local_stack(_say, gateway.origins) as stack,
                open_school(stack) as school,
                gateway.serving(stack.functions),
            ):
                book_one(gateway.url, school)
        else:
            with serving_page(arguments.port, _say) as (gateway, stack):
                page = f"{gateway.origins[0]}/"
                print(_READY.format(url=gateway.url, page=page), end="", flush=True)
                stack.watch()
    except (PortUnavailable, EmulatorUnavailable, StackError, TourError) as problem:
        print(f"infra/local.sh: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.")
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="infra/local.sh",
        description="Serve /api/calendar on this machine: the functions as they are deployed, the"
        " real Firestore emulator, a stand-in for Google, and classes ready to be booked.",
    )
    parser.add_argument("--port", type=port, help="port to serve at (8080; with --once a free one)")
    parser.add_argument("--once", action="store_true", help="book one class, show it, and end")
    arguments = parser.parse_args()
    if arguments.port is None:
        arguments.port = 0 if arguments.once else 8080
    return arguments


def port(text: str) -> int:
    """argparse names it when it complains."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


def _reach_firestore_without_proxy() -> None:
    """gRPC takes the user's one otherwise. A download of the emulator still goes through it."""
    exempt = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    os.environ["no_proxy"] = ",".join(filter(None, [exempt, "localhost", "127.0.0.1"]))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Says so before everything is stopped, which takes a while."""
    os.write(sys.stdout.fileno(), b"\nStopping...\n")
    raise KeyboardInterrupt


def _say(step: str) -> None:
    print(f"- {step}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
