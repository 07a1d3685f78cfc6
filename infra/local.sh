#!/usr/bin/env bash
# Serves the calendar's API on this machine, from a fresh clone; see --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

infra/venv.sh
exec .venv/bin/python -m infra.local "$@"
