"""``python -m infra.local.google --port N``: serves until it is told to stop."""

import argparse
import json
import os
import signal
from types import FrameType

from .server import StandIn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.local.google", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    port = parser.parse_args().port
    try:
        server = StandIn(port)
    except OSError as error:
        parser.exit(1, f"The stand-in for Google cannot use port {port}: {error.strerror}\n")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    print(json.dumps({"url": server.url}), flush=True)
    server.serve_forever(poll_interval=60)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """At once: nothing here outlives the process, and waiting connections must not hold it."""
    os._exit(0)


if __name__ == "__main__":
    main()
