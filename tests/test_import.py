"""What importing the functions does: nothing that is seen outside."""

import json
import subprocess
import sys
from dataclasses import fields

from shared.settings import Settings
from tests.conftest import ROOT

# Run in an interpreter of its own: what importing the functions reads, connects and starts.
_WATCH = """
import json, os, sys

WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.send", "subprocess.", "os.fork")
names, events = set(), []
sys.addaudithook(lambda event, _: event.startswith(WATCHED) and events.append(event))

class Environ(type(os.environ)):
    def __getitem__(self, name):
        names.add(name)
        return super().__getitem__(name)

os.environ.__class__ = Environ
import functions.create_event.main, functions.list_events.main, threading
print(json.dumps({"names": sorted(names), "events": events, "threads": threading.active_count()}))
"""
OUR_SETTINGS = {field.name.upper() for field in fields(Settings)} | {"K_SERVICE"}
OUR_SETTINGS -= {"LANGUAGE"}  # gettext reads that, too


def test_nothing_is_read_or_connected_on_import() -> None:
    command = [sys.executable, "-c", _WATCH]
    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert OUR_SETTINGS.isdisjoint(seen["names"]), seen["names"]
    assert seen["events"] == []
    assert seen["threads"] == 1
