#!/usr/bin/env bash
# Creates .venv with what the commands in infra/ need; `infra/venv.sh tests` adds what tests/run.sh
# needs. Does nothing if it is complete.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly installed=.venv/installed-requirements.txt # written last: an interrupted run starts anew

fail() {
  echo "$*" >&2
  exit 1
}

find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3 python; do
    if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer with its venv module is needed and none is on the PATH:" \
    "install it (on Debian: apt-get install python3 python3-venv) and run this again."
}

has() {
  cmp -s "$1" "$installed" && .venv/bin/python -c '' 2>/dev/null
}

case "$*" in
  "") requirements=infra/requirements.txt size="70 MB to download, 300 MB on disk" ;;
  tests) requirements=tests/requirements.txt size="up to 180 MB to download, 650 MB on disk" ;;
  *) fail "usage: infra/venv.sh [tests]" ;;
esac

# The tests' requirements include those of the commands, in the same versions.
if has "$requirements" || has tests/requirements.txt; then
  exit
fi
if has infra/requirements.txt; then
  echo "Adding the packages of $requirements to .venv ($size)." >&2
else
  python=$(find_python)
  echo "Making .venv with $("$python" --version) ($size); once, and again when $requirements changes." >&2
  "$python" -m venv --clear .venv
fi
# The files are complete, so there is nothing to resolve.
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes --no-deps \
  -r "$requirements" ||
  fail "The packages of $requirements could not be installed; what pip says about it stands above."
cp "$requirements" "$installed"
