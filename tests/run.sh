#!/usr/bin/env bash
# Lint, types, import contracts and every test, from a fresh clone; with --fast first, only what
# needs no Java, gcloud or browser: seconds. Other arguments go to pytest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

infra/venv.sh tests
export PATH="$PWD/.venv/bin:$PATH"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# On a core of its own: without its cache mypy takes as long as all the rest of --fast.
mypy >"$scratch/types" 2>&1 &
mypy=$!

types() {
  local status=0
  wait "$mypy" || status=$?
  cat "$scratch/types"
  return "$status"
}

failed=""

check() {
  printf '\n== %s\n' "$*"
  "$@" || failed="$failed  $*"$'\n'
}

check ruff check .
check ruff format --check .
check lint-imports

if [[ "${1:-}" == --fast ]]; then
  check python -m pytest --confcutdir=tests/unit tests/unit "${@:2}"
  check python tests/simulate.py --schedules 300 --jobs 1
else
  if [[ "${CI:-}" == true ]] && ! { command -v chromium && command -v wrk; } >/dev/null; then
    echo "Installing Chromium, for the tests of the local page, and wrk, for the benchmark's" >&2
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium wrk; } >/dev/null
  fi
  check shellcheck .ci/run deploy.sh infra/*.sh tests/*.sh
  # Three workers, since they often wait; each test file on one: what a file starts is started once.
  # Its directories are not those that all runs of a user share, and clear away for each other.
  check python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --basetemp="$scratch/pytest" "$@"
fi
check types

if [[ -n "$failed" ]]; then
  printf '\nFailed:\n%s' "$failed" >&2
  exit 1
fi
