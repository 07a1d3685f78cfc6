#!/usr/bin/env bash
# Makes .venv with all that the local server and the tests need; does nothing when it is up to date.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly requirements=tests/requirements.txt
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

if cmp -s "$requirements" "$installed" && .venv/bin/python -c '' 2>/dev/null; then
  exit
fi

python=$(find_python)
echo "Making .venv with $("$python" --version); this happens once and again when $requirements changes." >&2
"$python" -m venv --clear .venv
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes \
  -r "$requirements" ||
  fail "The packages of $requirements could not be installed; what pip says about it stands above."
cp "$requirements" "$installed"
