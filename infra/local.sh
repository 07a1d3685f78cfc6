#!/usr/bin/env bash
# Serves the calendar's API on this machine, from a fresh clone; --help says how.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

infra/venv.sh
exec .venv/bin/python -m infra.local "$@"
