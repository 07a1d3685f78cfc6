"""Serves the stand-in until it is stopped; prints `{"url": ...}` once it listens."""

import argparse
import json
from contextlib import suppress

from .server import StandIn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.local.mercado_pago")
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    with StandIn(parser.parse_args().port) as stand_in, suppress(KeyboardInterrupt):
        print(json.dumps({"url": f"http://127.0.0.1:{stand_in.server_port}"}), flush=True)
        stand_in.serve_forever()


if __name__ == "__main__":
    main()
